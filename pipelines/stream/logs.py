"""Logs: what the program tells of itself, as events with stable names and fields.

An event is a log record whose message is its name and whose fields are attributes of the record (`extra`), so that
whatever captures logs sees them as data. On stderr a record is one line of JSON, or of words for people:

    {"at": "2026-11-20T18:40:00.123Z", "level": "info", "event": "stream.part", "stream": "lobby.8-12-0.0", "n": 3}

`events.EVENTS` is the list.
"""

import json
import logging
import sys
import time
from collections.abc import Mapping
from typing import Any, Final, TextIO

from pipelines.stream.kinds import without_secret

LOGGER: Final = "pipelines.stream"
_STANDARD: Final = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"})
_LINE_CHARS_MAX: Final = 16_384  # A longer line is cut by many collectors, in the midst of its JSON.
_FIELD_CHARS_MAX: Final = 4_096


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """What an event carries beside its name."""
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


def _plain(value: object) -> object:
    """A field as JSON can have it, and without what must not be shown."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in (sorted(value, key=str) if isinstance(value, set | frozenset) else value)]
    shown = without_secret(str(value))
    # Names of files need not be text; half a character is shown as what it is, not refused.
    shown = shown.encode("utf-8", "backslashreplace").decode()
    return shown if len(shown) <= _FIELD_CHARS_MAX else shown[:_FIELD_CHARS_MAX] + "..."


def _time(record: logging.LogRecord) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z"


def _trouble(record: logging.LogRecord) -> dict[str, object]:
    if not record.exc_info or record.exc_info[1] is None:
        return {}
    told = logging.Formatter().formatException(record.exc_info)
    return {"error": _plain(f"{type(record.exc_info[1]).__name__}: {record.exc_info[1]}"), "traceback": _plain(told)}


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, object] = {"at": _time(record), "level": record.levelname.lower(), "event": record.getMessage()}
        if record.name != LOGGER:
            told["logger"] = record.name
        told |= {name: _plain(value) for name, value in fields_of(record).items()} | _trouble(record)
        line = json.dumps(told, ensure_ascii=False)
        if len(line) > _LINE_CHARS_MAX:
            told = {name: told[name] for name in ("at", "level", "event")} | {"cut": len(line)}
            line = json.dumps(told)
        return line


class Words(logging.Formatter):
    """A record as a line for people."""

    def format(self, record: logging.LogRecord) -> str:
        fields = " ".join(f"{name}={_plain(value)}" for name, value in fields_of(record).items() if value is not None)
        level = "" if record.levelno == logging.INFO else f"{record.levelname.lower()} "
        line = f"{_time(record)[11:23]} {level}{record.getMessage()} {fields}".rstrip().replace("\n", "\\n")
        return "\n".join([line, *(str(each) for name, each in _trouble(record).items() if name == "traceback")])


def set_up(*, level: str, form: str, stream: TextIO | None = None) -> None:
    """Let the program's events, and other libraries' warnings, go to stderr."""
    target = stream or sys.stderr
    words = form == "words" or (form == "auto" and target.isatty())
    handler = logging.StreamHandler(target)
    handler.setLevel(level.upper())
    handler.setFormatter(Words() if words else JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    # Every event is made whatever is shown, for metrics are counted from them.
    logging.getLogger(LOGGER).setLevel(logging.DEBUG)
