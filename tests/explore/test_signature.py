"""A signature is shared by all seeds that show one defect, and tells different defects apart."""

from pathlib import Path

import pytest

from simulator import World, scenario
from simulator.explore.case import Play, ProgramCase, ScenarioCase
from simulator.explore.signature import SIGNATURE_CHARS_MAX, signature, stable
from simulator.harness.program import Setup
from simulator.harness.run import Run
from simulator.kernel.limits import Limits

SEEDS = range(6)


def runs(folder: Path, text: str, *, limits: Limits | None = None) -> list[Run]:
    (folder / "program.py").write_text(text)
    case = ProgramCase(setup=Setup(program="program.py", folder=str(folder), menu=("none",)))
    return [case.play(Play(seed=seed, limits=limits)) for seed in SEEDS]


def only(folder: Path, text: str, *, limits: Limits | None = None) -> str:
    (found,) = {signature(run) for run in runs(folder, text, limits=limits)}
    return found


def test_a_run_that_passed_has_none(tmp_path: Path) -> None:
    assert only(tmp_path, "print('well')") == ""


def test_an_error_is_told_by_its_type_its_words_and_the_line_it_came_from(tmp_path: Path) -> None:
    program = "import random, uuid\ndef pay():\n    raise ValueError(f'{uuid.uuid4()} is {random.random()}')\npay()\n"

    found = only(tmp_path, program)

    assert found == (
        "crashed: ValueError: * is * | program.py in pay: raise ValueError(f'{uuid.uuid4()} is {random.random()}')"
    )
    assert only(tmp_path, "# A remark.\n\n" + program) == found, "an edit above it makes it no other defect"


def test_the_same_words_from_two_lines_are_two_defects(tmp_path: Path) -> None:
    program = "import sys, random\ndef one():\n    [][random.randrange(9)]\ndef two():\n    ()[random.randrange(9)]\n"

    assert only(tmp_path, program + "one()") != only(tmp_path, program + "two()")


def test_of_a_group_the_first_error_is_told_however_many_came_after_it(tmp_path: Path) -> None:
    program = """
import asyncio, random
async def fails(n):
    await asyncio.sleep(1)
    raise OSError(f"task {n}")
async def main():
    async with asyncio.TaskGroup() as group:
        for n in range(random.randint(1, 5)):
            group.create_task(fails(n))
asyncio.run(main())
"""
    assert only(tmp_path, program) == 'crashed: OSError: task * | program.py in fails: raise OSError(f"task {n}")'


def test_an_error_that_nobody_took_is_told_with_its_line(tmp_path: Path) -> None:
    program = """
import asyncio, random
async def fails():
    raise OSError(random.random())
async def main():
    task = asyncio.create_task(fails())
    await asyncio.sleep(1 + random.random())
    del task
asyncio.run(main())
"""
    assert only(tmp_path, program) == (
        "violated: no unhandled errors: host: OSError(*): Task exception was never retrieved | program.py in fails"
    )


def test_an_exit_status_is_the_one_number_that_stays(tmp_path: Path) -> None:
    assert only(tmp_path, "raise SystemExit(3)") == "crashed: exit status 3"
    assert only(tmp_path, "raise SystemExit(4)") == "crashed: exit status 4"


def test_a_program_that_waits_for_ever_is_told_by_where_it_waits(tmp_path: Path) -> None:
    program = """
import asyncio, random
async def waits(event):
    await event.wait()
async def main():
    await asyncio.sleep(random.random())
    await asyncio.gather(*(waits(asyncio.Event()) for _ in range(random.randint(1, 5))))
asyncio.run(main())
"""
    assert only(tmp_path, program) == (
        "stuck: nothing can happen | program.py in <module>, program.py in main, program.py in waits"
    )


def test_a_limit_is_told_by_its_name(tmp_path: Path) -> None:
    program = (
        "import asyncio\nasync def main():\n    while True:\n        await asyncio.sleep(0)\nasyncio.run(main())\n"
    )

    found = only(tmp_path, program, limits=Limits(turns_per_instant_max=500))

    assert found.startswith("stuck: turns_per_instant_max reached: *, time stands still at * while")


def test_an_assertion_of_a_scenario_is_told_by_its_text_and_its_line() -> None:
    @scenario(name="counts-wrongly")
    async def counts(world: World, *, wanted: int = 3) -> None:
        """All are counted."""
        found = [f"item-{number}" for number in range(wanted)]
        assert not found, f"{len(found)} too many: {', '.join(found)}"

    few, many = (ScenarioCase(scenario=counts, params={"wanted": number}).play(Play()) for number in (2, 7))

    assert signature(few) == signature(many)
    assert "assertion: * too many: item* | test_signature.py in " in signature(few)
    assert signature(few).endswith("""counts: assert not found, f"{len(found)} too many: {', '.join(found)}\"""")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("part 3 of 9", "part 12 of 40"),
        ("key /tmp/tmpab12_x9z/film.mp4", "key /tmp/tmp99qqw0ep/film.mp4"),
        ("at 2026-03-04T05:06:07.123Z", "at 2026-11-24T15:16:17Z"),
        ("Connect call failed ('10.0.0.3', 9000)", "Connect call failed ('10.0.11.4', 6379)"),
        ("after 3.5 s", "after 120 ms"),
        ("lacks ['a', 'b']", "lacks ['b', 'c', 'a']"),
        ("got b'x\\x00\\'y'", "got b''"),
        ("etag 9e107d9d372bb6826bd81d3542a419d6", "etag e4d909c290d0fb1ca068ffaddf22cbd0"),
        ("object at 0x7f3a", "object at 0x55d0c0"),
        ("-5 left", "5 left"),
    ],
)
def test_what_differs_from_seed_to_seed_is_taken_out(one: str, other: str) -> None:
    assert stable(one) == stable(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("KeyError: 'status'", "KeyError: 'bytes'"),
        ("(SlowDown) when calling UploadPart", "(NoSuchUpload) when calling UploadPart"),
        ("client* is paid twice", "client* is not paid"),
        ("deadline passed", "decade passed"),
        ("the facade is down", "the cascade is down"),
    ],
)
def test_what_tells_defects_apart_stays(one: str, other: str) -> None:
    assert stable(one) != stable(other)


def test_it_is_never_long(tmp_path: Path) -> None:
    assert len(only(tmp_path, f"raise ValueError('{'long word ' * 1000}')")) <= SIGNATURE_CHARS_MAX
