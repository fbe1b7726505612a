"""Marks: places that some run of many should reach.

    from simulator import sometimes
    ...
    if lease.lost:
        sometimes("a lease was lost in the midst of a part")

A mark says nothing of a single run. A sweep tells which marks no seed reached: what a test means to show and never
comes to is no test. A plain program, which does not know the simulator, marks a place with a log record whose message
begins with `sometimes: `, at a level that its logger lets through.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from simulator.kernel.state import here

PREFIX: Final = "sometimes: "
TEXT: Final = "sometimes"
FILES_MAX: Final = 2_000
FILE_BYTES_MAX: Final = 4 << 20
_LEVELS: Final = {"debug", "info", "warning", "error", "critical", "exception", "log"}


@dataclass(frozen=True, order=True)
class Mark:
    """A mark in a file, whether it was reached or not."""

    words: str
    file: str
    line: int


def sometimes(words: str, when: object = True) -> None:
    """Say that this place was reached, if `when` holds; outside of a simulation this does nothing."""
    if when and here.engine is not None:
        here.engine.emit("note", text=TEXT, data={"words": words})


def marks_in(files: Iterable[str]) -> list[Mark]:
    """The marks that files hold, as far as their words stand there as they are."""
    found: list[Mark] = []
    for _, path in zip(range(FILES_MAX), dict.fromkeys(files), strict=False):
        try:
            source = Path(path).read_bytes()
            if TEXT.encode() in source and len(source) <= FILE_BYTES_MAX:
                found += (Mark(words, path, line) for words, line in _marks(ast.parse(source)))
        except (OSError, SyntaxError, ValueError, RecursionError):
            continue  # Not Python that could be played either.
    return sorted(dict.fromkeys(found))


def _marks(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        texts = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        if name == TEXT and texts:
            yield texts[0], node.lineno
        elif name in _LEVELS and texts and texts[0].startswith(PREFIX):
            yield texts[0].removeprefix(PREFIX), node.lineno
