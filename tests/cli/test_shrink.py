"""`shrink` makes of a failure a story, a trace that replays, and a test that fails until it is mended."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import ROOT, environment, soundstage

FAILING = ("echo-under-partition", "--param", "payments=True", "--seed", "1")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a failure in it, and what was made of that."""
    folder = tmp_path_factory.mktemp("shrink")
    assert soundstage("run", *FAILING, "--trace", "pay.jsonl", cwd=folder).code == 1
    done = soundstage("shrink", "pay.jsonl", "--write-test", "found/test_pay.py", cwd=folder)
    assert done.code == 0, done.err
    (folder / "told.txt").write_text(done.out)
    return folder


def test_the_story_fits_a_screen_and_names_the_cause(folder: Path) -> None:
    told = (folder / "told.txt").read_text()

    assert len(told.splitlines()) <= 40
    assert "faults  2 -> 1" in told
    assert "partition client1 <-> server" in told
    assert "nothing is paid for twice" in told
    assert "again   python -m simulator replay pay.min.jsonl" in told


def test_what_is_left_replays(folder: Path) -> None:
    done = soundstage("replay", "pay.min.jsonl", cwd=folder)

    assert done.code == 0, done.out
    assert "outcome: violated: nothing is paid for twice" in done.out


def test_what_is_left_can_be_shrunk_on(folder: Path) -> None:
    done = soundstage("shrink", "pay.min.jsonl", "--json", cwd=folder)

    assert done.code == 0
    assert done.json["finished"]
    assert done.json["before"] == done.json["after"]
    assert done.json["trace"] == "pay.min2.jsonl"


def test_the_test_that_is_written_fails_as_the_run_did(folder: Path) -> None:
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "found/test_pay.py"]
    done = subprocess.run(words, cwd=folder, env=environment(), capture_output=True, text=True, check=False)

    assert done.returncode == 1, done.stdout + done.stderr
    assert "nothing is paid for twice" in done.stdout
    assert 'kind = "partition"' in (folder / "found" / "test_pay.py").read_text()


def test_the_test_passes_where_the_defect_is_not(folder: Path) -> None:
    text = (folder / "found" / "test_pay.py").read_text()
    (folder / "found" / "test_mended.py").write_text(text.replace("'payments': True", "'payments': False"))
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "found/test_mended.py"]

    done = subprocess.run(words, cwd=folder, env=environment(), capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_what_cannot_be_shrunk_is_said(folder: Path) -> None:
    assert soundstage("run", "echo-under-partition", "--trace", "well.jsonl", cwd=folder).code == 0
    (folder / "half.jsonl").write_bytes((folder / "pay.jsonl").read_bytes()[:20_000])
    cases = {
        ("well.jsonl",): "the run of this trace passed",
        ("half.jsonl",): "the trace is not whole",
        ("none.jsonl",): "none.jsonl",
        ("pay.jsonl", "--out", "pay.jsonl"): "would overwrite",
        ("pay.jsonl", "--write-test", "found/test_pay.py"): "exists already",
    }
    for words, why in cases.items():
        done = soundstage("shrink", *words, cwd=folder)
        assert (done.code, why in done.err) == (2, True), (words, done)


def test_a_plain_program_is_shrunk_too(tmp_path: Path) -> None:
    (tmp_path / "talks.py").write_text((ROOT / "tests" / "cli" / "talks.txt").read_text())
    found = soundstage("sweep", "talks.py", "--seeds", "40", "--first", "--json", "--jobs", "1", cwd=tmp_path)
    assert found.code == 1, found.err
    trace = next((tmp_path / "soundstage-sweeps").rglob("seed-*.jsonl"))

    done = soundstage("shrink", trace, "--out", "small.jsonl", "--runs", "80", "--json", cwd=tmp_path)

    assert done.code == 0, done.err
    assert 1 <= done.json["after"]["faults"] <= 2  # Its client tries once more, so that it may take two.
    assert done.json["after"]["faults"] <= done.json["before"]["faults"]
