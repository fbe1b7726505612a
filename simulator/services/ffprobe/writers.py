"""Writers: sections of fields as the text of `-of`: default, json, csv, compact, flat."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from simulator.services.ffprobe.model import Fields
from simulator.services.ffprobe.options import Refused

Document = Mapping[str, Fields | Sequence[Fields]]
"""The sections to show: `streams` is a list of them, `format` is one; `programs` comes first and is empty."""

_NAMES: Final = {"streams": "stream", "format": "format", "error": "error"}


def write(writer: str, document: Document) -> str:
    """The text of a document by a writer's name and options, such as `default=nw=1:nk=1`."""
    name, _, text = writer.partition("=")
    known = WRITERS.get(name)
    if known is None:
        raise Refused(f"Unknown output format with name '{name}'")
    options = dict(_option(part) for part in text.split(":") if part)
    return known(document, options)


def _option(part: str) -> tuple[str, str]:
    short = {"nw": "noprint_wrappers", "nk": "nokey", "p": "print_section", "s": "item_sep", "c": "compact"}
    key, found, value = part.partition("=")
    if not found:
        raise Refused(f"Missing key or no key/value separator found after key '{key}'")
    return short.get(key, key), value


def _sections(document: Document) -> Iterator[tuple[str, Fields]]:
    for key, found in document.items():
        for section in [found] if isinstance(found, dict) else found:
            yield _NAMES.get(key, key), section


def _flat(fields: Fields) -> Iterator[tuple[str, str, str]]:
    """The fields of a section and of what is inside it: where they belong, their names, their text."""
    for name, value in fields.items():
        if isinstance(value, dict):
            yield from ((name, inner, text) for _, inner, text in _flat(value))
        elif isinstance(value, list):
            for item in value:
                yield from (("", inner, text) for _, inner, text in _flat(item))
        else:
            missing = "unknown" if name in ("codec_name", "codec_long_name", "profile") else "N/A"
            yield "", name, missing if value is None else str(value)


def _label(place: str, name: str) -> str:
    return f"TAG:{name}" if place == "tags" else f"{place.upper()}:{name}" if place else name


def _default(document: Document, options: Mapping[str, str]) -> str:
    lines = []
    wrapped, keys = options.get("noprint_wrappers") != "1", options.get("nokey") != "1"
    for section, fields in _sections(document):
        body = [f"{_label(place, name)}={text}" if keys else text for place, name, text in _flat(fields)]
        lines += [f"[{section.upper()}]", *body, f"[/{section.upper()}]"] if wrapped else body
    return "".join(f"{line}\n" for line in lines)


def _csv(document: Document, options: Mapping[str, str]) -> str:
    lines = []
    separator = options.get("item_sep", ",")
    for section, fields in _sections(document):
        words = [_quoted(text, separator) for _, _, text in _flat(fields)]
        lines.append(separator.join(words if options.get("print_section") == "0" else [section, *words]))
    return "".join(f"{line}\n" for line in lines)


def _quoted(text: str, separator: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in (separator, '"', "\n")) else text


def _compact(document: Document, options: Mapping[str, str]) -> str:
    lines = []
    separator = options.get("item_sep", "|")
    for section, fields in _sections(document):
        keys = options.get("nokey") != "1"
        words = [f"{_compact_label(place, name)}={text}" if keys else text for place, name, text in _flat(fields)]
        lines.append(separator.join(words if options.get("print_section") == "0" else [section, *words]))
    return "".join(f"{line}\n" for line in lines)


def _compact_label(place: str, name: str) -> str:
    return f"tag:{name}" if place == "tags" else f"{place}:{name}" if place else name


def _dotted(document: Document, options: Mapping[str, str]) -> str:
    lines, seen = [], 0
    for section, fields in _sections(document):
        prefix = section
        if section == "stream":
            prefix, seen = f"streams.stream.{seen}", seen + 1
        for name, value in fields.items():
            inner = value.items() if isinstance(value, dict) else [("", value)]
            for key, found in inner:
                path = ".".join(part for part in (prefix, name, key) if part)
                lines.append(f"{path}={found if isinstance(found, int) else json.dumps(found or 'N/A')}")
    return "".join(f"{line}\n" for line in lines)


def _json(document: Document, options: Mapping[str, str]) -> str:
    """The real one's own layout, down to the empty line in what is empty; what is not known is left out."""
    return _json_value({key: _known(value) for key, value in document.items()}, 0) + "\n"


def _known(value: object) -> object:
    if isinstance(value, dict):
        return {key: _known(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list | tuple):
        return [_known(item) for item in value]
    return value


def _json_value(value: object, depth: int) -> str:
    pad = "    " * (depth + 1)
    end = "\n" + "    " * depth
    if isinstance(value, dict):
        items = [f"{pad}{json.dumps(key)}: {_json_value(inner, depth + 1)}" for key, inner in value.items()]
        return "{\n" + ",\n".join(items) + end + "}"
    if isinstance(value, list):
        items = [pad + _json_value(item, depth + 1) for item in value]
        return "[\n" + ",\n".join(items) + end + "]"
    return json.dumps(value, ensure_ascii=False)


WRITERS: Final[dict[str, Callable[[Document, Mapping[str, str]], str]]] = {
    "default": _default,
    "csv": _csv,
    "compact": _compact,
    "flat": _dotted,
    "json": _json,
}
