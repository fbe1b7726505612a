"""Whatever a program does with files, it sees in a simulation what it sees on a machine, texts of errors included."""

import os
from itertools import zip_longest
from pathlib import Path

import pytest

from tests.support.file_session import tell
from tests.support.processes import OneHost

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(os.geteuid() != 0, reason="the simulated processes are root, so the real one must be"),
]


def test_a_session_with_files_tells_the_same(tmp_path: Path) -> None:
    umask = os.umask(0o022)
    try:
        real = tell(str(tmp_path))
    finally:
        os.umask(umask)
    one = OneHost()
    one.host.mount("/media")

    simulated = one.run(lambda: tell("/media"))

    assert [pair for pair in zip_longest(simulated, real) if pair[0] != pair[1]] == []
