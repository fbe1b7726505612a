"""What happens to names: made, removed, moved. Each is one change of the journal, and is told to those who watch.

The order of notices is Linux's. Whether a name may be made or removed at all is checked by `paths`.
"""

from simulator.world.disk.durability import Edit, NameChange
from simulator.world.disk.inode import Directory, Entry, File, Inode
from simulator.world.disk.notify import tell, tell_entry


def attach(directory: Directory, name: str, inode: Inode, *, op: str) -> Entry:
    """Give an inode a (further) name."""
    entry = Entry(directory, name, inode)
    _journal(op, Edit(directory, name, None, inode))
    directory.entries[name] = entry
    if isinstance(inode, Directory):
        inode.entry = entry
        inode.nlink = 2
        directory.subdirectories += 1
        directory.nlink += 1
    else:
        inode.nlink += 1
        if inode.nlink > 1:
            _stamp_change(inode)
            tell(inode, "attrib")
    directory.disk.touch(directory)
    tell(directory, "create", name=name, is_directory=inode.is_directory)
    return entry


def detach(entry: Entry, *, op: str) -> None:
    """Take a name away; the inode goes with its last name, once nobody has it open."""
    directory, inode = entry.directory, entry.inode
    _journal(op, Edit(directory, entry.name, inode, None))
    del directory.entries[entry.name]
    entry.gone = True
    directory.disk.touch(directory)
    _one_name_less(entry)
    if inode.is_directory:
        directory.disk.release(inode)  # A folder's own end is told before its name's, a file's after.
    tell(directory, "delete", name=entry.name, is_directory=inode.is_directory)
    directory.disk.release(inode)


def move(entry: Entry, directory: Directory, name: str) -> None:
    """Rename, over what has the name already; the caller has checked that this is allowed."""
    source, old_name, inode, disk = entry.directory, entry.name, entry.inode, directory.disk
    replaced = directory.entries.get(name)
    edits = (Edit(source, old_name, inode, None), Edit(directory, name, replaced.inode if replaced else None, inode))
    _journal("rename", *edits, barrier=isinstance(inode, Directory) and source is not directory)
    del source.entries[old_name]
    if replaced is not None:
        replaced.gone = True
    directory.entries[name] = entry
    entry.directory, entry.name = directory, name
    if isinstance(inode, Directory) and source is not directory:
        _count_subdirectory(source, -1)
        _count_subdirectory(directory, 1)
    disk.touch(source)
    disk.touch(directory)
    _stamp_change(inode)
    if replaced is not None and isinstance(inode, File) and disk.settings.replace_flushes:
        inode.log.sync()
    cookie, is_directory = disk.cookie(), inode.is_directory
    tell(source, "moved_from", name=old_name, cookie=cookie, is_directory=is_directory)
    tell(directory, "moved_to", name=name, cookie=cookie, is_directory=is_directory)
    if replaced is not None:
        _one_name_less(replaced)
    tell(inode, "move_self")  # Never marked as a folder, even where it is one.
    if replaced is not None:
        disk.release(replaced.inode)


def make_known(entry: Entry, kind: str) -> None:
    """Tell those who watch that a name was opened, closed or had its attributes changed."""
    tell_entry(entry, entry.inode, kind)


def _one_name_less(entry: Entry) -> None:
    inode = entry.inode
    if isinstance(inode, Directory):
        inode.nlink = 0
        _count_subdirectory(entry.directory, -1)
        return
    inode.nlink -= 1
    _stamp_change(inode)
    tell(inode, "attrib")


def _count_subdirectory(directory: Directory, by: int) -> None:
    directory.subdirectories += by
    directory.nlink += by


def _stamp_change(inode: Inode) -> None:
    now = inode.disk.stamp_ns()
    inode.meta = inode.meta._replace(ctime_ns=now)


def _journal(op: str, *edits: Edit, barrier: bool = False) -> None:
    disk = edits[0].directory.disk
    now_ns = disk.now_ns()
    disk.journal.changes.append(NameChange(op, now_ns, edits, barrier))
    before_ns = disk.older(disk.settings.commit_after_ns, now_ns)
    disk.journal.settle(before_ns, changes_max=disk.settings.unsynced_changes_max)
