"""Sequences: what three clients of one server do in turns, drawn by hypothesis.

Beside single commands there are whole turns: a transaction with somebody else in its midst, a command through a script,
a wait that another client ends, a key that expires.
"""

from dataclasses import dataclass, replace
from typing import Final

from hypothesis import strategies as st

from tests.differential.grammar import Words, commands, families
from tests.differential.pools import POOLS

CLIENTS: Final = 3
_TURNS_MAX: Final = 14
_EXPIRED_S: Final = 0.03
_CALL: Final = b"return redis.call(unpack(ARGV))"
_PCALL: Final = b"return redis.pcall(unpack(ARGV))"
_CALL_3: Final = b"redis.setresp(3); return redis.call(unpack(ARGV))"


@dataclass(frozen=True)
class Step:
    """One client says a command; or, without words, all wait for so long."""

    client: int = 0
    words: Words = ()
    pause_s: float = 0.0

    def __repr__(self) -> str:
        if not self.words:
            return f"(pause {self.pause_s})"
        return f"{self.client}> " + " ".join(_shown(word) for word in self.words)


def _shown(word: bytes) -> str:
    text = repr(word)[2:-1]
    return text if text and " " not in text else f'"{text}"'


@dataclass(frozen=True)
class Sequence:
    """The protocol that each client begins with, and the steps."""

    protocols: tuple[int, ...]
    steps: tuple[Step, ...]

    def __repr__(self) -> str:
        return f"RESP {self.protocols}\n" + "\n".join(map(repr, self.steps))

    def without(self, number: int) -> "Sequence":
        return replace(self, steps=self.steps[:number] + self.steps[number + 1 :])


_CLIENT: Final = st.sampled_from((0, 0, 0, 1, 1, 2))
_OTHERS: Final = ("connection", "transactions", "messages", "waiting", "scripts")  # Drawn for themselves only.


@st.composite
def _transaction(draw: st.DrawFn, family: str) -> list[Step]:
    """WATCH, MULTI, some commands, EXEC, and at one place of it another client."""
    queued = draw(st.lists(commands(family), min_size=1, max_size=4))
    watched = draw(st.lists(st.sampled_from(POOLS["any"]), max_size=2))
    words: list[Words] = [(b"WATCH", *watched)] if watched else []
    words += [(b"MULTI",), *queued, (b"DISCARD",) if draw(st.integers(0, 9)) == 9 else (b"EXEC",)]
    steps = [Step(0, each) for each in words]
    if draw(st.booleans()):
        steps.insert(draw(st.integers(1, len(steps))), Step(1, draw(commands(family))))
    return steps


@st.composite
def _scripted(draw: st.DrawFn, family: str) -> list[Step]:
    script = draw(st.sampled_from((_CALL, _PCALL, _CALL_3)))
    return [Step(draw(_CLIENT), (b"EVAL", script, b"0", *draw(commands(family))))]


@st.composite
def _waiting(draw: st.DrawFn) -> list[Step]:
    """Two clients wait, and a third says things that may or may not end it."""
    steps = [Step(client, draw(commands("waiting"))) for client in draw(st.sampled_from(((1,), (1, 2))))]
    return [*steps, *(Step(0, draw(commands("waiting"))) for _ in range(draw(st.integers(1, 3))))]


@st.composite
def _expiring(draw: st.DrawFn, family: str) -> list[Step]:
    """A key has just expired when the next command comes."""
    key = draw(st.sampled_from(POOLS["any"]))
    first = draw(st.sampled_from(((b"SET", key, b"v", b"PX", b"1"), (b"PEXPIRE", key, b"1"))))
    return [Step(0, first), Step(pause_s=_EXPIRED_S), Step(0, draw(commands(family)))]


@st.composite
def _plain(draw: st.DrawFn, family: str) -> list[Step]:
    return [Step(draw(_CLIENT), draw(commands(family)))]


@st.composite
def sequences(draw: st.DrawFn, *, family: str | None = None) -> Sequence:
    """A sequence around one family of commands, with some of the keys' and of all others' among them."""
    focus = family or draw(st.sampled_from(sorted(families())))
    data = sorted(set(families()) - set(_OTHERS))
    steps: list[Step] = []
    for _ in range(draw(st.integers(1, _TURNS_MAX))):
        kind = draw(st.integers(0, 99))
        about = focus if kind % 10 < 8 else draw(st.sampled_from(["keys", "expiry", *data]))
        if kind < 78:
            steps += draw(_plain(about))
        elif kind < 86:
            steps += draw(_transaction(about))
        elif kind < 93:
            steps += draw(_scripted(about))
        elif kind < 98:
            steps += draw(_waiting())
        else:
            steps += draw(_expiring(about))
    return Sequence(tuple(draw(st.sampled_from((2, 2, 3))) for _ in range(CLIENTS)), tuple(steps))
