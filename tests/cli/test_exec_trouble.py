"""Whatever a program does wrong, `exec` ends in time, says what it was and where, and shows no traceback of ours."""

import subprocess
from pathlib import Path

import pytest

from simulator.trace.query import Trace
from tests.support.command import Done, command, environment, soundstage

NEVER_ENDS = """
import asyncio

async def waiter():
    await asyncio.Event().wait()

async def main():
    await asyncio.create_task(waiter(), name="the waiter")

asyncio.run(main())
"""
TIMERS = "import asyncio\nasync def main():\n    while True:\n        await asyncio.sleep(60)\nasyncio.run(main())\n"
SPINS = "import asyncio\nasync def main():\n    await asyncio.sleep(5)\n    while 1:\n        0\nasyncio.run(main())\n"
CALLS_SOON = (
    "import asyncio\ndef again():\n    asyncio.get_running_loop().call_soon(again)\n"
    "async def main():\n    again()\n    await asyncio.sleep(1)\nasyncio.run(main())\n"
)
BLOCKS = "import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()\n"
READS_NOTHING = "import os\nread, write = os.pipe()\nos.read(read, 1)\n"


def play(folder: Path, text: str, *words: str) -> Done:
    (folder / "prog.py").write_text(text)
    done = soundstage("exec", *words, "prog.py", cwd=folder)
    assert "/simulator/" not in done.err, done.err
    return done


def test_a_program_that_waits_for_nothing_is_stuck_and_every_task_is_named(tmp_path: Path) -> None:
    done = play(tmp_path, NEVER_ENDS)

    assert done.code == 3
    assert "nothing is ready and no timer is due" in done.err
    assert "task Task-1 (main) waits at prog.py:8 in main" in done.err
    assert "task the waiter (waiter) waits at prog.py:5 in waiter" in done.err


def test_timers_without_end_reach_the_limit_of_time(tmp_path: Path) -> None:
    done = play(tmp_path, TIMERS, "--limit", "time_max_ns=3600_000_000_000")

    assert done.code == 3
    assert "time_max_ns reached: 3,600,000,000,000" in done.err
    assert "prog.py:4 in main" in done.err


def test_a_step_that_never_ends_is_named_by_its_line(tmp_path: Path) -> None:
    done = play(tmp_path, SPINS, "--limit", "spin_s=0.5")

    assert done.code == 3
    assert "spin_s reached: 0.5, prog.py on host computes without end at prog.py:" in done.err
    assert "in main" in done.err


def test_a_spin_before_any_loop_is_found_too(tmp_path: Path) -> None:
    done = play(tmp_path, "while True:\n    pass\n", "--limit", "spin_s=0.5")

    assert (done.code, "prog.py:1 in <module>" in done.err or "prog.py:2 in <module>" in done.err) == (3, True)


def test_callbacks_without_end_at_one_instant_reach_their_limit(tmp_path: Path) -> None:
    done = play(tmp_path, CALLS_SOON, "--limit", "turns_per_instant_max=1000")

    assert done.code == 3
    assert "turns_per_instant_max reached: 1,000" in done.err
    assert "again" in done.err
    assert "0x7" not in done.err


@pytest.mark.parametrize(("text", "line"), [(BLOCKS, 4), (READS_NOTHING, 3)])
def test_a_call_that_blocks_for_ever_is_stuck_at_its_line(tmp_path: Path, text: str, line: int) -> None:
    done = play(tmp_path, text)

    assert done.code == 3
    assert f"prog.py:{line} in <module>" in done.err


def test_a_fork_is_refused_by_name(tmp_path: Path) -> None:
    done = play(tmp_path, "import os\nos.fork()\n")

    assert done.code == 4
    assert "os.fork is not simulated" in done.err
    assert 'prog.py", line 2, in <module>' in done.err


def test_a_recursion_without_end_is_the_programs_own_error(tmp_path: Path) -> None:
    done = play(tmp_path, "def down(n):\n    return down(n + 1)\ndown(0)\n")

    assert done.code == 1
    assert "RecursionError" in done.err
    assert "Previous line repeated" in done.err


def test_a_program_may_close_its_stdout(tmp_path: Path) -> None:
    done = play(tmp_path, "import sys\nprint('before')\nsys.stdout.close()\nsys.stderr.write('after\\n')\n")

    assert (done.code, done.out) == (0, "before\n")
    assert done.err.startswith("after\n")


