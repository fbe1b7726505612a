"""A trace reaches its file or the reason is a Misuse that names the file."""

from pathlib import Path

import pytest

from simulator.errors import Misuse
from simulator.trace import Header, Trace, TraceWriter
from tests.support.traces import INGEST, ingest_trace


def test_an_unwritable_path_is_a_misuse_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "none" / "run.jsonl", tmp_path / "file" / "run.jsonl", Path("/dev/full")):
        with pytest.raises(Misuse, match="cannot be written to") as caught:
            TraceWriter(path, Header())
        assert caught.value.hint


def test_a_header_that_is_not_json_is_made_so_or_refused(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="not JSON"):
        TraceWriter(tmp_path / "run.jsonl", Header(plan=object()))

    assert not (tmp_path / "run.jsonl").exists()


def test_secrets_in_parameters_and_arguments_stay_out_of_the_header(tmp_path: Path) -> None:
    header = Header(program=["app.py", "--password", "hunter2"], params={"url": "redis://:hunter2@r", "key": "k"})

    with TraceWriter(tmp_path / "run.jsonl", header):
        pass

    assert "hunter2" not in (tmp_path / "run.jsonl").read_text()
    assert Trace.load(tmp_path / "run.jsonl").header.params["key"] == "k"


def test_a_whole_trace_saves_and_loads(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text("an older file")

    ingest_trace().save(path)

    loaded = Trace.load(path)
    assert list(loaded) == INGEST
    assert loaded.complete
    assert [file.name for file in tmp_path.iterdir()] == ["run.jsonl"]


def test_a_save_that_fails_leaves_the_older_file_alone(tmp_path: Path) -> None:
    folder = tmp_path / "run.jsonl"
    folder.mkdir()

    with pytest.raises(Misuse, match="cannot be written"):
        ingest_trace().save(folder)

    assert list(tmp_path.iterdir()) == [folder]


def test_a_part_of_a_trace_is_not_saved(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="only a whole trace"):
        ingest_trace().of("fs.*").save(tmp_path / "part.jsonl")
