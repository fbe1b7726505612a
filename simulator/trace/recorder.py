"""Recorder: takes events as they happen and turns them into a trace, in batches, off the hot path.

    emit    -> pending -> (every BATCH_EVENTS) encode -> hash -> sink, and keep for the queries
    absorb  -> pending -> (every BATCH_EVENTS) encode -> hash

`emit` makes one value and appends it. The encoding, hashing and writing of a batch cost the same few hundred
nanoseconds an event, but never in the middle of what a program does. Nothing in a trace depends on where
batches are cut.

The recorder never raises because of what it records: it is called from kernel callbacks. What goes wrong (too
many bytes, a full disk) is kept in `trouble`, handed to `on_trouble`, and ends the recording but not the count.

    >>> recorder = Recorder()
    >>> recorder.emit(0, "worker", "fs.mkdir", {"path": "/media"})
    1
    >>> recorder.emit(5, "worker", "fs.rmdir", {"path": "/media"}, 1)
    2
    >>> recorder.finish("passed").events
    2
"""

from collections import Counter, deque
from collections.abc import Callable
from enum import IntEnum
from functools import cache
from operator import attrgetter
from typing import Any, Final, Protocol

from simulator.errors import LimitReached, Misuse, SoundstageError
from simulator.trace import kinds
from simulator.trace.digest import Absorbed, Digest, absorbable, canonical, checksum
from simulator.trace.event import Event
from simulator.trace.header import Footer, Header
from simulator.trace.plain import is_plain, plain
from simulator.trace.query import Trace
from simulator.trace.redact import redact_value

BATCH_EVENTS: Final = 1024
"""Enough to make the cost of a batch vanish, few enough that a crash loses little of the story."""

BATCH_TEXT_CHARS: Final = 1 << 20
"""A batch is also cut when the program's words in it reach this size."""

TRACE_BYTES_MAX: Final = 1 << 30
"""The default of `trace_bytes_max`: a gigabyte of lines is more than anybody reads."""

TEXT_CHARS_MAX: Final = 1 << 16
"""A longer text in one field is cut, and its length and checksum kept."""


class Level(IntEnum):
    """How much is recorded. Digests are comparable between runs of one level only."""

    OFF = 0  # events are counted, and subscribers see them; nothing is kept, encoded or hashed
    EVENTS = 1  # what happened
    DETAIL = 2  # also kinds marked DETAIL, and each absorbed value as an event


class Sink(Protocol):
    """Where encoded batches go; `writer.TraceWriter` is one."""

    def write(self, lines: bytes) -> object:
        """Take whole lines."""

    def finish(self, footer: Footer) -> object:
        """Take the footer and close."""


See = Callable[[Event], object]

_kind_of = attrgetter("kind")


