"""What is swept by the benchmark passes, and its page is made of its figures."""

import pytest

from benchmarks.explore.page import page
from benchmarks.explore.scenarios import SWEPT
from simulator.explore.case import Play, ScenarioCase


@pytest.mark.parametrize("name", SWEPT)
def test_what_is_swept_passes_seed_after_seed(name: str) -> None:
    case = ScenarioCase(scenario=SWEPT[name]())

    runs = [case.play(Play(seed=seed)) for seed in (0, 1, 0)]

    assert [run.outcome.passed for run in runs] == [True] * 3, [run.outcome for run in runs]


def test_the_page_tells_seeds_for_each_second_of_a_core() -> None:
    told = page(
        {
            "machine": {"implementation": "C", "python": "3", "system": "L", "processor": "P", "cores": 2},
            "rounds": 3,
            "load": [0.5, 0, 0],
            "sweeps": {"tiny": {"1": [{"seeds": 100, "cpu_s": cpu_s, "real_s": 2.0} for cpu_s in (1, 2, 4)]}},
            "peers": {"simloop": [10.0, 5.0, 20.0]},
        }
    )

    assert "| tiny | 1 | 50.0 | 50.0 |" in told
    assert "| simloop | 100.0 | 0.50 times as fast |" in told
