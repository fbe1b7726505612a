"""Uncaught errors of threads: a process has a `threading.excepthook` of its own, at first Python's.

What a program sets there is not seen by others, and what the surroundings have set (test runners do) is
not seen by programs. The module `threading` gets a class with a property for that.
"""

import sys
import threading
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any, Final, cast

from greenlet import GreenletExit

from simulator.kernel.state import here

_threading: Final = cast(Any, threading)
_SHELF: Final = "threading_excepthook"
Hook = Callable[[Any], object]


class _Threading(ModuleType):
    """The class of the module `threading`."""

    @property
    def excepthook(self) -> Hook:
        process = here.process
        hook: Hook = self.__dict__["excepthook"] if process is None else process.shelf.get(_SHELF, self.__excepthook__)
        return hook

    @excepthook.setter
    def excepthook(self, hook: Hook) -> None:
        process = here.process
        if process is None:
            self.__dict__["excepthook"] = hook
        else:
            process.shelf[_SHELF] = hook

    @excepthook.deleter
    def excepthook(self) -> None:
        del self.__dict__["excepthook"]


def _make_invoker(real: Callable[[], Callable[[Any], None]]) -> Callable[[], Callable[[Any], None]]:
    """`threading._make_invoke_excepthook`, whose result every thread keeps from its making."""

    def make() -> Callable[[Any], None]:
        outside = real()
        return lambda thread: outside(thread) if here.process is None else _invoke(thread)

    return make


def _invoke(thread: threading.Thread) -> None:
    """Hand the error in flight to the hook of the process; the end of a thread that was cut is no error."""
    error = sys.exception()
    if isinstance(error, GreenletExit):
        return
    try:
        _threading.excepthook(_threading.ExceptHookArgs([*sys.exc_info(), thread]))
    except Exception as failure:  # The program's own hook failed; `threading` says so in these words.
        failure.__suppress_context__ = True
        sys.stderr.write("Exception in threading.excepthook:\n")
        sys.excepthook(type(failure), failure, failure.__traceback__)


def tell_unraisable(function: object, error: BaseException) -> None:
    """Tell of the error of a bare thread, through `sys.unraisablehook` where the program has set one."""
    hook = sys.unraisablehook
    if hook is sys.__unraisablehook__:
        sys.stderr.write(f"Exception ignored in thread started by: {function!r}\n")
        sys.__excepthook__(type(error), error, error.__traceback__)
        return
    told: Any = SimpleNamespace(
        exc_type=type(error),
        exc_value=error,
        exc_traceback=error.__traceback__,
        err_msg="Exception ignored in thread started by",
        object=function,
    )
    hook(told)


def install() -> None:
    """Give `threading` a hook per process."""
    threading.__class__ = _Threading
    _threading._make_invoke_excepthook = _make_invoker(_threading._make_invoke_excepthook)
