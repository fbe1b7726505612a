"""The standard streams of a process: text streams over descriptors 0, 1 and 2.

What a program prints becomes an event per line and goes to the host's sink (the real terminal under
`exec`, nothing elsewhere). Streams are line-buffered, as on a terminal: a line is in the trace at the
virtual time at which it was printed. A cut process prints nothing more.
"""

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TextIO

from simulator.kernel.state import here

if TYPE_CHECKING:
    from simulator.kernel.process import Process

OutputSink = Callable[[bytes], object] | None
_CHUNK_MAX = 4096  # Bytes of text in one event; what is longer continues in the next.


class Output(io.RawIOBase):
    """Descriptor 1 or 2: records what is written and hands it to a sink."""

    def __init__(self, process: "Process", fd: int, sink: OutputSink) -> None:
        self._process, self._fd, self._sink = process, fd, sink
        self._kind = "proc.stdout" if fd == 1 else "proc.stderr"
        self.name = "<stdout>" if fd == 1 else "<stderr>"

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._fd

    def isatty(self) -> bool:
        return False

    def write(self, data: Any) -> int:
        process = self._process
        if process.gone:
            return len(data)
        body = bytes(data)
        fds = process.shelf.get("stdio")
        if fds is not None and self._fd in fds:
            return int(fds[self._fd](body))
        self.record(body)
        return len(body)

    def record(self, body: bytes) -> None:
        """Tell the trace and the sink."""
        engine = self._process.engine
        for start in range(0, len(body), _CHUNK_MAX):
            text = body[start : start + _CHUNK_MAX].decode("utf-8", "replace")
            engine.emit(self._kind, host=self._process.host.name, pid=self._process.pid, text=text)
        if self._sink is not None:
            process, thread = here.process, here.thread
            here.process = here.thread = None
            try:
                self._sink(body)
            finally:
                here.process, here.thread = process, thread


class Input(io.RawIOBase):
    """Descriptor 0 of a process that was given nothing to read: always at its end."""

    name = "<stdin>"

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return 0

    def isatty(self) -> bool:
        return False

    def readinto(self, buffer: Any) -> int:
        return 0


def standard_streams(process: "Process", sinks: tuple[OutputSink, OutputSink]) -> list[TextIO]:
    """stdin, stdout and stderr for a process."""
    stdin = io.TextIOWrapper(io.BufferedReader(Input()), encoding="utf-8")
    outputs = [
        io.TextIOWrapper(
            io.BufferedWriter(Output(process, fd, sink)),
            encoding="utf-8",
            errors="strict" if fd == 1 else "backslashreplace",
            line_buffering=True,
        )
        for fd, sink in zip((1, 2), sinks, strict=True)
    ]
    return [stdin, *outputs]
