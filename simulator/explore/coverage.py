"""Coverage: what a run reached, folded from its events into short texts, and what a sweep reached in all.

| family       | one for each                                                              |
|--------------|------------------------------------------------------------------------------|
| `outcome`    | way in which runs ended                                                      |
| `fault`      | kind of fault that struck, and kind of attempt whose fate one changed         |
| `event`      | kind of event                                                                |
| `s3`         | operation with its status                                                    |
| `redis`      | command with the kind of its reply                                           |
| `http`       | method with its status                                                       |
| `log`        | logger with its message                                                      |
| `said`       | line that a program printed                                                  |
| `state`      | state, status or phase that a log record tells of                            |
| `transition` | step of one thing from one such state to another, of a logger from one message to the next |
| `exception`  | error that ended a program or that nobody took, with its place                |
| `sometimes`  | mark                                                                         |
| `branch`     | way that a branch of a file that was asked for went                      |
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from simulator.explore.signature import stable
from simulator.faults.service import ServiceTrouble
from simulator.faults.words import word_of
from simulator.harness.marks import PREFIX, TEXT, Mark
from simulator.harness.run import Run
from simulator.trace.event import Event

FEATURES_MAX: Final = 100_000
"""A sweep counts no more than these."""
RUN_FEATURES_MAX: Final = 4_000
_TEXT_MAX: Final = 80
_STATES: Final = ("state", "status", "phase")
_NAMES: Final = ("stream", "id", "name", "job", "path", "key", "request")
"""Fields of a log record that say which thing it tells of, the first of them that is there."""


def reached(run: Run) -> set[str]:
    """What one run reached."""
    fold = _Fold(run)
    for event in run.trace:
        if (see := _SEES.get(event.kind)) is not None:
            see(fold, event)
            if len(fold.found) > RUN_FEATURES_MAX:
                break
    footer = run.trace.footer
    fold.found.update(f"event: {kind}" for kind in (footer.counts if footer is not None else ()))
    fold.found.add(f"outcome: {run.outcome.status}")
    fold.found.update(f"exception: {one.error} at {one.place}" for one in run.outcome.blame)
    return fold.found


class _Fold:
    """The state of the fold over one run."""

    def __init__(self, run: Run) -> None:
        self.found: set[str] = set()
        self._plan = run.plan
        self._last: dict[tuple[str, str], str] = {}  # By host and logger: the last message.
        self._states: dict[tuple[str, str, str], str] = {}
        self._texts: dict[str, str] = {}

    def fault(self, event: Event) -> None:
        number = event.fields.get("number")
        if not isinstance(number, int) or number >= len(self._plan.faults):
            return
        fault = self._plan.faults[number].fault
        if isinstance(fault, ServiceTrouble):
            self.found.add(f"fault: {fault.host} {fault.trouble.partition(':')[0]}")
        else:
            self.found.add(f"fault: {word_of(fault) or type(fault).__name__}")

    def hit(self, event: Event) -> None:
        fields = event.fields
        self.found.add(f"fault: {fields.get('verdict')} of {fields.get('operation')}")

    def s3(self, event: Event) -> None:
        code = f" {event.fields['code']}" if event.fields.get("code") else ""
        self.found.add(f"s3: {event.fields.get('operation')} {event.fields.get('status')}{code}")

    def http(self, event: Event) -> None:
        self.found.add(f"http: {event.fields.get('operation')} {event.fields.get('status')}")

    def redis(self, event: Event) -> None:
        reply = event.fields.get("reply")
        self.found.add(f"redis: {event.fields.get('command')} {self._short(str(reply))}")

    def note(self, event: Event) -> None:
        data = event.fields.get("data")
        if event.fields.get("text") == TEXT and isinstance(data, Mapping):
            self.found.add(f"sometimes: {data.get('words')}")

    def log(self, event: Event) -> None:
        message = str(event.fields.get("message"))
        if message.startswith(PREFIX):
            self.found.add(message.partition("\n")[0])
            return
        logger, message = str(event.fields.get("logger")), self._short(message)
        self.found.add(f"log: {logger} {message}")
        before = self._last.get((event.host, logger))
        self._last[event.host, logger] = message
        if before is not None:
            self.found.add(f"transition: {logger} {before} -> {message}")
        data = event.fields.get("data")
        if isinstance(data, Mapping):
            self._told(logger, data)

    def _told(self, logger: str, data: Mapping[str, Any]) -> None:
        thing = next((str(data[name]) for name in _NAMES if name in data), "")
        for name in _STATES:
            if isinstance(value := data.get(name), str):
                now = f"{name} {self._short(value)}"
                before = self._states.get((logger, thing, name))
                self._states[logger, thing, name] = now
                self.found.add(f"state: {logger} {now}")
                if before is not None and before != now:
                    self.found.add(f"transition: {logger} {before} -> {now}")

    def said(self, event: Event) -> None:
        for line in str(event.fields.get("text")).splitlines()[:20]:
            if line.strip():
                self.found.add(f"said: {self._short(line)}")

    def error(self, event: Event) -> None:
        error = self._short(str(event.fields.get("error")))
        self.found.add(f"exception: {error} {event.fields.get('where', '').partition(' in ')[2]}".rstrip())

    def _short(self, text: str) -> str:
        """Without what differs from seed to seed; most texts come again and again."""
        short = self._texts.get(text)
        if short is None:
            short = self._texts[text] = stable(text)[:_TEXT_MAX]
        return short


_SEES: Final[dict[str, Callable[[_Fold, Event], None]]] = {
    "fault.begin": _Fold.fault,
    "fault.hit": _Fold.hit,
    "s3.response": _Fold.s3,
    "http.response": _Fold.http,
    "redis.command": _Fold.redis,
    "note": _Fold.note,
    "log": _Fold.log,
    "proc.stdout": _Fold.said,
    "loop.exception": _Fold.error,
    "proc.error": _Fold.error,
}


@dataclass
class Reached:
    """What many runs reached, and with which seed first."""

    first: dict[str, int] = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)

    def add(self, features: Iterable[str], seed: int) -> list[str]:
        """Count what a run reached; returns what of it is new."""
        new = [one for one in features if one not in self.first]
        if len(self.first) + len(new) > FEATURES_MAX:
            return []
        self.first.update(dict.fromkeys(new, seed))
        return new

    def families(self) -> dict[str, int]:
        """How many there are of each family."""
        return dict(sorted(Counter(one.partition(":")[0] for one in self.first).items()))

    def of(self, family: str) -> list[str]:
        """The members of one family."""
        return sorted(one.partition(": ")[2] for one in self.first if one.startswith(f"{family}: "))

    def missed(self) -> list[Mark]:
        """Marks that no run reached."""
        return [mark for mark in self.marks if f"sometimes: {mark.words}" not in self.first]

    def one_sided(self) -> Iterator[tuple[str, int]]:
        """Branches that always went one way: the file and the line."""
        ways: dict[str, set[str]] = {}
        for one in self.of("branch"):
            place, _, target = one.rpartition("->")
            ways.setdefault(place, set()).add(target)
        lines = {place.partition(" in ")[0].rpartition(":") for place, targets in ways.items() if len(targets) == 1}
        yield from sorted((file, int(line)) for file, _, line in lines)
