"""A timeline of a few lines: enough of an engine for the network's own tests."""

from collections.abc import Callable
from heapq import heappop, heappush
from types import SimpleNamespace
from typing import Any


class Timer:
    """An entry of the heap."""

    def __init__(self, when_ns: int, seq: int, callback: Callable[..., object], args: tuple[object, ...]) -> None:
        self.when_ns, self.seq, self.callback, self.args = when_ns, seq, callback, args
        self.cancelled = False

    def __lt__(self, other: "Timer") -> bool:
        return (self.when_ns, self.seq) < (other.when_ns, other.seq)

    def cancel(self) -> None:
        self.cancelled = True


class ScriptedTimeline:
    """Virtual time that a test moves; draws are the tamest, unless scripted by label."""

    def __init__(self, *, traced: bool = False) -> None:
        self.now_ns = 0
        self.recorder: Any = SimpleNamespace(level=1) if traced else None
        self.choices = self
        self.script: dict[str, list[int]] = {}
        self.draws: list[tuple[str, str, str, int]] = []
        self.events: list[tuple[int, str, str, dict[str, object]]] = []
        self._heap: list[Timer] = []
        self._seq = 0

    def call_at(self, when_ns: int, callback: Callable[..., object], /, *args: object) -> Timer:
        self._seq += 1
        timer = Timer(max(when_ns, self.now_ns), self._seq, callback, args)
        heappush(self._heap, timer)
        return timer

    def draw(self, bound: int, /, *, stream: str, site: str, label: str) -> int:
        self.draws.append((stream, site, label, bound))
        scripted = self.script.get(label)
        value = scripted.pop(0) if scripted else 0
        assert 0 <= value < bound
        return value

    def emit(self, kind: str, /, *, host: str | None = None, **fields: object) -> int:
        self.events.append((self.now_ns, kind, host or "", fields))
        return len(self.events)

    def run(self, until_ns: int = 1 << 62) -> None:
        """Let everything happen that is due by then."""
        while self._heap and self._heap[0].when_ns <= until_ns:
            timer = heappop(self._heap)
            if not timer.cancelled:
                self.now_ns = timer.when_ns
                timer.callback(*timer.args)
        if until_ns < 1 << 62:
            self.now_ns = max(self.now_ns, until_ns)

    def run_for(self, delay_ns: int) -> None:
        self.run(self.now_ns + delay_ns)
