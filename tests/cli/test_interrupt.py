"""Ctrl-C stops a run after its step and leaves a readable trace; a second one ends at once."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.__main__ import main as pipelines_main
from simulator.cli import main as simulator_main
from simulator.trace.query import Trace
from tests.support.command import command, environment, soundstage

SLEEPS = """
import asyncio
async def main():
    print("up", flush=True)
    while True:
        await asyncio.sleep(1)
        open("/tmp/file", "w").close()
try:
    asyncio.run(main())
except BaseException as error:
    print("the program must not see it:", repr(error))
"""
SPINS = "print('up', flush=True)\nwhile True:\n    pass\n"


def interrupted(folder: Path, text: str, *, times: int = 1) -> tuple[int, str, str]:
    """Run a program, and press Ctrl-C when it says that it is up."""
    (folder / "prog.py").write_text(text)
    words = command("exec", "--trace", "run.jsonl", "prog.py")
    with subprocess.Popen(
        words, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        for _ in range(times):
            process.send_signal(signal.SIGINT)
            time.sleep(0.1)
        out, err = process.communicate(timeout=60)
    return process.returncode, out, err


@pytest.mark.parametrize("text", [SLEEPS, SPINS])
def test_one_ends_the_run_and_the_trace_says_so(tmp_path: Path, text: str) -> None:
    code, out, err = interrupted(tmp_path, text)

    assert (code, out) == (130, "")
    assert "interrupted" in err
    trace = Trace.load(tmp_path / "run.jsonl")
    assert trace.footer is not None
    assert (trace.footer.outcome, trace.complete) == ("interrupted", True)
    assert trace.of("proc.stdout").count() == 1


def test_two_end_at_once_and_the_trace_is_still_readable(tmp_path: Path) -> None:
    code, _, _ = interrupted(tmp_path, SPINS, times=2)

    assert code == -signal.SIGINT
    assert "no footer" in Trace.load(tmp_path / "run.jsonl").ending


def test_what_was_interrupted_can_be_replayed_as_far_as_it_goes(tmp_path: Path) -> None:
    interrupted(tmp_path, SLEEPS)

    done = soundstage("replay", "run.jsonl", cwd=tmp_path)

    assert done.code == 0, done.err
    assert done.out.startswith("the same, event by event: ")
    assert "compared as far as it goes" in done.out


@pytest.mark.parametrize(
    ("start", "module"), [(simulator_main, "simulator.cli.grammar"), (pipelines_main, "pipelines.stream.cli")]
)
def test_ctrl_c_while_it_is_being_imported_ends_it_without_a_traceback(
    start: Callable[[list[str]], int], module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted:
        def find_spec(self, name: str, path: object = None, target: object = None) -> None:
            if name == module:
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setattr(sys, "meta_path", [Interrupted(), *sys.meta_path])

    assert start(["stream"]) == 130
