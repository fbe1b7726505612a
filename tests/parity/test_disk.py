"""A simulated disk answers every sequence of acts as a real folder does: same results, same errno, same state."""

import os
import tempfile

import pytest
from hypothesis import HealthCheck, given, settings

from tests.support.file_acts import Act, ModelArm, OsArm, act_lists, perform
from tests.support.processes import OneHost

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(os.geteuid() != 0, reason="the simulated processes are root, so the real one must be"),
]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(act_lists)
def test_the_model_does_what_a_real_folder_does(acts: list[Act]) -> None:
    umask = os.umask(0o022)
    try:
        with tempfile.TemporaryDirectory() as folder:
            real = perform(OsArm(folder), acts)
    finally:
        os.umask(umask)

    assert perform(ModelArm(), acts) == real


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(act_lists)
def test_os_in_a_simulation_does_what_os_does_on_a_real_folder(acts: list[Act]) -> None:
    umask = os.umask(0o022)
    try:
        with tempfile.TemporaryDirectory() as folder:
            real = perform(OsArm(folder), acts)
    finally:
        os.umask(umask)
    one = OneHost()
    one.host.mount("/media")

    assert one.run(lambda: perform(OsArm("/media"), acts)) == real
