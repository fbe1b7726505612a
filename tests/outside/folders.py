"""A folder to be carried somewhere and back, and what two folders differ in."""

import random
from pathlib import Path

# Nothing, little, more than a chunk of any client, and names that must be escaped.
_FILES = {
    "empty": 0,
    "one": 1,
    "notes/read me + 100%.txt": 3_000,
    "notes/ümläut 日本語.txt": 70_000,
    "deep/er/and/deep er/film~1.mp4": 9 << 20,
}
MANY = 60


def fill(folder: Path) -> Path:
    """Write the files; the same bytes in every run."""
    drawn = random.Random(1)
    sizes = _FILES | {f"many/{number:03}.bin": 100 * number for number in range(MANY)}
    for name, size in sizes.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(drawn.randbytes(size))
    return folder


def large(path: Path, size: int = 64 << 20) -> Path:
    path.write_bytes(random.Random(2).randbytes(size))
    return path


def differences(one: Path, other: Path) -> list[str]:
    """What is only in one of them, or not the same in both."""
    mine, theirs = _contents(one), _contents(other)
    return sorted(name for name in mine.keys() | theirs.keys() if mine.get(name) != theirs.get(name))


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
