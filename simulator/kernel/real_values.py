"""What is interpreter-wide and real: put away when the first process shows its own, put back after the last."""

import os
import sys
from typing import Any, Final

_OF_SYS: Final = ("argv", "stdin", "__stdin__", "stdout", "__stdout__", "stderr", "__stderr__")


def take() -> dict[str, Any]:
    """The values that stand there now."""
    there = {name: getattr(sys, name) for name in _OF_SYS}
    return {"sys": there, "environ": os.environ._data, "main": sys.modules["__main__"]}  # type: ignore[attr-defined]


def put_back(values: dict[str, Any]) -> None:
    """Undo what processes have shown."""
    vars(sys).update(values["sys"])
    os.environ._data = values["environ"]  # type: ignore[attr-defined]
    sys.modules["__main__"] = values["main"]
