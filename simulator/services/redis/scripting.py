"""Scripting: stub."""
from typing import Any
class Scripting:
    def __init__(self, server: Any) -> None:
        self._server = server
        self.busy = False
        self.running = False
        self.memory = 0
    def flush(self) -> None: ...
    def pretend_busy(self, seconds: float) -> None: ...
