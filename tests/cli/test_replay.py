"""`replay` plays a recorded run again, and says that it is the same or where and why it parted."""

import json
from pathlib import Path

import pytest

from tests.support.command import soundstage

PROGRAM = """
import asyncio, os, random, sys
async def main():
    for number in range(3):
        await asyncio.sleep(random.random())
        print(number, random.random(), os.environ.get("FRUIT"), sys.argv[1:])
asyncio.run(main())
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "prog.py").write_text(PROGRAM)
    words = ("exec", "--seed", "5", "--env", "FRUIT=plum", "--trace", "run.jsonl", "prog.py", "a", "--b")
    assert soundstage(*words, cwd=tmp_path).code == 0
    return tmp_path


def test_the_same_program_tells_the_same_story(folder: Path) -> None:
    done = soundstage("replay", "run.jsonl", cwd=folder)

    assert done.code == 0, done.out + done.err
    assert done.out.startswith("the same, event by event: ")
    assert "outcome: passed" in done.out


def test_a_replay_is_silent_unless_it_is_to_be_heard(folder: Path) -> None:
    quiet = soundstage("replay", "run.jsonl", cwd=folder).out
    loud = soundstage("replay", "--output", "run.jsonl", cwd=folder).out

    assert "plum" not in quiet
    assert loud.splitlines()[0].endswith("plum ['a', '--b']")


def test_where_a_changed_program_parts_is_shown(folder: Path) -> None:
    (folder / "prog.py").write_text(PROGRAM.replace("print(number,", "print(number * 2,"))

    done = soundstage("replay", "run.jsonl", cwd=folder)

    assert done.code == 5
    assert "it parted from the recording: event" in done.out
    assert "differs in text, byte 0" in done.out


def test_a_difference_is_told_to_programs_too(folder: Path) -> None:
    (folder / "prog.py").write_text(PROGRAM.replace("range(3)", "range(2)"))

    told = soundstage("replay", "--json", "run.jsonl", cwd=folder).json

    assert (told["same"], told["difference"]["equal"]) == (False, False)


def test_other_versions_are_named_when_the_story_parts(folder: Path) -> None:
    lines = (folder / "run.jsonl").read_text().splitlines()
    opening = json.loads(lines[0])
    opening["header"]["provenance"]["python"] = "CPython 3.10.1"
    (folder / "run.jsonl").write_text("\n".join([json.dumps(opening), *lines[1:], ""]))
    (folder / "prog.py").write_text("print('other')")

    done = soundstage("replay", "run.jsonl", cwd=folder)

    assert done.code == 5
    assert "provenance.python: 'CPython 3.10.1' -> 'CPython 3." in done.out


def test_a_trace_that_was_cut_off_is_compared_as_far_as_it_goes(folder: Path) -> None:
    lines = (folder / "run.jsonl").read_text().splitlines(keepends=True)
    (folder / "run.jsonl").write_text("".join(lines[:4]) + lines[4][:20])

    done = soundstage("replay", "run.jsonl", cwd=folder)

    assert done.code == 0, done.out
    assert done.out.startswith("the same, event by event: 3 events")
    assert "compared as far as it goes" in done.out


def test_the_replay_is_recorded_when_asked_for_but_not_over_its_original(folder: Path) -> None:
    soundstage("replay", "run.jsonl", "--trace", "again.jsonl", cwd=folder)
    over = soundstage("replay", "run.jsonl", "--trace", "run.jsonl", cwd=folder)

    assert soundstage("diff", "run.jsonl", "again.jsonl", cwd=folder).code == 0
    assert over.code == 2
    assert "would overwrite the trace that is played" in over.err
    assert soundstage("show", "run.jsonl", cwd=folder).code == 0


def test_a_secret_that_the_trace_does_not_hold_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "prog.py").write_text("import os; print(len(os.environ['API_TOKEN']))")
    words = ("exec", "--env", "API_TOKEN=hunter2", "--trace", "run.jsonl", "prog.py")
    soundstage(*words, cwd=tmp_path)

    without = soundstage("replay", "run.jsonl", cwd=tmp_path)
    with_it = soundstage("replay", "--env", "API_TOKEN=hunter2", "run.jsonl", cwd=tmp_path)

    assert "hunter2" not in (tmp_path / "run.jsonl").read_text()
    assert (without.code, with_it.code) == (5, 0)
    assert without.hints == [
        "API_TOKEN is not in the trace, for it looks like a secret; give it with --env API_TOKEN=..."
    ]


def test_a_program_that_is_gone_is_misuse(folder: Path) -> None:
    (folder / "prog.py").unlink()

    done = soundstage("replay", "run.jsonl", cwd=folder)

    assert done.code == 2
    assert "cannot read the program" in done.err
