"""Uncaught: an error that ends a program, printed as the interpreter would, without the frames that are ours."""

import sys
from traceback import FrameSummary, StackSummary, TracebackException
from typing import Any

from simulator.kernel.callsite import is_ours


def print_uncaught(error: BaseException) -> None:
    """Print an error and its causes to the program's stderr."""
    told = TracebackException.from_exception(error, compact=True)
    _clean(told)
    for line in told.format():
        sys.stderr.write(line)


def _clean(told: Any) -> None:
    """Take our frames out of a traceback and of all that hang on it; the stack of a chain may be long."""
    left = [told]
    while left:
        one = left.pop()
        one.stack = StackSummary.from_list([frame for frame in one.stack if not _is_ours(frame)])
        left += [other for other in (one.__cause__, one.__context__, *(one.exceptions or ())) if other is not None]


def _is_ours(frame: FrameSummary) -> bool:
    return is_ours(frame.filename)
