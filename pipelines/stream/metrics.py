"""Metrics: numbers about the program in Prometheus' text format, counted from the events it tells.

`Metrics` is a log handler: each event that `COUNTED` knows is a line of the table, so that what is counted is what is
told, whatever level is shown. What is not counted but is so at the moment (streams, memory) is asked when it is read.
"""

import logging
import math
import os
import resource
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from pipelines.stream.logs import fields_of

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
PREFIX: Final = "soundstage_stream_"
_SERIES_MAX: Final = 1_000
"""Of one metric: a label that takes any value would fill the memory."""

Labels = tuple[tuple[str, str], ...]


class Sample(NamedTuple):
    """One number, as it is read."""

    name: str
    kind: str
    help: str
    labels: Labels
    value: float


@dataclass
class Counter:
    """Numbers that only grow, one for each combination of labels."""

    name: str
    help: str
    values: dict[Labels, float] = field(default_factory=dict)
    kind: str = "counter"

    def add(self, amount: float, labels: Labels = ()) -> None:
        if labels in self.values or len(self.values) < _SERIES_MAX:
            self.values[labels] = self.values.get(labels, 0) + amount

    def samples(self) -> Iterable[Sample]:
        return [Sample(self.name, self.kind, self.help, labels, value) for labels, value in sorted(self.values.items())]


@dataclass
class Histogram:
    """How many were at most so large, and how large all were together."""

    name: str
    help: str
    bounds: tuple[float, ...]
    counts: list[int] = field(default_factory=list)
    total: float = 0.0

    def __post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    def add(self, value: float, labels: Labels = ()) -> None:
        self.counts[sum(value > bound for bound in self.bounds)] += 1
        self.total += value

    def samples(self) -> Iterable[Sample]:
        so_far = 0
        for bound, count in zip([*self.bounds, math.inf], self.counts, strict=True):
            so_far += count
            yield Sample(self.name, "histogram", self.help, (("le", _number(bound)),), so_far)
        yield Sample(f"{self.name}_sum", "histogram", self.help, (), self.total)
        yield Sample(f"{self.name}_count", "histogram", self.help, (), so_far)


@dataclass(frozen=True)
class Count:
    """How an event is counted: by how much (a field, or one), and with which of its fields as labels."""

    name: str
    help: str
    by: str | None = None
    labels: tuple[str, ...] = ()


def _counts(*rows: tuple[str, Count]) -> dict[str, list[Count]]:
    table: dict[str, list[Count]] = {}
    for event, count in rows:
        table.setdefault(event, []).append(count)
    return table


COUNTED: Final = _counts(
    ("stream.state", Count("transitions_total", "Streams that came to a state.", labels=("status", "phase"))),
    ("stream.part", Count("parts_total", "Parts that S3 acknowledged.")),
    ("stream.part", Count("part_bytes_total", "Bytes of parts that S3 acknowledged.", by="size")),
    ("stream.retry", Count("retries_total", "Streams that were put off, to be tried again.", labels=("reason",))),
    ("stream.failed", Count("failed_total", "Streams that failed.", labels=("reason",))),
    ("stream.metadata", Count("metadata_total", "Recordings that were described.", labels=("status",))),
    ("watch.trouble", Count("watch_troubles_total", "Watches that broke.")),
    ("watch.scan", Count("scans_total", "Times a folder was read.", labels=("advice",))),
)
TIMED: Final = {
    "stream.part": ("part_seconds", "How long a part took to be sent.", "seconds"),
    "stream.check": ("check_seconds", "How long a check of all idle streams took.", "seconds"),
}
_BOUNDS_S: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics(logging.Handler):
    """Counts events, and renders what it counted with what `now` tells of the moment."""

    def __init__(self, now: Callable[[], Mapping[str, tuple[str, Mapping[Labels, float]]]] = dict) -> None:
        super().__init__(logging.DEBUG)
        self.now = now
        self._counters: dict[str, Counter] = {}
        self._histograms: dict[str, Histogram] = {}
        for counts in COUNTED.values():
            for count in counts:
                self._counters[count.name] = Counter(PREFIX + count.name, count.help)
        for name, words, _ in TIMED.values():
            self._histograms[name] = Histogram(PREFIX + name, words, _BOUNDS_S)
        self._logged = Counter(PREFIX + "events_total", "Events that were logged as warnings or errors.")

    def emit(self, record: logging.LogRecord) -> None:
        event = record.getMessage()
        fields = fields_of(record)
        for count in COUNTED.get(event, ()):
            amount = fields.get(count.by, 0) if count.by else 1
            labels = tuple((label, str(fields.get(label, ""))) for label in count.labels)
            self._counters[count.name].add(float(amount), labels)
        if event in TIMED and TIMED[event][2] in fields:
            self._histograms[TIMED[event][0]].add(float(fields[TIMED[event][2]]))
        if record.levelno >= logging.WARNING:
            self._logged.add(1, (("event", event), ("level", record.levelname.lower())))

    def samples(self) -> Iterable[Sample]:
        for counter in (*self._counters.values(), self._logged):
            yield from counter.samples() or [Sample(counter.name, counter.kind, counter.help, (), math.nan)]
        for histogram in self._histograms.values():
            yield from histogram.samples()
        for name, (words, values) in self.now().items():
            for labels, value in values.items():
                yield Sample(PREFIX + name, "gauge", words, labels, value)
        usage = resource.getrusage(resource.RUSAGE_SELF)
        yield Sample("process_cpu_seconds_total", "counter", "Seconds of CPU.", (), usage.ru_utime + usage.ru_stime)
        resident = resident_bytes()
        if resident is not None:
            yield Sample("process_resident_memory_bytes", "gauge", "Memory that is held.", (), resident)

    def render(self) -> str:
        """All numbers, as Prometheus reads them."""
        lines: list[str] = []
        told: set[str] = set()
        for sample in self.samples():
            family = sample.name
            if sample.kind == "histogram":
                family = family.removesuffix("_sum").removesuffix("_count")
            if family not in told:
                told.add(family)
                lines += [f"# HELP {family} {sample.help}", f"# TYPE {family} {sample.kind}"]
            if not math.isnan(sample.value):
                bucket = "_bucket" if sample.labels and sample.kind == "histogram" else ""
                lines.append(f"{sample.name}{bucket}{_labels(sample.labels)} {_number(sample.value)}")
        return "\n".join(lines) + "\n"


def resident_bytes() -> int | None:
    """How much memory this process holds, where the system tells."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    escaped = ((name, value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")) for name, value in labels)
    return "{" + ",".join(f'{name}="{value}"' for name, value in escaped) + "}"


def _number(value: float) -> str:
    if math.isinf(value):
        return "+Inf"
    return str(int(value)) if value == int(value) else repr(float(value))
