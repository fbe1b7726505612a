"""The voice: results to stdout, everything else to stderr, in plain words, coloured only for a terminal."""

import os
import sys
from collections.abc import Callable
from typing import Final, TextIO

from simulator.errors import SoundstageError

BROKEN_PIPE: Final = 141
"""What a shell says of a program that died of SIGPIPE: nobody was there to read on."""

_CODES: Final = {"red": "31", "green": "32", "yellow": "33", "cyan": "36", "bold": "1", "dim": "2"}


def coloured(stream: TextIO) -> bool:
    """Whether a stream is a terminal whose user wants colours."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" and stream.isatty()


def paint(text: str, colour: str, stream: TextIO) -> str:
    """The text in a colour, where the stream takes colours."""
    return f"\x1b[{_CODES[colour]}m{text}\x1b[0m" if coloured(stream) else text


def painter(stream: TextIO) -> Callable[[str, str], str]:
    """`paint` for one stream."""
    return lambda text, colour: paint(text, colour, stream)


def say(text: str) -> None:
    """A result."""
    print(text, file=sys.stdout)


def tell(text: str) -> None:
    """What is not a result: on stderr, and lost without harm when nobody listens there."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        return


def complain(error: SoundstageError) -> None:
    """An error of the user's, and the next step; never a traceback."""
    tell(f"{paint('error:', 'red', sys.stderr)} {error}")
    if error.hint:
        hint(error.hint)


def hint(text: str) -> None:
    """The next step."""
    tell(f"{paint('hint:', 'cyan', sys.stderr)} {text}")


def printable(text: str) -> str:
    """The text without control characters: what a file says must not steer a terminal."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char == "\n" else ascii(char)[1:-1] for char in text)
