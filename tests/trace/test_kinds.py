"""The vocabulary of events is closed, documented, and costs nothing where it is not checked."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator.errors import Misuse
from simulator.trace import Recorder
from simulator.trace.kinds import KINDS, as_markdown, verify

ROOT = Path(__file__).parents[2]


def test_every_kind_has_a_family_and_a_sentence() -> None:
    for kind in KINDS.values():
        assert kind.name == kind.name.lower()
        assert kind.doc[0].isupper(), kind.name
        assert kind.doc.endswith("."), kind.name


def test_the_reference_page_holds_the_vocabulary_as_it_is() -> None:
    page = ROOT / "docs/reference/trace.md"

    written = as_markdown() in page.read_text()

    assert written, "run: kinds.write_reference(Path('docs/reference/trace.md'))"


def emitted() -> Iterator[tuple[str, str, set[str]]]:
    """Find each `emit("kind", field=...)` in the simulator's own source."""
    for path in sorted((ROOT / "simulator").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "emit":
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    fields = {keyword.arg for keyword in node.keywords if keyword.arg} - {"host"}
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", first.value, fields


def test_the_simulator_emits_no_kind_and_no_field_outside_the_vocabulary() -> None:
    strangers = []
    for place, kind, fields in emitted():
        try:
            verify(kind, dict.fromkeys(fields))
        except Misuse as error:
            strangers.append(f"{place}: {error}")

    assert not strangers, "\n".join(strangers)


def test_a_strict_recorder_refuses_an_unknown_kind_and_names_the_near_ones() -> None:
    with pytest.raises(Misuse, match=r"'fs\.renamed' is not in the vocabulary \(there are .*fs\.rename"):
        Recorder(strict=True).emit(0, "worker", "fs.renamed", {})


def test_a_strict_recorder_refuses_an_unknown_field() -> None:
    with pytest.raises(Misuse, match=r"'fs\.unlink' has no field inode \(it has path\)"):
        Recorder(strict=True).emit(0, "worker", "fs.unlink", {"path": "/a", "inode": 5})


@pytest.mark.parametrize("value", [b"bytes", {1: 2}, (1, 2), {3}, float("nan"), "\ud800", object()])
def test_a_strict_recorder_refuses_what_is_not_json(value: object) -> None:
    with pytest.raises(Misuse, match=r"event fs\.unlink: field path is not a JSON value"):
        Recorder(strict=True).emit(0, "worker", "fs.unlink", {"path": value})


def test_every_kind_may_say_where_and_why() -> None:
    assert Recorder(strict=True).emit(0, "w", "fs.unlink", {"path": "/a", "where": "a.py:3", "why": "x"}) == 1


def test_a_recorder_that_is_not_strict_takes_any_kind() -> None:
    assert Recorder().emit(0, "worker", "my.own", {"anything": 1}) == 1
