"""The Rust crate `notify` over a simulated inotify: what it makes of what the kernel tells.

Rules, each measured on the real one.
1. A thread of its own reads the queue, a little later than things happen. A new folder gets its watch only then: files
   made in it before are never reported.
2. Paths are made of the path that a watch was set with, so a root that was renamed goes on under its old name.
3. A folder renamed inside the tree is a deletion and an addition; it is watched anew under its new name, and what lies
   in it is not reported.
4. When the queue overflows, what did not fit is lost and nobody is told.
5. A name that is not UTF-8 is the end of the watcher.
"""

import os
import stat
from collections.abc import Callable
from typing import Any, Final, Protocol

from simulator.kernel.ports import Host, OutsideMounts

ADDED, MODIFIED, DELETED = 1, 2, 3
"""The kinds of change, numbered as watchfiles numbers them."""

_CHANGES: Final = {
    "create": ADDED,
    "moved_to": ADDED,
    "modify": MODIFIED,
    "attrib": MODIFIED,
    "delete": DELETED,
    "moved_from": DELETED,
    "delete_self": DELETED,
    "move_self": DELETED,
}


class Instance(Protocol):
    """An inotify instance of the host's kernel."""

    def read(self, *, notices_max: int | None = None) -> list[Any]: ...
    def remove(self, wd: int) -> None: ...
    def close(self) -> None: ...


class Tree:
    """The watches of one `RustNotify`, and the changes that it is told of."""

    def __init__(self, host: Host, *, recursive: bool, tell: Callable[[int, str], object]) -> None:
        self._host, self._recursive, self._tell = host, recursive, tell
        self.instance: Instance = host.inotify(self._ready)
        self._paths: dict[int, str] = {}
        self._roots: set[str] = set()
        self._reading = False
        self.closed = False
        self.error: str | None = None

    def watch(self, path: str) -> None:
        """Watch a root; raises FileNotFoundError when it is not there."""
        self._roots.add(path)
        self._add(path, is_root=True)

    def close(self) -> None:
        self.closed = True
        self.instance.close()

    def _add(self, path: str, *, is_root: bool) -> None:
        files = self._host.files
        try:
            wd = files.watch(self.instance, path)
        except OutsideMounts:
            os.stat(path)  # The machine's own files: they are there or not, and never change.
            return
        except OSError:
            if is_root:
                raise
            return
        self._paths[wd] = path
        if self._recursive and stat.S_ISDIR(files.stat(path, "/").st_mode):
            for listed in files.listing(path, "/"):
                if stat.S_ISDIR(listed.mode):
                    self._add(os.path.join(path, listed.name), is_root=False)

    # --- the reading thread ---------------------------------------------------------------------------

    def _ready(self) -> None:
        """Something is in the queue: it is read a moment later."""
        if not self._reading and not self.closed:
            self._reading = True
            self._host.after(self._host.watch_lag_ns(), self._read)

    def _read(self) -> None:
        self._reading = False
        for notice in self.instance.read() if not self.closed else ():
            self._take(notice)

    def _take(self, notice: Any) -> None:
        if notice.kind == "overflow":
            self._host.emit("watch.lost", roots=sorted(self._roots))
            return
        folder = self._paths.get(notice.wd)
        if folder is None:
            return
        if notice.kind == "ignored":
            del self._paths[notice.wd]
            return
        path = os.path.join(folder, notice.name) if notice.name else folder
        if not notice.name and folder not in self._roots and notice.kind != "attrib":
            return  # The folder above tells it by name; a sub-folder's own end says nothing new.
        change = _CHANGES.get(notice.kind)
        if change is not None:
            self._report(change, path)
        if notice.is_directory and notice.name:
            self._follow(notice.kind, path)

    def _report(self, change: int, path: str) -> None:
        try:
            path.encode("utf-8")
        except UnicodeEncodeError:
            self.error = f"error in underlying watcher: path is not valid UTF-8: {path!r}"
            self.close()
            return
        self._tell(change, path)

    def _follow(self, kind: str, path: str) -> None:
        """Keep the watches in step with folders that come and go."""
        if kind in ("moved_from", "delete"):
            inside = path + "/"
            for wd, watched in list(self._paths.items()):
                if watched == path or watched.startswith(inside):
                    del self._paths[wd]
                    if kind == "moved_from":
                        self.instance.remove(wd)
        elif kind in ("create", "moved_to") and self._recursive:
            self._add(path, is_root=False)
