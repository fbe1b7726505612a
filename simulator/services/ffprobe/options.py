"""Options: ffprobe's command line, as far as programs use it. What is not simulated is refused by its name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from simulator.errors import Unsupported
from simulator.services.ffprobe.amounts import OPTIONS as AMOUNTS

_PASSED_OVER: Final = (
    "timeout", "rw_timeout", "probesize", "analyzeduration", "protocol_whitelist", "user_agent", "headers", "threads",
    "err_detect", "strict", "export_all", "read_ahead_limit", "fflags", "seekable",
)  # fmt: skip
"""Options with a value that change nothing of what is claimed here."""

_FORMATS: Final = ("mov", "mp4", "m4a", "3gp", "3g2", "mj2")
_SHOWN: Final = {
    "show_format": "format", "show_streams": "stream", "show_error": "error", "show_programs": "program",
    "show_chapters": "chapter",
}  # fmt: skip
_FLAGS: Final = ("hide_banner", "show_private_data", "private", "find_stream_info", *AMOUNTS)
_NOT_SIMULATED: Final = {
    "count_frames": "coded pictures are not looked at",
    "bitexact": "profiles have names, and no numbers",
    "count_packets": "data is not read to its end",
    "show_frames": "coded pictures are not looked at",
    "show_packets": "data is not read to its end",
    "show_data": "data is not read to its end",
    "show_data_hash": "data is not read to its end",
    "show_log": "there is no decoder to listen to",
    "read_intervals": "data is not read to its end",
    "sections": "there is no such listing",
    "show_program_version": "it is no build of the real one",
    "show_library_versions": "it is no build of the real one",
    "show_versions": "it is no build of the real one",
    "show_pixel_formats": "there is no such listing",
    "o": "standard output does as well",
}
_SECTIONS: Final = {"format", "stream", "error", "program", "chapter"}
_GROUPS: Final = {
    "format_tags": ("format", "tags"),
    "stream_tags": ("stream", "tags"),
    "stream_disposition": ("stream", "disposition"),
    "stream_side_data": ("stream", "side_data_list"),
    "stream_side_data_list": ("stream", "side_data_list"),
}
_OTHER_SECTIONS: Final = (
    "chapter_tags", "chapters", "disposition", "frame", "frames", "frame_tags", "frame_side_data", "library_version",
    "library_versions", "packet", "packets", "packet_tags", "packets_and_frames", "pixel_format", "pixel_formats",
    "program_stream", "program_streams", "program_tags", "program_version", "programs", "root", "side_data",
    "side_data_list", "subtitle", "tags",
)  # fmt: skip
_ALL_GROUPS: Final = [f"{group}." for group in ("tags", "disposition", "side_data_list")]
_LEVELS: Final = {
    "quiet": -8, "panic": 0, "fatal": 8, "error": 16, "warning": 24, "info": 32, "verbose": 40, "debug": 48,
    "trace": 56,
}  # fmt: skip
ERROR_LEVEL: Final = 16
INFO_LEVEL: Final = 32


class Refused(Exception):
    """The command line cannot be understood; the text is what ffprobe prints."""


@dataclass
class Options:
    """What was asked."""

    source: str | None = None
    filename: str = ""
    """What to call the file, if not as it was given."""
    level: int = INFO_LEVEL
    writer: str = "default"
    optional: str = "auto"
    """Whether fields without a value are shown: `always`, `never`, or as the writer has it."""
    flags: set[str] = field(default_factory=set)
    streams: str = ""
    entries: dict[str, list[str]] = field(default_factory=dict)
    """Sections and which of their fields to show; an empty list is all."""

    def shows(self, section: str) -> bool:
        return section in self.entries


Setter = Callable[[Options, str], None]


def parse(words: Sequence[str]) -> Options:
    """Read the words after the program's name."""
    options, rest = Options(), list(words)
    only_names = False
    while rest:
        word = rest.pop(0)
        if only_names or not word.startswith("-") or word == "-":
            _source(options, word)
        elif word == "--":
            only_names = True
        elif word[1:] in _SHOWN:
            _show(options, _SHOWN[word[1:]], [])
        elif word[1:] in _FLAGS or word == "-pretty":
            options.flags.update(AMOUNTS if word == "-pretty" else (word[1:],))
        elif word.startswith("-no") and word[3:] in _FLAGS:
            options.flags.discard(word[3:])
        elif word[1:] in _NOT_SIMULATED:
            raise Unsupported(f"ffprobe {word}", _NOT_SIMULATED[word[1:]])
        else:
            _valued(options, word[1:], rest)
    return options


def _source(options: Options, name: str) -> None:
    if options.source is not None:
        raise Refused(f"Argument '{name}' provided as input filename, but '{options.source}' was already specified.")
    options.source = "pipe:" if name == "-" else name


def _valued(options: Options, name: str, rest: list[str]) -> None:
    if name not in _SETTERS and name not in _PASSED_OVER:
        raise Refused(f"Failed to set value '{rest[0] if rest else ''}' for option '{name}': Option not found")
    if not rest:
        raise Refused(f"Missing argument for option '{name}'")
    value = rest.pop(0)
    if name in _SETTERS:
        _SETTERS[name](options, value)


def _level(options: Options, value: str) -> None:
    level = _LEVELS.get(value.rpartition("+")[2])
    if level is None and not value.lstrip("-").isdigit():
        names = "\n".join(f'"{name}"' for name in _LEVELS)
        raise Refused(f'Invalid loglevel "{value}". Possible levels are numbers or:\n{names}')
    options.level = int(value) if level is None else level


def _format(options: Options, value: str) -> None:
    if value not in _FORMATS:
        raise Unsupported(f"ffprobe -f {value}", "only MP4 and its kin are read")


def _set(name: str) -> Setter:
    return lambda options, value: setattr(options, name, value)


def _entries(options: Options, text: str) -> None:
    """`stream=codec_name,width:format=duration:format_tags`."""
    for part in text.split(":"):
        section, _, names = part.partition("=")
        fields = [name for name in names.split(",") if name]
        owner, group = _GROUPS.get(section, (section.removesuffix("s") if section == "streams" else section, ""))
        if owner not in _SECTIONS:
            if section in _OTHER_SECTIONS:
                raise Unsupported(f"ffprobe -show_entries {section}", "such sections are not told apart")
            failed = f"Failed to set value '{text}' for option 'show_entries': Invalid argument"
            raise Refused(f"No match for section '{section}'\n{failed}")
        if group:
            fields = [f"{group}.{name}" for name in fields] or [f"{group}."]
        if owner == "stream" and not group:
            _show(options, "program", [])  # The real one has streams of programs, too, by the same name.
        _show(options, owner, fields)


def _show(options: Options, section: str, fields: list[str]) -> None:
    """Show some fields of a section besides those that were asked for before; all, if none are named."""
    before = options.entries.get(section)
    if before == [] and fields:  # All was asked for, and then some: groups stay, of the rest there is some.
        before = _ALL_GROUPS
    options.entries[section] = [*(before or []), *fields] if fields else []


_SETTERS: Final[Mapping[str, Setter]] = {
    "v": _level,
    "loglevel": _level,
    "of": _set("writer"),
    "print_format": _set("writer"),
    "output_format": _set("writer"),
    "show_optional_fields": _set("optional"),
    "print_filename": _set("filename"),
    "select_streams": _set("streams"),
    "show_entries": _entries,
    "f": _format,
    "i": _source,
}
