"""The simulated inotify tells what the kernel's tells: the same notices in the same order."""

import os
import tempfile
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings

from simulator.world.disk.notify import KINDS, Inotify
from tests.support.file_acts import Act, ModelArm, OsArm, act_lists, outcome
from tests.support.real_inotify import RealInotify, numbered

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(os.geteuid() != 0, reason="the simulated processes are root, so the real one must be"),
]

WATCHED = ("", "dir", "a", "link")
"""A folder, a folder in it, a file, and another name of that file."""


def prepare(arm: OsArm) -> None:
    arm.mkdir("dir")
    arm.open(0, "a", os.O_CREAT)
    arm.close(0)
    arm.link("a", "link")


def play(arm: OsArm, acts: list[Act]) -> None:
    for act in acts:
        outcome(partial(getattr(arm, act[0]), *act[1:]))
    for slot in range(3):
        arm.close_slot(slot)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(act_lists)
def test_acts_are_told_as_the_kernel_tells_them(acts: list[Act]) -> None:
    umask = os.umask(0o022)
    try:
        with tempfile.TemporaryDirectory() as folder:
            arm, real = OsArm(folder), RealInotify()
            prepare(arm)
            for name in WATCHED:
                real.add(arm.path(name), KINDS)
            play(arm, acts)
            expected = numbered(real.read())
            real.close()
    finally:
        os.umask(umask)
    model, simulated = ModelArm(), Inotify()
    prepare(model)
    for name in WATCHED:
        model.files.watch(simulated, model.path(name), mask=KINDS)
    play(model, acts)

    assert numbered(simulated.read()) == expected
