"""Recorders: threads that write files as cameras do, one recording after another, until time is over."""

import os
import random
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_PIECE_S: Final = 0.2
_HEADER_AT: Final = 41
"""Where ffmpeg patches the length of a plain film's data when it closes it."""


@dataclass
class Recorder:
    """One camera. `bytes_written` and `files` are what it has made."""

    name: str
    folder: Path
    rate_bytes_s: int
    rng: random.Random
    until_s: float
    pause_max_s: float
    files: list[Path] = field(default_factory=list)
    bytes_written: int = 0

    def start(self) -> threading.Thread:
        thread = threading.Thread(target=self._record, name=self.name)
        thread.start()
        return thread

    def _record(self) -> None:
        number = 0
        while time.monotonic() < self.until_s:
            number += 1
            folder = self.folder / f"day{number}" if self.rng.random() < 0.3 else self.folder
            folder.mkdir(exist_ok=True)
            self._one(folder / f"{self.name}-{number}.mp4", self.rng.uniform(1, 40))
            time.sleep(self.rng.uniform(0, 1))

    def _one(self, path: Path, seconds: float) -> None:
        """Grow a file, with pauses; close it in one of the ways in which writers do."""
        under = path.with_suffix(".growing.mp4") if self.rng.random() < 0.2 else path
        end_s = min(time.monotonic() + seconds, self.until_s)
        with open(under, "wb", buffering=0) as file:
            while time.monotonic() < end_s:
                self.bytes_written += file.write(self.rng.randbytes(int(self.rate_bytes_s * _PIECE_S)))
                pause_s = self.pause_max_s if self.rng.random() < 0.02 else _PIECE_S
                time.sleep(min(pause_s, max(0.0, end_s - time.monotonic())))
            if self.rng.random() < 0.4 and file.tell() > _HEADER_AT + 3:
                os.pwrite(file.fileno(), b"\1\2\3", _HEADER_AT)
        if under != path:
            under.rename(path)
        self.files.append(path)
