"""Errors: what the simulator itself can say, each type naming whose fault it is.

A program under simulation never meets these (it sees the `OSError` a real machine would give), with one
exception: `Unsupported`, raised at the call site of a door that is not simulated.

    SoundstageError
    ├── Misuse              the scenario, the command line or a file handed to us is wrong
    ├── Unsupported         the program used a door of the operating system that is not simulated
    ├── Diverged            the same tape told another story
    └── Stuck               nothing can ever wake again
        └── LimitReached    something went on for longer than its limit allows

Texts say what was found, what was expected, and then the next step.
"""

from collections.abc import Callable, Sequence
from typing import Any


class SoundstageError(Exception):
    """Anything the simulator reports about itself, its user or its subject; catch this to catch all.

    `hint` is the next step for the reader and is printed on a line of its own by the command line.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Errors travel between worker processes, so they pickle although their options are keyword-only."""
        return _rebuild, (type(self), self.args, self.__dict__.copy())


def _rebuild(kind: type[SoundstageError], args: tuple[Any, ...], attributes: dict[str, Any]) -> SoundstageError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(attributes)
    return error


class Misuse(SoundstageError):
    """The fault lies with the scenario, an option or a file that was handed in; the run says nothing of the program."""


class Unsupported(SoundstageError):
    """The program used a door of the operating system that is not simulated.

    `door` is the name of the call as the program's author knows it ("os.fork", "loop.sendfile"); `why` says
    in a clause why it is refused.
    """

    def __init__(self, door: str, why: str = "", *, hint: str = "") -> None:
        super().__init__(f"{door} is not simulated" + (f": {why}" if why else ""), hint=hint)
        self.door = door
        self.why = why


class Diverged(SoundstageError):
    """A replay told another story than the recording: same tape, other draws or other events.

    `at` names the first place that differs (a draw's key or an event's number), `expected` is what was
    recorded there and `found` what happened now.
    """

    def __init__(
        self, message: str, *, at: str = "", expected: object = None, found: object = None, hint: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.at = at
        self.expected = expected
        self.found = found


class Stuck(SoundstageError):
    """Nothing is ready, no timer is due, and something is still owed: the run can never go on.

    `waiting` has one line for each task or thread that waits: its host, its name and where it waits.
    """

    def __init__(self, message: str, *, waiting: Sequence[str] = (), at_ns: int = 0, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.waiting = tuple(waiting)
        self.at_ns = at_ns


class LimitReached(Stuck):
    """Something went on for longer than its limit allows; without the limit it might go on for ever.

    `limit` is the limit's name as an option (`turns_max`), `value_max` its value, and `waiting` says, where
    that helps, what was going on.
    """

    def __init__(
        self,
        limit: str,
        value_max: float,
        what: str = "",
        *,
        waiting: Sequence[str] = (),
        at_ns: int = 0,
        hint: str = "",
    ) -> None:
        text = f"{limit} reached: {value_max:,}" + (f", {what}" if what else "")
        super().__init__(
            text, waiting=waiting, at_ns=at_ns, hint=hint or f"raise {limit} if the run is really that long"
        )
        self.limit = limit
        self.value_max = value_max
