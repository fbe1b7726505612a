"""Every example of the documentation runs, and prints what the page says that it prints."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.pages import ROOT, Desk, alike, blocks, pages

# These play many seeds, or one seed in many interpreters.
SLOW = {"README.md", "docs/guide/check.md", "docs/guide/scenarios.md", "docs/guide/determinism.md"}


def with_examples() -> list[Any]:
    found = []
    for page in pages():
        name = str(page.relative_to(ROOT))
        if any(block.runs for block in blocks(page)):
            found.append(pytest.param(page, id=name, marks=[pytest.mark.slow] if name in SLOW else []))
    return found


@pytest.mark.parametrize("page", with_examples())
def test_the_examples_of_a_page_run_as_they_stand(page: Path, tmp_path: Path) -> None:
    desk = Desk(tmp_path)

    wrong = [said for block in blocks(page) if (said := desk.try_out(block))]

    assert not wrong, "\n\n".join(wrong)


def test_every_example_program_is_shown_somewhere() -> None:
    told = "".join(page.read_text() for page in pages())
    programs = [path.name for path in sorted((ROOT / "examples").glob("*.py"))]

    assert programs
    assert [name for name in programs if name not in told] == []


def test_outputs_are_compared_but_for_what_differs_each_time() -> None:
    told = "a, seed 3: passed\n  time    1.5s virtual in 0.20 s real (8 times as fast)\n  ...\nend ... of it\n"

    assert alike(told, "a, seed 3: passed\n  time    1.5s virtual in 0.91 s real\n  x\n  y\nend by way of it\n")
    assert alike(told, "a, seed 3: passed\n  time    1.5s virtual in 0.91 s real\nend of of it")
    assert not alike(told, "a, seed 4: passed\n  time    1.5s virtual in 0.91 s real\nend of of it\n")
    assert not alike(told, "a, seed 3: passed\n  time    1.6s virtual in 0.91 s real\nend of of it\n")
