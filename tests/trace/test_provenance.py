"""Provenance names versions and the state of the code, and nothing of the machine."""

import json
import subprocess
from pathlib import Path

import pytest

from simulator.trace.provenance import _gathered, gather


@pytest.fixture(autouse=True)
def _fresh() -> None:
    _gathered.cache_clear()


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    (tmp_path / "code.py").write_text("one\n")
    git(tmp_path, "add", "code.py")
    git(tmp_path, "commit", "-qm", "first")
    return tmp_path


def dirty(folder: Path) -> str:
    _gathered.cache_clear()
    return str(gather(folder).get("dirty", ""))


def test_versions_are_named_and_absent_libraries_left_out(tmp_path: Path) -> None:
    found = gather(tmp_path, libraries=("msgspec", "no-such-library"))

    assert set(found) == {"soundstage", "python", "platform", "libraries", "hash_seed"}
    assert list(found["libraries"]) == ["msgspec"]


def test_no_path_of_the_machine_is_in_it(repository: Path) -> None:
    text = json.dumps(gather(repository))

    assert str(repository) not in text
    assert str(Path.home()) not in text


def test_a_clean_commit_is_not_dirty(repository: Path) -> None:
    assert len(gather(repository)["commit"]) == 40
    assert dirty(repository) == ""


def test_every_change_gives_another_dirty_hash_and_the_same_change_the_same(repository: Path) -> None:
    (repository / "code.py").write_text("two\n")
    first = dirty(repository)
    (repository / "new.py").write_text("x")
    second = dirty(repository)
    (repository / "new.py").write_text("y")
    third = dirty(repository)
    (repository / "new.py").unlink()

    assert len({first, second, third, ""}) == 4
    assert dirty(repository) == first


def test_a_subfolder_sees_the_same_tree(repository: Path) -> None:
    (repository / "sub").mkdir()
    (repository / "sub" / "new.py").write_text("x")

    assert dirty(repository / "sub") == dirty(repository) != ""


def test_without_git_there_is_no_commit_and_no_error(monkeypatch: pytest.MonkeyPatch, repository: Path) -> None:
    monkeypatch.setenv("PATH", "")

    assert "commit" not in gather(repository)
