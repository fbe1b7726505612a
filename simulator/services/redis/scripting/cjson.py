"""cjson: JSON for scripts, with lua-cjson's rules on arrays, numbers and errors."""

import math
import re
from collections.abc import Callable
from typing import Any, Final

Kind = Callable[[Any], str]
Table = Callable[[Any], Any]

_ESCAPES: Final = {
    34: b'\\"',
    92: b"\\\\",
    8: b"\\b",
    12: b"\\f",
    10: b"\\n",
    13: b"\\r",
    9: b"\\t",
    47: b"\\/",
    127: b"\\u007f",
}
_ESCAPED: Final = [_ESCAPES.get(char, b"\\u%04x" % char if char < 32 else bytes([char])) for char in range(256)]
_PLAIN: Final = re.compile(rb'[^\x00-\x1f"\\/\x7f]*')
_NUMBER: Final = re.compile(rb"-?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[iI]nf(?:inity)?|[nN]a[nN])")
_BLANK: Final = re.compile(rb"[ \t\n\r]*")
_UNESCAPED: Final = {
    b'"': b'"',
    b"\\": b"\\",
    b"/": b"/",
    b"b": b"\b",
    b"f": b"\f",
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
}


class JsonError(Exception):
    """What cannot be written or read."""


class Json:
    """The library, with its settings."""

    def __init__(self, kind: Kind, table: Table, null: Callable[[], Any]) -> None:
        self._kind, self._table, self._null = kind, table, null
        self.options: dict[str, Any] = {
            "encode_max_depth": 1000, "decode_max_depth": 1000, "encode_number_precision": 14,
            "encode_keep_buffer": True, "encode_invalid_numbers": False, "decode_invalid_numbers": True,
        }  # fmt: skip
        self.sparse: list[Any] = [False, 2, 10]

    def option(self, name: str, *given: Any) -> Any:
        """Set an option, if values are given, and return what holds."""
        if name == "encode_sparse_array":
            self.sparse[: len(given)] = given
            return tuple(self.sparse)
        if given:
            self.options[name] = given[0]
        return self.options[name]

    # ---------------------------------------------------------------- writing

    def encode(self, *values: Any) -> bytes:
        if len(values) != 1:
            raise JsonError("bad argument #1 to 'encode' (expected 1 argument)")
        parts: list[bytes] = []
        self._write(values[0], parts, 1)
        return b"".join(parts)

    def _write(self, value: Any, parts: list[bytes], depth: int) -> None:
        if value is None:
            parts.append(b"null")
        elif isinstance(value, bool):
            parts.append(b"true" if value else b"false")
        elif isinstance(value, bytes):
            parts.append(b'"' + b"".join([_ESCAPED[char] for char in value]) + b'"')
        elif isinstance(value, int | float):
            parts.append(self._number(value))
        elif self._kind(value) == "table":
            self._write_table(value, parts, depth)
        elif self._kind(value) == "userdata":
            parts.append(b"null")
        else:
            raise JsonError(f"Cannot serialise {self._kind(value)}: type not supported")

    def _number(self, value: float) -> bytes:
        if not math.isfinite(value):
            if self.options["encode_invalid_numbers"] == b"null":
                return b"null"
            if not self.options["encode_invalid_numbers"]:
                raise JsonError("Cannot serialise number: must not be NaN or Inf")
        return b"%.*g" % (int(self.options["encode_number_precision"]), value)

    def _write_table(self, value: Any, parts: list[bytes], depth: int) -> None:
        if depth > self.options["encode_max_depth"]:
            raise JsonError(f"Cannot serialise, excessively deep array or table ({depth})")
        pairs = list(value.items())
        length = self._array_length(pairs)
        if length > 0:
            known = dict(pairs)
            parts.append(b"[")
            for at in range(1, length + 1):
                if at > 1:
                    parts.append(b",")
                self._write(known.get(at), parts, depth + 1)
            parts.append(b"]")
            return
        parts.append(b"{")
        for number, (key, item) in enumerate(pairs):
            if number:
                parts.append(b",")
            if isinstance(key, bytes):
                self._write(key, parts, depth)
            elif isinstance(key, int | float) and not isinstance(key, bool):
                parts.append(b'"' + self._number(key) + b'"')
            else:
                raise JsonError("Cannot serialise table: table key must be a number or string")
            parts.append(b":")
            self._write(item, parts, depth + 1)
        parts.append(b"}")

    def _array_length(self, pairs: list[tuple[Any, Any]]) -> int:
        """Return the length of an array, 0 or less for what is none."""
        most = 0
        for key, _ in pairs:
            if isinstance(key, bool) or not isinstance(key, int) or key < 1:
                return 0
            most = max(most, key)
        convert, ratio, safe = self.sparse
        if ratio and most > len(pairs) * ratio and most > safe:
            if not convert:
                raise JsonError("Cannot serialise table: excessively sparse array")
            return 0
        return most

    # ---------------------------------------------------------------- reading

    def decode(self, *values: Any) -> Any:
        if len(values) != 1:
            raise JsonError("bad argument #1 to 'decode' (expected 1 argument)")
        if isinstance(values[0], bool) or not isinstance(values[0], bytes | int | float):
            kind = {type(None): "nil", bool: "boolean"}.get(type(values[0]), "table")
            raise JsonError(f"bad argument #1 to 'decode' (string expected, got {kind})")
        text = values[0] if isinstance(values[0], bytes) else str(values[0]).encode()
        value, at = self._read(text, 0, 1)
        at = self._blank(text, at)
        if at < len(text):
            raise _expected("the end", text, at)
        return value

    @staticmethod
    def _blank(text: bytes, at: int) -> int:
        found = _BLANK.match(text, at)
        return found.end() if found else at

    def _read(self, text: bytes, at: int, depth: int) -> tuple[Any, int]:
        at = self._blank(text, at)
        head = text[at : at + 1]
        if head == b'"':
            return self._string(text, at)
        if head in (b"{", b"["):
            if depth > self.options["decode_max_depth"]:
                raise JsonError(f"Found too many nested data structures ({depth})")
            return self._object(text, at + 1, depth) if head == b"{" else self._array(text, at + 1, depth)
        for word, value in ((b"true", True), (b"false", False), (b"null", None)):
            if text.startswith(word, at):
                return (self._null() if value is None else value), at + len(word)
        found = _NUMBER.match(text, at)
        if not found:
            raise _expected("value", text, at)
        return _number(found[0]), found.end()

    def _array(self, text: bytes, at: int, depth: int) -> tuple[Any, int]:
        items: list[Any] = []
        at = self._blank(text, at)
        if text[at : at + 1] == b"]":
            return self._table([]), at + 1
        while True:
            value, at = self._read(text, at, depth + 1)
            items.append(value)
            at = self._blank(text, at)
            if text[at : at + 1] == b"]":
                return self._table(items), at + 1
            if text[at : at + 1] != b",":
                raise _expected("comma or array end", text, at)
            at += 1

    def _object(self, text: bytes, at: int, depth: int) -> tuple[Any, int]:
        pairs: dict[Any, Any] = {}
        at = self._blank(text, at)
        if text[at : at + 1] == b"}":
            return self._table({}), at + 1
        while True:
            at = self._blank(text, at)
            if text[at : at + 1] != b'"':
                raise _expected("object key string", text, at)
            key, at = self._string(text, at)
            at = self._blank(text, at)
            if text[at : at + 1] != b":":
                raise _expected("colon", text, at)
            pairs[key], at = self._read(text, at + 1, depth + 1)
            at = self._blank(text, at)
            if text[at : at + 1] == b"}":
                return self._table(pairs), at + 1
            if text[at : at + 1] != b",":
                raise _expected("comma or object end", text, at)
            at += 1

    @staticmethod
    def _string(text: bytes, at: int) -> tuple[bytes, int]:
        start, at, out = at, at + 1, bytearray()
        while True:
            char = text[at : at + 1]
            if not char:
                raise JsonError(f"Expected value but found unexpected end of string at character {start + 1}")
            if char == b'"':
                return bytes(out), at + 1
            if char != b"\\":
                out += char
                at += 1
                continue
            after = text[at + 1 : at + 2]
            if after == b"u":
                letter, at = _unicode(text, at)
                out += letter
            elif after in _UNESCAPED:
                out += _UNESCAPED[after]
                at += 2
            else:
                raise JsonError(f"Expected value but found invalid escape code at character {at + 1}")


