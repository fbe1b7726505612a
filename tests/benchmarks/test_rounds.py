"""A bench run takes turns between engines, computes ratios within rounds, and tells all of it on the page."""

import json
from typing import Any

import pytest

from benchmarks.__main__ import measure, options
from benchmarks.page import page
from benchmarks.rounds import mean_ratio, ratio, spread


def test_a_ratio_is_the_median_of_the_rounds_in_which_both_met_the_same_machine() -> None:
    mine, other = [1.0, 10.0, 1.0], [2.0, 30.0, 2.0]  # The machine was busy in the second round.

    assert ratio(mine, other) == 2.0
    assert spread(mine) == 10.0


def test_the_mean_counts_the_cases_that_both_ran() -> None:
    taken = {"a": {"mine": [1.0], "other": [2.0]}, "b": {"mine": [1.0], "other": [8.0]}, "c": {"mine": [1.0]}}

    assert mean_ratio(taken, "mine", "other") == 4.0
    assert mean_ratio(taken, "mine", "absent") is None


def test_a_run_yields_figures_that_are_plain_data_and_a_page() -> None:
    given = options(["--quick", "--rounds", "2", "--case", "ping-pong", "--engine", "asyncio"])

    results = json.loads(json.dumps(measure(given)))
    text = page(results)

    assert len(results["cpu_s"]["ping-pong"]["asyncio"]) == 2
    assert "--quick" in text
    assert "queue ping-pong (messages)" in text
    assert results["machine"]["python"] in text


def _figures(**changes: Any) -> dict[str, Any]:
    machine = {
        "implementation": "CPython", "python": "3", "system": "x", "cores": 2, "processor": "y", "libraries": {},
    }  # fmt: skip
    return {
        "machine": machine, "quick": False, "rounds": 3, "cases": {}, "cpu_s": {}, "tiny": None, "measures": {},
    } | changes  # fmt: skip


_TINY: dict[str, Any] = {
    "seeds": 40,
    "simpy_timers": [1.5e6, 1.5e5, 1.5e6],
    "layouts": {
        "hosts": {
            "cpu_ms": {"simloop": [8.0, 80.0, 8.0], "soundstage": [4.0, 20.0, 4.0]},
            "cpu_ms_worst": {"simloop": 81.0, "soundstage": 21.0},
        },
        "program": {"cpu_ms": {"soundstage": [3.0, 9.0, 3.0]}, "cpu_ms_worst": {"soundstage": 9.5}},
    },
}


def test_the_page_tells_a_tiny_seed_beside_the_peers_and_how_fast_the_machine_was() -> None:
    text = page(_figures(tiny=_TINY))

    assert "| simloop | 8.00 | 125 | 81.00 | 2.00 |" in text
    assert "| **soundstage** | 4.00 | 250 | 21.00 |  |" in text
    assert "| **soundstage** | 3.00 | 333 | 9.50 |  |" in text
    assert "1,500 thousand timers" in text
    assert "3 rounds of 40 seeds" in text


def test_goals_are_ratios_within_a_round_and_a_missed_one_is_told() -> None:
    cases = {name: {"title": name, "unit": "x", "operations": 10} for name in ("mm3", "ping-pong")}
    taken = {
        "mm3": {"simpy": [1.0, 9.0], "soundstage": [2.0, 18.0]},
        "ping-pong": {"simpy": [2.0], "soundstage": [1.0]},
    }

    text = page(_figures(cases=cases, cpu_s=taken, tiny=_TINY))

    assert "| mm3 | times simpy | 0.89 | 0.50 | **no** |" in text
    assert "| ping-pong | times simpy | 1.29 | 2.00 | yes |" in text
    assert "| a tiny seed | timers of simpy | at most 4,838 | 6,000 | **no** |" in text


def test_a_run_on_another_python_follows_under_a_heading_of_its_own() -> None:
    other = _figures(tiny=_TINY)
    other["machine"] = other["machine"] | {"python": "3.99"}

    text = page(_figures(), other)

    assert text.index("## On CPython 3.99") < text.index("### A tiny seed")
    assert "\n## A tiny seed" not in text


@pytest.mark.parametrize("wrong", [["--case", "nonsense"], ["--rounds", "0"], ["--engine", "trio"]])
def test_a_wrong_option_is_refused(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        options(wrong)

    assert refused.value.code == 2
    assert wrong[0] in capsys.readouterr().err
