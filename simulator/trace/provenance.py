"""Provenance: which versions made a trace, so that a difference can be laid at the right door.

It holds no path and no time of the machine: two people with the same versions get the same provenance.
It asks git in a subprocess, so gather it before a run, never inside one.
"""

import hashlib
import os
import platform
import subprocess
import sys
from collections.abc import Iterable
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any, Final

DISTRIBUTION: Final = "soundstage"

LIBRARIES: Final = (
    "aiobotocore",
    "aiohttp",
    "anyio",
    "botocore",
    "ffmpeg-python",
    "greenlet",
    "hiredis",
    "msgspec",
    "redis",
    "uvloop",
    "watchfiles",
)
"""Libraries whose version changes what a run does; those that are absent are left out."""

GIT_TIMEOUT_S: Final = 5.0
"""On a slow disk a status takes a second; a run does not wait longer for a remark in its header."""

UNTRACKED_BYTES_MAX: Final = 16 << 20
"""Larger untracked files count by name and size only."""


@lru_cache(maxsize=64)
def _gathered(root: str, libraries: tuple[str, ...]) -> tuple[tuple[str, Any], ...]:
    found: dict[str, Any] = {
        "soundstage": _version(DISTRIBUTION) or "unreleased",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "platform": f"{sys.platform} {platform.machine()}",
        "libraries": {name: version for name in libraries if (version := _version(name)) is not None},
    }
    if sys.flags.hash_randomization and os.environ.get("PYTHONHASHSEED", "random") == "random":
        found["hash_seed"] = "random"
    else:
        found["hash_seed"] = os.environ.get("PYTHONHASHSEED", "0")
    found |= _commit(Path(root))
    return tuple(found.items())


def gather(root: str | os.PathLike[str] = ".", *, libraries: Iterable[str] = LIBRARIES) -> dict[str, Any]:
    """Return the versions of soundstage, Python, libraries, and the commit of the code under `root`.

    A commit with changes on top has a `dirty` hash over those changes: equal hashes are equal trees.
    """
    return dict(_gathered(os.path.realpath(root), tuple(libraries)))


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _commit(root: Path) -> dict[str, str]:
    """Return the commit, and the hash of what was changed since; nothing outside a repository."""
    try:
        commit = _git(root, "rev-parse", "--verify", "HEAD").decode().strip()
        changes = _git(root, "diff", "--binary", "--no-ext-diff", "--no-textconv", "HEAD", "--", ":/")
        untracked = _git(root, "ls-files", "--others", "--exclude-standard", "--full-name", "-z", "--", ":/")
        top = Path(_git(root, "rev-parse", "--show-toplevel").decode().rstrip("\n"))
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return {}
    if not changes and not untracked:
        return {"commit": commit}
    hashed = hashlib.blake2b(changes, digest_size=8)
    for name in sorted(filter(None, untracked.split(b"\0"))):
        hashed.update(b"\0%s\0" % name)
        hashed.update(_content(top / os.fsdecode(name)))
    return {"commit": commit, "dirty": hashed.hexdigest()}


def _content(path: Path) -> bytes:
    try:
        if path.is_symlink() or not path.is_file():
            return b""
        size = path.stat().st_size
        return path.read_bytes() if size <= UNTRACKED_BYTES_MAX else b"%d bytes" % size
    except OSError:
        return b""


def _git(root: Path, *arguments: str) -> bytes:
    # No hooks, no locks, no prompts, no pager: asking must not change the repository.
    command = ("git", "-c", "core.fsmonitor=false", "-c", "core.quotepath=false", *arguments)
    environment = os.environ | {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    done = subprocess.run(
        command,
        cwd=root,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=GIT_TIMEOUT_S,
        check=True,
    )
    return done.stdout
