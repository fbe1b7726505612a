"""watchfiles: its Rust core, `RustNotify`, is replaced; its Python stays as it is.

| module   | what it stands for                                                          |
|----------|-------------------------------------------------------------------------------|
| `notify` | the Rust crate `notify`: inotify read by a thread, folders watched recursively |
| `rust`   | `RustNotify`: changes collected into a set, handed out in batches             |
"""

from types import ModuleType
from typing import Any

from simulator.kernel.interpose.late import after_import
from simulator.kernel.interpose.watch.rust import SimRustNotify
from simulator.kernel.state import here


def install() -> None:
    """Let `RustNotify(...)` inside a simulated process watch simulated disks."""
    after_import("watchfiles._rust_notify", _patch)
    after_import("watchfiles.main", _patch_user)


def _patch(module: ModuleType) -> None:
    real: Any = module.RustNotify
    if isinstance(real, type):  # A C type whose constructor cannot be wrapped: its name is given to a function.

        def rust_notify(*args: Any, **kwargs: Any) -> Any:
            return real(*args, **kwargs) if here.process is None else SimRustNotify(*args, **kwargs)

        module.RustNotify = rust_notify  # type: ignore[attr-defined]
        SimRustNotify.internal_error = module.WatchfilesRustInternalError


def _patch_user(module: ModuleType) -> None:
    """`watchfiles.main` has taken the name already if it was imported before us."""
    from watchfiles import _rust_notify

    module.RustNotify = _rust_notify.RustNotify  # type: ignore[attr-defined]
