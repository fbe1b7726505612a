"""Errors say what was found and what to do next, and travel between processes whole."""

import pickle

import pytest

from simulator.errors import Diverged, LimitReached, Misuse, SoundstageError, Stuck, Unsupported
from simulator.trace import TraceError

ERRORS = [
    Misuse("no scenario 'ehco'", hint="did you mean 'echo'?"),
    Unsupported("os.fork", "a simulated process cannot be doubled"),
    Diverged("another draw", at="draw 3", expected=1, found=2),
    Stuck("nothing can wake", waiting=["worker: main at a.py:3"], at_ns=5),
    LimitReached("turns_max", 1000, "in echo()", waiting=["worker"], at_ns=7),
    TraceError("not an event", name="run.jsonl", line=3, expected="event 2"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_survives_pickling(error: SoundstageError) -> None:
    copy = pickle.loads(pickle.dumps(error))

    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


def test_a_refused_door_carries_its_name() -> None:
    error = Unsupported("os.fork", "a simulated process cannot be doubled")

    assert error.door == "os.fork"
    assert str(error) == "os.fork is not simulated: a simulated process cannot be doubled"


def test_a_limit_carries_its_name_and_value_and_is_a_way_to_be_stuck() -> None:
    error = LimitReached("turns_max", 1000, "in echo()")

    assert isinstance(error, Stuck)
    assert (error.limit, error.value_max) == ("turns_max", 1000)
    assert str(error) == "turns_max reached: 1,000, in echo()"
    assert error.hint == "raise turns_max if the run is really that long"
