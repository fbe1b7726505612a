"""What is interpreter-wide and real: put away when the first process shows its own, put back after the last.

Of the attributes of `sys`, `OF_SYS` names those that every process has its own of.
"""

import os
import sys
from typing import Any, Final

_STREAMS: Final = ("stdin", "__stdin__", "stdout", "__stdout__", "stderr", "__stderr__")
_HOOKS: Final = ("excepthook", "displayhook", "breakpointhook")

OF_SYS: Final = ("argv", "orig_argv", *_STREAMS, *_HOOKS)


def of_sys(argv: list[str], stdin: Any, stdout: Any, stderr: Any) -> dict[str, Any]:
    """What stands there when a process begins: its command line and streams, and the hooks of a fresh interpreter."""
    hooks = (getattr(sys, f"__{name}__") for name in _HOOKS)
    return dict(
        zip(OF_SYS, (argv, ["python", *argv], stdin, stdin, stdout, stdout, stderr, stderr, *hooks), strict=True)
    )


def take() -> dict[str, Any]:
    """The values that stand there now."""
    there = {name: getattr(sys, name) for name in OF_SYS}
    return {"sys": there, "environ": os.environ._data, "main": sys.modules["__main__"]}  # type: ignore[attr-defined]


def put_back(values: dict[str, Any]) -> None:
    """Undo what processes have shown."""
    vars(sys).update(values["sys"])
    os.environ._data = values["environ"]  # type: ignore[attr-defined]
    sys.modules["__main__"] = values["main"]
