"""`check` finds what a run depends on besides its seed, and says where it shows."""

from pathlib import Path

import pytest

from tests.support.command import Done, soundstage

HONEST = """
import asyncio, random, time, uuid
async def main():
    await asyncio.sleep(random.random())
    print(time.time(), uuid.uuid4(), {object() for _ in range(3)} and 1)
asyncio.run(main())
"""


def check(folder: Path, text: str, *words: str) -> Done:
    (folder / "prog.py").write_text(text)
    return soundstage("check", *words, "--seeds", "1", "prog.py", cwd=folder)


def test_an_honest_program_is_the_same_everywhere(tmp_path: Path) -> None:
    done = check(tmp_path, HONEST)

    assert done.code == 0, done.out
    assert "no difference in 7 runs" in done.out


def test_a_scenario_is_the_same_everywhere(tmp_path: Path) -> None:
    done = soundstage("check", "lease-under-pause", "--seeds", "2", "--json", cwd=tmp_path)

    assert (done.code, done.json["clean"], done.json["seeds"], done.json["runs"]) == (0, True, 2, 14)


LEAKS = {
    "heap": "print(id(object()) % 1000003)",
    "hashes": "print(list({'some', 'words', 'in', 'a', 'set', 'of', 'strings'}))",
    "folder": "buffer = ctypes.create_string_buffer(500); ctypes.CDLL(None).getcwd(buffer, 500); print(buffer.value)",
}


@pytest.mark.parametrize("name", LEAKS)
def test_a_leak_is_found_and_its_line_named(tmp_path: Path, name: str) -> None:
    done = check(tmp_path, f"import ctypes\ndef leak():\n    {LEAKS[name]}\nleak()\n", "--perturb", f"{name},garbage")

    assert done.code == 5, done.out
    assert f"seed 0, other {name}:" in done.out
    assert "prog.py:3 in leak" in done.out


def test_only_the_perturbations_that_are_named_are_tried(tmp_path: Path) -> None:
    done = check(tmp_path, LEAKS["hashes"], "--perturb", "zone,garbage")

    assert done.code == 0
    assert "1 seeds x 2 perturbations (zone, garbage)" in done.out


def test_a_program_gets_its_arguments_and_its_environment(tmp_path: Path) -> None:
    (tmp_path / "prog.py").write_text("import sys, os; sys.exit(sys.argv[1:] != ['--a'] or os.environ['B'] != '1')")

    done = soundstage("check", "prog.py", "--seeds", "1", "--env", "B=1", "--json", "--", "--a", cwd=tmp_path)

    assert done.json["statuses"] == {"passed": 1}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("nothing-of-that-name",), "there is no scenario"),
        (("nothere.py",), "there is no file nothere.py"),
        ((), "check needs a scenario or a program"),
        (("echo-under-partition", "--perturb", "weather"), "there is no perturbation 'weather'"),
        (("echo-under-partition", "--param", "no=1", "--seeds", "1"), "echo-under-partition has no parameter 'no'"),
    ],
)
def test_a_mistake_is_told(tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    done = soundstage("check", *words, cwd=tmp_path)

    assert (done.code, done.out) == (2, "")
    assert says in done.err
    assert "Traceback" not in done.err
