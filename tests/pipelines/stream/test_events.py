"""Every event that the program tells is in the table, and the table in the guide: neither drifts."""

import ast
import re
from pathlib import Path

from pipelines.stream.events import EVENTS
from pipelines.stream.metrics import COUNTED, TIMED
from pipelines.stream.records import REASONS
from pipelines.stream.settings import OPTIONS, spelled
from tests.support.command import ROOT

PROGRAM = sorted((ROOT / "pipelines").rglob("*.py"))
GUIDE = (ROOT / "docs" / "guide" / "stream.md").read_text(encoding="utf-8")
LEVELS = {"debug", "info", "warning", "error", "critical", "exception", "log"}


def told(path: Path) -> set[str]:
    """The events of a module: what stands first in calls of its logger."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LEVELS):
            continue
        if isinstance(node.func.value, ast.Name) and node.func.value.id == "_log":
            event = node.args[1 if node.func.attr == "log" else 0]
            found |= {str(each.value) for each in ast.walk(event) if isinstance(each, ast.Constant)}
    return found


def test_what_is_told_is_in_the_table_and_nothing_else_is() -> None:
    assert set().union(*map(told, PROGRAM)) == EVENTS.keys()


def test_what_is_counted_is_told() -> None:
    assert COUNTED.keys() | TIMED.keys() <= EVENTS.keys()


def test_the_guide_has_every_event() -> None:
    rows = {f"| `{name}` | {words} |" for name, words in EVENTS.items()}

    assert rows <= set(GUIDE.splitlines())


def test_the_guide_names_only_options_and_reasons_that_exist() -> None:
    known = {f"--{spelled(name)}" for name in OPTIONS} | {"--config", "--show-settings", "--all", "--param"}
    assert set(re.findall(r"--[a-z][a-z0-9-]+", GUIDE)) <= known
    reasons = set(re.findall(r"\(`([a-z_]+)`(?:, `([a-z_]+)`)?\)", GUIDE))
    assert {word for pair in reasons for word in pair if word} <= REASONS.keys()