def test_printing_after_stdout_is_closed_is_the_programs_own_error(tmp_path: Path) -> None:
    done = play(tmp_path, "import sys\nsys.stdout.close()\nprint('lost')\n")

    assert done.code == 1
    assert "ValueError: I/O operation on closed file" in done.err


@pytest.mark.slow
def test_a_hundred_megabytes_pass_through_in_bounded_memory_and_the_trace_names_its_limit(tmp_path: Path) -> None:
    (tmp_path / "prog.py").write_text("import sys\nfor _ in range(1600):\n    sys.stdout.write('x' * 65535 + '\\n')\n")
    words = command("exec", "--trace", "run.jsonl", "--limit", "trace_bytes_max=5_000_000", "prog.py")
    # As a child of its own, so that the memory it took at most can be asked for.
    measure = f"import resource, subprocess, sys\ncode = subprocess.call({words!r})\n"
    measure += "sys.stderr.write(f'\\n{code} {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}')"

    with open(tmp_path / "out", "wb") as out:
        done = subprocess.run(
            [words[0], "-c", measure], cwd=tmp_path, env=environment(), stdout=out, stderr=subprocess.PIPE, check=True
        )

    *_, last = done.stderr.decode().splitlines()
    code, kilobytes = map(int, last.split())
    assert (code, (tmp_path / "out").stat().st_size) == (0, 1600 * 65536)
    assert kilobytes < 300_000
    assert "trace_bytes_max reached: 5,000,000" in done.stderr.decode()
    assert (tmp_path / "run.jsonl").stat().st_size < 8_000_000
    assert "trace_bytes_max" in Trace.load(tmp_path / "run.jsonl").ending


@pytest.mark.parametrize(
    ("words", "says", "hint"),
    [
        (("nothere.py",), "cannot read the program", "is the path right?"),
        ((".",), "is a folder", "name a script in it, or run a package with -m"),
        (("-m", "no_such_module"), "no module named 'no_such_module'", "-m is for modules"),
        ((), "exec needs a program", "name a script, or a module with -m"),
        (("--mount", "relative", "prog.py"), "a mount point is an absolute path", None),
        (("--mount", "/data=nowhere", "prog.py"), "it is not a folder", None),
        (("--env", "NOVALUE", "prog.py"), "--env 'NOVALUE' is not of the form NAME=VALUE", None),
        (("--limit", "time_max=1", "prog.py"), "there is no limit 'time_max'", "did you mean time_max_ns?"),
        (("--limit", "spin_s=soon", "prog.py"), "'soon' is not a number", None),
        (("--limit", "spin_s=0", "prog.py"), "a limit is more than zero", None),
        (("--trace", "no/such/folder/t.jsonl", "prog.py"), "the trace cannot be written", "name a file in a folder"),
    ],
)
def test_a_mistake_is_told_with_the_next_step_before_anything_runs(
    tmp_path: Path, words: tuple[str, ...], says: str, hint: str | None
) -> None:
    (tmp_path / "prog.py").write_text("print('ran')")

    done = soundstage("exec", *words, cwd=tmp_path)

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: ")
    assert says in done.err
    assert "Traceback" not in done.err
    if hint is not None:
        assert done.hints
        assert done.hints[0].startswith(hint)


@pytest.mark.parametrize(
    "words", [("--seed", "x"), ("--seed", "1.5"), ("--schedule", "lifo"), ("--no-such-option", "1")]
)
def test_a_bad_option_is_misuse(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = soundstage("exec", *words, "prog.py", cwd=tmp_path)

    assert done.code == 2
    assert "error: " in done.err
    assert "Traceback" not in done.err


def test_a_reader_that_goes_away_ends_the_run_quietly(tmp_path: Path) -> None:
    (tmp_path / "prog.py").write_text("while True:\n    print('y' * 1000)\n")

    with subprocess.Popen(
        command("exec", "prog.py"), cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        _, said = process.communicate(timeout=60)

    assert (process.returncode, said) == (141, b"")


def test_printing_without_end_reaches_the_limit_of_events(tmp_path: Path) -> None:
    done = play(tmp_path, "while True:\n    print('y' * 100)\n", "--limit", "events_max=5_000")

    assert done.code == 3
    assert "events_max reached: 5,000" in done.err
