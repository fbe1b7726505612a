"""Importing: whether a module is being imported right now.

A module is imported once per interpreter, by whichever run needs it first, and all later runs find it there. So what
its body does must not be part of that run's story, or the same seed would tell another one the second time:

    any module     what it reads from clocks and draws does not count in the digest, and moves no lane of the program
    a library      what it prints, logs, opens or connects is no event either

The program's own modules do act in the story. So does a module that blocks or runs a loop while it is imported: that
is a program, however it was started.
"""

depth = 0
"""How many imports are under way, one inside the other."""

libraries = 0
"""How many of them are of libraries: files of the standard library or of site-packages."""


def begin(*, library: bool) -> tuple[int, int]:
    """An import begins; what is returned is for its end."""
    global depth, libraries
    before = depth, libraries
    depth, libraries = depth + 1, libraries + library
    return before


def end(before: tuple[int, int]) -> None:
    """It ends. What it was is taken back, whatever it became meanwhile."""
    global depth, libraries
    depth, libraries = before


def act() -> tuple[int, int]:
    """Whoever imports blocks or runs a loop: from here on it acts in the story; the result is for `end`."""
    global depth, libraries
    before = depth, libraries
    depth = libraries = 0
    return before
