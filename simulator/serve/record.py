"""Record: what was asked of a server, as a trace that `show` reads, with the times at which it happened.

Times count from the start of the server; the header says when that was. What is recorded is on its way to the
file within a second, so a killed server leaves nearly all of its story.
"""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any, Final

FLUSH_S: Final = 1.0


class Record:
    """A trace that grows while the servers run."""

    def __init__(self, path: str, *, services: str, seed: int | None) -> None:
        from simulator.trace.header import Header
        from simulator.trace.recorder import Recorder
        from simulator.trace.writer import TraceWriter

        self._began_ns = time.monotonic_ns()
        started = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        header = Header(scenario=f"serve {services}", params={"started": started}, seed=seed)
        self._recorder = Recorder(sink=TraceWriter(path, header), events_kept_max=0, header=header)
        self._timer: asyncio.TimerHandle | None = None

    def tell(self, host: str) -> Any:
        """Where a service tells its events."""

        def tell(kind: str, **fields: Any) -> None:
            self._recorder.emit(time.monotonic_ns() - self._began_ns, host, kind, fields)

        return tell

    def start(self) -> None:
        """Write what there is from now and then."""
        self._recorder.flush()
        self._timer = asyncio.get_running_loop().call_later(FLUSH_S, self.start)

    def finish(self, outcome: str) -> None:
        """Write the rest, and the footer."""
        if self._timer is not None:
            self._timer.cancel()
        self._recorder.finish(outcome)
