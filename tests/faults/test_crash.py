"""A program is struck before, in and after any of its effects, and what has happened by then has happened."""

import asyncio
import os

import pytest

from simulator.faults import CrashAt, Plan, TimedFault
from simulator.faults.crash import watch_effects
from simulator.faults.effects import Effect
from simulator.harness.outcome import Status
from simulator.harness.run import Run, run
from simulator.harness.scenario import scenario
from simulator.harness.stage import Stage
from simulator.world.disk import Disk, cat, ls


async def _count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server that remembers what it was told, and says so."""
    while line := await reader.readline():
        with open("/data/told", "ab") as file:
            file.write(line)
        writer.write(b"ok\n")
    writer.close()


async def _serve() -> None:
    async with await asyncio.start_server(_count, "server", 7000) as listening:
        await listening.serve_forever()


async def _tell() -> None:
    """Tells the server three words, and notes on its own disk which of them were acknowledged."""
    if os.path.exists("/data/done"):
        return
    try:
        await asyncio.sleep(0.1)
        reader, writer = await asyncio.open_connection("server", 7000)
        for word in (b"one\n", b"two\n", b"three\n"):
            writer.write(word)
            await reader.readline()
            with open("/data/done", "ab") as file:
                file.write(word)
        writer.close()
    except asyncio.CancelledError:
        with open("/data/done", "ab") as file:
            file.write(b"cancelled\n")
        raise


@scenario(name="test-crash-teller")
async def teller(world: Stage) -> None:
    """Somebody is told three words."""
    server, client = world.host("server"), world.host("client")
    disks = {host.name: host.mount("/data") for host in (server, client)}
    server.run(_serve, name="serve")
    client.run(_tell, name="tell")
    world.drive()
    await asyncio.sleep(5)
    told = {"server": _text(disks["server"], "told"), "client": _text(disks["client"], "done")}
    world.engine.emit("note", text="told", data=told)


def _text(disk: Disk, name: str) -> str:
    return cat(disk, f"/{name}").decode() if any(line.startswith(name) for line in ls(disk)) else ""


def struck(effect: int, moment: str, way: str = "kill") -> tuple[Run, dict[str, str]]:
    fault = CrashAt("client", "tell", effect, moment=moment, way=way)
    found = run(teller, hand_plan=Plan((TimedFault(0, 0, fault),)))
    assert found.outcome.passed, found.outcome
    return found, found.trace.first("note", text="told").fields["data"]


def test_the_effects_of_a_program_are_its_requests_and_its_changes_of_files_in_order() -> None:
    seen: list[tuple[Effect, str]] = []

    @scenario(name="test-crash-watched")
    async def watched(world: Stage) -> None:
        """The teller is watched."""
        watch_effects(world, "client", "tell", lambda effect, moment: seen.append((effect, moment)))
        await teller.function(world)

    assert run(watched).outcome.passed

    assert [(effect.number, str(effect), moment) for effect, moment in seen] == [
        (1, "net server", "before"),
        (1, "net server", "applied"),
        (2, "fs write /data/done", "applied"),
        (3, "net server", "before"),
        (1, "net server", "answered"),  # A moment after it was read: the program is on its way by then.
        (3, "net server", "applied"),
        (4, "fs write /data/done", "applied"),
        (5, "net server", "before"),
        (3, "net server", "answered"),
        (5, "net server", "applied"),
        (6, "fs write /data/done", "applied"),
        (5, "net server", "answered"),
    ]


@pytest.mark.parametrize(
    ("effect", "moment", "server", "client"),
    [
        (1, "before", "one\ntwo\nthree\n", "one\ntwo\nthree\n"),  # Begun anew, for nothing was done.
        (1, "applied", "one\none\ntwo\nthree\n", "one\ntwo\nthree\n"),  # Done, and never known.
        (2, "applied", "one\n", "one\n"),
        (3, "before", "one\n", "one\n"),
        (3, "applied", "one\ntwo\n", "one\n"),
        (3, "answered", "one\ntwo\nthree\n", "one\ntwo\n"),  # It has acted upon it: the next word is on its way.
        (5, "applied", "one\ntwo\nthree\n", "one\ntwo\n"),
    ],
)
def test_what_was_done_before_the_blow_is_done_and_nothing_after(
    effect: int, moment: str, server: str, client: str
) -> None:
    _, told = struck(effect, moment)

    assert told == {"server": server, "client": client}


def test_the_blow_is_told_and_the_program_comes_back() -> None:
    found, _ = struck(3, "applied")

    hit = found.trace.first("fault.hit")
    assert hit.fields == {"fault": "kill", "operation": "net server", "verdict": "applied"}
    assert found.trace.of("proc.start", name="tell").count() == 2


def test_ctrl_c_lets_the_program_unwind_at_the_await_where_it_is() -> None:
    _, told = struck(3, "applied", "interrupt")

    assert told == {"server": "one\ntwo\n", "client": "one\ncancelled\n"}


def test_a_power_cut_takes_what_was_not_synced() -> None:
    found, told = struck(2, "applied", "power")

    assert found.trace.of("host.crash", host="client").count() == 1
    assert found.trace.of("host.boot", host="client").count() == 1
    assert told["client"] in {"", "one\n", "one\ntwo\nthree\n"}


def test_an_effect_that_never_comes_strikes_nobody() -> None:
    found, told = struck(99, "applied")

    assert not found.trace.of("fault.hit")
    assert told["client"] == "one\ntwo\nthree\n"


def test_the_same_blow_tells_the_same_story() -> None:
    assert struck(3, "applied")[0].digest == struck(3, "applied")[0].digest


def test_a_blow_that_there_is_not_is_refused() -> None:
    for wrong in (CrashAt("client", "tell", 1, moment="during"), CrashAt("client", "tell", 1, way="nuke")):
        found = run(teller, hand_plan=Plan((TimedFault(0, 0, wrong),)))
        assert "no crash is" in found.outcome.message

    found = run(teller, hand_plan=Plan((TimedFault(0, 0, CrashAt("nobody", "", 1)),)))
    assert found.outcome.status is Status.MISUSE
    assert "host 'nobody'" in found.outcome.message
