"""Writers: sections of fields as the text of `-of`: default, csv, compact, flat, ini, json, xml."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from simulator.services.ffprobe.model import Fields
from simulator.services.ffprobe.options import Refused

Document = Mapping[str, Fields | Sequence[Fields]]
"""The sections to show: `programs`, `streams` and `chapters` are lists of them, `format` and `error` are one."""

_ONE: Final = {"programs": "program", "streams": "stream", "chapters": "chapter", "side_data_list": "side_data"}
_WORDS: Final = dict.fromkeys(
    ("codec_name", "codec_long_name", "profile", "pix_fmt", "color_range", "color_space", "color_transfer",
     "color_primaries", "field_order", "sample_fmt", "channel_layout"),
    "unknown",
) | {"chroma_location": "unspecified"}  # fmt: skip
"""What stands for what is not known; for all other fields it is N/A."""

_ADDRESS: Final = "0x55d0c0de5a80"


@dataclass(frozen=True)
class Style:
    """How a writer was asked to write."""

    name: str
    options: Mapping[str, str]
    everything: bool
    """Whether fields without a value are shown."""
    numbers_only: bool = False
    """What the real one makes of `-show_optional_fields never`: it shows no text at all."""

    def is_on(self, option: str, *, unless: str = "0") -> bool:
        return self.options.get(option, unless) not in ("0", "false", "n", "no")


def style(asked: str, optional: str) -> Style:
    """Read `-of`: a writer's name and options, such as `default=nw=1:nk=1`."""
    name, _, text = asked.partition("=")
    if name not in WRITERS:
        raise Refused(f"Unknown output format with name '{name}'")
    _, shorts, shows_all = WRITERS[name]
    options = {}
    for part in text.split(":") if text else []:
        key, found, value = part.partition("=")
        if not found:
            raise Refused(f"[{name} @ {_ADDRESS}] Failed to parse option string '{text}' provided to writer context")
        full = shorts.get(key, key)
        if full not in shorts.values():
            raise Refused(
                f"[{name} @ {_ADDRESS}] Failed to set option '{key}' with value '{value}' provided to writer context"
            )
        options[full] = value
    return Style(name, options, shows_all or optional == "always", optional == "never")


def write(asked: str, document: Document, *, optional: str = "auto") -> str:
    """The text of a document by a writer's name and options."""
    chosen = style(asked, optional)
    return WRITERS[chosen.name][0](document, chosen)


# --- what writers have in common ------------------------------------------------------------------------


def _values(fields: Fields, chosen: Style) -> Iterator[tuple[str, object]]:
    """The fields that are values, with a word for what is not known."""
    for name, value in fields.items():
        if isinstance(value, dict | list | tuple) or (chosen.numbers_only and not isinstance(value, int)):
            continue
        if value is not None:
            yield name, value
        elif chosen.everything:
            yield name, _WORDS.get(name, "N/A")


def _sections(document: Document) -> Iterator[tuple[str, int | None, Fields]]:
    """The sections one by one: what each is, and its number where it is one of several."""
    for key, found in document.items():
        if isinstance(found, dict):
            yield key, None, found
        else:
            yield from ((_ONE[key], number, fields) for number, fields in enumerate(found))


def _inner(fields: Fields) -> Iterator[tuple[str, Fields]]:
    """The groups inside a section: disposition and tags."""
    return ((name, value) for name, value in fields.items() if isinstance(value, dict))


def _attached(fields: Fields) -> Iterator[Fields]:
    """The sections inside a section: side data."""
    for value in fields.values():
        if isinstance(value, list):
            yield from value


# --- the writers ----------------------------------------------------------------------------------------


def _default(document: Document, chosen: Style) -> str:
    lines: list[str] = []
    for section, _, fields in _sections(document):
        lines += _default_section(section.upper(), fields, chosen)
    return "".join(f"{line}\n" for line in lines)


