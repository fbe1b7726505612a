"""Reader: a trace from a file, line by line and with distrust.

Rules of the reader, each broken one a `TraceError` with the line and what was expected there:

1. The first line is a header of a version not newer than ours.
2. Events are numbered 1, 2, 3 ...; time does not run backwards; a cause is earlier than its effect.
3. There is one footer, it is the last line, and its counts and digest agree with the events.
4. A file without a footer, or with half a last line, is what a crash leaves: readable, and `ending` says so.
5. Sizes and nesting have limits, named in the error.

Compressed or not is told by content, not by name.
"""

import contextlib
import gzip
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Annotated, Any, Final

import msgspec

from simulator.errors import Misuse
from simulator.trace.digest import Digest, canonical, join
from simulator.trace.event import Event
from simulator.trace.header import FORMAT, VERSION, Footer, Header
from simulator.trace.plain import DEPTH_MAX, is_plain

_DAMAGE: Final = (msgspec.MsgspecError, ValueError, RecursionError, OverflowError)


class TraceError(Misuse):
    """A trace that cannot be read: damaged, foreign, newer or hostile. `line` is the first bad line."""

    def __init__(self, found: str, *, name: str, line: int, expected: str = "", hint: str = "") -> None:
        text = f"{name}, line {line}: {found}" + (f"; expected {expected}" if expected else "")
        super().__init__(text, hint=hint)
        self.line = line
        self.found = found
        self.expected = expected


class _Opening(msgspec.Struct):
    format: str
    version: int
    header: msgspec.Raw


class _Closing(msgspec.Struct, forbid_unknown_fields=True):
    footer: Footer


_Time = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
_Number = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]


