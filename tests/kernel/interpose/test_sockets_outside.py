"""Once the doors are in place, sockets, selectors and loops outside a simulation are still the machine's own."""

import asyncio
import select
import socket

from simulator.kernel.interpose import install
from tests.support.hosts import run_on_host


def test_a_real_epoll_can_be_made() -> None:
    install()

    with select.epoll(4, select.EPOLL_CLOEXEC) as poller:
        assert type(poller) is select.epoll
        assert poller.fileno() > 0


def test_real_sockets_can_be_made_and_talk() -> None:
    install()

    one, other = socket.socketpair()
    with one, other, one.dup() as twin:
        twin.sendall(b"hello")

        assert type(one) is socket.socket
        assert other.recv(10) == b"hello"


def test_a_real_loop_runs_before_and_after_a_simulation() -> None:
    async def program() -> str:
        await asyncio.sleep(0)
        return type(asyncio.get_running_loop()).__name__

    ran = [asyncio.run(program()), run_on_host(program), asyncio.run(program())]

    assert ran == ["_UnixSelectorEventLoop", "SimLoop", "_UnixSelectorEventLoop"]
