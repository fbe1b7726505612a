"""Watcher: hints that something changed under a folder, and when to read all of it.

Events are hints. inotify's queue overflows without a word, folders that are made quickly tell nothing of their files,
a folder that is moved in is one event, a name that is not UTF-8 kills the watch, and a root that is replaced leaves
it silent for ever. So a watcher gives two things: paths to look at now, and the advice to read the whole folder,

| advice          | because                                                                |
|-----------------|-------------------------------------------------------------------------|
| `start`         | the watch has just begun; what is there was there before               |
| `new-directory` | of this folder there may be files that nothing tells of                |
| `root-back`     | the folder was gone, or is another one, and is watched anew            |
| `trouble`       | the watch broke, and is begun anew                                     |
| `period`        | it is time again, for events that were lost                            |

With too few inotify watches it is not events but the period, made short, that finds what changed: `degraded` then
says so.
"""

import logging
import os
import stat
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from time import monotonic
from typing import Final, Literal

import anyio
import anyio.to_thread
from watchfiles import Change, awatch

from pipelines.stream.logs import LOGGER

_log = logging.getLogger(LOGGER)

Advice = Literal["start", "new-directory", "root-back", "trouble", "period"]
_STEP_MS: Final = 50
_DEBOUNCE_MS: Final = 400
"""A batch is told so long after its first change at the latest: a growing file's next part should not wait."""
_QUIET_MS: Final = 1_000
"""So often the watch looks up when nothing changes: to see that the root is still what it was, and what time it is."""
_ROOT_PERIOD_S: Final = 1.0
_PAUSE_S: Final = 1.0
_PAUSE_MAX_S: Final = 60.0
_DEGRADED_PERIOD_S: Final = 2.0


@dataclass(frozen=True)
class Hint:
    """Paths that are to be looked at, whatever was said of them, and folders that are to be read whole."""

    paths: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    advice: Advice | None = None


class Watcher:
    """Watches one folder, come what may; `hints` never ends by itself."""

    def __init__(self, root: str, *, rescan_period_s: float) -> None:
        self.root = root
        self.degraded: str | None = None
        """Why changes are found late, if they are."""
        self.root_there = True
        self._device: int | None = None
        self._period_s = rescan_period_s
        self._scanned_s = monotonic()

    async def hints(self) -> AsyncGenerator[Hint, None]:
        """Hints, for ever; each watch that ends is followed by another."""
        advice: Advice = "start"
        pause_s = _PAUSE_S
        while True:
            identity = await self._root()
            began_s = monotonic()
            trouble = None
            try:
                async with aclosing(self._watch(identity, advice)) as watch:
                    async for hint in watch:
                        yield hint
            except* Exception as group:
                # Any error ends a watch of watchfiles for good, and what it had not told is lost.
                trouble = _innermost(group)
            advice = "root-back" if trouble is None else "trouble"
            if trouble is not None:
                self.degraded = f"{type(trouble).__name__}: {trouble}"
                _log.warning("watch.trouble", extra={"root": self.root, "cause": self.degraded, "pause_s": pause_s})
                pause_s = min(pause_s * 2, _PAUSE_MAX_S) if monotonic() - began_s < _PAUSE_MAX_S else _PAUSE_S
                async for hint in self._without_events(pause_s):
                    yield hint

    def present(self) -> bool:
        """Whether the folder is there now, so that a file that is not in it is gone.

        An empty folder on another disk is what is left when a disk is unmounted: that tells nothing of its files.
        """
        identity = _identity(self.root)
        if identity is None or self._device in (None, identity[0]):
            return identity is not None
        if _empty(self.root):
            return False
        self._device = identity[0]
        return True

    def expect(self, devices: set[int]) -> None:
        """There are streams of files on these disks: an empty folder on another is a disk not mounted yet."""
        identity = _identity(self.root)
        if devices and identity is not None and identity[0] not in devices:
            self._device = min(devices)
            self.root_there = self.present()
            if not self.root_there:
                _log.warning("watch.root-missing", extra={"root": self.root})

    async def _root(self) -> tuple[int, int]:
        """Wait until the folder is there; which one it is."""
        while (identity := _identity(self.root)) is None or not self.present():
            if self.root_there:
                self.root_there = False
                _log.warning("watch.root-missing", extra={"root": self.root})
            await anyio.sleep(_ROOT_PERIOD_S)
        self.root_there = True
        self._device = identity[0]
        return identity

    async def _watch(self, identity: tuple[int, int], advice: Advice) -> AsyncGenerator[Hint, None]:
        """Hints of one watch, which ends when the folder is another one or none."""
        changes_of = awatch(
            self.root,
            watch_filter=None,  # The default one takes some names of recordings for those of editors.
            debounce=_DEBOUNCE_MS,
            step=_STEP_MS,
            rust_timeout=_QUIET_MS,
            yield_on_timeout=True,
            recursive=True,
            ignore_permission_denied=True,
        )
        begun = False
        async with aclosing(changes_of):
            async for changes in changes_of:
                if _identity(self.root) != identity:
                    self.root_there = self.present()
                    _log.warning("watch.root-replaced", extra={"root": self.root})
                    return
                if not begun:
                    # Only now is it sure that the watch stands; what was made before is found by reading.
                    begun, self.degraded = True, None
                    _log.info("watch.begun", extra={"root": self.root, "advice": advice})
                    yield self._whole(advice)
                if changes:
                    paths = sorted({path for _, path in changes})
                    added = [path for change, path in changes if change is Change.added]
                    folders = await anyio.to_thread.run_sync(_folders, sorted(set(added)))
                    yield Hint(tuple(paths), tuple(folders), "new-directory" if folders else None)
                if monotonic() - self._scanned_s >= self._period_s:
                    yield self._whole("period")

    async def _without_events(self, for_s: float) -> AsyncIterator[Hint]:
        """Hints while no watch stands: read the folder often."""
        until_s = monotonic() + for_s
        while (left_s := until_s - monotonic()) > 0:
            await anyio.sleep(min(left_s, self._period_s, _DEGRADED_PERIOD_S))
            self.root_there = self.present()
            if self.root_there:
                yield self._whole("period")

    def _whole(self, advice: Advice) -> Hint:
        self._scanned_s = monotonic()
        return Hint(folders=(self.root,), advice=advice)


def _identity(root: str) -> tuple[int, int] | None:
    """Which folder a path leads to; None if it leads to none."""
    try:
        seen = os.stat(root)
    except OSError:
        return None
    return (seen.st_dev, seen.st_ino) if stat.S_ISDIR(seen.st_mode) else None


def _empty(root: str) -> bool:
    try:
        with os.scandir(root) as entries:
            return next(entries, None) is None
    except OSError:
        return True


def _folders(paths: list[str]) -> list[str]:
    """Those that are folders, and not links to folders: a link may lead anywhere, and its target tells nothing."""
    found = []
    for path in paths:
        try:
            if stat.S_ISDIR(os.lstat(path).st_mode):
                found.append(path)
        except OSError:
            continue
    return found


def _innermost(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
