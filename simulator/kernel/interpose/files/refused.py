"""Doors of the file system that are not simulated: called in a simulation, they say so by name."""

import io
import os
from collections.abc import Callable
from typing import Any, Final

from simulator.errors import Unsupported
from simulator.kernel.interpose import redirect
from simulator.kernel.interpose.files import opening
from simulator.kernel.state import here

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
    _guard_fileio()


def _refusal(door: str, why: str) -> Callable[..., Any]:
    def refuse(*args: object, **options: object) -> Any:
        raise Unsupported(door, why)

    return refuse


def _guard_fileio() -> None:
    """`io.FileIO` called by name makes a C object that can only reach the machine: right for its files alone."""
    real = io.FileIO.__init__

    def __init__(self: Any, file: Any, mode: str = "r", *args: Any, **options: Any) -> None:  # noqa: N807
        if here.process is not None and opening.elsewhere(file, set(mode)) is None:
            raise Unsupported(
                "io.FileIO", "called by name for a file on a simulated disk", hint="use open(..., buffering=0)"
            )
        real(self, file, mode, *args, **options)

    redirect.slot(io.FileIO, "__init__", __init__)
