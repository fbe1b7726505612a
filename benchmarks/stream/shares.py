"""Shares: whose the CPU time of a run is, by samples of the running stack.

A sample is charged with the CPU time since the last one, so that a digest of five megabytes, which nothing can
interrupt, counts for all that it took. It belongs to the innermost frame that is somebody's: what the standard library
does is done for whoever called it.
"""

import signal
import time
from collections import defaultdict
from types import FrameType, TracebackType
from typing import Final, Self

from simulator.kernel.interpose import install
from simulator.kernel.interpose.redirect import original
from simulator.kernel.state import outside

_EVERY_S: Final = 0.002
_STACKS: Final = 6

OWNERS: Final = (
    ("/simulator/kernel/", "engine"),
    ("/simulator/world/", "engine"),
    ("/simulator/trace/", "engine"),
    ("/simulator/services/", "services"),
    ("/simulator/", "harness"),
    ("/pipelines/", "program"),
    ("/benchmarks/", "recorders"),
    ("/site-packages/greenlet/", "engine"),
    ("/site-packages/msgspec/", "engine"),
    ("/site-packages/", "libraries"),
)
"""The first that a file's path holds says whose it is."""


def owner_of(filename: str) -> str | None:
    """Whose a file is; None for the standard library, which works for others."""
    return next((owner for part, owner in OWNERS if part in filename), None)


def part_of(filename: str) -> str:
    """The part of its owner that a file is of: a library, or a package of ours."""
    words = filename.replace("\\", "/").split("/")
    if "site-packages" in words:
        return words[words.index("site-packages") + 1].removesuffix(".py")
    for top in ("simulator", "pipelines", "benchmarks"):
        if top in words:
            at = words.index(top)
            return ".".join(words[at : at + 3]).removesuffix(".py")
    return "the standard library"


class Shares:
    """CPU seconds by owner and by part, of what runs in the `with` block."""

    def __init__(self) -> None:
        install()
        self.by_owner: defaultdict[str, float] = defaultdict(float)
        self.by_part: defaultdict[str, float] = defaultdict(float)
        self.by_line: defaultdict[str, float] = defaultdict(float)
        self._owners: dict[str, str | None] = {}
        self._cpu_s = original(time.process_time)
        self._last_s = 0.0

    def __enter__(self) -> Self:
        with outside():
            self._before = signal.signal(signal.SIGPROF, self._take)
            self._last_s = self._cpu_s()
            signal.setitimer(signal.ITIMER_PROF, _EVERY_S, _EVERY_S)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with outside():
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, self._before)

    @property
    def total_s(self) -> float:
        return sum(self.by_owner.values())

    def share(self, *owners: str) -> float:
        return sum(self.by_owner[owner] for owner in owners) / max(self.total_s, 1e-9)

    def _take(self, number: int, frame: FrameType | None) -> None:
        now_s = self._cpu_s()
        took_s, self._last_s = now_s - self._last_s, now_s
        while frame is not None:
            filename = frame.f_code.co_filename
            try:
                owner = self._owners[filename]
            except KeyError:
                owner = self._owners[filename] = owner_of(filename)
            if owner is not None:
                self.by_owner[owner] += took_s
                self.by_part[part_of(filename)] += took_s
                self.by_line[f"{part_of(filename)} {frame.f_code.co_name}"] += took_s
                return
            frame = frame.f_back
        self.by_owner["engine"] += took_s