def _unicode(text: bytes, at: int) -> tuple[bytes, int]:
    def unit(where: int) -> int:
        digits = text[where + 2 : where + 6]
        if text[where : where + 2] != b"\\u" or len(digits) != 4:
            raise JsonError(f"Expected value but found invalid unicode escape code at character {at + 1}")
        try:
            return int(digits, 16)
        except ValueError:
            raise JsonError(f"Expected value but found invalid unicode escape code at character {at + 1}") from None

    code, size = unit(at), 6
    if 0xD800 <= code < 0xDC00:
        low = unit(at + 6)
        code, size = 0x10000 + ((code & 0x3FF) << 10) + (low & 0x3FF), 12
    return chr(code).encode("utf-8", "surrogatepass"), at + size


def _number(raw: bytes) -> float:
    lowered = raw.lower()
    if b"x" in lowered:
        return int(lowered, 16)
    value = float(lowered)
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _expected(what: str, text: bytes, at: int) -> JsonError:
    tokens = {b"": "T_END", b"{": "T_OBJ_BEGIN", b"}": "T_OBJ_END", b"[": "T_ARR_BEGIN", b"]": "T_ARR_END",
              b'"': "T_STRING", b",": "T_COMMA", b":": "T_COLON"}  # fmt: skip
    head = text[at : at + 1]
    token = tokens.get(head)
    if token is None:
        token = "T_NUMBER" if _NUMBER.match(text, at) else "invalid token"
    return JsonError(f"Expected {what} but found {token} at character {at + 1}")
