"""The reference page of the event loop: tables that are written from the registry and from a run of CPython's suite."""

from pathlib import Path
from typing import Final

from simulator.kernel.registry import as_markdown
from tests.cpython.exclusions import GROUPS
from tests.cpython.tally import Tally

PAGE: Final = Path(__file__).parents[2] / "docs/reference/event-loop.md"


def _between(text: str, mark: str, body: str) -> str:
    """A page with `body` between its marks of that name."""
    begin, end = f"<!-- {mark} -->", f"<!-- end of {mark} -->"
    before, found, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    assert found, f"{PAGE.name} has no {begin}"
    return f"{before}{begin}\n{body}\n{end}{after}"


def between(mark: str) -> str:
    """What stands between the marks of that name."""
    return PAGE.read_text().partition(f"<!-- {mark} -->\n")[2].partition(f"\n<!-- end of {mark} -->")[0]


def write_registry() -> None:
    """Put the registry and the groups of exclusions into the page."""
    text = _between(PAGE.read_text(), "registry", as_markdown())
    PAGE.write_text(_between(text, "exclusions", exclusions()))


def exclusions() -> str:
    """The groups of excluded tests, as a table."""
    rows = [f"| {group.name} | {group.reason} |" for group in GROUPS]
    return "\n".join(["| group | why |", "|---|---|", *rows])


def version(tally: Tally) -> str:
    """The Python for which a run counts: 3.12."""
    return tally.python.rpartition(".")[0]


def counts(tally: Tally) -> str:
    """One run of the suite, as a table."""
    rows = [_row(name, counts) for name, counts in tally.modules.items()]
    head = ["| module | passed | failed | skipped | excluded |", "|---|---:|---:|---:|---:|"]
    return "\n".join([f"Python {tally.python}:\n", *head, *rows, _row("**all**", tally.total)])


def _row(name: str, counts: dict[str, int]) -> str:
    return f"| {name} | {counts['passed']} | {counts['failed']} | {counts['skipped']} | {counts['excluded']} |"


def write_counts(tally: Tally) -> None:
    """Put the counts of a run into the page, in place of those of the same Python."""
    PAGE.write_text(_between(PAGE.read_text(), f"suite {version(tally)}", counts(tally)))
