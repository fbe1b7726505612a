"""The executable: reads what it is pointed at, writes what was asked, and exits with ffprobe's status."""

import os
import sys
from collections.abc import Sequence
from errno import EISDIR
from stat import S_ISDIR
from typing import Final

from simulator.errors import Unsupported
from simulator.services.ffprobe import options as command_line
from simulator.services.ffprobe.amounts import OPTIONS as AMOUNTS
from simulator.services.ffprobe.amounts import written
from simulator.services.ffprobe.boxes import Read
from simulator.services.ffprobe.foreign import HEAD_BYTES, foreign
from simulator.services.ffprobe.model import Answer, Fields, probe
from simulator.services.ffprobe.options import ERROR_LEVEL, INFO_LEVEL, Options, Refused
from simulator.services.ffprobe.selection import selected
from simulator.services.ffprobe.writers import Document, style, write

_BANNER: Final = "ffprobe version 5.1.9 Copyright (c) 2007-2026 the FFmpeg developers"
_USAGE: Final = "You have to specify one input file.\nUse -h to get full help or, even better, run 'man ffprobe'."
_FD_FLAGS: Final = os.O_RDONLY | os.O_CLOEXEC
_CHUNK_BYTES: Final = 32_768
_PIPE_MAX_BYTES: Final = 1 << 30
"""What is kept of a pipe, which cannot be read twice."""


def main() -> int:
    """What runs on a host; the command line is `sys.argv`."""
    if sys.argv[1:2] in (["-version"], ["--version"]):
        sys.stdout.write(f"{_BANNER}\n")
        return 0
    try:
        options = command_line.parse(sys.argv[1:])
        if options.level >= INFO_LEVEL and "hide_banner" not in options.flags:
            _say(_BANNER)
        style(options.writer, options.optional)  # An unknown writer is told before the file is looked at.
        if options.source is None:
            _say(_USAGE)
            sys.stdout.write(write(options.writer, {}, optional=options.optional))
            return 1
        answer = _examine(options.source)
        text = write(options.writer, _document(options, answer), optional=options.optional)
    except Refused as refused:
        _say(str(refused))
        return 1
    if options.level >= ERROR_LEVEL:
        for complaint in answer.complaints:
            _say(complaint)
        if answer.failure:
            _say(f"{options.source}: {answer.failure}")
    sys.stdout.write(text)
    return answer.code


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _examine(source: str) -> Answer:
    if source.startswith("pipe:"):
        body = _drain(int(source[5:] or 0))
        _refuse_foreign(body[:HEAD_BYTES])
        return probe(lambda at, size: body[at : at + size], len(body), source, seekable=False)
    try:
        descriptor = os.open(source.removeprefix("file:"), _FD_FLAGS)
    except OSError as error:
        return _failed(error)
    try:
        found = os.fstat(descriptor)
        if S_ISDIR(found.st_mode):
            raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
        _refuse_foreign(os.pread(descriptor, HEAD_BYTES, 0))
        return probe(_reader(descriptor), found.st_size, source)
    except OSError as error:
        return _failed(error)
    finally:
        os.close(descriptor)


def _refuse_foreign(head: bytes) -> None:
    if name := foreign(head):
        raise Unsupported(f"ffprobe of {name}", "only MP4 and its kin are read")


def _failed(error: OSError) -> Answer:
    return Answer({}, failure=error.strerror or str(error), error=-(error.errno or 1))


def _reader(descriptor: int) -> Read:
    return lambda at, size: os.pread(descriptor, size, at)


def _drain(descriptor: int) -> bytes:
    """Everything that comes through a pipe."""
    body = bytearray()
    while len(body) < _PIPE_MAX_BYTES:
        piece = os.read(descriptor, _CHUNK_BYTES)
        if not piece:
            break
        body += piece
    return bytes(body)


# --- what was asked -------------------------------------------------------------------------------------


def _document(options: Options, answer: Answer) -> Document:
    document: dict[str, Fields | Sequence[Fields]] = {}
    if answer.failure:
        if options.shows("error"):
            document["error"] = {"code": answer.error, "string": answer.failure}
        return document
    if options.shows("program"):
        document["programs"] = []
    if options.shows("stream"):
        chosen = selected(options.streams, answer.streams)
        document["streams"] = [_chosen(stream, options, "stream") for stream in chosen]
    if options.shows("chapter"):
        document["chapters"] = []
    if options.shows("format"):
        whole = answer.format | ({"filename": options.filename} if options.filename else {})
        document["format"] = _chosen(whole, options, "format")
    return document


def _chosen(fields: Fields, options: Options, section: str) -> Fields:
    """The fields that `-show_entries` names, in the order in which they are printed anyway; all for none."""
    names = options.entries[section]
    chosen: Fields = {}
    for key, value in fields.items():
        if isinstance(value, dict | list) and names:
            inner = [name.removeprefix(f"{key}.") for name in names if name.startswith(f"{key}.")]
            if inner:
                chosen[key] = _named(value, inner)
        elif not names or key in names:
            chosen[key] = written(key, value, options.flags & set(AMOUNTS)) if isinstance(value, str) else value
    return chosen


def _named(value: object, names: Sequence[str]) -> object:
    if isinstance(value, list):
        return [_named(item, names) for item in value]
    assert isinstance(value, dict)
    return {name: found for name, found in value.items() if name in names or "" in names}
