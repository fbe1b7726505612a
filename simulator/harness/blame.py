"""Blame: which line of the program an error came from, in words that outlive an edit elsewhere in the file.

A failure is told by its message; whether two failures are the same is told by this. Of a group the errors in it are
blamed, for "unhandled errors in a TaskGroup" says nothing.
"""

from dataclasses import dataclass
from linecache import getline
from traceback import walk_tb
from types import FrameType
from typing import Final

from simulator.kernel.callsite import is_ours, is_own, short
from simulator.trace.redact import redact_text

BLAMED_MAX: Final = 4
_TEXT_MAX: Final = 400
_SOURCE_MAX: Final = 120
_GROUPED_MAX: Final = 100


@dataclass(frozen=True)
class Blame:
    """One error: its type, its message, and the innermost line of the program's own that it went through."""

    error: str
    text: str
    file: str = ""
    line: int = 0
    function: str = ""
    source: str = ""

    @property
    def place(self) -> str:
        """The line without its number, which any edit above it changes."""
        return f"{self.file} in {self.function}: {self.source}".rstrip(": ") if self.file else ""

    def __str__(self) -> str:
        at = f" at {self.file}:{self.line} in {self.function}" if self.file else ""
        return f"{self.error}: {self.text}".rstrip(": ") + at


def blame(error: BaseException) -> tuple[Blame, ...]:
    """Whom an error is to be laid at, in the order in which a group holds them; the same one only once."""
    return tuple(dict.fromkeys(map(_one, _leaves(error))))[:BLAMED_MAX]


def _leaves(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    left = [error]
    while left and len(found) < _GROUPED_MAX:
        one = left.pop()
        if isinstance(one, BaseExceptionGroup):
            left += reversed(one.exceptions)
        else:
            found.append(one)
    return found


def _one(error: BaseException) -> Blame:
    text = redact_text(str(error))[:_TEXT_MAX]
    frames = list(walk_tb(error.__traceback__))
    own = [step for step in frames if is_own(step[0].f_code.co_filename)]
    known = own or [step for step in frames if not is_ours(step[0].f_code.co_filename)]
    if not known:
        return Blame(type(error).__name__, text)
    frame, line = known[-1]
    return Blame(
        error=type(error).__name__,
        text=text,
        file=short(frame.f_code.co_filename),
        line=line,
        function=frame.f_code.co_qualname,
        source=_source(frame, line),
    )


def _source(frame: FrameType, line: int) -> str:
    return getline(frame.f_code.co_filename, line, frame.f_globals).strip()[:_SOURCE_MAX]
