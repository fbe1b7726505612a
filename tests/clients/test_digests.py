"""A client's story is the same in any fresh interpreter, whatever that has played before; another seed tells another.

Hashes of strings are the same in both interpreters, as the command line sees to: botocore writes a set of strings into
its User-Agent header, in the order of the set.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest

from simulator.explore.perturbed import PERTURBATIONS
from tests.determinism.player import ROOT, stories

ELSEWHERE = [name for name in PERTURBATIONS if name != "hashes"]
NAMES = ("objects", "cache", "pages", "groups", "folders", "films")


@pytest.mark.parametrize("name", NAMES)
def test_a_story_depends_on_its_seed_alone(name: str) -> None:
    spec = str(ROOT / "tests" / "support" / "stories" / f"{name}.py")
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(stories, spec, [1, 2])
        second = pool.submit(stories, spec, [2, 1], perturbations=ELSEWHERE)

    one, other = first.result(), second.result()
    assert one == other
    assert one[1].digest != one[2].digest
    assert {story.status for story in one.values()} == {"passed"}
