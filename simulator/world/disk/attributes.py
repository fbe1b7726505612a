"""What happens to the attributes of an inode: mode, owner, times, each with its log entry and its notice.

`entry` is the name under which it is done, for those who watch, and `text` its path, for the trace.
"""

import stat

from simulator.world.disk.disk import printable
from simulator.world.disk.inode import Entry, Inode
from simulator.world.disk.notify import tell_entry


def chmod(inode: Inode, mode: int, entry: Entry | None, text: str) -> None:
    meta = inode.meta
    inode.disk.set_meta(inode, meta._replace(mode=stat.S_IFMT(meta.mode) | (mode & 0o7777)))
    tell_entry(entry, inode, "attrib")
    inode.disk.emit("fs.chmod", path=printable(text), mode=mode)


def chown(inode: Inode, uid: int, gid: int, entry: Entry | None, text: str) -> None:
    """Change the owner; -1 leaves a part as it is."""
    meta = inode.meta
    owners = {"uid": meta.uid if uid == -1 else uid, "gid": meta.gid if gid == -1 else gid}
    inode.disk.set_meta(inode, meta._replace(**owners))
    tell_entry(entry, inode, "attrib")
    inode.disk.emit("fs.chmod", path=printable(text), **owners)


def utime(inode: Inode, times_ns: tuple[int, int] | None, entry: Entry | None, text: str) -> None:
    """Set the times of access and change; None means now."""
    now = inode.disk.stamp_ns()
    atime_ns, mtime_ns = times_ns if times_ns is not None else (now, now)
    inode.disk.set_meta(inode, inode.meta._replace(atime_ns=atime_ns, mtime_ns=mtime_ns))
    tell_entry(entry, inode, "attrib")
    inode.disk.emit("fs.utime", path=printable(text), atime_ns=atime_ns, mtime_ns=mtime_ns)
