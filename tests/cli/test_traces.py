"""`show` and `diff` read traces with distrust: what is damaged, foreign or hostile is an error that says why."""

import gzip
import json
from pathlib import Path

import pytest

from tests.support.command import soundstage

HEADER = '{"format":"soundstage-trace","version":1,"header":{"program":["p.py"],"seed":3}}\n'


def event(
    seq: int, kind: str = "note", at_ns: int = 0, host: str = "a", cause: int | None = None, **fields: object
) -> str:
    found = {"seq": seq, "at_ns": at_ns, "host": host, "kind": kind, "fields": fields}
    return json.dumps(found | ({"cause": cause} if cause else {})) + "\n"


STORY = (
    HEADER
    + event(1, "proc.start", host="a", name="p")
    + event(2, "net.send", 1_500_000_000, "a", 1, bytes=3)
    + event(3, "net.deliver", 2_000_000_000, "b", 2, bytes=3)
    + event(4, "note", 90_000_000_000, "b", text="late")
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.jsonl").write_text(STORY)
    return tmp_path


def seqs(out: str) -> list[int]:
    return [json.loads(line)["seq"] for line in out.splitlines()]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), [1, 2, 3, 4]),
        (("--kind", "net.*"), [2, 3]),
        (("--kind", "net"), [2, 3]),
        (("--kind", "note", "--kind", "proc.start"), [1, 4]),
        (("--host", "b"), [3, 4]),
        (("--from", "1.5s", "--to", "1m"), [2, 3]),
        (("--from", "2"), [3, 4]),
        (("--to", "1500ms"), [1]),
        (("--causes", "3"), [3, 2, 1]),
    ],
)
def test_a_part_of_a_trace_is_shown(folder: Path, words: tuple[str, ...], expected: list[int]) -> None:
    done = soundstage("show", "a.jsonl", "--json", *words, cwd=folder)

    assert (done.code, seqs(done.out)) == (0, expected)


def test_a_trace_is_shown_with_its_beginning_and_its_end(folder: Path) -> None:
    done = soundstage("show", "a.jsonl", cwd=folder)

    first, *_, last = done.out.splitlines()
    assert first == "p.py, seed 3"
    assert last == "there is no footer: the run was cut off after event 4"


@pytest.mark.parametrize("words", [("--causes", "9"), ("--from", "soon"), ("--causes", "0")])
def test_what_cannot_be_asked_is_misuse(folder: Path, words: tuple[str, ...]) -> None:
    done = soundstage("show", "a.jsonl", *words, cwd=folder)

    assert done.code == 2
    assert "error: " in done.err


def test_equal_traces_are_equal_and_the_first_difference_is_shown(folder: Path) -> None:
    (folder / "b.jsonl").write_text(STORY.replace('"bytes": 3', '"bytes": 4', 1))

    equal, different = (soundstage("diff", "a.jsonl", other, cwd=folder) for other in ("a.jsonl", "b.jsonl"))

    assert (equal.code, equal.out) == (0, "the stories are equal: 4 events\n")
    assert different.code == 5
    assert different.out.startswith("event 2 differs in bytes")
    assert soundstage("diff", "--json", "a.jsonl", "b.jsonl", cwd=folder).json["event"] == 2


DAMAGE = {
    "empty": (b"", "the file is empty"),
    "text": (b"hello\nworld\n", "not a header"),
    "other json": (b'{"format":"perfetto","version":1,"header":{}}\n', "format 'perfetto'"),
    "newer": (HEADER.replace('"version":1', '"version":99').encode(), "format version 99"),
    "binary": (bytes(range(256)) * 50, "not a header"),
    "a hole": ((HEADER + event(1) + event(3)).encode(), "event 3; expected event 2"),
    "time backwards": ((HEADER + event(1, at_ns=5) + event(2, at_ns=4)).encode(), "time runs backwards"),
    "a cause to come": ((HEADER + event(1, cause=7)).encode(), "is caused by event 7"),
    "damaged in the middle": ((HEADER + event(1) + "{oops\n" + event(2)).encode(), "not an event"),
    "two footers": ((HEADER + '{"footer":{"outcome":"passed"}}\n' * 2).encode(), "footer"),
    "a deep one": ((HEADER + '{"seq":1,"at_ns":0,"host":"","kind":"x","fields":{"a":' + "[" * 5000).encode(), ""),
    "half a gzip": (gzip.compress(STORY.encode() * 1)[:40], ""),
    "a false digest": ((STORY + '{"footer":{"outcome":"passed","events":4,"digest":"0"}}\n').encode(), "digest"),
}


