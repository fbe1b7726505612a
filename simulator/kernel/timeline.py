"""The timeline: virtual time, the heap of what is to happen, and the record of what has happened.

Entries fire by time, then in the order in which they were made. One that belongs to a loop goes into that loop's
queue; one of the world's own is called here and now, in no process.
"""

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from sys import maxsize
from typing import TYPE_CHECKING, Final, NoReturn

from simulator.kernel import importing
from simulator.kernel.entry import Entry
from simulator.kernel.limits import Limits
from simulator.kernel.state import here

if TYPE_CHECKING:
    from simulator.kernel.choices import Choices
    from simulator.trace.recorder import Recorder

_COMPACT_MIN: Final = 200  # Below this, cancelled entries are cheaper to skip than to sweep.


class Timeline:
    """What every part of the world needs of the engine: time, timers, events and choices."""

    def __init__(self, *, choices: "Choices", recorder: "Recorder | None" = None, limits: Limits | None = None) -> None:
        self.now_ns = 0
        self.choices = choices
        self.recorder = recorder
        self.limits = limits or Limits()
        self.heap: list[tuple[int, int, Entry]] = []
        self.seq = 0
        self.cause: int | None = None  # The last event that led to what runs now.
        self.cancelled = 0
        self.turns = 0  # Of all loops, in the whole run.
        self.time_max_ns = self.limits.time_max_ns
        self.turns_per_instant_max = self.limits.turns_per_instant_max
        self.instant_turn = 0  # The turn in which time last moved.
        self.turns_until = self.turns_per_instant_max  # The turn at which a loop calls `turns_are_up`.
        self.collect_turn = maxsize  # When garbage is collected next; see `collect`.

    def out_of_time(self) -> NoReturn:
        """End the run: its next event lies beyond the end of time."""
        raise NotImplementedError

    # --- time -------------------------------------------------------------------------------------

    def call_at(self, when_ns: int, callback: Callable[..., object], *args: object) -> Entry:
        """Call from the kernel at a virtual time. The callback belongs to no process and may not block."""
        self.seq += 1
        when_ns = max(when_ns, self.now_ns)
        entry = Entry(callback, args, None, None, self.cause, self, when_ns)
        heappush(self.heap, (when_ns, self.seq, entry))
        return entry

    def call_after(self, delay_ns: int, callback: Callable[..., object], *args: object) -> Entry:
        return self.call_at(self.now_ns + delay_ns, callback, *args)

    def compact(self) -> None:
        """Sweep cancelled entries out of the heap once they are the majority."""
        heap = self.heap
        if self.cancelled > _COMPACT_MIN and self.cancelled * 2 > len(heap):
            heap[:] = [timed for timed in heap if timed[2].callback is not None]
            heapify(heap)
            self.cancelled = 0

    def advance(self) -> bool:
        """Move the clock to the next entry and let everything that is due there happen; False if there is none."""
        heap = self.heap
        while heap and heap[0][2].callback is None:
            heappop(heap)
            self.cancelled -= 1
        if not heap:
            return False
        when_ns = heap[0][0]
        if when_ns > self.now_ns:
            self.move_to(when_ns)
        self.fire_due(when_ns)
        return True

    def move_to(self, when_ns: int) -> None:
        """Let time pass; a run ends where its limit of time lies."""
        if when_ns > self.time_max_ns:
            self.out_of_time()
        self.now_ns = when_ns
        self.instant_turn = self.turns

    def fire_due(self, when_ns: int) -> None:
        """Let everything happen that is due by a time."""
        heap = self.heap
        while heap and heap[0][0] <= when_ns:
            entry = heappop(heap)[2]
            if entry.callback is None:
                self.cancelled -= 1
            else:
                self.fire(entry)

    def fire(self, entry: Entry) -> None:
        """Let a due entry happen: here and now if it is the world's, in its loop's next turn if it is a loop's."""
        if entry.owner is None:
            self._run_kernel(entry)
        else:
            entry.owner.receive(entry)

    def _run_kernel(self, entry: Entry) -> None:
        """Run a callback of the world in no process."""
        callback, entry.callback = entry.callback, None
        assert callback is not None
        process, thread = here.process, here.thread
        here.process = here.thread = None
        self.cause = entry.cause
        try:
            callback(*entry.args)
        finally:
            here.process, here.thread = process, thread

    # --- events -------------------------------------------------------------------------------------

    def emit(self, kind: str, /, *, host: str | None = None, **fields: object) -> int:
        """Record an event of the current process (or `host`), caused by the last event that led here."""
        recorder = self.recorder
        if recorder is None or importing.shared:
            return 0
        if host is None:
            process = here.process
            host = process.host.name if process is not None else ""
        seq = recorder.emit(self.now_ns, host, kind, fields, self.cause)
        self.cause = seq
        return seq

    def absorb(self, label: str, data: bytes) -> None:
        """Let a value that was handed out (a clock, entropy, a payload) count in the digest."""
        if self.recorder is not None and not importing.depth:
            self.recorder.absorb(label, data)
