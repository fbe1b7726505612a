"""Keys of objects, and what the program has put into them: the inode of the file, its generation, its revision."""

from simulator.errors import Misuse


def inode_of(key: str) -> int:
    """The inode in a stream's id, or in its object's key."""
    return int(_identity(key)[1])


def order(key: str) -> tuple[int, int]:
    """By generation, then by revision."""
    _, _, generation, revision = _identity(key)
    return int(generation), int(revision)


def _identity(key: str) -> list[str]:
    name = key.removesuffix(".json")
    for candidate in (name, name.rpartition(".")[0]):
        words = candidate.rsplit(".", 2)
        if len(words) == 3 and words[1].count("-") == 2 and words[2].isdigit():
            return [*words[1].split("-"), words[2]]
    raise Misuse(f"{key!r} is not the key of a stream")
