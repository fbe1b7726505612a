"""Every scenario of streams passes on a seed of each, and the page of them names them all."""

from pathlib import Path

import pytest

from simulator.harness.run import run
from simulator.harness.scenario import Scenario
from simulator.scenarios import catalogue

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "stream-scenarios.md"
STREAM = {name: one for name, one in catalogue().items() if ".stream." in one.function.__module__}


LONG = {"a-crowd-is-resumed-in-order", "age-aborts-nothing"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name in LONG else name for name in STREAM]
)
def test_a_scenario_passes(name: str) -> None:
    found = run(STREAM[name], seed=1)

    assert found.outcome.passed, found.outcome


def test_every_scenario_is_on_the_page_with_its_file() -> None:
    page = PAGE.read_text(encoding="utf-8")

    missing = [name for name, one in STREAM.items() if f"`{name}`" not in page or f"`{_file(one)}`" not in page]
    assert missing == []


def _file(one: Scenario) -> str:
    return one.function.__module__.rpartition(".")[2] + ".py"
