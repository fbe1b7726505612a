"""A check plays rows of seeds in perturbed interpreters, and tells a leak between runs from one of the machine."""

from pathlib import Path
from textwrap import dedent

from simulator.explore.check import Checked, check
from simulator.explore.played import Subject

LEAKY = '''
    import logging
    from simulator import World, scenario

    log = logging.getLogger("leaky")
    log.setLevel(logging.INFO)
    played = []

    async def tell() -> None:
        played.append(len(played))
        log.info("told", extra={"what": WHAT})

    @scenario()
    async def leaky(world: World) -> None:
        """It depends on its seed alone."""
        await world.host("one").run(tell).wait()
'''


def checked(folder: Path, what: str, *perturbations: str) -> Checked:
    path = folder / "leaky.py"
    path.write_text(dedent(LEAKY).replace("WHAT", what))
    return check(Subject(("run", str(path)), (), str(folder)), seeds=range(3), perturbations=perturbations, workers=1)


def test_a_scenario_that_keeps_nothing_is_clean(tmp_path: Path) -> None:
    found = checked(tmp_path, "0", "hashes", "heap")

    assert (found.clean, found.seeds, found.runs, found.statuses) == (True, 3, 9, {"passed": 3})


def test_what_a_module_keeps_between_runs_is_found_and_told_apart(tmp_path: Path) -> None:
    found = checked(tmp_path, "len(played)", "heap")

    assert [(one.seed, one.perturbation) for one in found.findings] == [(2, "history")]
    assert "after the seeds 0 to 1: something is kept between the runs" in found.findings[0].text


def test_what_differs_from_machine_to_machine_is_found_in_every_seed_and_located(tmp_path: Path) -> None:
    found = checked(tmp_path, "sorted({'a', 'set', 'of', 'some', 'words'}, key=hash)", "hashes")

    assert [(one.seed, one.perturbation) for one in found.findings] == [(0, "hashes"), (1, "hashes"), (2, "hashes")]
    assert "leaky.py:11 in tell" in found.findings[0].text
    assert found.findings[0].difference is not None
