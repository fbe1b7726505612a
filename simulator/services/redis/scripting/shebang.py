"""Shebang: what a script says of itself in its first line: engine, name, flags."""

from typing import Final

from simulator.services.redis.reply import Refusal

FLAGS: Final = frozenset({"no-writes", "allow-oom", "allow-stale", "no-cluster", "allow-cross-slot-keys"})


def shebang(line: bytes) -> tuple[str | None, frozenset[str]]:
    """Return the name and the flags that a first line gives."""
    words = line.decode(errors="replace").split()
    if words[0] != "#!lua":
        raise Refusal(f"ERR Unexpected engine in script shebang: {words[0]}")
    name, flags = None, frozenset[str]()
    for word in words[1:]:
        if word.startswith("flags="):
            flags = frozenset(filter(None, word[6:].split(",")))
            unknown = sorted(flags - FLAGS)
            if unknown:
                raise Refusal(f"ERR Unexpected flag in script shebang: {unknown[0]}")
        elif word.startswith("name="):
            name = word[5:]
        else:
            raise Refusal(f"ERR Unknown lua shebang option: {word}")
    return name, flags
