"""Progress: one line on a terminal that follows virtual time, and is gone when the run is over."""

import time
from collections.abc import Callable
from typing import TextIO

from simulator.kernel.engine import Engine
from simulator.kernel.state import outside
from simulator.trace.event import format_ns

_QUIET_S = 0.7  # A run that is over sooner needs no progress.
_LINE = "\r\x1b[K"


class Progress:
    """Shows where a run is. On anything that is no terminal it shows nothing."""

    def __init__(self, stream: TextIO, *, name: str = "") -> None:
        self._stream, self._name = stream, name
        self._shows = stream.isatty()
        self._started_s = time.monotonic()
        self._shown = False

    def watch(self, engine: Engine) -> Callable[[], object] | None:
        """Begin with a run; returns what is to be called now and then."""
        return (lambda: self._look(engine)) if self._shows else None

    def _look(self, engine: Engine) -> None:
        with outside():
            passed_s = time.monotonic() - self._started_s
            if passed_s < _QUIET_S:
                return
            events = engine.recorder.seq if engine.recorder is not None else 0
            seconds = format_ns(engine.now_ns // 10**6 * 10**6)
            self._write(f"{_LINE}{self._name}  virtual {seconds}  {events:,} events  real {passed_s:.0f} s")
            self._shown = True

    def close(self) -> None:
        """Take the line away."""
        if self._shown:
            self._write(_LINE)
            self._shown = False

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            self._shows = False
