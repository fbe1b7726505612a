"""Each fault of a disk begins and ends, and strikes only below its path."""

import os
from collections.abc import Callable
from errno import EIO, ENOSPC, errorcode
from time import monotonic, sleep
from typing import Any

import pytest

from simulator.faults import DiskFails, DiskFull, LostWrites, PowerCycle, SlowDisk
from tests.support.faulted import Faulted


def on_disk(main: Callable[[], Any], *faults: tuple[float, float, Any], seed: int = 0) -> Any:
    hosts = Faulted(*faults, seed=seed)
    hosts.world.host("a").mount("/data")
    hosts.world.host("a").mount("/database")
    return hosts.drive(a=main)


def attempts(act: Callable[[int], object]) -> list[tuple[int, str]]:
    """Act once a second for ten seconds; say when it failed, and how."""
    failed = []
    for second in range(10):
        try:
            act(second)
        except OSError as error:
            failed.append((second, errorcode[error.errno or 0]))
        sleep(1)
    return failed


def write(path: str) -> Callable[[int], object]:
    def act(second: int) -> None:
        with open(f"{path}/{second}", "wb") as file:
            file.write(b"x" * 100)

    return act


@pytest.mark.parametrize(("fault", "errno"), [(DiskFails("a"), EIO), (DiskFull("a"), ENOSPC)])
def test_writes_fail_while_the_fault_lasts(fault: Any, errno: int) -> None:
    found = on_disk(lambda: attempts(write("/data")), (2.5, 3, fault))

    assert found == [(second, errorcode[errno]) for second in (3, 4, 5)]


@pytest.mark.parametrize("fault", [DiskFails("a", "/data"), DiskFull("a", "/data/"), SlowDisk("a", 1.0, "/data")])
def test_a_fault_strikes_below_its_path_and_not_beside_it(fault: Any) -> None:
    def main() -> tuple[Any, float, Any]:
        beside = attempts(write("/database"))
        took = monotonic()
        return beside, took, attempts(write("/data"))

    beside, took, below = on_disk(main, (0, 100, fault))

    assert (beside, took) == ([], 10.0)
    assert below or isinstance(fault, SlowDisk)


def test_no_space_is_needed_to_read_and_to_delete() -> None:
    def main() -> bytes:
        write("/data")(0)
        sleep(5)
        with open("/data/0", "rb") as file:
            body = file.read()
        os.unlink("/data/0")
        return body

    assert on_disk(main, (2, 100, DiskFull("a"))) == b"x" * 100


def test_errors_of_one_in_some_strike_some_of_the_time() -> None:
    def main() -> int:
        failed = 0
        sleep(1)
        for number in range(300):
            try:
                write("/data")(number)
            except OSError:
                failed += 1
        return failed

    assert 40 < on_disk(main, (0, 100, DiskFails("a", one_in=4))) < 200


def test_a_slow_disk_takes_virtual_time() -> None:
    def main() -> list[float]:
        took = []
        for second in range(6):
            began = monotonic()
            write("/data")(second)
            took.append(monotonic() - began)
            sleep(1)
        return took

    took = on_disk(main, (1.5, 2, SlowDisk("a", 0.1)))

    assert [delay > 0.1 for delay in took] == [False, False, True, True, False, False]


def test_lost_writes_are_acknowledged_and_not_there() -> None:
    def main() -> bytes:
        sleep(1)
        fd = os.open("/data/file", os.O_WRONLY | os.O_CREAT)
        assert os.write(fd, b"precious") == 8
        os.fsync(fd)
        os.close(fd)
        with open("/data/file", "rb") as file:
            return file.read()

    assert on_disk(main, (0, 4, LostWrites("a", one_in=1))) == b""


def survives(seed: int, *faults: Any) -> bool:
    """Whether a file outlives a power cut that was synced, as the program believes."""
    hosts = Faulted(*[(1, 4, fault) for fault in faults], (5, 1, PowerCycle("a")), seed=seed)
    hosts.world.host("a").mount("/data")
    found: list[bool] = []

    def main() -> None:
        if hosts.world.host("a").boots == 2:
            found.append(os.path.exists("/data/file") and os.path.getsize("/data/file") == 8)
            hosts.engine.stop()
            return
        fd = os.open("/data/file", os.O_WRONLY | os.O_CREAT)
        os.write(fd, b"precious")
        sleep(2)
        os.fsync(fd)
        os.close(fd)
        folder = os.open("/data", os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
        sleep(100)

    hosts.conductor.drive()
    hosts.start("a", main)
    hosts.engine.run()
    return found[0]


def test_a_sync_that_lies_is_found_out_by_a_power_cut() -> None:
    assert all(survives(seed) for seed in range(12))
    assert not all(survives(seed, LostWrites("a", one_in=1)) for seed in range(12))
