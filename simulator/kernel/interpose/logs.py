"""Logging: every record of a program is an event, and every process has a logging set-up of its own.

The module `logging` is one per interpreter. What a process changes there (handlers, levels, filters) is exchanged when
it gets its turn, so that two hosts can both call `basicConfig`, and a run finds nothing of the run before. A
process begins with the root logger of a fresh interpreter. What a module sets up for its own loggers when it is
imported is not undone, for it will not be imported again.
"""

import logging
from collections.abc import Callable
from typing import Any, Final
from weakref import WeakValueDictionary

from simulator.kernel import importing
from simulator.kernel.process import Process
from simulator.kernel.state import here
from simulator.trace.plain import is_plain

_NAMES: Final = ("handlers", "filters", "level", "propagate", "disabled", "_cache")
_STANDARD: Final = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"})
_KEY: Final = "logging"
_logging: Final[Any] = logging

_cached_for: object = ()
"""Loggers cache which levels they let through; this says for which levels the caches are right."""


class Setup:
    """What one process has changed; while it is shown, this holds what was there before."""

    def __init__(self, process: Process) -> None:
        self._loggers: dict[str, tuple[logging.Logger, dict[str, Any]]] = {}
        self._tables: tuple[Any, list[Any]] = (WeakValueDictionary(), [])  # Of handlers: by name, and all.
        self._off = 0  # What `logging.disable` was told.
        self._shown = False
        process.shelf[_KEY] = self
        # As the first that was registered: the interpreter imports `logging` before the program runs.
        process.atexit.insert(0, (self._flush, (), {}))

    def show(self) -> None:
        """Put what is the process's own where Python looks for it."""
        global _cached_for
        root = logging.root
        # Whoever runs the simulation may log as well; a program finds the root of a fresh interpreter.
        if (root.handlers or root.filters or root.level != logging.WARNING) and "root" not in self._loggers:
            fresh = {"handlers": [], "filters": [], "level": logging.WARNING, "propagate": True, "disabled": False}
            self._loggers["root"] = (root, fresh | {"_cache": {}})
        self._exchange()
        self._shown = True
        levels = self._levels()
        if levels != _cached_for:
            _cached_for = levels
            _logging.root.manager._clear_cache()

    def hide(self) -> None:
        """Take it back."""
        self._shown = False
        self._exchange()

    def succeed(self, other: "Setup") -> None:
        """Hide another's and show this one. Where neither has set anything up, what stands there serves both."""
        if (
            self._loggers
            or self._off
            or self._tables[1]
            or other._loggers
            or _logging._handlerList
            or _logging.root.manager._disable
        ):
            other.hide()
            self.show()
        else:
            other._shown, self._shown = False, True
            self._tables, other._tables = other._tables, self._tables

    def _exchange(self) -> None:
        tables, self._tables = self._tables, (_logging._handlers, _logging._handlerList)
        _logging._handlers, _logging._handlerList = tables
        manager = logging.root.manager
        manager.disable, self._off = self._off, manager.disable
        for logger, held in self._loggers.values():
            there = logger.__dict__
            for name in _NAMES:
                there[name], held[name] = held[name], there[name]

    def _levels(self) -> object:
        """What decides which levels pass; told while shown."""
        off = logging.root.manager.disable
        changed = [(name, logger.level, logger.disabled) for name, (logger, _) in self._loggers.items()]
        return (off, tuple(changed)) if off or changed else ()

    def adopt(self, logger: logging.Logger) -> None:
        """Let what is done to a logger from now on be the process's own doing."""
        there = logger.__dict__
        # A logger that is being made has no cache yet; it belongs to whoever asks for it, now or later.
        if "_cache" not in there or logger.name in self._loggers or not self._shown:
            return
        if importing.depth:
            return
        self._loggers[logger.name] = (logger, {name: there[name] for name in _NAMES})
        there.update(handlers=list(there["handlers"]), filters=list(there["filters"]), _cache={})

    def changed(self) -> None:
        """Levels may be others now; `logging` has cleared its caches or will do so at once."""
        global _cached_for
        if self._shown:
            _cached_for = self._levels()
            _logging.root.manager._clear_cache()

    def _flush(self) -> None:
        """What `logging` does when an interpreter ends."""
        logging.shutdown(list(_logging._handlerList))


def forget() -> None:
    """After a run: caches are right for nobody."""
    global _cached_for
    if _cached_for != ():
        _cached_for = ()
        _logging.root.manager._clear_cache()


# --- where it is hooked in ------------------------------------------------------------------------------------


def _own() -> Setup | None:
    process = here.process
    return None if process is None else process.shelf.get(_KEY)


def _set(self: logging.Logger, name: str, value: object) -> None:
    """`Logger.__setattr__`."""
    setup = _own() if name in _NAMES else None
    if setup is None:
        object.__setattr__(self, name, value)
        return
    setup.adopt(self)
    object.__setattr__(self, name, value)
    if name in ("level", "disabled"):
        setup.changed()


def _adopting(real: Callable[..., Any]) -> Callable[..., Any]:
    def change(self: Any, *args: Any) -> Any:
        setup = _own()
        if setup is not None and isinstance(self, logging.Logger):
            setup.adopt(self)
        return real(self, *args)

    return change


def _call_handlers(real: Callable[..., Any]) -> Callable[..., Any]:
    """`Logger.callHandlers`, which every record passes that a logger lets through."""

    def call_handlers(self: logging.Logger, record: logging.LogRecord) -> None:
        process = here.process
        if process is not None:
            if process.gone:
                return
            # Milliseconds since `logging` was loaded: for a simulated program, since the run began.
            record.relativeCreated = process.engine.now_ns / 1e6
            tell(process, record)
        real(self, record)

    return call_handlers


def tell(process: Process, record: logging.LogRecord) -> None:
    """Make an event of a log record."""
    try:
        message = record.getMessage()
    except Exception:  # The program's own mistake, of which its handlers complain.
        message = str(record.msg)
    fields: dict[str, Any] = {"level": record.levelname, "logger": record.name, "message": message}
    extra = {name: value for name, value in vars(record).items() if name not in _STANDARD and is_plain(value)}
    if extra:
        fields["data"] = extra
    if record.exc_info and record.exc_info[0] is not None:
        fields["error"] = record.exc_info[0].__name__
    process.engine.emit("log", **fields, where=f"{record.filename}:{record.lineno} in {record.funcName}")


def install() -> None:
    """Hook into `logging.Logger`; nothing of a program's own set-up is touched."""
    kind: Any = logging.Logger
    kind.__setattr__ = _set
    kind.callHandlers = _call_handlers(kind.callHandlers)
    for name in ("addHandler", "removeHandler", "addFilter", "removeFilter"):
        setattr(kind, name, _adopting(getattr(kind, name)))
    Process.exchanges.append(Setup)
