"""Locale: every process runs under C.UTF-8, whatever the machine's user has chosen.

`setlocale` accepts the locales that every Linux has (C, POSIX, C.UTF-8, and "" for the process's own) and remembers
them per process; all others are not installed. Local time is with `zone`.
"""

import _locale
import locale
import os
import time
from collections.abc import Callable
from typing import Any, Final

from simulator.kernel import zone
from simulator.kernel.interpose import redirect
from simulator.kernel.state import here

_OWN: Final = "C.UTF-8"
_PLAIN: Final = ("C", "POSIX")
_CATEGORIES: Final = ("LC_CTYPE", "LC_NUMERIC", "LC_TIME", "LC_COLLATE", "LC_MONETARY", "LC_MESSAGES")
_CONVENTIONS: Final[dict[str, Any]] = {
    "decimal_point": ".",
    "thousands_sep": "",
    "grouping": [],
    **dict.fromkeys(
        (
            "int_curr_symbol", "currency_symbol", "mon_decimal_point", "mon_thousands_sep", "positive_sign",
            "negative_sign",
        ),
        "",
    ),
    "mon_grouping": [],
    **dict.fromkeys(
        (
            "int_frac_digits", "frac_digits", "p_cs_precedes", "p_sep_by_space", "n_cs_precedes", "n_sep_by_space",
            "p_sign_posn", "n_sign_posn",
        ),
        locale.CHAR_MAX,
    ),
}  # fmt: skip


def _chosen() -> dict[str, str]:
    process = here.process
    assert process is not None
    found: dict[str, str] | None = process.shelf.get("locale")
    if found is None:
        # As Python starts up: the type of characters from the environment, the rest plain.
        found = process.shelf["locale"] = dict.fromkeys(_CATEGORIES, "C") | {"LC_CTYPE": _OWN}
    return found


def setlocale(category: int, name: str | None = None, /) -> str:
    chosen = _chosen()
    names = [known for known in _CATEGORIES if category in (locale.LC_ALL, getattr(locale, known))]
    if not names:
        raise locale.Error("invalid locale category")
    if name is not None:
        chosen.update(dict.fromkeys(names, _known(name)))
    values = {chosen[known] for known in names}
    return values.pop() if len(values) == 1 else ";".join(f"{known}={chosen[known]}" for known in names)


def _known(name: str) -> str:
    if name in _PLAIN:
        return "C"
    if name == "" or name.upper().replace("UTF8", "UTF-8") == _OWN:
        return _OWN
    raise locale.Error("unsupported locale setting")


def strcoll(first: str, second: str, /) -> int:
    return (first > second) - (first < second)


def tzset() -> None:
    process = here.process
    assert process is not None
    process.zone = os.environ.get("TZ") or "UTC"
    zone.show(process.zone)


DOORS: Final[dict[str, Callable[..., Any]]] = {
    "setlocale": setlocale,
    "localeconv": lambda: dict(_CONVENTIONS),
    "strcoll": strcoll,
    "strxfrm": lambda text, /: text,
    "getencoding": lambda: "utf-8",
}


def install() -> None:
    """Redirect `_locale` and `time.tzset`."""
    for name, simulated in DOORS.items():
        builtin = getattr(_locale, name, None)
        if builtin is not None:
            redirect.inside(builtin, simulated)
    redirect.door(_locale.nl_langinfo, _langinfo)
    redirect.inside(time.tzset, tzset)


def _langinfo(real: Callable[..., Any]) -> Callable[..., Any]:
    def langinfo(item: int, /) -> Any:
        return "UTF-8" if here.process is not None and item == _locale.CODESET else real(item)

    return langinfo