class Recorder:
    """Records one run."""

    def __init__(
        self,
        *,
        level: int = Level.EVENTS,
        sink: Sink | None = None,
        strict: bool = False,
        events_kept_max: int | None = None,
        trace_bytes_max: int = TRACE_BYTES_MAX,
        on_trouble: Callable[[SoundstageError], object] | None = None,
        header: Header | None = None,
    ) -> None:
        self.level = Level(level)
        self.bytes = 0
        self.trouble: SoundstageError | None = None
        self.header = header
        self.footer: Footer | None = None
        self.counts: Counter[str] = Counter()
        self.trace_bytes_max = trace_bytes_max
        self._sink = sink
        self._strict = strict
        self.on_trouble = on_trouble
        self._digest = Digest()
        self._subscribers: tuple[See, ...] = ()
        self._is_plain = bool(self.level) and not strict  # Until somebody subscribes, most events are but appended.
        self._kept: deque[Event] = deque(maxlen=events_kept_max)
        self.events_max: int | None = None
        """When set, `on_trouble` hears of the batch in which so many events are passed."""
        self._pending: list[Event] = []
        # A number is taken by the append itself, so that a Ctrl-C at any point leaves no gap.
        self._flushed = 0
        self._open = True
        self._absorbed: list[Absorbed] = []
        self._text_chars = 0
        self._last_at_ns = 0
        self._special = _special_kinds(level >= Level.DETAIL)

    # -- the hot path ----------------------------------------------------------------------------------------

    def emit(self, at_ns: int, host: str, kind: str, fields: dict[str, Any], cause: int | None = None) -> int:
        """Record an event and return its number. The recorder takes the fields over; do not change them later."""
        pending = self._pending
        seq = self._flushed + len(pending) + 1
        clean = self._special.get(kind)
        if clean is None and self._is_plain:
            pending.append(Event(seq, at_ns, host, kind, fields, cause or None))
            if len(pending) >= BATCH_EVENTS:
                self.flush()
            return seq
        if clean is False:
            return seq - 1
        if not self.level:
            self._flushed, self._last_at_ns = seq, at_ns
            if not self._subscribers:
                return seq
        if clean:
            fields = self._cleaned(fields)
        if self._strict:
            _verify(kind, fields)
        event = Event(seq, at_ns, host, kind, fields, cause or None)
        if self.level:
            pending.append(event)
            if len(pending) >= BATCH_EVENTS or self._text_chars > BATCH_TEXT_CHARS:
                self.flush()
        for see in self._subscribers:
            see(event)
        return seq

    def absorb(self, label: str, data: bytes | bytearray | memoryview) -> None:
        """Mix bytes into the digest at this place of the story, without an event (below level 2)."""
        if not self.level:
            return
        self._absorbed.append((self._flushed + len(self._pending), label, absorbable(data)))
        if len(self._absorbed) >= BATCH_EVENTS:
            self._flush_absorbed()
        if self.level >= Level.DETAIL:
            at_ns = self._pending[-1].at_ns if self._pending else self._last_at_ns
            self.emit(at_ns, "", "absorbed", {"label": label, "size": len(data), "checksum": checksum(data)})

    # -- batches ---------------------------------------------------------------------------------------------

    def flush(self) -> None:
        """Encode, hash, write and keep what is pending."""
        if self._absorbed:
            self._flush_absorbed()
        if not self._pending:
            return
        # Until the end of this method the recording counts as interrupted, and stays so if it is.
        is_open, self._open = self._open and self.trouble is None, False
        batch = self._pending
        self._pending, self._flushed = [], batch[-1].seq
        if self.events_max is not None and self._flushed > self.events_max:
            self._too_many(self.events_max)
        self._text_chars = 0
        self._last_at_ns = batch[-1].at_ns
        batch, lines = _encoded(batch)
        self._digest.add_lines(lines)
        self.counts.update(map(_kind_of, batch))
        if not is_open:
            return
        self._kept.extend(batch)
        self._write(lines)
        self._open = True
        self.bytes += len(lines)
        if self.bytes > self.trace_bytes_max:
            what = f"at event {self.seq:,}; the trace ends here"
            self._troubled(LimitReached("trace_bytes_max", self.trace_bytes_max, what, at_ns=self._last_at_ns))

    def _too_many(self, events_max: int) -> None:
        """Say once that the run should end; the recording goes on until it does."""
        self.events_max = None
        if self.on_trouble is not None:
            self.on_trouble(LimitReached("events_max", events_max, at_ns=self._last_at_ns))

    def _flush_absorbed(self) -> None:
        batch = self._absorbed
        self._absorbed = []
        self._digest.add_absorbed(batch)

    def _write(self, lines: bytes) -> None:
        if self._sink is None:
            return
        try:
            self._sink.write(lines)
        except Misuse as error:
            self._troubled(error)
        except OSError as error:
            self._troubled(Misuse(f"the trace cannot be written: {error.strerror or error}"))

    def _why_cut(self) -> str:
        if self.trouble is not None:
            return str(self.trouble)
        return "" if self._open else "interrupted while a batch was being written"

    def _finish_sink(self, sink: Sink, footer: Footer) -> None:
        try:
            sink.finish(footer)
        except Misuse as error:
            self._troubled(error)

    def _troubled(self, trouble: SoundstageError) -> None:
        self.trouble = trouble
        if self.on_trouble is not None:
            self.on_trouble(trouble)

    def _cleaned(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Return the program's words without secrets, addresses and undecodable bytes, at a bearable length."""
        cleaned = {name: redact_value(value, name) for name, value in fields.items()}
        for name, value in cleaned.items():
            if isinstance(value, str):
                if len(value) > TEXT_CHARS_MAX:
                    rest = f"[{len(value):,} characters, checksum {checksum(value.encode())}]"
                    cleaned[name] = value = f"{value[:TEXT_CHARS_MAX]}… {rest}"
                self._text_chars += len(value)
        return cleaned

    # -- what others ask -------------------------------------------------------------------------------------

    def subscribe(self, see: See) -> Callable[[], None]:
        """Call `see(event)` for each event from now on, at once; it must not raise. Returns the way to stop."""
        self._subscribers += (see,)
        self._is_plain = False

        def unsubscribe() -> None:
            self._subscribers = tuple(other for other in self._subscribers if other is not see)

        return unsubscribe

    def unsubscribe_all(self) -> None:
        """Call nobody any more: whoever watched may hold on to the world."""
        self._subscribers = ()

    @property
    def seq(self) -> int:
        """Return the number of the last event; the first is 1."""
        return self._flushed + len(self._pending)

    @property
    def events(self) -> list[Event]:
        """Return the events that are kept, those of the last batch included."""
        self.flush()
        return list(self._kept)

    @property
    def digest(self) -> str:
        """Return the digest of the story so far; empty when recording is off."""
        self.flush()
        return self._digest.whole if self.level else ""

    def trace(self) -> Trace:
        """Return what was recorded so far, for queries."""
        return Trace(self.events, header=self.header, footer=self.footer)

    def finish(self, outcome: str, *, message: str = "", tape: Any = None) -> Footer:
        """End the recording: flush, write the footer, and return it. A second call changes nothing."""
        if self.footer is None:
            self.flush()
            self.footer = Footer(
                outcome=outcome,
                digest=self._digest.whole if self.level else "",
                events_digest=self._digest.events if self.level else "",
                absorbed_digest=self._digest.absorbed if self.level else "",
                events=self.seq,
                end_ns=self._last_at_ns,
                counts=dict(sorted(self.counts.items())),
                message=message or self._why_cut(),
                cut=self.trouble is not None or not self._open,
                tape=tape,
            )
            if self._sink is not None:
                self._finish_sink(self._sink, self.footer)
        return self.footer


@cache
def _special_kinds(in_detail: bool) -> dict[str, bool]:
    """Kinds that need more than an append: True to clean, False to leave out. One look-up tells them apart."""
    return {
        kind.name: in_detail or not kind.detail
        for kind in kinds.KINDS.values()
        if kind.text or (kind.detail and not in_detail)
    }


def _encoded(batch: list[Event]) -> tuple[list[Event], bytes]:
    """Encode a batch; when a value in it is not JSON, make it so, which only costs when it happens."""
    try:
        return batch, canonical.encode_lines(batch)
    except (TypeError, ValueError, OverflowError, RecursionError):
        batch = [_made_plain(event) for event in batch]
        return batch, canonical.encode_lines(batch)


def _made_plain(event: Event) -> Event:
    try:
        canonical.encode(event)
    except (TypeError, ValueError, OverflowError, RecursionError):
        host, kind = plain(event.host), plain(event.kind)
        return Event(event.seq, event.at_ns, host, kind, plain(event.fields), event.cause)
    return event


def _verify(kind: str, fields: dict[str, Any]) -> None:
    kinds.verify(kind, fields)
    for name, value in fields.items():
        if not is_plain(value):
            raise Misuse(f"event {kind}: field {name} is not a JSON value but {type(value).__name__}: {value!r:.80}")
