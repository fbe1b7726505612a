"""What becomes of files when time passes, locks are held, programs end and the power goes."""

import asyncio
import fcntl
import os
import time
from pathlib import Path
from typing import Any

from simulator.world.disk import Verdict, cat, ls, tree
from tests.support.processes import OneHost


def mounted() -> tuple[OneHost, Any]:
    one = OneHost()
    return one, one.host.mount("/media")


def test_what_is_buffered_is_written_when_a_program_ends() -> None:
    one, disk = mounted()
    kept: list[Any] = []

    def program() -> None:
        kept.append(Path("/media/a").open("w"))  # noqa: SIM115 - nobody drops it before the end.
        kept[0].write("buffered")

    one.run(program)

    assert cat(disk, "/a") == b"buffered"


def test_what_is_buffered_is_gone_when_a_program_is_killed() -> None:
    one, disk = mounted()
    kept: list[Any] = []

    def program() -> None:
        kept.append(Path("/media/a").open("w"))  # noqa: SIM115 - see above.
        kept[0].write("buffered")
        time.sleep(10)

    service = one.start(program)
    one.engine.call_after(10**9, service.kill)
    one.play()
    kept.clear()

    assert cat(disk, "/a") == b""


def test_a_killed_program_loses_nothing_that_it_wrote_and_a_power_cut_may_take_it() -> None:
    one, disk = mounted()

    def program() -> None:
        os.write(os.open("/media/a", os.O_CREAT | os.O_WRONLY), b"written")
        time.sleep(10)

    service = one.start(program)
    one.engine.call_after(10**9, service.kill)
    one.play()
    assert cat(disk, "/a") == b"written"

    disk.crash(lambda bound, label: 1)
    assert tree(disk) == {}


def test_a_slow_disk_holds_up_its_thread_and_no_other() -> None:
    one, disk = mounted()
    disk.latency = lambda op, size: 2_000_000_000 if op == "write" else 0
    told: list[tuple[str, float]] = []

    async def main() -> None:
        async def tick() -> None:
            for _ in range(3):
                await asyncio.sleep(1)
                told.append(("tick", time.monotonic()))

        ticking = asyncio.create_task(tick())
        await asyncio.to_thread(Path("/media/a").write_bytes, b"slow")
        told.append(("written", time.monotonic()))
        await ticking

    began = one.run(lambda: (time.monotonic(), asyncio.run(main())))[0]

    assert [(what, at - began) for what, at in told] == [("tick", 1), ("written", 2), ("tick", 2), ("tick", 3)] or [
        (what, at - began) for what, at in told
    ] == [("tick", 1), ("tick", 2), ("written", 2), ("tick", 3)]


def test_a_write_that_was_under_way_when_the_program_was_killed_never_happens() -> None:
    one, disk = mounted()
    disk.gate = lambda op, path, size: Verdict(latency_ns=2 * 10**9) if op == "write" else None

    def program() -> None:
        os.write(os.open("/media/a", os.O_CREAT | os.O_WRONLY), b"slow")

    service = one.start(program)
    one.engine.call_after(10**9, service.kill)
    one.play()

    assert ls(disk) == ["a  0"]


def test_a_lock_is_waited_for_and_goes_with_its_holder() -> None:
    one, _ = mounted()
    told: list[tuple[str, int]] = []

    def holder() -> None:
        with open("/media/lock", "w") as mine:
            fcntl.flock(mine, fcntl.LOCK_EX)
            time.sleep(100)

    def waiter() -> None:
        time.sleep(1)
        with open("/media/lock", "a") as mine:
            fcntl.flock(mine, fcntl.LOCK_EX)
            told.append(("locked", one.engine.now_ns))

    service = one.start(holder, name="holder")
    one.start(waiter, name="waiter")
    one.engine.call_after(5 * 10**9, service.kill)
    one.play()

    assert told == [("locked", 5 * 10**9)]


def test_a_host_that_boots_again_finds_what_its_disk_kept() -> None:
    one, disk = mounted()
    seen: list[list[str]] = []

    def program() -> None:
        seen.append(sorted(os.listdir("/media")))
        with open(f"/media/{len(seen)}", "w") as file:
            os.fsync(file.fileno())
        folder = os.open("/media", os.O_RDONLY)
        os.fsync(folder)
        time.sleep(10)

    one.start(program)
    for at_ns in (10**9, 3 * 10**9):
        one.engine.call_at(at_ns, one.host.crash)
        one.engine.call_at(at_ns + 10**9, one.host.boot)
    one.engine.call_at(6 * 10**9, one.engine.stop)
    one.play()

    assert seen == [[], ["1"], ["1", "2"]]
    assert ls(disk) == ["1  0", "2  0", "3  0"]
