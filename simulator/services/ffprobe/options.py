"""Options: ffprobe's command line, as far as programs use it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

_VALUED: Final = {
    "v",
    "loglevel",
    "of",
    "print_format",
    "output_format",
    "show_entries",
    "select_streams",
    "i",
    "f",
    "timeout",
    "rw_timeout",
    "analyzeduration",
    "probesize",
    "protocol_whitelist",
    "read_intervals",
    "user_agent",
    "headers",
    "threads",
}
_FLAGS: Final = {
    "show_format",
    "show_streams",
    "show_error",
    "hide_banner",
    "show_programs",
    "show_chapters",
    "count_frames",
    "count_packets",
    "pretty",
    "bitexact",
    "show_private_data",
}
_QUIET: Final = {"quiet": -8, "panic": 0, "fatal": 8, "error": 16, "warning": 24, "info": 32, "verbose": 40}
ERROR_LEVEL: Final = 16
INFO_LEVEL: Final = 32


class Refused(Exception):
    """The command line cannot be understood; the text is what ffprobe prints."""


@dataclass
class Options:
    """What was asked."""

    source: str | None = None
    level: int = INFO_LEVEL
    writer: str = "default"
    flags: set[str] = field(default_factory=set)
    streams: str = ""
    entries: dict[str, list[str]] = field(default_factory=dict)
    """Sections and which of their fields to show; an empty list is all."""
    programs: bool = False

    def shows(self, section: str) -> bool:
        return section in self.entries


def parse(words: Sequence[str]) -> Options:
    """Read the words after the program's name."""
    options, rest = Options(), list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("-") or word == "-":
            _source(options, "pipe:" if word == "-" else word)
            continue
        name = word[1:]
        if name in _VALUED:
            if not rest:
                raise Refused(f"Missing argument for option '{name}'.")
            _set(options, name, rest.pop(0))
        elif name in _FLAGS:
            _flag(options, name)
        else:
            value = rest.pop(0) if rest else ""
            raise Refused(f"Failed to set value '{value}' for option '{name}': Option not found")
    return options


def _source(options: Options, name: str) -> None:
    if options.source is not None:
        raise Refused(f"Argument '{name}' provided as input filename, but '{options.source}' was already specified.")
    options.source = name


def _set(options: Options, name: str, value: str) -> None:
    if name in ("v", "loglevel"):
        level = _QUIET.get(value.rpartition("+")[2])
        if level is None and not value.lstrip("-").isdigit():
            raise Refused(f'Invalid loglevel "{value}". Possible levels are numbers or:')
        options.level = int(value) if level is None else level
    elif name in ("of", "print_format", "output_format"):
        options.writer = value
    elif name == "select_streams":
        options.streams = value
    elif name == "i":
        _source(options, "pipe:" if value == "-" else value)
    elif name == "show_entries":
        _entries(options, value)


def _flag(options: Options, name: str) -> None:
    options.flags.add(name)
    if name in ("show_format", "show_streams", "show_error"):
        options.entries.setdefault({"show_format": "format", "show_streams": "stream"}.get(name, "error"), [])


def _entries(options: Options, text: str) -> None:
    """`stream=codec_name,width:format=duration`; the real one then shows programs, too."""
    for part in text.split(":"):
        section, _, names = part.partition("=")
        fields = [name for name in names.split(",") if name]
        section = section.removesuffix("s") if section in ("streams", "formats") else section
        owner, _, inner = section.partition("_")
        if inner:
            fields = [f"{inner}.{name}" for name in fields] or [f"{inner}."]
        options.entries.setdefault(owner, []).extend(fields)
        if owner == "stream":
            options.programs = True


def selected(options: Options, kinds: Sequence[str]) -> list[int]:
    """The streams that `-select_streams` names, by number (`0`), kind (`v`) or number of a kind (`a:1`)."""
    wanted = options.streams
    if not wanted:
        return list(range(len(kinds)))
    kind, _, number = wanted.partition(":")
    names = {"v": "video", "V": "video", "a": "audio", "s": "subtitle", "d": "data"}
    if kind.isdigit() and not number:
        return [int(kind)] if int(kind) < len(kinds) else []
    if kind not in names or (number and not number.isdigit()):
        raise Refused(f"Invalid stream specifier: {wanted}.")
    found = [index for index, of_stream in enumerate(kinds) if of_stream == names[kind]]
    return found[int(number) : int(number) + 1] if number else found
