"""The simulated disk: inodes, extents, durability, faults, notification; no I/O and no clock of its own.

    disk = Disk("media", settings=ext4(), wall_ns=clock, now_ns=clock)
    files = MountTable()
    files.mount("/media", disk)
    handle = files.open("/media/clip", "/", os.O_RDWR | os.O_CREAT, 0o644)
    handle.write(b"...")
    disk.crash(draw)                 # a power cut: what was not synced is a matter of draws
    tree(disk)                       # {"clip": 3}

| module | what it is |
|---|---|
| `settings` | what kind of disk: size, promises, habits |
| `pattern` | content that is a function of its offset |
| `extents` | the content of a file as pieces and holes |
| `inode` | inodes, folders, names |
| `durability` | the logs of what is not durable yet |
| `power_cut` | what survives when the power goes |
| `verdict` | the gate: how faults enter |
| `notify` | inotify: watches, notices, overflow |
| `disk` | the disk itself: numbers, room, syncing |
| `contents`, `naming`, `attributes` | what happens to bytes, to names, to modes and times |
| `walk` | from a path to a place, through links and mounts |
| `paths` | what may be done to a name, and the errors |
| `openfile` | open files and folders |
| `mounts` | a host's view: disks at paths, operations on paths |
| `inspect` | `ls`, `tree`, `cat` |

Every process is root: permission bits are kept and shown, and deny nothing.
"""

from simulator.world.disk.disk import Disk
from simulator.world.disk.inspect import cat, ls, tree, unsynced
from simulator.world.disk.mounts import MountTable
from simulator.world.disk.notify import Inotify, Notice
from simulator.world.disk.pattern import Pattern, Repeated, Seeded
from simulator.world.disk.power_cut import PowerCut
from simulator.world.disk.settings import DiskSettings, ext4, strict
from simulator.world.disk.verdict import Gate, Verdict

__all__ = [
    "Disk", "DiskSettings", "ext4", "strict",
    "MountTable",
    "Pattern", "Repeated", "Seeded",
    "Gate", "Verdict", "PowerCut",
    "Inotify", "Notice",
    "cat", "ls", "tree", "unsynced",
]  # fmt: skip
