"""No page points to something that is not there, and no page is left out of the index."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.pages import ROOT, pages

LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
FENCED = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
# A path in backticks is one of ours if it begins with a folder of ours.
NAMED = re.compile(r"`((?:simulator|docs|tests|examples|scripts|benchmarks|pipelines|\.ci)/[\w./-]*)`")
COMES_LATER = {"docs/performance.md"}  # Written by scripts/bench.


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """The headings of a page, as a reader's browser is sent to them."""
    text = FENCED.sub("", page.read_text())
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(text)}


def links(page: Path) -> Iterator[tuple[str, str]]:
    for target in LINK.findall(FENCED.sub("", page.read_text())):
        path, _, anchor = target.partition("#")
        yield path, anchor


@pytest.mark.parametrize("page", pages(), ids=name)
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for path, anchor in links(page):
        if path.startswith(("http://", "https://")):
            continue
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(f"{path}#{anchor}" if anchor else path)

    assert broken == []


@pytest.mark.parametrize("page", pages(), ids=name)
def test_every_file_that_is_named_is_there(page: Path) -> None:
    named = NAMED.findall(FENCED.sub("", page.read_text()))

    assert [path for path in named if path not in COMES_LATER and not (ROOT / path).exists()] == []


def test_the_index_has_every_page() -> None:
    index = ROOT / "docs/README.md"
    listed = {(index.parent / path).resolve() for path, _ in links(index)}
    decisions = {page for page in pages() if page.parent.name == "decisions" and page.name != "README.md"}
    missing = set(pages()) - listed - decisions - {index}

    assert sorted(map(name, missing)) == []
