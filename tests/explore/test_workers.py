"""What happens to a worker costs the task that it was playing, and no other."""

import os
import signal
import time
from collections.abc import Callable

import pytest

from simulator.explore import forked
from simulator.explore.record import DIED, HUNG, Record, Task
from simulator.explore.workers import Workers

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")

PATIENCE_S = 30.0


def well(task: Task) -> Record:
    return Record(number=task.number, subject=0, seed=task.seed, status="passed", message=str(os.getpid()))


def played(
    play: Callable[[Task], Record],
    *,
    tasks: int,
    jobs: int = 2,
    apart: bool = False,
    seed_timeout_s: float = PATIENCE_S,
) -> list[Record]:
    """All records, in the order of their tasks."""
    found: list[Record] = []
    left = [Task(number=number, subject=0, seed=100 + number) for number in range(tasks)]
    end_s = time.monotonic() + PATIENCE_S
    with Workers(play, apart=lambda task: apart, jobs=jobs, seed_timeout_s=seed_timeout_s) as workers:
        while len(found) < tasks:
            assert time.monotonic() < end_s, f"{len(found)} of {tasks} records"
            while left and workers.room():
                workers.give(left.pop(0))
            found += workers.collect(0.1)
    assert_no_child_is_left()
    return sorted(found, key=lambda record: record.number)


def assert_no_child_is_left() -> None:
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


@pytest.mark.parametrize("apart", [False, True])
def test_every_task_comes_back_once_from_as_many_processes_as_jobs(apart: bool) -> None:
    found = played(well, tasks=200, jobs=3, apart=apart)

    assert [record.seed for record in found] == list(range(100, 300))
    assert {record.status for record in found} == {"passed"}
    pids = {record.message for record in found}
    assert str(os.getpid()) not in pids
    assert len(pids) == 200 if apart else len(pids) == 3


@pytest.mark.parametrize("apart", [False, True])
def test_a_task_that_kills_its_process_is_told_as_such_and_the_others_are_played(apart: bool) -> None:
    def play(task: Task) -> Record:
        if task.number == 17:
            os.kill(os.getpid(), signal.SIGKILL)
        return well(task)

    found = played(play, tasks=60, apart=apart)

    assert [record.status for record in found] == ["passed"] * 17 + [DIED] + ["passed"] * 42
    assert (found[17].seed, found[17].signature) == (117, "died: by SIGKILL")


@pytest.mark.parametrize("apart", [False, True])
def test_the_last_words_of_who_died_are_told(apart: bool) -> None:
    def play(task: Task) -> Record:
        if task.number == 3:
            raise MemoryError("no more of it")
        return well(task)

    found = played(play, tasks=9, apart=apart)

    assert found[3].status == DIED
    assert found[3].message.startswith("with exit status 1: ")
    assert [record.status for record in found].count("passed") == 8


def test_a_task_that_exits_is_no_end_of_the_others() -> None:
    def play(task: Task) -> Record:
        if task.number % 5 == 0:
            os._exit(0)
        return well(task)

    found = played(play, tasks=20)

    assert [record.number for record in found if record.status == DIED] == [0, 5, 10, 15]


@pytest.mark.parametrize("apart", [False, True])
def test_a_task_that_hangs_is_given_up_after_its_time(apart: bool) -> None:
    def play(task: Task) -> Record:
        if task.number == 2:
            time.sleep(3600)
        return well(task)

    found = played(play, tasks=12, apart=apart, seed_timeout_s=0.5)

    assert [record.status for record in found] == ["passed"] * 2 + [HUNG] + ["passed"] * 9
    assert found[2].message == "no end within 0.5 real seconds"


def test_a_worker_whose_memory_grows_is_replaced_between_two_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forked, "GROWTH_BYTES_MAX", 32 << 20)
    held: list[bytearray] = []

    def play(task: Task) -> Record:
        held.append(bytearray(b"x" * (8 << 20)))
        return well(task)

    found = played(play, tasks=20, jobs=1)

    assert {record.status for record in found} == {"passed"}
    assert len({record.message for record in found}) >= 4, "a worker is good for five tasks"


def test_closing_ends_workers_in_the_midst_of_a_task_and_leaves_none_behind() -> None:
    def play(task: Task) -> Record:
        time.sleep(3600)
        return well(task)

    workers = Workers(play, apart=lambda task: True, jobs=2, seed_timeout_s=PATIENCE_S)
    for number in range(4):
        workers.give(Task(number=number, subject=0, seed=number))
    assert workers.collect(0.2) == []

    began_s = time.monotonic()
    workers.close()

    assert time.monotonic() - began_s < 5
    assert_no_child_is_left()


def test_what_a_task_prints_goes_nowhere(capfd: pytest.CaptureFixture[str]) -> None:
    def play(task: Task) -> Record:
        os.write(1, b"heard\n")
        os.write(2, b"heard\n")
        return well(task)

    played(play, tasks=3)

    assert capfd.readouterr() == ("", "")
