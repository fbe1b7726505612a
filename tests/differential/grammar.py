"""Grammar: `grammar.txt` as hypothesis' strategies, a family of commands each.

A word in braces is drawn from its pool; `[ ]` may be left out, `( a | b )` is a choice, `+` behind either or behind a
pool repeats up to three times.
"""

import re
from functools import cache
from pathlib import Path
from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.differential.pools import POOLS

Words = tuple[bytes, ...]
_TOKEN: Final = re.compile(r"\S+")
_REPEATS_MAX: Final = 3


def _joined(parts: list[SearchStrategy[Words]]) -> SearchStrategy[Words]:
    if len(parts) == 1:
        return parts[0]
    return st.tuples(*parts).map(lambda found: tuple(word for words in found for word in words))


def _repeated(one: SearchStrategy[Words]) -> SearchStrategy[Words]:
    several = st.lists(one, min_size=1, max_size=_REPEATS_MAX)
    return several.map(lambda found: tuple(word for words in found for word in words))


class _Line:
    """One line of the grammar on its way to a strategy."""

    def __init__(self, line: str) -> None:
        self._tokens = _TOKEN.findall(line)
        self._at = 0

    def strategy(self, end: str = "") -> SearchStrategy[Words]:
        """Choices up to a closing bracket, which is consumed."""
        choices: list[SearchStrategy[Words]] = []
        parts: list[SearchStrategy[Words]] = []
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            self._at += 1
            if end and token.rstrip("+") == end:
                break
            if token == "|":
                choices.append(_joined(parts))
                parts = []
            else:
                parts.append(self._part(token))
        choices.append(_joined(parts))
        return choices[0] if len(choices) == 1 else st.one_of(choices)

    def _part(self, token: str) -> SearchStrategy[Words]:
        if token in ("(", "["):
            inner = self.strategy(")" if token == "(" else "]")
            if self._tokens[self._at - 1].endswith("+"):
                inner = _repeated(inner)
            return st.one_of(st.just(()), inner) if token == "[" else inner
        if token.startswith("{"):
            one = st.sampled_from(POOLS[token.strip("{}+")]).map(lambda word: (word,))
            return _repeated(one) if token.endswith("+") else one
        return st.just((token.encode(),))


@cache
def families() -> dict[str, list[SearchStrategy[Words]]]:
    """By family, a strategy for each line."""
    found: dict[str, list[SearchStrategy[Words]]] = {}
    family: list[SearchStrategy[Words]] = []
    for line in Path(__file__).with_name("grammar.txt").read_text(encoding="ascii").splitlines():
        if line.startswith("= "):
            family = found.setdefault(line[2:], [])
        elif line and not line.startswith("#"):
            family.append(_Line(line).strategy())
    return found


@st.composite
def _spoiled(draw: st.DrawFn, command: SearchStrategy[Words]) -> Words:
    """A command, now and then with a word too few, too many, or wrong."""
    words = draw(command)
    how = draw(st.integers(0, 24))
    if how == 1:
        return words[:-1] or words
    if how == 2:
        return (*words, draw(st.sampled_from(POOLS["junk"])))
    if how == 3 and len(words) > 1:
        at = draw(st.integers(1, len(words) - 1))
        return (*words[:at], draw(st.sampled_from(POOLS["junk"])), *words[at + 1 :])
    return words


@cache
def commands(family: str) -> SearchStrategy[Words]:
    """Commands of one family, most of them sound."""
    return _spoiled(st.one_of(families()[family]))
