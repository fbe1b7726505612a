"""A replay stops at any event: with the world in words, or with a debugger in the midst of the program."""

import subprocess
from pathlib import Path

import pytest

from simulator.trace.query import Trace
from tests.support.command import command, environment, soundstage


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("standing")
    done = soundstage("run", "a-lost-create-leaves-no-upload", "--seed", "1", "--trace", "run.jsonl", cwd=folder)
    assert done.code == 0, done.err
    return folder


def at(folder: Path, kind: str, **fields: object) -> str:
    return str(Trace.load(folder / "run.jsonl").of(kind, **fields).first().seq)


def talk(folder: Path, event: str, *words: str) -> str:
    """What the debugger says to these words."""
    done = subprocess.run(
        command("replay", "run.jsonl", "--until", f"event {event}", "--pdb"),
        cwd=folder,
        env=environment(),
        input="\n".join(words) + "\n",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_world_is_shown_at_the_event(folder: Path) -> None:
    event = at(folder, "s3.request", operation="UploadPart")

    done = soundstage("replay", "run.jsonl", "--until", f"event {event}", cwd=folder)

    assert done.code == 0
    assert done.out.startswith(f"<{event} ")
    assert "s3.request" in done.out
    assert "stream on worker: alive" in done.out
    assert "host=s3  local=0.0.0.0:9000  state=LISTEN" in done.out


def test_disks_redis_and_s3_are_at_hand(folder: Path) -> None:
    event = at(folder, "s3.response", operation="UploadPart", status=200)

    said = talk(folder, event, "ls worker:/media", "redis :parts", "s3 films", "redis :meta", "netstat", "quit")

    assert "lobby.mp4  " in said
    assert "path=/media/lobby.mp4, key=lobby" in said
    assert "upload " in said
    assert ", 1 parts" in said
    assert "state=ESTABLISHED" in said


def test_the_debugger_stands_in_the_programs_own_frame(folder: Path) -> None:
    event = at(folder, "log", message="stream.state")

    said = talk(folder, event, "where", "p __name__", "events 1", "event", "continue")

    assert "pipelines/stream/" in said
    assert "'pipelines.stream." in said
    assert "stream.state" in said


def test_what_is_not_there_is_said(folder: Path) -> None:
    said = talk(folder, "100", "ls nobody:/", "ls worker:/nowhere", "s3 none", "waiting", "hosts", "quit")

    assert "there is no host 'nobody'" in said
    assert "worker has disks at" in said
    assert "there is no bucket 'none'" in said
    assert "waits at" in said


def test_an_event_that_there_is_not_is_misuse(folder: Path) -> None:
    for word in ("0", "event", "999999", "-4"):
        done = soundstage("replay", "run.jsonl", f"--until={word}", cwd=folder)
        assert (done.code, "names no event of this trace" in done.err) == (2, True), word
    assert soundstage("replay", "run.jsonl", "--pdb", cwd=folder).code == 2
