"""Change notification at the level of inotify: what the kernel tells, in order, before anyone tidies it up.

    changes = Inotify(queue_max=16_384, on_ready=wake_the_reader)
    wd = files.watch(changes, "/media", mask=DEFAULT_MASK)     # `files` is the host's MountTable
    ...
    changes.read()      # [Notice(wd=1, kind="create", name="a.mp4", cookie=0, is_directory=False), ...]

Rules, as inotify has them (see inotify(7)). 1. A watch belongs to an inode, not to a path: it follows a folder that
is renamed, and is silent about a new one that takes the name. Recursion, paths and batches are the business of
whoever reads. 2. What happens to a name in a watched folder carries that name; what happens to the watched thing
itself has the name "".
3. A rename is `moved_from` in the old folder and `moved_to` in the new one with the same cookie, then `move_self`.
4. The watched thing's end is `delete_self`, then `ignored`, and the watch is gone.
5. A notice equal to the last one in the queue is merged into it.
6. A full queue takes one `overflow` notice (wd -1) and then nothing: what happens meanwhile is lost.
7. One inode has one watch per instance; adding it again returns the same number and changes its mask.
8. Changes through another hard link are told under the name they were made by, and to that name's folder.

`on_ready` is called, in whatever context made the change, when a notice is put into an empty queue: it must neither
block nor raise. A power cut drops all watches without a word; `close` drops those of one instance.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from errno import EINVAL, ENOSPC
from typing import NamedTuple

from simulator.world.disk.failing import failure
from simulator.world.disk.inode import Directory, Entry, Inode

KINDS = frozenset({
    "access", "attrib", "close_nowrite", "close_write", "create", "delete", "delete_self", "modify", "move_self",
    "moved_from", "moved_to", "open",
})  # fmt: skip
DEFAULT_MASK = KINDS - {"access", "close_nowrite"}
"""What the Rust crate `notify`, and with it watchfiles, asks for: `open` fills the queue like any other kind."""


class Notice(NamedTuple):
    """One event as a reader of inotify gets it."""

    wd: int
    kind: str
    name: str = ""
    cookie: int = 0
    is_directory: bool = False


@dataclass(eq=False, slots=True)
class Watch:
    """An instance's interest in one inode."""

    instance: "Inotify"
    wd: int
    inode: Inode
    mask: frozenset[str]


@dataclass(eq=False)
class Inotify:
    """An inotify instance: watches and one bounded queue."""

    queue_max: int = 16_384
    watches_max: int = 1 << 20
    on_ready: Callable[[], None] | None = None
    watches: dict[int, Watch] = field(default_factory=dict, repr=False)
    overflows: int = 0
    _queue: deque[Notice] = field(default_factory=deque, repr=False)
    _last_wd: int = 0

    def add(self, inode: Inode, mask: Iterable[str] = DEFAULT_MASK) -> int:
        """Watch an inode; programs come through `MountTable.watch`, which finds it by path."""
        wanted = frozenset(mask)
        assert wanted <= KINDS, f"unknown kinds of change: {sorted(wanted - KINDS)}"
        for watch in inode.watches:
            if watch.instance is self:
                watch.mask = wanted
                return watch.wd
        if len(self.watches) >= self.watches_max:
            raise failure(ENOSPC)
        self._last_wd += 1
        watch = Watch(self, self._last_wd, inode, wanted)
        self.watches[watch.wd] = watch
        inode.watches.append(watch)
        return watch.wd

    def remove(self, wd: int) -> None:
        """Stop a watch; the last word about it is `ignored`."""
        watch = self.watches.pop(wd, None)
        if watch is None:
            raise failure(EINVAL)
        watch.inode.watches.remove(watch)
        self.put(Notice(wd, "ignored"))

    def close(self) -> None:
        for watch in self.watches.values():
            watch.inode.watches.remove(watch)
        self.watches.clear()
        self._queue.clear()

    def read(self, *, notices_max: int | None = None) -> list[Notice]:
        """Take what is in the queue, oldest first; an empty list when nothing is."""
        count = len(self._queue) if notices_max is None else min(notices_max, len(self._queue))
        return [self._queue.popleft() for _ in range(count)]

    def __len__(self) -> int:
        return len(self._queue)

    def put(self, notice: Notice) -> None:
        if self._queue and self._queue[-1] == notice:
            return
        was_empty = not self._queue
        if len(self._queue) < self.queue_max:
            self._queue.append(notice)
        elif self._queue[-1].kind != "overflow":
            self.overflows += 1
            self._queue.append(Notice(-1, "overflow"))
        if was_empty and self.on_ready is not None:
            self.on_ready()


def tell(inode: Inode, kind: str, *, name: str = "", cookie: int = 0, is_directory: bool = False) -> None:
    """Tell those who watch an inode."""
    for watch in tuple(inode.watches):
        if kind in watch.mask:
            watch.instance.put(Notice(watch.wd, kind, name, cookie, is_directory))


def tell_entry(entry: Entry | None, inode: Inode, kind: str) -> None:
    """Tell those who watch the folder of a name, then those who watch the thing itself."""
    is_directory = type(inode) is Directory
    if entry is not None and entry.directory.watches:
        tell(entry.directory, kind, name=entry.name, is_directory=is_directory)
    if inode.watches:
        tell(inode, kind, is_directory=is_directory)


def tell_end(inode: Inode) -> None:
    """The inode is freed: say so to those who watch it, and end their watches."""
    tell(inode, "delete_self")  # Never marked as a folder, even where it was one.
    for watch in tuple(inode.watches):
        watch.instance.remove(watch.wd)


def drop_watches(inode: Inode) -> None:
    """Forget all watches of an inode without a word: the machine they ran on is off."""
    for watch in inode.watches:
        watch.instance.watches.pop(watch.wd, None)
    inode.watches.clear()
