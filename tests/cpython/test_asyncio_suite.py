"""CPython's own asyncio tests pass on the simulated loop, but for those that are excluded with a reason."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.cpython import page, suite
from tests.cpython.__main__ import ABSENT
from tests.cpython.exclusions import GROUPS
from tests.cpython.tally import Tally

ROOT = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.slow,
    pytest.mark.skipif(not suite.available(), reason=ABSENT),
]


@cache
def tally() -> Tally:
    """Play the suite in an interpreter of its own, once."""
    command = [sys.executable, "-B", "-m", "tests.cpython", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.stdout.startswith("{"), done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return Tally(**found)


@pytest.mark.parametrize("module", suite.modules() if suite.available() else [])
def test_every_test_passes_that_is_not_excluded(module: str) -> None:
    failures = {name: why for name, why in tally().failures.items() if name.startswith(f"{module}.")}

    assert not failures, "\n\n".join(f"{name}\n{why}" for name, why in failures.items())
    assert tally().modules[module]["passed"] > 0


def test_no_excluded_test_passes() -> None:
    assert tally().passing == []


def test_every_group_of_exclusions_still_excludes_something() -> None:
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    alive = [
        group.name for group in GROUPS if any(" on " not in test or test.endswith(version) for test in group.tests)
    ]

    assert [name for name in alive if not tally().excluded.get(name)] == []


def test_the_reference_page_has_the_groups_and_the_counts() -> None:
    assert page.between("exclusions") == page.exclusions(), "run: tests.cpython.page.write_registry()"

    written = page.between(f"suite {page.version(tally())}")
    if f"Python {tally().python}:" not in written:
        pytest.skip(f"the page tells of another Python than {tally().python}")
    assert written == page.counts(tally()), "run: scripts/asyncio-suite --write"
