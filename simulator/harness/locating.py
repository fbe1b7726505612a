"""Locating: a recorder that also keeps the program's line behind every event and every value handed out."""

from typing import Any

from simulator.kernel.callsite import where
from simulator.kernel.state import here
from simulator.trace.recorder import Recorder


class LocatingRecorder(Recorder):
    """For runs at the detail level: slow, and able to say where two stories part."""

    def emit(self, at_ns: int, host: str, kind: str, fields: dict[str, Any], cause: int | None = None) -> int:
        """Record an event with its call site, when a program is at work."""
        if here.thread is not None and "where" not in fields:
            fields["where"] = where()
        return super().emit(at_ns, host, kind, fields, cause)
