"""Imports: counts those that are under way, see `kernel/importing`."""

import importlib._bootstrap as bootstrap
from typing import Any

from simulator.kernel import importing

_SOURCE = """
def _load_unlocked(spec):
    before = begin(spec.origin)
    try:
        return real(spec)
    finally:
        end(before)
"""


def install() -> None:
    """Stand before the function that runs the body of every module."""
    machinery: Any = bootstrap
    # Named as importlib is, so that Python leaves it out of tracebacks as it does the rest.
    code: Any = compile(_SOURCE, "<frozen importlib._bootstrap>", "exec")
    names: dict[str, Any] = {
        "begin": importing.begin,
        "end": importing.end,
        "real": machinery._load_unlocked,
    }
    exec(code, names)
    machinery._load_unlocked = names["_load_unlocked"]
