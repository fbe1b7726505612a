"""A host has the programs that were installed on it, and each can be made to go wrong."""

import os
import subprocess
import sys
import time
from subprocess import PIPE, Popen
from typing import Any

import pytest

from simulator.errors import Misuse
from simulator.world.executables import Executables, fails, hangs, killed_after, prints_half, slow
from tests.support.processes import OneHost


def say() -> None:
    """A program: print a line and end."""
    print("0123456789")


def work() -> int:
    """A program: say that it began, take five seconds, and end with 4."""
    print("begun", flush=True)
    time.sleep(5)
    return 4


@pytest.fixture
def stage() -> OneHost:
    made = OneHost()
    made.host.env["PATH"] = "/usr/bin"
    made.host.executables.install("say", say, start_max_ns=0)
    made.host.executables.install("work", work, start_max_ns=0)
    return made


def run(stage: OneHost, name: str) -> tuple[int, bytes, bytes, float]:
    """Run a program there: its status, its outputs, and how long it took."""

    def main() -> Any:
        begun = time.monotonic()
        done = subprocess.run([name], capture_output=True)
        return done.returncode, done.stdout, done.stderr, time.monotonic() - begun

    result: tuple[int, bytes, bytes, float] = stage.run(main)
    return result


# --- the table --------------------------------------------------------------------------------------------


def test_a_program_is_found_by_name_and_by_path() -> None:
    table = Executables()
    table.install("say", say)
    table.install("sh", work, path="/bin/sh")

    assert table.paths() == ("/usr/bin/say", "/usr/bin/sh")
    for name in ("say", "/usr/bin/say", "/bin/say", "/usr/bin/../bin/say"):
        found = table.find(name)
        assert found is not None, name
        assert found.main is say
    for name in ("none", "/opt/say", "/usr/local/bin/say", "/sbin/sh", ""):
        assert table.find(name) is None, name


def test_a_removed_program_is_gone_and_a_second_installation_replaces_the_first() -> None:
    table = Executables()
    table.install("say", say)
    table.wrap("say", hangs())
    table.install("say", work)

    found = table.find("say")
    assert found is not None
    assert found.main is work

    table.remove("say")

    assert table.find("say") is None
    assert repr(table) == "<executables: none>"


def test_wrappers_go_around_one_another_and_come_off_together() -> None:
    table = Executables()
    table.install("say", say)

    table.wrap("say", slow(1))
    table.wrap("say", fails(3))
    table.unwrap("say")

    found = table.find("say")
    assert found is not None
    assert found.main is say


@pytest.mark.parametrize(
    ("name", "main", "path", "words"),
    [
        ("say", None, None, "a program is a function"),
        ("say", say, "bin/say", "absolute path"),
        ("say", say, "/usr/bin/speak", "ends in its name"),
    ],
)
def test_what_cannot_be_installed_is_refused_with_the_reason(name: str, main: Any, path: str, words: str) -> None:
    with pytest.raises(Misuse, match=words):
        Executables().install(name, main, path=path)


@pytest.mark.parametrize("act", [Executables.remove, Executables.unwrap, lambda table, name: table.wrap(name, hangs())])
def test_what_is_not_installed_is_named_along_with_what_is(act: Any) -> None:
    table = Executables()
    table.install("say", say)

    with pytest.raises(Misuse, match=r"'speak'.*/usr/bin/say"):
        act(table, "speak")


# --- going wrong --------------------------------------------------------------------------------------------


def test_a_sound_program_does_what_it_does(stage: OneHost) -> None:
    assert run(stage, "say") == (0, b"0123456789\n", b"", 0)
    assert run(stage, "work") == (4, b"begun\n", b"", 5)


def test_a_program_takes_no_longer_to_start_than_it_may(stage: OneHost) -> None:
    stage.host.executables.install("late", say, start_max_ns=10**9)

    assert 0 < run(stage, "late")[3] < 1


def test_a_hanging_program_waits_to_be_killed(stage: OneHost) -> None:
    stage.host.executables.wrap("work", hangs())

    def main() -> object:
        with pytest.raises(subprocess.TimeoutExpired) as late:
            subprocess.run(["work"], stdout=PIPE, timeout=3600)
        child = Popen(["work"])
        child.terminate()
        return late.value.output, child.wait()

    assert stage.run(main) == (None, -15)


def test_a_slow_program_does_the_same_later(stage: OneHost) -> None:
    stage.host.executables.wrap("say", slow(90))

    assert run(stage, "say") == (0, b"0123456789\n", b"", 90)


def test_a_program_that_is_killed_on_its_way_leaves_what_it_had_said(stage: OneHost) -> None:
    stage.host.executables.wrap("work", killed_after(2))
    stage.host.executables.wrap("say", killed_after(2, signum=15))

    assert run(stage, "work") == (-9, b"begun\n", b"", 2)
    assert run(stage, "say")[:2] == (0, b"0123456789\n")


def test_a_program_can_die_in_the_middle_of_its_output(stage: OneHost) -> None:
    stage.host.executables.wrap("say", prints_half())
    stage.host.executables.wrap("work", prints_half(signum=11))

    assert run(stage, "say") == (-9, b"01234", b"", 0)
    assert run(stage, "work") == (-11, b"beg", b"", 5)


def test_a_program_can_give_up_at_once(stage: OneHost) -> None:
    stage.host.executables.wrap("work", fails(69, message="work: cannot"))

    assert run(stage, "work") == (69, b"", b"work: cannot\n", 0)


def test_what_a_wrapped_program_is_given_stays_its_own(stage: OneHost) -> None:
    stage.host.executables.install("words", lambda: print(sys.argv, os.environ["GIVEN"]), start_max_ns=0)
    stage.host.executables.wrap("words", slow(1))

    def main() -> bytes:
        return subprocess.check_output(["words", "one"], env={"PATH": "/usr/bin", "GIVEN": "x"})

    assert stage.run(main) == b"['words', 'one'] x\n"
