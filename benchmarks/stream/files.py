"""Files: what is uploaded for real. The same bytes for everybody, made anew for each round under another name."""

from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

MIB: Final = 1 << 20
PART_BYTES: Final = 8 * MIB
"""Of both uploaders."""


@dataclass(frozen=True)
class Load:
    """So many files of a size."""

    name: str
    title: str
    count: int
    size: int

    @property
    def bytes(self) -> int:
        return self.count * self.size

    def shrunk(self, by: int) -> "Load":
        """Less of it, for a look: fewer files, or a smaller one."""
        if self.count > 1:
            return Load(self.name, self.title, max(self.count // by, 1), self.size)
        parts = max(self.size // by // PART_BYTES, 2)
        return Load(self.name, self.title, 1, parts * PART_BYTES)


LOADS: Final = (
    Load("large", "one file of 512 MiB", 1, 512 * MIB),
    Load("hundred", "100 files of 8 MiB", 100, 8 * MIB),
    Load("small", "100 files of 1 MiB", 100, MIB),
)


def make(folder: Path, load: Load, *, seed: int) -> list[Path]:
    """Write the files of a load; they are in the page cache then, for whoever reads them."""
    folder.mkdir()
    noise = Random(seed).randbytes(4 * MIB)
    paths = []
    for number in range(load.count):
        path = folder / f"{load.name}{seed:02}-{number:03}.mp4"
        with open(path, "wb") as file:
            for at in range(0, load.size, len(noise)):
                # No piece is like another, and none costs a drawing.
                block = number.to_bytes(4) + at.to_bytes(8) + noise[12:]
                file.write(block[: min(len(block), load.size - at)])
        paths.append(path)
    return paths
