"""Doors of the file system that are not simulated: called in a simulation, they say so by name."""

import os
from collections.abc import Callable
from typing import Any, Final

from simulator.errors import Unsupported
from simulator.kernel.interpose import redirect

REFUSED: Final = {
    "chroot": "a host has one root",
    "lockf": "use fcntl.flock or fcntl.lockf",
    "memfd_create": "memory files are not simulated",
    "splice": "use os.sendfile",
    "pathconf": "limits of the machine would leak",
    "fpathconf": "limits of the machine would leak",
}
"""Functions of `os`, and why."""


def install() -> None:
    """Redirect each to its refusal."""
    for name, why in REFUSED.items():
        redirect.inside(getattr(os, name), _refusal(f"os.{name}", why))


def _refusal(door: str, why: str) -> Callable[..., Any]:
    def refuse(*args: object, **options: object) -> Any:
        raise Unsupported(door, why)

    return refuse