def _default_section(title: str, fields: Fields, chosen: Style) -> list[str]:
    bare = chosen.is_on("noprint_wrappers")
    keys = not chosen.is_on("nokey")
    values = [("", name, value) for name, value in _values(fields, chosen)]
    for group, inner in _inner(fields):
        prefix = "TAG:" if group == "tags" else f"{group.upper()}:"
        values += [(prefix, name, value) for name, value in _values(inner, chosen)]
    body = [f"{prefix}{name}={value}" if keys else str(value) for prefix, name, value in values]
    for attached in _attached(fields):
        body += _default_section("SIDE_DATA", attached, chosen)
    return body if bare else [f"[{title}]", *body, f"[/{title}]"]


def _escaped(text: str, separator: str) -> str:
    for plain, code in (("\\", "\\\\"), ("\b", "\\b"), ("\f", "\\f"), ("\n", "\\n"), ("\r", "\\r")):
        text = text.replace(plain, code)
    return text.replace(separator, f"\\{separator}")


def _quoted(text: str, separator: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in (separator, '"', "\n", "\r")) else text


def _row_writer(*, separator: str, keyless: bool, escape: str) -> Callable[[Document, Style], str]:
    """Compact and csv: a line for each section."""
    forms: Mapping[str, Callable[[str, str], str]] = {"c": _escaped, "csv": _quoted, "none": lambda text, _: text}

    def write(document: Document, chosen: Style) -> str:
        between = chosen.options.get("item_sep", separator)
        nokey = chosen.is_on("nokey", unless=str(int(keyless)))
        form = forms[chosen.options.get("escape", escape)]

        def row(section: str, fields: Fields) -> str:
            words = [section] if chosen.is_on("print_section", unless="1") else []
            values = [("", name, value) for name, value in _values(fields, chosen)]
            for group, inner in _inner(fields):
                prefix = "tag:" if group == "tags" else f"{group}:"
                values += [(prefix, name, value) for name, value in _values(inner, chosen)]
            for prefix, name, value in values:
                text = form(str(value), between)
                words.append(text if nokey else f"{prefix}{name}={text}")
            words += [row("side_data", attached) for attached in _attached(fields)]
            return between.join(words)

        return "".join(f"{row(section, fields)}\n" for section, _, fields in _sections(document))

    return write


def _paths(document: Document, chosen: Style, separator: str) -> Iterator[tuple[str, Fields]]:
    """Every section and group with its path, as flat and ini write them."""
    wide = chosen.is_on("hierarchical", unless="1")
    for key, found in document.items():
        for section, number, fields in _sections({key: found}):
            parts = [section] if number is None else [*([key] if wide else []), section, str(number)]
            path = separator.join(parts)
            yield path, fields
            for group, inner in _inner(fields):
                yield f"{path}{separator}{group}", inner
            for nth, attached in enumerate(_attached(fields)):
                yield separator.join((path, "side_data_list", "side_data", str(nth))), attached


def _flat(document: Document, chosen: Style) -> str:
    separator = chosen.options.get("sep_char", ".")
    lines = []
    for path, fields in _paths(document, chosen, separator):
        for name, value in _values(fields, chosen):
            key = "".join(sign if sign.isalnum() and sign.isascii() else "_" for sign in name)
            lines.append(f"{path}{separator}{key}={value if isinstance(value, int) else _flat_text(str(value))}\n")
    return "".join(lines)


def _flat_text(text: str) -> str:
    for plain, code in (("\\", "\\\\"), ("\n", "\\n"), ("\r", "\\r"), ('"', '\\"'), ("`", "\\`"), ("$", "\\$")):
        text = text.replace(plain, code)
    return f'"{text}"'


def _ini(document: Document, chosen: Style) -> str:
    text = "# ffprobe output\n" + "\n" * sum(not found for found in document.values())
    for path, fields in _paths(document, chosen, "."):
        values = [(name, _ini_text(str(value))) for name, value in _values(fields, chosen)]
        text += f"\n[{path}]\n" + "".join(f"{_ini_text(name)}={value}\n" for name, value in values)
    return text


