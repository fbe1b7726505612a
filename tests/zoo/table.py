"""The table of the zoo: what is planted in each program, and under which weather it is looked for."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from simulator.explore.case import ProgramCase
from simulator.harness.program import Setup

PROGRAMS: Final = Path(__file__).parent / "programs"
USUAL: Final = ("network", "services", "time")
CHANCE: Final = ("none",)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One kind of bug: a program that has it, and its twin that has not."""

    name: str  # Of the two programs: NAME_broken.py and NAME_fixed.py.
    planted: str
    groups: tuple[str, ...]  # Of the usual faults; "none" for chance alone.
    services: tuple[str, ...] = ("redis",)
    schedule: str = "fifo"
    known: int = 0  # A seed with which the broken one fails.

    @property
    def broken(self) -> ProgramCase:
        """The program with the bug, as `sweep` plays it."""
        return self._case("broken")

    @property
    def fixed(self) -> ProgramCase:
        """Its twin without the bug."""
        return self._case("fixed")

    def _case(self, twin: str) -> ProgramCase:
        program = f"{self.name}_{twin}.py"
        return ProgramCase(setup=Setup(program=program, folder=str(PROGRAMS), services=self.services, menu=self.groups))


ZOO: Final = (
    Entry(
        name="lost_wakeup",
        planted="an event is cleared after the backlog was seen empty and a reply was awaited: a wake-up is lost",
        groups=CHANCE,
    ),
    Entry(
        name="check_then_act",
        planted="a seat is looked at, and taken one await later; two guests get it",
        groups=CHANCE,
    ),
    Entry(
        name="double_completion",
        planted="who finishes looks whether it is finished, and says so only after its awaits; two finish it",
        groups=CHANCE,
    ),
    Entry(
        name="stale_fill",
        planted="a cache is filled with what was read before a change that has emptied it meanwhile",
        groups=CHANCE,
    ),
    Entry(
        name="swallowed_cancel",
        planted="a bare `except` takes the cancellation for an error, and goes on",
        groups=CHANCE,
    ),
    Entry(
        name="start_order",
        planted="a task needs what another prepares that was only started before it",
        groups=CHANCE,
        schedule="random",
    ),
    Entry(
        name="trusted_delete",
        planted="an event says that a file was deleted, and nobody looks whether it is there again",
        groups=CHANCE,
    ),
    Entry(
        name="late_watcher",
        planted="a folder is scanned before it is watched: a file that comes in between is lost",
        groups=CHANCE,
    ),
    Entry(
        name="probed_too_early",
        planted="a file is probed once, when the first of it is there, and its verdict is kept",
        groups=CHANCE,
    ),
    Entry(
        name="first_page",
        planted="only the first page of a listing is read",
        groups=CHANCE,
        services=("s3",),
    ),
    Entry(
        name="set_move",
        planted="a member leaves one set and enters the other in two commands; in between it is nowhere",
        groups=USUAL,
    ),
    Entry(
        name="blind_retry",
        planted="a write that adds is sent again when its reply is lost, and adds twice",
        groups=USUAL,
    ),
    Entry(
        name="wrong_reply",
        planted="a caller whose time is over leaves its reply on the connection; the next caller reads it",
        groups=USUAL,
    ),
    Entry(
        name="pool_exhausted",
        planted="a connection is checked between being borrowed and the `try` that gives it back; who is "
        "cancelled there keeps it",
        groups=USUAL,
    ),
    Entry(
        name="dropped_exception",
        planted="a background task ends with an error that nobody looks at; its queue is never emptied",
        groups=USUAL,
    ),
    Entry(
        name="unfenced_leader",
        planted="a leader that lost its lease goes on with the entry that it began; nobody compares epochs",
        groups=USUAL,
    ),
    Entry(
        name="lost_message",
        planted="what was published while the subscriber's connection was down is never asked for",
        groups=USUAL,
    ),
    Entry(
        name="expire_after",
        planted="a lock is set, and its expiry in a second command; when that is not sent, it is held for ever",
        groups=USUAL,
    ),
    Entry(
        name="dropped_queue",
        planted="a server that stops cancels its writer; what it had promised to write is gone",
        groups=USUAL,
    ),
    Entry(
        name="webhook_twice",
        planted="a message that is told again, for its answer came too late, is acted on again",
        groups=USUAL,
    ),
    Entry(
        name="part_from_count",
        planted="a part's number is how many parts went up before it; after a failure that is another one's",
        groups=USUAL,
        services=("s3",),
    ),
    Entry(
        name="forgotten_upload",
        planted="an upload whose Create was answered to nobody is never ended",
        groups=USUAL,
        services=("s3",),
    ),
    Entry(
        name="partial_read",
        planted="`read(n)` of a body is taken for all of it; it returns what is there",
        groups=USUAL,
        services=("s3",),
    ),
    Entry(
        name="late_write",
        planted="a write that was given up arrives after a later one to the same key",
        groups=USUAL,
        services=("s3",),
    ),
    Entry(
        name="retry_for_ever",
        planted="every error is tried again, also the one that says that it is done",
        groups=USUAL,
        services=("s3",),
    ),
    Entry(
        name="cancelled_cleanup",
        planted="the `finally` of a cancelled scope awaits, and is cancelled there",
        groups=("services", "time"),
    ),
    Entry(
        name="wall_clock_idle",
        planted="idleness is measured on the wall clock, which jumps",
        groups=("time",),
    ),
    Entry(
        name="clock_order",
        planted="the latest of several entries is the one with the latest time of day",
        groups=("time",),
    ),
    Entry(
        name="lock_pause",
        planted="the holder of a lock stands still until it has expired, and then writes",
        groups=("time",),
    ),
    Entry(
        name="offset_first",
        planted="the offset is stored before the work that it stands for",
        groups=("kill",),
    ),
    Entry(
        name="pop_then_work",
        planted="a job is taken out of its list before it is done",
        groups=("kill",),
    ),
    Entry(
        name="torn_journal",
        planted="the last line of a journal is taken for whole",
        groups=("kill",),
    ),
    Entry(
        name="no_fsync",
        planted="a file is replaced without a sync of its content and its name",
        groups=("power",),
    ),
)
