"""Crashes: the matrix of crash points on one screen, and as data."""

from collections.abc import Iterator
from typing import Any, Final

from simulator.explore.crash_points import Matrix, Result
from simulator.faults.effects import MOMENTS
from simulator.report.text import Paint, plain

FAILURES_MAX: Final = 8
ROWS_MAX: Final = 30


def crashes_text(matrix: Matrix, *, again: dict[tuple[int, str], str], paint: Paint = plain) -> str:
    """What was struck, where it recovers and where not."""
    return "\n".join(_lines(matrix, again, paint))


def _lines(matrix: Matrix, again: dict[tuple[int, str], str], paint: Paint) -> Iterator[str]:
    target = matrix.target
    moments = [moment for moment in MOMENTS if moment in target.moments]
    who = f"{target.service} on {target.host}" if target.service else f"everything on {target.host}"
    yield f"{target.way} {who}, back after {target.down_s:g} s; {matrix.effects:,} effects in all"
    yield ""
    rows = _rows(matrix)
    width = max([len("effect"), *map(len, rows)])
    yield f"  {'effect':<{width}}" + "".join(f"  {moment:>10}" for moment in moments)
    for name, row in list(rows.items())[:ROWS_MAX]:
        yield f"  {name:<{width}}" + "".join(f"  {_cell(row.get(moment, []), paint)}" for moment in moments)
    if len(rows) > ROWS_MAX:
        yield f"  and {len(rows) - ROWS_MAX} more kinds of effects"
    yield ""
    failures = matrix.failures
    yield paint(str(matrix), "red" if failures else "green")
    for signature, found in _by_signature(failures)[:FAILURES_MAX]:
        yield ""
        yield f"{len(found)} times: {signature}"
        first = found[0]
        yield f"  first   effect {first.point.effect}, {first.point.moment}: {first.point.words}"
        line = again.get((first.point.effect, first.point.moment))
        if line:
            yield f"  again   {line}"


def _rows(matrix: Matrix) -> dict[str, dict[str, list[Result]]]:
    rows: dict[str, dict[str, list[Result]]] = {}
    for result in matrix.results:
        point = result.point
        name = f"{point.family} {point.what}".strip()
        rows.setdefault(name, {}).setdefault(point.moment, []).append(result)
    return dict(sorted(rows.items()))


def _cell(results: list[Result], paint: Paint) -> str:
    well = sum(result.recovered for result in results)
    if not results:
        return f"{'-':>10}"
    if well == len(results):
        return f"{well:>10}"
    return paint(f"{f'{well} of {len(results)}':>10}", "red")


def _by_signature(failures: list[Result]) -> list[tuple[str, list[Result]]]:
    found: dict[str, list[Result]] = {}
    for one in failures:
        found.setdefault(one.signature or f"{one.status}: {one.message}", []).append(one)
    return sorted(found.items(), key=lambda item: -len(item[1]))


def crashes_data(matrix: Matrix, *, again: dict[tuple[int, str], str]) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "points": len(matrix.results),
        "recovered": matrix.recovered,
        "effects": matrix.effects,
        "results": [
            {
                "effect": one.point.effect,
                "moment": one.point.moment,
                "what": one.point.words,
                "at_ns": one.point.at_ns,
                "status": one.status,
            }
            | ({"signature": one.signature} if one.signature else {})
            | ({"replay": line} if (line := again.get((one.point.effect, one.point.moment))) else {})
            for one in matrix.results
        ],
    }
