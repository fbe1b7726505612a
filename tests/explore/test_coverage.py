"""Coverage says what runs reached, and which marks and branches no run did."""

import asyncio
import logging
from pathlib import Path

import pytest

from simulator import World, faults, scenario, sometimes
from simulator.errors import Misuse
from simulator.explore.branches import Branches, can
from simulator.explore.case import Play, ProgramCase, ScenarioCase
from simulator.explore.coverage import Reached, reached
from simulator.harness.marks import Mark, marks_in
from simulator.harness.program import Setup

SHOP = """
import asyncio, logging, os, random
import boto3
logging.basicConfig(level=logging.INFO)
log = logging.getLogger("shop")
s3 = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
s3.create_bucket(Bucket="bbb")
try:
    s3.get_object(Bucket="bbb", Key="none")
except s3.exceptions.NoSuchKey:
    log.info("sometimes: a key is not there")
log.debug("sometimes: nobody hears of this")
for number, status in enumerate(("new", "paid", "sent")):
    log.info("order %s", random.random(), extra={"id": "o1", "status": status})
print("order", random.random(), "is done")
raise OSError(f"no {random.random()}")
"""


def program(folder: Path, text: str, **given: object) -> ProgramCase:
    (folder / "program.py").write_text(text)
    return ProgramCase(setup=Setup(program="program.py", folder=str(folder), **given))  # type: ignore[arg-type]


def test_a_run_is_folded_into_what_it_reached(tmp_path: Path) -> None:
    case = program(tmp_path, SHOP)
    case.play(Play())  # What boto3 keeps is there from now on, as in a worker.

    found, again = (reached(case.play(Play(seed=seed))) for seed in (1, 2))

    assert {
        "outcome: crashed",
        "event: net.connect",
        "s3: CreateBucket 200",
        "s3: GetObject 404 NoSuchKey",
        "log: shop order *",
        "state: shop status new",
        "transition: shop status new -> status paid",
        "transition: shop status paid -> status sent",
        "said: order * is done",
        "sometimes: a key is not there",
        'exception: OSError at program.py in <module>: raise OSError(f"no {random.random()}")',
    } <= found
    assert not [one for one in found if "new -> status sent" in one or "nobody hears" in one]
    assert found == again, "nothing in it is a seed's own"


def test_faults_are_told_by_their_kind() -> None:
    @scenario(name="is-struck", faults=[faults.may(faults.Pause("a"), times_max=1)], horizon_s=1)
    async def is_struck(world: World) -> None:
        """It is struck."""
        world.host("a").run(asyncio.sleep, 5)
        await world.settle()

    found = [reached(ScenarioCase(scenario=is_struck).play(Play(seed=seed))) for seed in range(12)]

    assert {tuple(one for one in each if one.startswith("fault: ")) for each in found} == {(), ("fault: pause",)}


def test_a_mark_is_reached_only_when_it_holds() -> None:
    @scenario(name="marks")
    async def marked(world: World) -> None:
        """It reaches a mark."""
        sometimes("always")
        sometimes("on tuesdays", when=world.now_s > 3600)

    found = reached(ScenarioCase(scenario=marked).play(Play()))

    assert "sometimes: always" in found
    assert "sometimes: on tuesdays" not in found
    sometimes("outside of a simulation this does nothing")


def test_marks_are_found_in_sources_whether_they_are_reached_or_not(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(
        "from simulator import sometimes\nimport logging as l\n\nif 0:\n    sometimes('one', when=3)\n"
        "l.getLogger('x').warning('sometimes: two')\nl.log(10, 'sometimes: three')\nl.info('not a mark')\n"
        "sometimes(f'{path}')\n"
    )
    (tmp_path / "broken.py").write_text("sometimes(")

    found = marks_in([str(path), str(tmp_path / "broken.py"), str(tmp_path / "missing.py")])

    name = str(path)
    assert found == [Mark("one", name, 5), Mark("three", name, 7), Mark("two", name, 6)]
    reached_one = Reached(marks=found)
    reached_one.add(["sometimes: two"], 1)
    assert [mark.words for mark in reached_one.missed()] == ["one", "three"]


def test_a_log_record_is_a_mark_in_a_scenario_as_well() -> None:
    async def work() -> None:
        logging.getLogger("w").warning("sometimes: it is late")

    @scenario(name="logs-a-mark")
    async def logs(world: World) -> None:
        """It says so."""
        await world.host("w").run(work).wait()

    assert "sometimes: it is late" in reached(ScenarioCase(scenario=logs).play(Play()))


BRANCHY = """
import random
def way(n):
    if n > 5:
        return "high"
    return "low"
for n in range(3):
    way(n)
"""


@pytest.mark.skipif(not can(), reason="sys.monitoring came with Python 3.12")
def test_branches_of_chosen_files_are_told(tmp_path: Path) -> None:
    case = program(tmp_path, BRANCHY)
    branches = Branches([str(tmp_path)])
    try:
        branches.begin()
        case.play(Play())
        found = branches.end()
        branches.begin()
        assert branches.end() == set()
    finally:
        branches.stop()

    told = Reached()
    told.add(found, 0)
    assert list(told.one_sided()) == [("program.py", 4)], "a loop goes both ways"
    assert {one.partition(",")[0] for one in told.of("branch")} == {"program.py:4 in way", "program.py:7 in <module>"}


@pytest.mark.skipif(can(), reason="only Python 3.11 has no sys.monitoring")
def test_a_python_that_cannot_tell_of_branches_says_so(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="which Python 3\\.11"):
        Branches([str(tmp_path)])


@pytest.mark.skipif(not can(), reason="sys.monitoring came with Python 3.12")
def test_a_path_that_is_not_there_is_refused() -> None:
    with pytest.raises(Misuse, match="no such file"):
        Branches(["/nowhere/at/all"])
