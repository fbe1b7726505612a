"""A disk: inodes, their numbers and blocks, what is durable, and the hooks by which the world takes part.

It knows nothing of paths as a host sees them (`mounts` does), of processes, or of virtual time passing: it is told
the time through two callables, asks a gate before each operation, and hands out events through a third. Whoever
builds the world gives it `wait`, which may park the thread that works; without it an operation takes no time at all.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from errno import ENOSPC
from heapq import heappop, heappush
from typing import Any, TypeVar

from simulator.world.disk.durability import Change, Journal, Log
from simulator.world.disk.failing import failure
from simulator.world.disk.inode import Directory, Entry, File, Inode, Meta, Symlink, full_mode
from simulator.world.disk.notify import drop_watches, tell_end
from simulator.world.disk.power_cut import Draw, PowerCut, cut_power
from simulator.world.disk.settings import DiskSettings
from simulator.world.disk.verdict import PASS, Gate, Verdict

Kind = TypeVar("Kind", bound=Inode)

ROOT_NUMBER = 2  # As on ext4; 11 is the first number it gives to others.
_FIRST_NUMBER = 11


def _unheard(kind: str, /, **fields: Any) -> None:
    """Take an event to nobody."""


@dataclass(eq=False)
class Disk:
    """One disk. `wall_ns` stamps files, `now_ns` tells how long something has been unsynced."""

    name: str = "disk"
    settings: DiskSettings = field(default_factory=DiskSettings)
    device: int = 0xFD00
    wall_ns: Callable[[], int] = lambda: 0
    now_ns: Callable[[], int] = lambda: 0
    emit: Callable[..., object] = _unheard
    gate: Gate | None = None
    latency: Callable[[str, int], int] | None = None  # `latency(op, size)` in nanoseconds.
    wait: Callable[[int], None] | None = None

    def __post_init__(self) -> None:
        self.journal = Journal()
        self.dirty: dict[Inode, None] = {}
        self.inodes: dict[int, Inode] = {}
        self.blocks_used = 0
        self.epoch = 0  # Counts power cuts: what was open before one is dead after it.
        self._next_number = _FIRST_NUMBER
        self._free_numbers: list[int] = []
        self._cookies = 0
        self.root = Directory(self, ROOT_NUMBER, self._meta(full_mode(Directory, 0o755)), Log(), nlink=2)
        self.inodes[ROOT_NUMBER] = self.root

    def __repr__(self) -> str:
        used = self.blocks_used * self.settings.block_bytes
        return f"<disk {self.name}: {len(self.inodes)} inodes, {used} bytes used, {len(self.dirty)} dirty>"

    # --- gate and time --------------------------------------------------------------------------------

    def ask(self, op: str, path: str, size: int = 0) -> Verdict:
        """Pass the gate with an operation: wait as long as it takes, raise if it is refused, or say what befalls it."""
        if self.gate is None and self.latency is None:
            return PASS  # Every operation comes by here.
        verdict = (self.gate(op, path, size) if self.gate is not None else None) or PASS
        delay_ns = verdict.latency_ns + (self.latency(op, size) if self.latency is not None else 0)
        if delay_ns and self.wait is not None:
            epoch = self.epoch
            self.wait(delay_ns)
            assert epoch == self.epoch, "a thread outlived the power cut of its disk"
        if verdict is not PASS:
            self.emit("fault.hit", fault="disk", target=printable(path), operation=op, verdict=str(verdict))
        if verdict.errno and verdict.bytes_max is None and op != "fsync":
            raise failure(verdict.errno)
        return verdict

    def stamp_ns(self) -> int:
        """The time that files get now."""
        grain_ns = self.settings.stamp_grain_ns
        wall_ns = self.wall_ns()
        return wall_ns - wall_ns % grain_ns

    def older(self, age_ns: int | None, now_ns: int) -> int | None:
        """The time before which a change of that age was made; None when age does not matter."""
        return None if age_ns is None else now_ns - age_ns

    def cookie(self) -> int:
        """A number that joins the two halves of a rename."""
        self._cookies += 1
        return self._cookies

    # --- inodes ---------------------------------------------------------------------------------------

    def _meta(self, mode: int, uid: int = 0, gid: int = 0) -> Meta:
        now = self.stamp_ns()
        return Meta(mode, uid, gid, now, now, now)

    def make(self, kind: type[Kind], permissions: int, *, uid: int = 0, gid: int = 0) -> Kind:
        """A new inode without a name."""
        if len(self.inodes) >= self.settings.inodes_max:
            raise failure(ENOSPC)
        if kind is Directory:
            self.take_blocks(1)
        if self._free_numbers:
            number = heappop(self._free_numbers)
        else:
            number = self._next_number
            self._next_number += 1
        inode = kind(self, number, self._meta(full_mode(kind, permissions), uid, gid), Log())
        self.inodes[number] = inode
        return inode

    def release(self, inode: Inode) -> None:
        """Free an inode that has neither a name nor someone who holds it open."""
        if inode.nlink or inode.opens or inode.freed:
            return
        inode.freed = True
        self.blocks_used -= self.blocks_of(inode)
        self.dirty.pop(inode, None)
        self.inodes.pop(inode.number, None)
        if self.settings.inode_reuse == "lowest":
            heappush(self._free_numbers, inode.number)
        if inode.watches:
            tell_end(inode)

    def change(self, inode: Inode, change: Change) -> None:
        """Remember a change that is not durable yet."""
        log = inode.log
        log.append(change)
        age = self.older(self.settings.writeback_after_ns, change.at_ns)
        log.settle(age, changes_max=self.settings.unsynced_changes_max)
        self.dirty.pop(inode, None)
        self.dirty[inode] = None
        self._forget_oldest(age)

    def _forget_oldest(self, before_ns: int | None) -> None:
        """Let the file that has not been written for longest become clean by age, so that the list stays short."""
        oldest = next(iter(self.dirty))
        oldest.log.settle(before_ns, changes_max=self.settings.unsynced_changes_max)
        if not oldest.log:
            del self.dirty[oldest]

    def set_meta(self, inode: Inode, meta: Meta) -> None:
        """Change attributes as a program does: with a change of `ctime`, and undone by a power cut."""
        before, inode.meta = inode.meta, meta._replace(ctime_ns=self.stamp_ns())
        self.change(inode, Change("attributes", self.now_ns(), before, inode.meta))

    def touch(self, inode: Inode) -> None:
        """The content of a folder changed."""
        now = self.stamp_ns()
        inode.meta = inode.meta._replace(mtime_ns=now, ctime_ns=now)

    def read_by_someone(self, inode: Inode) -> None:
        """Move the time of last access, as the mount option says."""
        meta = inode.meta
        now = self.stamp_ns()
        if self.settings.access_times == "noatime" or meta.atime_ns == now:
            return
        day_ns = 24 * 3600 * 10**9
        stale = meta.atime_ns <= max(meta.mtime_ns, meta.ctime_ns) or now - meta.atime_ns >= day_ns
        if stale or self.settings.access_times == "strictatime":
            inode.meta = meta._replace(atime_ns=now)

    # --- room -----------------------------------------------------------------------------------------

    def blocks_of(self, inode: Inode) -> int:
        """Blocks that an inode takes; short links live in the inode itself, as on ext4."""
        if isinstance(inode, File):
            return inode.blocks
        if isinstance(inode, Symlink):
            return 1 if inode.size >= 60 else 0
        return 1

    @property
    def blocks_free(self) -> int:
        return self.settings.capacity_bytes // self.settings.block_bytes - self.blocks_used

    def take_blocks(self, count: int) -> None:
        if count > self.blocks_free:
            raise failure(ENOSPC)
        self.blocks_used += count

    # --- durability -----------------------------------------------------------------------------------

    def sync(self, inode: Inode) -> None:
        """Make an inode durable, and for a folder its names."""
        inode.log.sync()
        if not inode.log:
            self.dirty.pop(inode, None)
        if isinstance(inode, Directory) and not self.settings.sync_names:
            self.journal.sync(inode)
        elif self.settings.sync_names:
            self.journal.sync(None)

    def sync_failed(self, inode: Inode) -> None:
        """A sync met an error of the device."""
        if self.settings.sync_failure_cleans:
            inode.log.doom()

    def sync_all(self) -> None:
        """Make everything durable, as `sync` does."""
        for inode in tuple(self.dirty):
            inode.log.sync()
            if not inode.log:
                del self.dirty[inode]
        self.journal.sync(None)

    def crash(self, draw: Draw = lambda bound, label: 0) -> PowerCut:
        """The power goes: keep what is durable, and of the rest what the draws let survive."""
        self.epoch += 1
        for inode in self.inodes.values():
            inode.opens, inode.locks = 0, None
            if inode.watches:
                drop_watches(inode)
        told = cut_power(self, draw)
        self._count_again()
        return PowerCut(
            tuple(printable(name) for name in told.names),
            {printable(path): said for path, said in told.files.items()},
        )

    def _count_again(self) -> None:
        """Walk the tree as fsck does: link counts, blocks and free numbers follow from the names alone."""
        reached: dict[Inode, None] = {self.root: None}
        self.root.nlink = 0
        pending: list[Directory] = [self.root]
        for directory in pending:
            directory.nlink, directory.subdirectories, directory.freed = 2, 0, False
            for entry in directory.entries.values():
                child = entry.inode
                if isinstance(child, Directory):
                    directory.subdirectories += 1
                    directory.nlink += 1
                    child.entry = entry
                    assert child not in reached, f"{child!r} is in two folders"
                    pending.append(child)
                elif child not in reached:
                    child.nlink, child.freed = 0, False
                child.nlink += 1
                reached[child] = None
        self.inodes = {inode.number: inode for inode in sorted(reached, key=lambda inode: inode.number)}
        assert len(self.inodes) == len(reached), "two inodes have the same number"
        for inode in reached:
            if isinstance(inode, File):
                inode.blocks = inode.content.blocks(0, inode.size, self.settings.block_bytes)
        self.blocks_used = sum(self.blocks_of(inode) for inode in reached)
        if self.settings.inode_reuse == "lowest":
            used = self.inodes
            self._free_numbers = [n for n in range(_FIRST_NUMBER, self._next_number) if n not in used]

    def paths(self) -> dict[Inode, str]:
        """A path by which each inode is reached now; of several, the first in listing order."""
        found: dict[Inode, str] = {self.root: "/"}
        for entry in self.every_entry():
            found.setdefault(entry.inode, entry.path())
        return found

    def every_entry(self) -> list[Entry]:
        """All names there are, folder by folder in listing order."""
        found: list[Entry] = []
        pending = [self.root]
        for directory in pending:
            for entry in directory.listing():
                found.append(entry)
                if isinstance(entry.inode, Directory):
                    pending.append(entry.inode)
        return found


def printable(path: str) -> str:
    """A path as text for an event: bytes that are not UTF-8 are shown as escapes."""
    return path if path.isascii() else path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
