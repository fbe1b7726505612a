"""The registry of asyncio's parts is complete, and tells the truth on this Python."""

import asyncio
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from simulator.errors import Unsupported
from simulator.kernel.interpose.loops import _take_over
from simulator.kernel.loop import SimLoop
from simulator.kernel.registry import BESIDE, LOOP, SECTIONS, TRANSPORTS, as_markdown
from tests.support.loop_smoke import USES
from tests.support.processes import OneHost, run_in_process

ROOT = Path(__file__).parents[2]
_TRANSPORTS = [
    asyncio.BaseTransport,
    asyncio.ReadTransport,
    asyncio.WriteTransport,
    asyncio.Transport,
    asyncio.DatagramTransport,
    asyncio.SubprocessTransport,
]


def methods(kind: type) -> set[str]:
    return {name for name, value in vars(kind).items() if inspect.isfunction(value) and not name.startswith("__")}


def simulated() -> list[str]:
    return [name for name, row in LOOP.items() if row.fate == "simulated"]


def test_every_method_of_the_loop_has_a_row_and_every_row_a_method() -> None:
    assert set(LOOP) == methods(asyncio.AbstractEventLoop)


def test_every_method_of_transports_has_a_row_and_every_row_a_method() -> None:
    assert set(TRANSPORTS) == {name for kind in _TRANSPORTS for name in methods(kind)}


@pytest.mark.parametrize("name", simulated())
def test_a_simulated_method_is_ours_or_the_working_one_of_asyncio(name: str) -> None:
    found: Any = inspect.unwrap(getattr(SimLoop, name))

    assert found is not getattr(asyncio.AbstractEventLoop, name)
    assert found.__module__.startswith(("simulator.kernel.", "asyncio."))


def test_there_is_a_use_for_every_simulated_method() -> None:
    assert set(USES) == set(simulated())


@pytest.mark.parametrize("name", simulated())
def test_a_simulated_method_works(name: str) -> None:
    world = OneHost()
    world.host.mount("/data")
    for program in ("echo", "sh"):
        world.host.executables.install(program, _echo)

    async def main() -> object:
        return await USES[name](asyncio.get_running_loop())

    assert world.run(lambda: asyncio.run(main())) is True


def _echo() -> None:
    print(*sys.argv[1:])


def test_no_method_of_the_loop_is_refused() -> None:
    assert [name for name, row in LOOP.items() if row.fate != "simulated"] == []


def test_a_loop_of_the_programs_own_making_is_refused_by_name() -> None:
    class Own(asyncio.SelectorEventLoop):
        """Overrides the loop of a real machine."""

    def main() -> None:
        with pytest.raises(Unsupported, match=r"SelectorEventLoop-subclass.*Own"):
            Own()

    run_in_process(main)
    assert BESIDE["SelectorEventLoop-subclass"].fate == "refused"


def test_what_gives_loops_gives_simulated_ones() -> None:
    factories: list[Callable[[], Any]] = [
        asyncio.new_event_loop,
        asyncio.SelectorEventLoop,
        asyncio.DefaultEventLoopPolicy().new_event_loop,
        getattr(asyncio, "EventLoop", asyncio.SelectorEventLoop),
    ]

    def main() -> list[tuple[type, bool]]:
        loops = [factory() for factory in factories]
        found = [(type(loop), isinstance(loop, asyncio.SelectorEventLoop)) for loop in loops]
        for loop in loops:
            loop.close()
        return found

    assert run_in_process(main) == [(SimLoop, True)] * len(factories)


def test_a_loop_of_uvloop_is_a_simulated_one_inside_and_its_own_outside() -> None:
    class Base:
        """Stands for uvloop's loop, which is written in C."""

    uvloop: Any = ModuleType("uvloop")
    uvloop.Loop = type("Loop", (Base,), {})
    _take_over(uvloop)

    def main() -> tuple[type, bool]:
        loop = uvloop.Loop()
        loop.close()
        return type(loop), isinstance(loop, uvloop.Loop)

    assert run_in_process(main) == (SimLoop, True)
    assert type(uvloop.Loop()) is uvloop.Loop


def test_names_beside_the_loop_exist() -> None:
    strange = {"uvloop", "SelectorEventLoop-subclass", "EventLoop"}  # The last one from Python 3.13 on.

    assert [name for name in BESIDE if name not in strange and not hasattr(asyncio, name)] == []


def test_the_reference_page_holds_the_registry_as_it_is() -> None:
    page = (ROOT / "docs/reference/event-loop.md").read_text()

    assert as_markdown() in page, "run: tests.cpython.page.write_registry()"
    assert all(f"### {title}" in page for title in SECTIONS)
