"""A power cut: draws decide what of the unsynced survives; the rest is as if it had never been.

Zero is the tamest draw: everything that was written survives. Per file and for the names the first draw picks the
manner, so that a tame tape is short; later draws pick how many, which, and where a torn write is torn.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulator.world.disk.durability import Change, Fate, NameChange
from simulator.world.disk.extents import clip
from simulator.world.disk.inode import Directory, Entry, File, Inode

if TYPE_CHECKING:
    from simulator.world.disk.disk import Disk

Draw = Callable[[int, str], int]
"""`draw(bound, label)` gives a number below the bound; zero must be the tamest."""

_SINGLE_DRAWS_MAX = 64  # Fates drawn one by one in one file or journal; what is older survives.


@dataclass(frozen=True)
class PowerCut:
    """What a power cut took, in words that print well."""

    names: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)


def cut_power(disk: "Disk", draw: Draw) -> PowerCut:
    """Turn the page cache into what the platter holds, as far as the draws let it survive."""
    now_ns = disk.now_ns()
    files: dict[str, str] = {}
    paths = disk.paths()
    for inode in _unsynced(disk):
        inode.log.settle(disk.older(disk.settings.writeback_after_ns, now_ns), changes_max=len(inode.log))
        if inode.log:
            path = paths.get(inode, f"inode {inode.number}")
            said = _cut_inode(disk, inode, path, draw)
            if said:
                files[path] = said
            inode.log.clear()
    disk.dirty.clear()
    disk.journal.settle(disk.older(disk.settings.commit_after_ns, now_ns), changes_max=len(disk.journal.changes))
    lost = _cut_names(disk, draw)
    return PowerCut(tuple(str(change) for change in lost), files)


def _unsynced(disk: "Disk") -> list[Inode]:
    """The inodes that have a log, those included that come back if their removal is lost."""
    found = dict(disk.dirty)
    for change in disk.journal.changes:
        for edit in change.edits:
            for inode in (edit.before, edit.after):
                if inode is not None and inode.log:
                    found[inode] = None
    return list(found)


def _cut_inode(disk: "Disk", inode: Inode, name: str, draw: Draw) -> str:
    """Undo an inode's log and play back the survivors; say what was lost."""
    log = tuple(inode.log)
    kept = _survivors(disk, name, inode.log.pending(), draw)
    lost = [change for change in log if change.fate is Fate.DOOMED or kept.get(change, _WHOLE) != _WHOLE]
    if not lost:
        return ""
    for change in reversed(log):
        _undo(inode, change)
    for change in log:
        if change.fate is not Fate.DOOMED:
            _redo(inode, change, kept.get(change, _WHOLE))
    torn = sum(1 for change in lost if kept.get(change) is not None)
    return f"{len(lost) - torn} of {len(log)} changes lost, {torn} torn, size {inode.size}"


Kept = tuple[int, int, int] | None
"""Which bytes of a write survive, and the size that it leaves at least; None when it is lost whole."""
_WHOLE: Kept = (0, 1 << 63, 0)


def _survivors(disk: "Disk", name: str, pending: list[Change], draw: Draw) -> dict[Change, Kept]:
    """What becomes of each pending change; those that are not named survive whole."""
    if not pending:
        return {}
    manner = draw(4, f"unsynced {name}")
    if manner == 0:
        return {}
    if manner == 1:
        return {change: _remains(disk, change, None, draw, name) for change in pending}
    if manner == 2:
        # The last ones are lost, and the oldest of these may be half done.
        first = len(pending) - 1 - draw(len(pending), f"writes lost {name}")
        torn = {pending[first]: _torn(disk, pending[first], draw, name)}
        return torn | {change: _remains(disk, change, None, draw, name) for change in pending[first + 1 :]}
    fates: dict[Change, Kept] = {}
    for change in pending[-_SINGLE_DRAWS_MAX:]:
        fate = draw(3, f"write {name}")
        if fate:
            fates[change] = _torn(disk, change, draw, name) if fate == 2 else _remains(disk, change, None, draw, name)
    return fates


def _torn(disk: "Disk", change: Change, draw: Draw, name: str) -> Kept:
    """Some sectors at one end of a write survive."""
    sector = disk.settings.sector_bytes
    if change.kind != "write":
        return None
    first, last = change.low // sector, -(-change.high // sector)
    sectors_kept = last - first - 1 - draw(last - first, f"sectors lost {name}")
    if sectors_kept == 0:
        return _remains(disk, change, None, draw, name)
    if draw(2, f"end lost {name}") == 0:
        kept = change.low, min(change.high, (first + sectors_kept) * sector)
    else:
        kept = max(change.low, (last - sectors_kept) * sector), change.high
    return _remains(disk, change, kept, draw, name)


def _remains(disk: "Disk", change: Change, kept: tuple[int, int] | None, draw: Draw, name: str) -> Kept:
    """Add to the surviving bytes the size that may have reached the disk without them."""
    grown = change.kind == "write" and change.size_after > change.size_before
    size = 0
    if grown and not disk.settings.ordered_data and draw(2, f"size outlives bytes {name}"):
        size = change.size_after
    if kept is None:
        return (0, 0, size) if size else None
    return (*kept, size)


def _undo(inode: Inode, change: Change) -> None:
    inode.meta = change.meta_before
    if isinstance(inode, File) and change.kind != "attributes":
        inode.content.cut(change.low, change.high)
        inode.content.put(change.before)
        inode.content.size = change.size_before


def _redo(inode: Inode, change: Change, kept: Kept) -> None:
    if kept is None:
        return
    inode.meta = change.meta_after
    if not isinstance(inode, File) or change.kind == "attributes":
        return
    content = inode.content
    if change.kind == "truncate":
        content.truncate(change.size_after)
        return
    low, high, size = max(change.low, kept[0]), min(change.high, kept[1]), kept[2]
    if low < high:
        content.cut(low, high)
        content.put(clip(change.after, low, high))
        if change.size_after > change.size_before or change.kind == "write":
            content.size = max(content.size, min(high, change.size_after))
    content.size = max(content.size, size)


def _cut_names(disk: "Disk", draw: Draw) -> list[NameChange]:
    """Undo the journal and play back the survivors; return what was lost."""
    pending = disk.journal.pending()
    lost: list[NameChange] = []
    if pending and draw(2, "unsynced names"):
        if disk.settings.names_in_order:
            lost = pending[len(pending) - 1 - draw(len(pending), "names lost") :]
        else:
            lost = _lost_out_of_order(disk, pending, draw)
    for change in reversed(disk.journal.changes):
        for edit in reversed(change.edits):
            _name(edit.directory, edit.name, edit.before)
    gone = set(lost)
    for change in disk.journal.changes:
        if change not in gone:
            for edit in change.edits:
                _name(edit.directory, edit.name, edit.after)
    disk.journal.changes.clear()
    return lost


def _lost_out_of_order(disk: "Disk", pending: list[NameChange], draw: Draw) -> list[NameChange]:
    lost: list[NameChange] = []
    for number, change in enumerate(pending):
        young = number >= len(pending) - _SINGLE_DRAWS_MAX
        if disk.journal.rests_upon(lost, change) or (young and draw(2, f"name {change}")):
            lost.append(change)
    return lost


def _name(directory: Directory, name: str, inode: Inode | None) -> None:
    if inode is None:
        directory.entries.pop(name, None)
    else:
        directory.entries[name] = Entry(directory, name, inode)
