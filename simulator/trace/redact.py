"""Redaction: what must never enter a trace is taken out at the source.

Secrets are found by name (`password`, `secret`, `token`, `Authorization` ...) and by form (a password in an
address, `Bearer ...`, an AWS signature or key id). Memory addresses go too, for they differ in every process.
When in doubt it takes out too much: a trace is handed around, and a word that is missing from a log line can
be had by running the seed again.

`redact_text` is for words, `redact_value` for JSON values; both cost a few substring searches when there is
nothing to find.

    >>> redact_text("GET /b?X-Amz-Signature=9f3c&partNumber=1")
    'GET /b?X-Amz-Signature=[redacted]&partNumber=1'
    >>> redact_value({"url": "redis://:hunter2@cache:6379/0", "token": "abc", "retries": 3})
    {'url': 'redis://:[redacted]@cache:6379/0', 'token': '[redacted]', 'retries': 3}
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

REDACTED: Final = "[redacted]"

_SECRET_WORDS: Final = (
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "api[-_ ]?key",
    "access[-_ ]?key",
    "private[-_ ]?key",
    "credential",
    "signature",
    "authorization",
    "cookie",
    "session[-_ ]?key",
    "requirepass",
    "masterauth",
)
_NOT_SECRET: Final = frozenset({"pwd", "oldpwd"})
"""The shell's working directory, as variables of every environment."""
_SERVER_OPTIONS: Final = frozenset({"requirepass", "masterauth"})

_NAME = re.compile("|".join(_SECRET_WORDS), re.IGNORECASE)
_NEEDLES: Final = ("pass", "pwd", "secret", "token", "credential", "signature", "authorization", "cookie", "masterauth")
_KEYS = re.compile(r"(?:api|access|private|session)[-_ ]?key")

# A secret's name, the rest of the word, its closing quote, then what leads to the value. The comma is for
# pairs, as in a list of headers: ('Authorization', 'Basic ...').
_NAMED = re.compile(
    rf"""(?P<word>(?:{_NAME.pattern})[\w.-]{{0,64}})"""
    r"""(?:\\{0,7}["']\s{0,8}[:=,]|\s{0,8}(?:[:=]|%3D))[ \t]{0,8}""",
    re.IGNORECASE,
)
_QUOTE = re.compile(r"""[bu]?(?P<slashes>\\{0,7})(?P<mark>["'])""")
_SHORT_CHARS_MAX: Final = 200
_BYTES: Final = (bytes, bytearray, memoryview)
_ROWS: Final = (list, tuple)
_LINE_END = re.compile(r"[\r\n]")
_BARE_END = re.compile(r"[\s&]")
_CLOSERS: Final = ")\"'\\]},;"
_OPTION = re.compile(
    rf"""(?P<name>(?<!\S)--?[\w-]{{0,32}}?(?:{_NAME.pattern})[\w-]{{0,32}}\s{{1,8}})(?P<value>[^\s-]\S*)""",
    re.IGNORECASE,
)

