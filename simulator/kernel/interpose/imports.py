"""Imports: counts those that are under way, see `kernel/importing`."""

import importlib._bootstrap as bootstrap
from typing import Any

from simulator.kernel import importing
from simulator.kernel.callsite import is_stdlib

_SOURCE = """
def _load_unlocked(spec):
    before = begin(library=is_library(spec.origin))
    try:
        return real(spec)
    finally:
        end(before)
"""


def is_library(origin: str | None) -> bool:
    """Whether a module comes with Python or was installed, and so is not the program's own."""
    return origin is None or origin in ("built-in", "frozen") or "site-packages" in origin or is_stdlib(origin)


def install() -> None:
    """Stand before the function that runs the body of every module."""
    machinery: Any = bootstrap
    # Named as importlib is, so that Python leaves it out of tracebacks as it does the rest.
    code: Any = compile(_SOURCE, "<frozen importlib._bootstrap>", "exec")
    names: dict[str, Any] = {
        "begin": importing.begin,
        "end": importing.end,
        "is_library": is_library,
        "real": machinery._load_unlocked,
    }
    exec(code, names)
    machinery._load_unlocked = names["_load_unlocked"]
