"""Tables of the fidelity page."""

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: int = 0) -> str:
    """A table, whose last `numbers` columns are numbers."""
    marks = ["---"] * (len(head) - numbers) + ["---:"] * numbers
    return "".join(f"| {' | '.join(line)} |\n" for line in (head, marks, *rows))


def words(found: Iterable[str]) -> str:
    return " ".join(f"`{word}`" for word in sorted(found))
