"""A redirected builtin is still the object that it was: callable, copyable, picklable."""

import copy
import os
import pickle
import time
from typing import Any

import pytest

from simulator.kernel.interpose import install

install()


@pytest.mark.parametrize(
    "builtin", [time.sleep, os.listdir, open, len, "".join, [].append], ids=lambda each: each.__name__
)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_builtins_travel_between_interpreters(builtin: Any, protocol: int) -> None:
    again = pickle.loads(pickle.dumps(builtin, protocol))

    assert again is builtin or again.__self__ == builtin.__self__


def test_builtins_are_copied_as_themselves() -> None:
    assert copy.deepcopy(time.sleep) is copy.copy(time.sleep) is time.sleep
