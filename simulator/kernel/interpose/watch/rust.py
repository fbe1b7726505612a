"""`RustNotify`: changes collected into a set, handed out in batches.

The loop is the real one's: sleep a step, look at the stop event, then hand out what has come when its number
did not change over the step, or when `debounce` has passed since the first change.
"""

import os
from typing import Any, ClassVar, Final

from simulator.errors import Unsupported
from simulator.kernel.interpose.watch.notify import ADDED, DELETED, MODIFIED, Tree
from simulator.kernel.state import running_engine, running_thread

_MS_NS: Final = 1_000_000


class SimRustNotify:
    """What `watchfiles` waits on inside a simulated process."""

    internal_error: ClassVar[type[Exception]] = RuntimeError

    def __init__(
        self,
        watch_paths: list[str],
        debug: bool,
        force_polling: bool,
        poll_delay_ms: int,
        recursive: bool,
        ignore_permission_denied: bool,
    ) -> None:
        if force_polling:
            raise Unsupported("watchfiles with force_polling", "a simulated disk always tells of its changes")
        self._changes: dict[tuple[int, str], None] = {}
        self._tree: Tree | None = Tree(running_thread().process.host, recursive=recursive, tell=self._take)
        for path in watch_paths:
            try:
                self._tree.watch(os.path.join(os.getcwd(), path))
            except FileNotFoundError:
                self.close()
                raise FileNotFoundError(f"No path was found. about [{path!r}]") from None

    def _take(self, change: int, path: str) -> None:
        """A change joins the set; a modification of what came or went in this batch says nothing new."""
        known = self._changes
        if change == MODIFIED and ((ADDED, path) in known or (DELETED, path) in known):
            return
        known[change, path] = None

    def watch(self, debounce_ms: int, step_ms: int, timeout_ms: int, stop_event: Any) -> Any:
        """Block until there is a batch; or "stop", "timeout", "signal"."""
        tree = self._tree
        if tree is None:
            raise RuntimeError("RustNotify watcher closed")
        engine = running_engine()
        until_ns = engine.now_ns + timeout_ms * _MS_NS if timeout_ms else None
        batch_until_ns: int | None = None
        size_before = 0
        while True:
            try:
                engine.sleep(step_ms * _MS_NS)
            except KeyboardInterrupt:
                self._changes.clear()
                return "signal"
            if stop_event is not None and stop_event.is_set():
                self._changes.clear()
                return "stop"
            if tree.error is not None:
                self._changes.clear()
                raise self.internal_error(tree.error)
            size = len(self._changes)
            if size:
                if size == size_before or (batch_until_ns is not None and engine.now_ns > batch_until_ns):
                    return self._batch()
                size_before = size
                if batch_until_ns is None:
                    batch_until_ns = engine.now_ns + debounce_ms * _MS_NS
            elif until_ns is not None and engine.now_ns > until_ns:
                return "timeout"

    def _batch(self) -> set[tuple[int, str]]:
        changes = set(self._changes)
        self._changes.clear()
        running_engine().emit("watch.batch", changes=[[change, path] for change, path in sorted(changes)])
        return changes

    def close(self) -> None:
        """Stop watching; nothing can be waited for any more."""
        if self._tree is not None:
            self._tree.close()
            self._tree = None

    def __enter__(self) -> "SimRustNotify":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
