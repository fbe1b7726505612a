"""The standard streams of a process: text streams over its descriptors 0, 1 and 2.

Where nothing else was put there, descriptor 0 is at its end, and 1 and 2 are the process's terminal: what is
written becomes an event per line and goes to a sink (the real terminal under `exec`, nothing elsewhere).
A child has what its parent gave it. Streams are line-buffered over the terminal, so that a line is in the trace
at the virtual time at which it was printed; over a pipe or a file, standard output is buffered in blocks, as
Python does it. A cut process prints nothing more.
"""

import io
import os
import stat
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TextIO

from simulator.kernel.callsite import without_folders
from simulator.kernel.descriptors import Description, status
from simulator.kernel.state import here

if TYPE_CHECKING:
    from simulator.kernel.process import Process

OutputSink = Callable[[bytes], object] | None
_CHUNK_MAX = 4096  # Bytes of text in one event; what is longer continues in the next.


class Nothing(Description):
    """Input that is always at its end, and takes whatever is written: /dev/null."""

    kind = "null"
    name = "/dev/null"
    flags = os.O_RDWR

    def read(self, size: int) -> bytes:
        return b""

    def write(self, data: Any) -> int:
        return memoryview(data).nbytes

    def seek(self, offset: int, whence: int) -> int:
        return 0

    def stat(self) -> os.stat_result:
        return status(stat.S_IFCHR | 0o666, 5, 5)


class Terminal(Description):
    """Descriptor 1 or 2 of a program that nobody redirected: records what is written and hands it to a sink."""

    kind = "terminal"
    flags = os.O_RDWR

    def __init__(self, process: "Process", kind: str, sink: OutputSink) -> None:
        self._process, self._event, self._sink = process, f"proc.{kind}", sink
        self.name = f"<{kind}>"

    def read(self, size: int) -> bytes:
        return b""

    def stat(self) -> os.stat_result:
        return status(stat.S_IFCHR | 0o620, 3, 24)

    def write(self, data: Any) -> int:
        """Tell the trace and the sink; a child that inherited this speaks for itself."""
        body, writer = bytes(data), here.process or self._process
        for start in range(0, len(body), _CHUNK_MAX):
            text = body[start : start + _CHUNK_MAX].decode("utf-8", "replace")
            text = without_folders(text)
            writer.engine.emit(self._event, host=writer.host.name, pid=writer.pid, text=text)
        if self._sink is not None:
            process, thread = here.process, here.thread
            here.process = here.thread = None
            try:
                self._sink(body)
            finally:
                here.process, here.thread = process, thread
        return len(body)


class Standard(io.RawIOBase):
    """What `sys.stdin`, `sys.stdout` or `sys.stderr` wrap: whatever the process has at the descriptor."""

    def __init__(self, process: "Process", number: int) -> None:
        self._process, self._number = process, number
        self.name = f"<{('stdin', 'stdout', 'stderr')[number]}>"

    def readable(self) -> bool:
        return self._number == 0

    def writable(self) -> bool:
        return self._number != 0

    def fileno(self) -> int:
        return self._number

    def isatty(self) -> bool:
        return False

    def readinto(self, buffer: Any) -> int:
        found = self._process.fds[0].read(len(buffer))
        buffer[: len(found)] = found
        return len(found)

    def write(self, data: Any) -> int:
        if self._process.gone:
            return memoryview(data).nbytes
        return self._process.fds[self._number].write(data)


def standard_streams(process: "Process", sinks: tuple[OutputSink, OutputSink]) -> list[Any]:
    """stdin, stdout and stderr; None, as Python has it, where a parent gave its child nothing."""
    if process.parent is None:
        process.fds.place(0, Nothing())
        for number, kind, sink in zip((1, 2), ("stdout", "stderr"), sinks, strict=True):
            process.fds.place(number, Terminal(process, kind, sink))
    return [_stream(process, number) for number in (0, 1, 2)]


def _stream(process: "Process", number: int) -> TextIO | None:
    if number not in process.fds:
        return None
    raw = Standard(process, number)
    if number == 0:
        return io.TextIOWrapper(io.BufferedReader(raw), encoding="utf-8")
    prompt = number == 2 or process.fds[number].kind == "terminal"
    errors = "strict" if number == 1 else "backslashreplace"
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding="utf-8", errors=errors, line_buffering=prompt)
