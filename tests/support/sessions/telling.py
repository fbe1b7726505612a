"""How the parts of a session tell: plain values, the same on a real machine and on a simulated host.

Nothing in what is told depends on pids, descriptor numbers or the machine's speed. The programs of `small_programs` are
on the PATH in both worlds.
"""

import errno
import json
import re
import subprocess
import warnings
from collections.abc import Callable, Iterator
from subprocess import PIPE, Popen
from typing import Any

Part = Callable[[str], Iterator[object]]
"""Works in a folder of its own and yields what it saw."""

MUCH = 300_000  # More than a pipe holds, several times over.


def attempt(act: Callable[..., object], *args: Any, **options: Any) -> object:
    """What an act comes to: its value, or its error's words."""
    try:
        return act(*args, **options)
    except (OSError, ValueError, TypeError, KeyError, RuntimeError, subprocess.SubprocessError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            return type(error).__name__, errno.errorcode[error.errno], error.filename
        return type(error).__name__, re.sub(r"\b[0-9]+\b", "N", str(error))


def ready(*words: str, **options: Any) -> Popen[bytes]:
    """Start a program and wait until it says that it is ready."""
    child = Popen(words, stdout=PIPE, **options)
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    return child


def tell(part: Part, root: str) -> list[object]:
    """What one part tells, as JSON would have it; warnings count as well."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        told = [_plain(value) for value in part(root)]
    return [*told, *(str(warning.message) for warning in caught)]


def _plain(value: object) -> object:
    return json.loads(json.dumps(value, default=repr))
