"""Signature: what a failure violates, in a short text that all seeds share which show the same defect.

    violated: nothing is paid for twice: client* was paid for again
    crashed: ConnectionError: Error * connecting to redis:* | uploader.py in Stream.follow: await self.redis.hset(
    stuck: nothing can happen | reader.py in main, reader.py in read

It is made of how the run ended, of what was violated, and of the line of the program behind it, told by its text and
not by its number. What differs from seed to seed (numbers, addresses, hex digits, temporary names, how many of a kind
are listed) is taken out.
"""

import re
from collections.abc import Iterable
from typing import Final

from simulator.harness.outcome import Outcome, Status
from simulator.harness.run import Run
from simulator.oracles.fold import Violation
from simulator.trace.query import Trace

SIGNATURE_CHARS_MAX: Final = 400
_WORDS_CHARS_MAX: Final = 200
_PLACES_MAX: Final = 6

_ANY: Final = "*"
_VOLATILE: Final = (
    (re.compile(r"\s+"), " "),
    (re.compile(r"b'(?:[^'\\]|\\.)*'|b\"(?:[^\"\\]|\\.)*\""), _ANY),  # Bytes.
    (re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"), _ANY),  # UUIDs.
    (re.compile(r"\b0x[0-9a-fA-F]+\b"), _ANY),
    (re.compile(r"\b(?=\w*\d)[0-9a-fA-F]{8,}\b|\b[0-9a-f]{16,}\b"), _ANY),  # Digests and ids.
    (re.compile(r"\btmp[a-z0-9_]{8}\b"), _ANY),  # As `tempfile` names them.
    (re.compile(r"\b(?=[A-Za-z_]*\d)(?=[\w+/]*[A-Za-z]\d[\w+/]*[A-Za-z])[\w+/]{20,}={0,2}"), _ANY),  # Tokens.
    (re.compile(r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d+ (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b"), _ANY),
    (re.compile(r"[-+]?\d+(?:[.:_,T-]*\d+)*(?:e[-+]?\d+)?(?:[ ]?(?:ns|us|µs|ms|s|min|h|bytes|[KMGT]i?B)\b)?"), _ANY),
    (re.compile(r"(?:\*[.:/ZT-])+\*Z?"), _ANY),
)
_BRACKETED: Final = re.compile(r"\[[^\[\]]*,[^\[\]]*\]|\{[^{}]+\}")
_SEPARATED: Final = re.compile(r"([;,]) ")
_LINE: Final = re.compile(r":\d+ in ")
_WAITS: Final = re.compile(r"(?: waits at |, at )(\S+:\d+ in \S+)$")


def signature(run: Run) -> str:
    """What a run that failed violates; empty for one that passed."""
    return signature_of(run.outcome, run.trace)


def signature_of(outcome: Outcome, trace: Trace) -> str:
    """The same of an outcome and the events that led to it."""
    if outcome.passed:
        return ""
    if outcome.violations:
        what, where = _violated(outcome, outcome.violations[0], trace)
    elif outcome.status is Status.STUCK:
        what, where = _stuck(outcome.message)
    elif outcome.blame:
        first = outcome.blame[0]  # Of a group the first: how many more came after it is the seed's.
        what, where = stable(f"{first.error}: {first.text}".rstrip(": ")), first.place
    else:
        what, where = _words(outcome), ""
    told = f"{outcome.status}: {what}" + (f" | {where}" if where else "")
    return told if len(told) <= SIGNATURE_CHARS_MAX else f"{told[: SIGNATURE_CHARS_MAX - 1]}…"


def stable(text: str) -> str:
    """A text's first line without what differs from seed to seed.

    >>> stable("client1-10 was paid for again at 0x7f33 after 3.5 s")
    'client* was paid for again at * after *'
    >>> stable("still owed: client1 still asks; client2 still asks")
    'still owed: client* still asks'
    """
    text = text.strip().partition("\n")[0][: 8 * _WORDS_CHARS_MAX]
    for pattern, instead in _VOLATILE:
        text = pattern.sub(instead, text)
    text = _each_once(_BRACKETED.sub("[…]", text))
    return text if len(text) <= _WORDS_CHARS_MAX else f"{text[: _WORDS_CHARS_MAX - 1]}…"


def _each_once(text: str) -> str:
    """A list in words, with each of its items once: how many there are is the seed's."""
    head, colon, listed = text.rpartition(": ")
    parts = _SEPARATED.split(listed)
    items = dict.fromkeys(part.strip() for part in parts[::2])
    if len(items) == len(parts[::2]):
        return text
    return f"{head}{colon}{f'{parts[1]} '.join(items)}"


def _violated(outcome: Outcome, first: Violation, trace: Trace) -> tuple[str, str]:
    where = outcome.blame[0].place if outcome.blame else ""
    if not where and first.seq:
        event = next((event for event in reversed(trace) if event.seq == first.seq), None)
        told = event.fields.get("where") if event is not None else None
        where = _LINE.sub(" in ", told) if isinstance(told, str) else ""
    return f"{first.oracle}: {stable(first.text)}", where


def _stuck(message: str) -> tuple[str, str]:
    """Where the program itself waits; what its services wait for, and libraries, is the same in every run."""
    first, *waiting = message.splitlines() or [""]
    places = (found[1] for line in waiting if (found := _WAITS.search(line)))
    own = (_LINE.sub(" in ", place) for place in places if "/" not in place)
    what = "nothing can happen" if first.startswith("nothing is ready") else stable(_LINE.sub(" in ", first))
    return what, _joined(_sorted(own))


def _words(outcome: Outcome) -> str:
    if outcome.exit_code is not None and outcome.message.startswith("exit status"):
        return f"exit status {outcome.exit_code}"  # The one number that says something.
    return stable(outcome.message)


def _sorted(texts: Iterable[str]) -> list[str]:
    return sorted(dict.fromkeys(texts))


def _joined(places: Iterable[str]) -> str:
    found = [place for place in dict.fromkeys(places) if place]
    return ", ".join(found[:_PLACES_MAX]) + (", …" if len(found) > _PLACES_MAX else "")