# RFC 3986 has no raw "/" or "@" in a password but people do; up to the last "@" of the word, then. The look
# ahead spares an ordinary "host:port/path".
_URL_PASSWORD = re.compile(r"""://(?P<user>[^\s/:@"'\\]{0,256}):(?!\d{1,5}(?:[/?#"',;)\]}\s\\]|$))\S{1,4096}@""")
_SCHEME = re.compile(r"\b(?P<scheme>bearer|basic|digest)(?P<gap>\s{1,8})[\w+/=.~-]{6,}", re.IGNORECASE)
_AWS_KEY_ID = re.compile(r"\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}\b")
_AWS_SCHEME = re.compile(r"\bAWS4-HMAC-SHA256 [^\r\n\"']+")
_PEM = re.compile(r"-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,32}PRIVATE KEY-----|$)", re.DOTALL)
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Return whether a value under this name is a secret by its name alone."""
    return _NAME.search(name) is not None and name.lower() not in _NOT_SECRET


def redact_text(text: str) -> str:
    """Return the text without secrets and memory addresses."""
    return _redacted_short(text) if len(text) <= _SHORT_CHARS_MAX else _redacted(text)


def _redacted(text: str) -> str:
    if " at 0x" in text:
        text = _ADDRESS.sub(" at 0x…", text)
    if "://" in text and "@" in text:
        text = _URL_PASSWORD.sub(rf"://\g<user>:{REDACTED}@", text)
    if "AKIA" in text or "ASIA" in text or "AROA" in text or "AIDA" in text:
        text = _AWS_KEY_ID.sub(REDACTED, text)
    if "PRIVATE KEY-----" in text:
        text = _PEM.sub(REDACTED, text)
    lowered = text.lower()
    if "aws4-hmac" in lowered:
        text = _AWS_SCHEME.sub(f"AWS4-HMAC-SHA256 {REDACTED}", text)
    if "bearer" in lowered or "basic" in lowered or "digest" in lowered:
        text = _SCHEME.sub(rf"\g<scheme>\g<gap>{REDACTED}", text)
    if any(needle in lowered for needle in _NEEDLES) or ("key" in lowered and _KEYS.search(lowered)):
        return _redact_named(text)
    return text


_redacted_short = lru_cache(maxsize=4096)(_redacted)
"""Names of programs, their arguments and what they print come again and again, from run to run."""


def redact_value(value: Any, name: str = "") -> Any:
    """Return a JSON value without secrets; bytes become text, and text that is not UTF-8 is escaped."""
    if isinstance(value, _BYTES):
        value = bytes(value).decode("utf-8", "backslashreplace")
    if name and is_secret_name(name) and value not in (None, "", [], {}) and not isinstance(value, bool):
        return REDACTED
    if isinstance(value, str):
        if not value.isascii():
            value = value.encode("utf-8", "backslashreplace").decode("utf-8")
        return redact_text(value)
    if isinstance(value, dict):
        return {_key(key): redact_value(item, _key(key)) for key, item in value.items()}
    if isinstance(value, _ROWS):
        return _redact_items(value)
    return value


def _key(key: object) -> str:
    if isinstance(key, bytes):
        return key.decode("utf-8", "backslashreplace")
    return key if isinstance(key, str) else str(key)


def _redact_items(items: Sequence[Any]) -> list[Any]:
    """Redact a list, minding the forms whose name and value are two items.

    a pair              ["Authorization", "Basic ..."]
    an option           [..., "--password", "...", ...]
    a Redis command     ["AUTH", ...], ["HELLO", "3", "AUTH", ...], ["CONFIG", "SET", "requirepass", "..."]
    """
    words = [_key(item) if isinstance(item, str | bytes) else "" for item in items]
    if len(items) == 2 and is_secret_name(words[0]):
        return [words[0], REDACTED]
    kept = [redact_value(item) for item in items]
    command = words[0].upper() if words else ""
    for place, word in enumerate(words[:-1]):
        if word.upper() == "AUTH" and command in ("AUTH", "HELLO"):
            return kept[: place + 1] + [REDACTED] * (len(kept) - place - 1)
        if word.lower() in _SERVER_OPTIONS or (word.startswith("-") and "=" not in word and is_secret_name(word)):
            kept[place + 1] = REDACTED
    return kept


def _redact_named(text: str) -> str:
    """Replace the value after each secret's name."""
    text = _OPTION.sub(rf"\g<name>{REDACTED}", text)
    parts: list[str] = []
    done = 0
    for match in _NAMED.finditer(text):
        if match.start() < done or _is_working_directory(text, match):
            continue
        start, stop = _value_span(text, match.end(), colon=":" in text[match.end("word") : match.end()])
        if stop > start and text[start:stop] not in (REDACTED, REDACTED[:-1]):
            parts += (text[done:start], REDACTED)
            done = stop
    parts.append(text[done:])
    return "".join(parts)


def _is_working_directory(text: str, match: re.Match[str]) -> bool:
    """Tell PWD and OLDPWD from DB_PWD; a pattern that looked behind would cost more than it is worth."""
    if match["word"].lower() != "pwd":
        return False
    before = text[max(0, match.start() - 4) : match.start()].lower()
    start = before.removesuffix("old")
    return not start or not (start[-1].isalnum() or start[-1] in "_-.")


def _value_span(text: str, start: int, *, colon: bool) -> tuple[int, int]:
    """Return where the value that stands at `start` begins and ends.

    quoted         up to the same quote, or to the end of the text when there is none
    after a colon  to the end of the line, as a header's value does
    otherwise      to a blank or "&", without the brackets and quotes that close what is around it
    """
    quoted = _QUOTE.match(text, start)
    if quoted is not None:
        return quoted.end(), _quoted_stop(text, quoted.end(), quoted["mark"], len(quoted["slashes"]))
    end = (_LINE_END if colon else _BARE_END).search(text, start)
    stop = end.start() if end is not None else len(text)
    return start, start + len(text[start:stop].rstrip(_CLOSERS))


def _quoted_stop(text: str, start: int, mark: str, slashes: int) -> int:
    """Return where a quoted value ends: at a quote behind as many backslashes as the opening one.

    A quote inside the value has more of them, at any depth of JSON in JSON. A value that ends in a backslash
    runs on to the next such quote, which takes out too much and not too little.
    """
    place = start
    while (place := text.find(mark, place)) >= 0:
        before = place
        while before > start and text[before - 1] == "\\":
            before -= 1
        if place - before == slashes:
            return before
        place += 1
    return len(text)
