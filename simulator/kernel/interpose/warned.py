"""Warnings, and errors that nobody can catch: events of the process that caused them, printed as Python prints them.

A warning is told whether or not a filter lets it be printed, once for each place and text: "unclosed transport" is
ignored by Python's defaults, and a finding all the same. Those raised in C are told when they are printed.
"""

import _warnings
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import SimpleNamespace
from typing import Any

from simulator.kernel import importing
from simulator.kernel.callsite import where
from simulator.kernel.interpose import redirect
from simulator.kernel.state import here

_warning = False
"""Whether a warning is on its way that was told already."""


def tell(category: type[Warning], text: str) -> None:
    """Make an event of a warning, once for each place and text."""
    process = here.process
    if process is None or process.gone or importing.shared:
        return
    place = where()
    told: set[tuple[str, str, str]] = process.shelf.setdefault("warned", set())
    key = (category.__name__, text, place)
    if key not in told:
        told.add(key)
        process.engine.emit("loop.warning", category=category.__name__, message=text, where=place)


def unraisable(before: Callable[[Any], object]) -> Callable[[Any], None]:
    """The hook for errors in `__del__` and the like; those of no process go where they went `before`."""

    def hook(args: Any) -> None:
        process = here.process
        if process is None:
            before(args)
        elif not process.gone:
            error = args.exc_value
            source = getattr(args.object, "__qualname__", None) or type(args.object).__name__
            kind = args.exc_type.__name__
            process.engine.emit(
                "proc.unraisable", error=kind, message=f"{args.err_msg or ''} {source}: {error}".strip()
            )
            _print_unraisable(args)

    return hook


def _print_unraisable(args: Any) -> None:
    """Print an error as Python does; that of a bare thread comes as we have put it together."""
    if isinstance(args, SimpleNamespace):
        sys.stderr.write(f"{args.err_msg}: {args.object!r}\n")
        sys.__excepthook__(args.exc_type, args.exc_value, args.exc_traceback)
    else:
        sys.__unraisablehook__(args)


def _make_warn(real: Callable[..., Any]) -> Callable[..., Any]:
    def warn(message: Any, category: Any = None, stacklevel: int = 1, source: Any = None, **options: Any) -> Any:
        global _warning
        # The frame of this function lies between the caller and the real one. Below 1 means 1.
        deeper = max(stacklevel, 2 if options.get("skip_file_prefixes") else 1) + 1
        if here.process is None:
            return real(message, category, deeper, source, **options)
        kind = type(message) if isinstance(message, Warning) else category or UserWarning
        tell(kind, str(message))
        _warning = True
        try:
            return real(message, category, deeper, source, **options)
        finally:
            _warning = False

    return warn


def _make_warn_explicit(real: Callable[..., Any]) -> Callable[..., Any]:
    def warn_explicit(message: Any, category: Any, *args: Any, **options: Any) -> Any:
        global _warning
        if here.process is not None:
            tell(type(message) if isinstance(message, Warning) else category, str(message))
        _warning = True
        try:
            return real(message, category, *args, **options)
        finally:
            _warning = False

    return warn_explicit


def _make_show(real: Callable[..., Any]) -> Callable[..., Any]:
    def show(msg: Any) -> Any:
        if not _warning:
            tell(msg.category, str(msg.message))
        return real(msg)

    return show


def print_warning(message: Any) -> None:
    """What Python does with a warning that nobody caught: print it to the standard error of the moment."""
    file = message.file or sys.stderr
    if file is not None:
        with suppress(OSError):
            file.write(warnings._formatwarnmsg(message))  # type: ignore[attr-defined]


@contextmanager
def fresh() -> Iterator[None]:
    """For a run: the filters and hooks of a fresh interpreter, and no memory of what was warned about before."""
    module: Any = warnings
    names = ("filters", "showwarning", "_showwarnmsg_impl")
    before, listed, hook = {name: getattr(module, name) for name in names}, list(module.filters), sys.unraisablehook
    module.filters, module.showwarning, module._showwarnmsg_impl = [], module._showwarning_orig, print_warning
    warnings.filterwarnings("default", category=DeprecationWarning, module="__main__", append=True)
    for category in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
        warnings.simplefilter("ignore", category, append=True)
    module._processoptions(sys.warnoptions)
    module.onceregistry.clear()
    sys.unraisablehook = unraisable(hook)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(module, name, value)
        module.filters[:] = listed
        module._filters_mutated()
        sys.unraisablehook = hook


def install() -> None:
    """Stand before `warnings.warn` and what prints."""
    redirect.door(_warnings.warn, _make_warn)
    redirect.door(_warnings.warn_explicit, _make_warn_explicit)
    redirect.function(warnings, "_showwarnmsg", _make_show)
