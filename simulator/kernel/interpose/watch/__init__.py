"""watchfiles: its Rust core, `RustNotify`, is replaced; its Python stays as it is.

| module   | what it stands for                                                          |
|----------|-------------------------------------------------------------------------------|
| `notify` | the Rust crate `notify`: inotify read by a thread, folders watched recursively |
| `rust`   | `RustNotify`: changes collected into a set, handed out in batches             |
"""

from types import ModuleType
from typing import Any

from simulator.kernel.interpose import redirect
from simulator.kernel.interpose.late import after_import
from simulator.kernel.interpose.watch.rust import SimRustNotify
from simulator.kernel.state import here


def install() -> None:
    """Let `RustNotify(...)` inside a simulated process watch simulated disks."""
    after_import("watchfiles._rust_notify", _patch)


def _patch(module: ModuleType) -> None:
    owner: Any = module.RustNotify  # type: ignore[attr-defined]
    real = owner.__new__

    def new(cls: type, *args: Any, **kwargs: Any) -> Any:
        if here.process is None:
            return real(cls, *args, **kwargs)
        return SimRustNotify(*args, **kwargs)

    redirect.slot(owner, "__new__", new)
    SimRustNotify.internal_error = module.WatchfilesRustInternalError  # type: ignore[attr-defined]
