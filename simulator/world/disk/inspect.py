"""Looking at a disk from outside: plain data that prints well, without a gate, a time stamp or an event.

Three questions.

    ls(disk, "/recordings")      # ["a.mp4  1048576", "parts/"]
    tree(disk)                   # {"recordings": {"a.mp4": 1048576, "parts": {}, "latest": "-> a.mp4"}}
    cat(disk, "/recordings/a.mp4")
"""

from simulator.errors import Misuse
from simulator.world.disk.disk import Disk
from simulator.world.disk.inode import Directory, File, Inode, Symlink

_CAT_BYTES_MAX = 1 << 30

Tree = dict[str, "Tree | int | str"]


def ls(disk: Disk, path: str = "/") -> list[str]:
    """The names in a folder, sorted: `name/`, `name  size` or `name -> target`."""
    found = _at(disk, path)
    if not isinstance(found, Directory):
        raise Misuse(f"{path} on {disk.name} is not a folder")
    return [_line(name, found.entries[name].inode) for name in sorted(found.entries)]


def tree(disk: Disk, path: str = "/") -> Tree:
    """A folder and all below it: folders are dictionaries, files their size, links their target after an arrow."""
    found = _at(disk, path)
    if not isinstance(found, Directory):
        raise Misuse(f"{path} on {disk.name} is not a folder")
    return _tree(found)


def cat(disk: Disk, path: str) -> bytes:
    """The bytes of a file as programs see them, synced or not."""
    found = _at(disk, path)
    if not isinstance(found, File):
        raise Misuse(f"{path} on {disk.name} is not a file")
    if found.size > _CAT_BYTES_MAX:
        raise Misuse(f"{path} on {disk.name} has {found.size} bytes, more than cat_bytes_max={_CAT_BYTES_MAX}")
    return found.content.read(0, found.size)


def unsynced(disk: Disk) -> list[str]:
    """What a power cut could take: changes of names, and files with changes that are not durable."""
    paths = disk.paths()
    files = [f"{paths.get(inode, inode.number)}: {len(inode.log.pending())} changes" for inode in disk.dirty]
    return [*map(str, disk.journal.pending()), *files]


def _at(disk: Disk, path: str) -> Inode:
    inode: Inode = disk.root
    for name in path.split("/"):
        if name:
            if not isinstance(inode, Directory) or name not in inode.entries:
                raise Misuse(f"there is no {path} on {disk.name}")
            inode = inode.entries[name].inode
    return inode


def _tree(directory: Directory) -> Tree:
    found: Tree = {}
    for name in sorted(directory.entries):
        inode = directory.entries[name].inode
        if isinstance(inode, Directory):
            found[name] = _tree(inode)
        else:
            found[name] = f"-> {inode.target}" if isinstance(inode, Symlink) else inode.size
    return found


def _line(name: str, inode: Inode) -> str:
    if isinstance(inode, Directory):
        return f"{name}/"
    return f"{name} -> {inode.target}" if isinstance(inode, Symlink) else f"{name}  {inode.size}"
