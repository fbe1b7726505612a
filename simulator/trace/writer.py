"""Writer: a trace goes to its file while the run goes on, so that a crash leaves a readable one.

A path that ends in `.gz` is written compressed, without name and time: the same story is the same file.
"""

import contextlib
import gzip
import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from simulator.errors import Misuse
from simulator.trace.digest import canonical
from simulator.trace.event import Event
from simulator.trace.header import Footer, Header, footer_line, header_line

SAVE_BATCH_EVENTS: Final = 1024


class TraceWriter:
    """Writes a trace to a file while the run goes on; what is written is readable at any moment."""

    def __init__(self, path: str | os.PathLike[str], header: Header) -> None:
        self.path = Path(path)
        opening = header_line(header)
        try:
            self._file: IO[bytes] = open(self.path, "wb")  # noqa: SIM115  open as long as the run
            self._stream: IO[bytes] = self._file
            if self.path.suffix == ".gz":
                packed = gzip.GzipFile(filename="", mode="wb", fileobj=self._file, mtime=0, compresslevel=6)
                self._stream = packed  # type: ignore[assignment]
        except OSError as error:
            raise _unwritable(self.path, error) from None
        try:
            self.write(opening)
        except Misuse:
            self.close()
            raise

    def write(self, lines: bytes) -> None:
        """Append whole lines and pass them on to the operating system; after `close` they go nowhere."""
        if self._file.closed:
            return
        try:
            self._stream.write(lines)
            self._stream.flush()
            self._file.flush()
        except OSError as error:
            raise _unwritable(self.path, error) from None

    def finish(self, footer: Footer) -> None:
        """Write the footer and close."""
        if not self._file.closed:
            self.write(footer_line(footer))
        self.close()

    def close(self) -> None:
        """Close; without a footer the trace says that it was cut off. Closing twice is fine."""
        for stream in (self._stream, self._file):
            with contextlib.suppress(OSError):
                stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def write_trace(
    path: str | os.PathLike[str], header: Header, events: Iterable[Event], footer: Footer | None = None
) -> None:
    """Write a whole trace at once, replacing the file only when all of it is there."""
    target = Path(path)
    partial = target.with_name(f".{target.stem}.partial{target.suffix}")
    try:
        with TraceWriter(partial, header) as writer:
            batch: list[Event] = []
            for event in events:
                batch.append(event)
                if len(batch) >= SAVE_BATCH_EVENTS:
                    writer.write(canonical.encode_lines(batch))
                    batch.clear()
            writer.write(canonical.encode_lines(batch))
            if footer is not None:
                writer.finish(footer)
        os.replace(partial, target)
    except OSError as error:
        raise _unwritable(target, error) from None
    finally:
        partial.unlink(missing_ok=True)


def _unwritable(path: Path, error: OSError) -> Misuse:
    return Misuse(
        f"the trace cannot be written to {path}: {error.strerror or error}",
        hint="name a file in a folder that exists and can be written to",
    )
