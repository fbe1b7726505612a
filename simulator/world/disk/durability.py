"""Durability: what is on the platter, as a list of what is not yet.

Rules. 1. The state that programs see is the page cache. Each inode keeps a log of the changes of its content and
attributes that are not known to be durable, the disk a journal of those of its names; undoing a log backwards gives
what the platter holds.
2. Syncing marks changes durable, and a durable beginning of a log is dropped. Changes also become durable by age.
3. After a failed sync the changes are doomed: shown to programs, never stored, and no later sync helps.
4. A power cut undoes the logs and plays back what survives: all that is durable, nothing that is doomed, and of the
   rest what the draws say. 5. A change of a name survives only if every earlier one that touches the same name or the
   same inode does; moving a folder to another folder waits for everything before it and everything after waits for
   it. So no cut makes two folders contain each other, or a name without its file.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

from simulator.world.disk.extents import Piece
from simulator.world.disk.inode import Directory, Inode, Meta


class Fate(Enum):
    """What is known of a change."""

    PENDING = "pending"
    DURABLE = "durable"
    DOOMED = "doomed"


@dataclass(slots=True, eq=False)
class Change:
    """One change of an inode: which bytes, which size, which attributes, each before and after."""

    kind: Literal["write", "truncate", "punch", "attributes"]
    at_ns: int
    meta_before: Meta
    meta_after: Meta
    low: int = 0
    high: int = 0
    before: tuple[Piece, ...] = ()
    after: tuple[Piece, ...] = ()
    size_before: int = 0
    size_after: int = 0
    fate: Fate = Fate.PENDING


class Log(deque[Change]):
    """The changes of one inode since it was last known to be durable."""

    def settle(self, before_ns: int | None, *, changes_max: int) -> None:
        """Call durable what is old enough or too much to remember, and drop a durable beginning."""
        excess = len(self) - changes_max
        while self:
            first = self[0]
            if first.fate is Fate.PENDING and (excess > 0 or (before_ns is not None and first.at_ns <= before_ns)):
                first.fate = Fate.DURABLE
            if first.fate is not Fate.DURABLE:
                return
            self.popleft()
            excess -= 1

    def sync(self) -> None:
        """Make all that is pending durable."""
        self._mark(Fate.DURABLE)
        while self and self[0].fate is Fate.DURABLE:
            self.popleft()

    def doom(self) -> None:
        """A sync failed and the pages count as clean: what was pending will never be stored."""
        self._mark(Fate.DOOMED)

    def pending(self) -> list[Change]:
        return [change for change in self if change.fate is Fate.PENDING]

    def _mark(self, fate: Fate) -> None:
        for change in reversed(self):
            if change.fate is Fate.PENDING:
                change.fate = fate


@dataclass(slots=True, eq=False)
class Edit:
    """One name in one folder: what it meant and what it means."""

    directory: Directory
    name: str
    before: Inode | None
    after: Inode | None


@dataclass(slots=True, eq=False)
class NameChange:
    """Edits that happen together or not at all."""

    op: str
    at_ns: int
    edits: tuple[Edit, ...]
    barrier: bool = False  # A folder went to another folder.
    fate: Fate = Fate.PENDING

    def touched(self) -> Iterator[object]:
        """What it touches: names, and inodes by number, since a number may be used again."""
        for edit in self.edits:
            yield edit.directory, edit.name
            for inode in (edit.before, edit.after):
                if inode is not None:
                    yield inode.number

    def __str__(self) -> str:
        return f"{self.op} {' '.join(edit.directory.path().rstrip('/') + '/' + edit.name for edit in self.edits)}"


@dataclass(slots=True, eq=False)
class Journal:
    """The changes of names since all names were last known to be durable."""

    changes: deque[NameChange] = field(default_factory=deque)

    def settle(self, before_ns: int | None, *, changes_max: int) -> None:
        """Call durable what is old enough or too much to remember, and drop a durable beginning."""
        while self.changes:
            first = self.changes[0]
            old = before_ns is not None and first.at_ns <= before_ns
            if first.fate is not Fate.DURABLE and not old and len(self.changes) <= changes_max:
                return
            self.changes.popleft()

    def sync(self, directory: Directory | None) -> None:
        """Make durable the changes in one folder and what they rest upon; all changes when none is given."""
        wanted: set[object] = set()
        everything = directory is None
        for change in reversed(self.changes):
            keys = set(change.touched())
            touches = any(edit.directory is directory for edit in change.edits) and change.fate is not Fate.DOOMED
            # A change that is durable already holds what it rests upon.
            if everything or touches or wanted & keys or (wanted and change.barrier):
                change.fate = Fate.DURABLE
                wanted |= keys
                everything = everything or change.barrier
        self.settle(None, changes_max=len(self.changes))

    def pending(self) -> list[NameChange]:
        return [change for change in self.changes if change.fate is Fate.PENDING]

    def rests_upon(self, lost: list[NameChange], change: NameChange) -> bool:
        """Whether a change cannot survive the loss of those before it."""
        if not lost:
            return False
        if change.barrier or any(earlier.barrier for earlier in lost):
            return True
        keys = set(change.touched())
        return any(key in keys for earlier in lost for key in earlier.touched())