def _ini_text(text: str) -> str:
    for sign in "\\#=:":
        text = text.replace(sign, f"\\{sign}")
    for plain, code in (("\b", "\\b"), ("\f", "\\f"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        text = text.replace(plain, code)
    return text


def _json(document: Document, chosen: Style) -> str:
    """The real one's own layout, down to the empty line in what is empty."""
    return _json_value(_shown(document, chosen), 0, chosen.is_on("compact")) + "\n"


def _shown(value: object, chosen: Style) -> object:
    if isinstance(value, Mapping):
        inner = {key: _shown(found, chosen) for key, found in value.items() if isinstance(found, dict | list | tuple)}
        plain = dict(_values(dict(value), chosen))
        return {key: plain.get(key, inner.get(key)) for key in value if key in plain or key in inner}
    return [_shown(item, chosen) for item in value] if isinstance(value, list | tuple) else value


def _json_value(value: object, depth: int, compact: bool) -> str:
    pad, end = "    " * (depth + 1), "\n" + "    " * depth
    if isinstance(value, dict):
        items = [f"{json.dumps(key)}: {_json_value(inner, depth + 1, compact)}" for key, inner in value.items()]
        if compact and depth:
            nested = [isinstance(inner, dict | list) for inner in value.values()]
            text = "".join(
                ("" if not nth else f",\n{pad}" if deep else ", ") + item
                for nth, (item, deep) in enumerate(zip(items, nested, strict=True))
            )
            return f"{{ {text} }}"
        return "{\n" + ",\n".join(pad + item for item in items) + end + "}"
    if isinstance(value, list):
        items = [pad + _json_value(item, depth + 1, compact) for item in value]
        return "[\n" + ",\n".join(items) + end + "]"
    return json.dumps(value, ensure_ascii=False)


def _xml(document: Document, chosen: Style) -> str:
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<ffprobe>"]
    for nth, (key, found) in enumerate(document.items()):
        lines += [""] if nth else []
        if isinstance(found, dict):
            lines += _xml_section(key, found, chosen, 1)
        else:
            inner = [line for fields in found for line in _xml_section(_ONE[key], fields, chosen, 2)]
            lines += [f"    <{key}>", *inner, f"    </{key}>"]
    return "\n".join([*lines, "</ffprobe>", ""])


def _xml_section(section: str, fields: Fields, chosen: Style, depth: int) -> list[str]:
    pad = "    " * depth
    text = "".join(f" {name}={_xml_text(str(value))}" for name, value in _values(fields, chosen))
    inner: list[str] = []
    for group, found in _inner(fields):
        values = list(_values(found, chosen))
        if group == "tags":
            inner += [f"{pad}    <tag key={_xml_text(name)} value={_xml_text(str(value))}/>" for name, value in values]
        else:
            inner += _xml_section(group, found, chosen, depth + 1)
    attached = [line for one in _attached(fields) for line in _xml_section("side_data", one, chosen, depth + 2)]
    if attached:
        inner += [f"{pad}    <side_data_list>", *attached, f"{pad}    </side_data_list>"]
    head = f"{pad}<{section}{text}"
    return [f"{head}>", *inner, f"{pad}</{section}>"] if inner else [f"{head}/>"]


def _xml_text(text: str) -> str:
    return '"' + escape(text, {'"': "&quot;"}) + '"'


_ROWS: Final = {"s": "item_sep", "nk": "nokey", "e": "escape", "p": "print_section"}
WRITERS: Final[Mapping[str, tuple[Callable[[Document, Style], str], Mapping[str, str], bool]]] = {
    "default": (_default, {"nw": "noprint_wrappers", "nk": "nokey"}, True),
    "compact": (_row_writer(separator="|", keyless=False, escape="c"), _ROWS, True),
    "csv": (_row_writer(separator=",", keyless=True, escape="csv"), _ROWS, True),
    "flat": (_flat, {"s": "sep_char", "h": "hierarchical"}, True),
    "ini": (_ini, {"h": "hierarchical"}, True),
    "json": (_json, {"c": "compact"}, False),
    "xml": (_xml, {"q": "fully_qualified", "x": "xsd_strict"}, False),
}
"""By name: what writes, its options by their short names, and whether it shows fields without a value."""
