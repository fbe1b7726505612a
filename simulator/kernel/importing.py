"""Importing: whether a module is being imported right now.

A module is imported once per interpreter, by whichever run needs it first, and all later runs find it there. So what
its body does must not be part of that run's story, or the same seed would tell another one the second time:

    what it reads from clocks and draws does not count in the digest, and moves no lane of the program
    what it prints, logs, opens or connects is no event

Two kinds of modules do make events. Those in the folders of a program that has the interpreter for itself (`exec`)
are a part of it. And one that blocks or runs a loop while it is imported is a program, however it was started.
"""

own_folders: list[str] = []
"""Where the modules lie that belong to the program of this interpreter."""

depth = 0
"""How many imports are under way, one inside the other."""

shared = 0
"""How many of them are of modules that all runs of this interpreter share."""


def begin(origin: str | None) -> tuple[int, int]:
    """An import of a file begins; what is returned is for its end."""
    global depth, shared
    before = depth, shared
    own = origin is not None and "site-packages" not in origin and origin.startswith(tuple(own_folders))
    depth, shared = depth + 1, shared + (not own)
    return before


def end(before: tuple[int, int]) -> None:
    """It ends. What it was is taken back, whatever it became meanwhile."""
    global depth, shared
    depth, shared = before


def act() -> tuple[int, int]:
    """Whoever imports blocks or runs a loop: from here on it acts in the story; the result is for `end`."""
    global depth, shared
    before = depth, shared
    depth = shared = 0
    return before
