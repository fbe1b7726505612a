"""The bugs of the zoo are found, their twins pass, and the page about it is made of the last figures."""

import ast
from difflib import unified_diff
from functools import cache
from pathlib import Path

import pytest

from tests.zoo.page import PAGE, kept, page
from tests.zoo.search import FIXED, Player
from tests.zoo.table import PROGRAMS, ZOO, Entry

TWIN_SEEDS = 4
SEEDS_MAX = 80
"""The known seed finds it where the figures were made; with other versions of libraries a later one does."""
CHANGED_LINES_MAX = 32
LINES_MAX = 100
each = pytest.mark.parametrize("entry", ZOO, ids=[entry.name for entry in ZOO])


@cache
def source(entry: Entry, twin: str) -> str:
    return (PROGRAMS / f"{entry.name}_{twin}.py").read_text()


@each
def test_a_planted_bug_is_found_and_its_twin_passes(entry: Entry) -> None:
    known = kept()[entry.name].known

    with Player(entry) as player:
        found = player.search(first=known, seeds_max=SEEDS_MAX)
        twins = [record for record in player.play(FIXED, [known, *range(TWIN_SEEDS)]) if not record.passed]

    assert found is not None, f"not found by {SEEDS_MAX} seeds from {known} on: scripts/zoo {entry.name}"
    assert found.record.failed
    assert twins == []


@each
def test_twins_differ_in_the_bug_alone(entry: Entry) -> None:
    broken, fixed = (source(entry, twin).splitlines() for twin in ("broken", "fixed"))

    changed = [
        line for line in unified_diff(broken, fixed, n=0, lineterm="") if not line.startswith(("---", "+++", "@@"))
    ]

    assert 0 < len(changed) <= CHANGED_LINES_MAX, changed
    assert broken[0] == fixed[0]  # They promise the same.
    assert max(len(broken), len(fixed)) <= LINES_MAX


def test_programs_know_no_simulator() -> None:
    for path in PROGRAMS.glob("*.py"):
        imported = {
            name.name.partition(".")[0] if isinstance(node, ast.Import) else (node.module or "").partition(".")[0]
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in node.names
        }
        assert not imported & {"simulator", "pipelines", "tests"}, path.name


def test_every_program_is_in_the_table() -> None:
    shared = {"patience.py", "film.py"}
    named = {f"{entry.name}_{twin}.py" for entry in ZOO for twin in ("broken", "fixed")}

    assert {path.name for path in PROGRAMS.glob("*.py")} == named | shared


def test_the_last_figures_found_every_bug_and_no_twin_failed() -> None:
    figures = kept()

    assert set(figures) == {entry.name for entry in ZOO}
    assert {name for name, one in figures.items() if one.missed} == set()
    assert {name: one.alarms for name, one in figures.items() if one.alarms} == {}
    assert {entry.name for entry in ZOO if figures[entry.name].only_unlawful} == {
        entry.name for entry in ZOO if entry.schedule != "fifo"
    }


def test_the_page_is_made_of_the_figures() -> None:
    assert Path(PAGE).read_text() == page(kept()), "run: scripts/zoo --missing"