class _StoredEvent(msgspec.Struct, forbid_unknown_fields=True):
    """An event as it stands in a file: the same fields, with nothing taken on trust."""

    seq: _Number
    at_ns: _Time
    host: str
    kind: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    fields: dict[str, Any]
    cause: _Number | None = None


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a trace may cost its reader."""

    line_bytes_max: int = 16 << 20
    events_max: int = 20_000_000
    trace_bytes_max: int = 4 << 30


class TraceReader:
    """Reads a trace line by line: `header` at once, then the events by iteration, then `footer` and `ending`."""

    def __init__(self, stream: IO[bytes], *, name: str = "trace", limits: Limits | None = None) -> None:
        self.name = name
        self.line = 0
        self.footer: Footer | None = None
        self.ending = ""
        """Empty when the trace is whole, otherwise one sentence on how it ends."""
        self._limits = limits or Limits()
        self._stream = stream
        self._bytes = 0
        self._event = msgspec.json.Decoder(_StoredEvent)
        self._closing = msgspec.json.Decoder(_Closing)
        self.header = self._read_header()

    # -- lines -----------------------------------------------------------------------------------------------

    def _next_line(self) -> bytes:
        """Return the next line with its end, or nothing at the end of the file."""
        limit = self._limits.line_bytes_max
        self.line += 1
        try:
            line = self._stream.readline(limit + 1)
        except EOFError:  # a compressed file that was cut off
            return b""
        except (OSError, zlib.error) as error:
            raise self._error(f"unreadable: {error}", "a trace") from None
        if len(line) > limit:
            raise self._error(f"longer than line_bytes_max ({limit:,} bytes)", "one event on a line")
        self._bytes += len(line)
        if self._bytes > self._limits.trace_bytes_max:
            raise self._error(f"the trace is longer than trace_bytes_max ({self._limits.trace_bytes_max:,} bytes)")
        return line

    def _error(self, found: str, expected: str = "", *, hint: str = "") -> TraceError:
        return TraceError(found, name=self.name, line=self.line, expected=expected, hint=hint)

    # -- header ----------------------------------------------------------------------------------------------

    def _read_header(self) -> Header:
        line = self._next_line()
        expected = f"a {FORMAT} header"
        if not line:
            raise self._error("the file is empty", expected)
        try:
            opening = msgspec.json.decode(line, type=_Opening)
        except _DAMAGE as error:
            raise self._error(f"not a header ({_reason(error)})", expected, hint="is this file a trace?") from None
        if opening.format != FORMAT:
            raise self._error(f"format {opening.format!r:.60}", expected, hint="is this file a trace?")
        if not 1 <= opening.version <= VERSION:
            hint = "read it with the version of soundstage that wrote it, or a newer one"
            raise self._error(f"format version {opening.version}", f"a version up to {VERSION}", hint=hint)
        try:
            header = msgspec.json.decode(opening.header, type=Header)
        except _DAMAGE as error:
            raise self._error(f"a damaged header ({_reason(error)})", "the header's fields") from None
        for name in ("params", "plan", "tape", "provenance"):
            if not is_plain(getattr(header, name)):
                raise self._error(f"header field {name} is nested too deep", f"depth_max {DEPTH_MAX} at most")
        return header

    # -- events and footer -----------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Event]:
        """Yield the events in order; when it ends, `footer` and `ending` are known."""
        digest = Digest()
        batch: list[Event] = []
        last: Event | None = None
        while line := self._next_line():
            if line.startswith(b'{"footer"'):
                digest.add_lines(canonical.encode_lines(batch))
                self.footer = self._read_footer(line, last, digest)
                if self.footer is not None and self._next_line():
                    raise self._error("something after the footer", "the end of the file")
                break
            event = self._read_event(line, last)
            if event is None:
                self.ending = f"the last line is torn: the run was cut off after event {last.seq if last else 0:,}"
                return
            yield event
            last = event
            batch.append(event)
            if len(batch) >= 1024:
                digest.add_lines(canonical.encode_lines(batch))
                batch.clear()
        if self.footer is None:
            self.ending = f"there is no footer: the run was cut off after event {last.seq if last else 0:,}"
        elif self.footer.cut:
            self.ending = f"the recording stopped at event {last.seq if last else 0:,}: {self.footer.message}"

    def _read_event(self, line: bytes, last: Event | None) -> Event | None:
        seq = last.seq + 1 if last is not None else 1
        try:
            stored = self._event.decode(line)
        except _DAMAGE as error:
            if not line.endswith(b"\n"):
                return None
            raise self._error(f"not an event ({_reason(error)})", f"event {seq:,} or the footer") from None
        if stored.seq != seq:
            raise self._error(
                f"event {stored.seq:,}", f"event {seq:,}", hint="lines are missing, doubled or out of order"
            )
        if seq > self._limits.events_max:
            raise self._error(f"more than events_max ({self._limits.events_max:,}) events")
        if last is not None and stored.at_ns < last.at_ns:
            raise self._error(f"time runs backwards, to {stored.at_ns} ns", f"{last.at_ns} ns or later")
        if stored.cause is not None and stored.cause >= seq:
            raise self._error(f"event {seq:,} is caused by event {stored.cause:,}", "an earlier cause")
        # The count of brackets bounds the depth, and is nearly always enough.
        if line.count(b"[") + line.count(b"{") > DEPTH_MAX and not is_plain(stored.fields):
            raise self._error(f"event {seq:,} is nested too deep", f"depth_max {DEPTH_MAX} at most")
        return Event(seq, stored.at_ns, stored.host, stored.kind, stored.fields, stored.cause)

    def _read_footer(self, line: bytes, last: Event | None, digest: Digest) -> Footer | None:
        try:
            footer = self._closing.decode(line).footer
        except _DAMAGE as error:
            if not line.endswith(b"\n"):
                return None
            raise self._error(f"a damaged footer ({_reason(error)})", "the footer's fields") from None
        if not is_plain(footer.tape):
            raise self._error("the footer's tape is nested too deep", f"depth_max {DEPTH_MAX} at most")
        if footer.cut or not self.header.level:
            return footer
        stored = last.seq if last is not None else 0
        hint = "the file was edited or damaged after the run"
        if footer.events != stored:
            raise self._error(f"{stored:,} events", f"{footer.events:,}, as the footer says", hint=hint)
        if footer.events_digest != digest.events or footer.digest != join(digest.events, footer.absorbed_digest):
            found = f"events with digest {digest.events}"
            raise self._error(found, f"{footer.events_digest}, as the footer says", hint=hint)
        return footer


def _reason(error: Exception) -> str:
    return f"{error}"[:120] or type(error).__name__


@contextlib.contextmanager
def open_trace(path: str | os.PathLike[str], *, limits: Limits | None = None) -> Iterator[TraceReader]:
    """Open a trace for reading event by event."""
    name = Path(path).name
    try:
        file = open(path, "rb")  # noqa: SIM115  closed by the `with` below, which must not swallow other errors
    except OSError as error:
        raise Misuse(f"the trace {os.fspath(path)} cannot be read: {error.strerror or error}") from None
    with file:
        try:
            packed = file.peek(2)[:2] == b"\x1f\x8b"
        except OSError as error:
            raise Misuse(f"the trace {os.fspath(path)} cannot be read: {error.strerror or error}") from None
        if not packed:
            yield TraceReader(file, name=name, limits=limits)
            return
        with gzip.GzipFile(fileobj=file) as unpacked:
            yield TraceReader(unpacked, name=name, limits=limits)  # type: ignore[arg-type]