@pytest.mark.parametrize("name", DAMAGE)
@pytest.mark.parametrize("command", [("show",), ("replay",), ("diff", "a.jsonl")], ids=lambda words: words[0])
def test_a_bad_trace_is_told_and_never_a_traceback(folder: Path, command: tuple[str, ...], name: str) -> None:
    body, says = DAMAGE[name]
    (folder / "bad.jsonl").write_bytes(body)
    torn = name in ("a deep one", "half a gzip")  # What a crash leaves is readable, as far as it goes.

    done = soundstage(*command, "bad.jsonl", cwd=folder)

    assert "Traceback" not in done.err
    if not torn:
        assert (done.code, says in done.err) == (2, True), done.err


def test_a_trace_that_is_not_there_or_is_a_folder_is_misuse(folder: Path) -> None:
    for path in ("none.jsonl", "."):
        done = soundstage("show", path, cwd=folder)

        assert done.code == 2
        assert done.err.startswith(f"error: the trace {path} cannot be read")


def test_a_hostile_trace_cannot_steer_the_terminal(folder: Path) -> None:
    (folder / "bad.jsonl").write_text(
        HEADER.replace("p.py", "\\u001b]0;owned\\u0007") + event(1, host="\x1b[31mred", text="\x1b[2J", kind="x\x9b31m")
    )

    done = soundstage("show", "bad.jsonl", cwd=folder)

    assert done.code == 0
    assert not [char for char in done.out if not char.isprintable() and char != "\n"]


@pytest.mark.parametrize(
    "header",
    [
        {"program": ["../../../etc/passwd"], "seed": 1},
        {"program": ["p.py"], "seed": 1, "params": {"mounts": [7]}},
        {"program": ["p.py"], "seed": 1, "params": {"env": [1]}},
        {"program": ["p.py"], "seed": "x"},
        {"program": [], "seed": 1},
        {"scenario": "../../evil.py", "seed": 1},
        {"scenario": "os:system", "seed": 1},
        {"program": ["-m"], "seed": 1},
        {"program": ["p.py"], "seed": 1, "schedule": "never"},
        {"scenario": "echo-under-partition", "seed": 1, "params": {"no": 1}},
    ],
)
def test_a_hostile_header_cannot_be_replayed(folder: Path, header: dict[str, object]) -> None:
    opening = {"format": "soundstage-trace", "version": 1, "header": header}
    (folder / "p.py").write_text("print('ran')")
    (folder / "bad.jsonl").write_text(json.dumps(opening) + "\n" + event(1))

    done = soundstage("replay", "bad.jsonl", cwd=folder)

    assert done.code in (2, 5)
    assert "Traceback" not in done.err, done.err


def test_a_tape_that_is_none_is_misuse(folder: Path) -> None:
    (folder / "p.py").write_text("print('ran')")
    footer = {
        "footer": {"outcome": "interrupted", "cut": True, "tape": {"seed": 1, "lanes": [["a"]], "draws": [0, 1, 0]}}
    }
    (folder / "bad.jsonl").write_text(HEADER + event(1) + json.dumps(footer) + "\n")

    done = soundstage("replay", "bad.jsonl", cwd=folder)

    assert (done.code, "this is not a tape" in done.err) == (2, True)


def test_a_reader_that_goes_away_is_no_error(folder: Path) -> None:
    import subprocess

    from tests.support.command import command, environment

    (folder / "long.jsonl").write_text(HEADER + "".join(event(seq, text="x" * 100) for seq in range(1, 20_000)))
    with subprocess.Popen(
        command("show", "long.jsonl"), cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.read(100)
        process.stdout.close()
        _, said = process.communicate(timeout=60)

    assert (process.returncode, said) == (141, b"")
