"""The limits of a run. Whatever reaches one ends the run with an error that names it."""

from dataclasses import dataclass

_HOUR_NS = 3600 * 10**9


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds on a run; generous enough for real programs, small enough to end a runaway one."""

    time_max_ns: int = 10 * 366 * 24 * _HOUR_NS  # Ten years: a timer beyond it is a mistake of units.
    turns_per_instant_max: int = 200_000  # A program that moves 64 MiB at once needs a tenth of it.
    turns_max: int = 2_000_000_000
    events_max: int = 20_000_000
    trace_bytes_max: int = 1 << 30
    threads_max: int = 20_000
    descriptors_max: int = 4096  # Per process; a program that leaks meets EMFILE as it would on a machine.
    clock_reads_free: int = 10_000  # Reads of a clock in one step before each costs time: see clocks.
    spin_s: float = 30.0  # Real seconds in which no step of the simulation ends.
