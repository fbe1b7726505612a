"""A host is a machine: a crash stops everything on it at once, a boot starts it anew, and two hosts share nothing."""

import asyncio
import os
import socket
import sys
from time import monotonic, sleep
from typing import Any

import pytest

from simulator.errors import Misuse
from simulator.world.disk.inspect import tree
from simulator.world.service import ALWAYS
from tests.support.hosts import Hosts


def test_a_crash_stops_everything_and_a_boot_starts_it_anew() -> None:
    hosts, said = Hosts(), []
    host = hosts.world.host("a")

    def program() -> None:
        try:
            while True:
                said.append(f"{host.boots}: {monotonic():g}")
                sleep(1)
        finally:
            said.append("finally")

    def stage() -> list[str]:
        sleep(2.5)
        host.crash()
        assert (host.up, host.processes) == (False, [])
        sleep(3)
        host.boot()
        sleep(2)
        return list(said)  # As it is now: what the run leaves is ended after it.

    service = host.run(program)

    assert hosts.run(stage=stage) == ["1: 0", "1: 1", "1: 2", "2: 5.5", "2: 6.5"]
    assert service.exit_codes == [-9]
    assert hosts.recorder is not None
    told = [event.kind for event in hosts.recorder.trace().on("a") if event.kind.startswith("host.")]
    assert told == ["host.crash", "host.boot"]


def test_crash_and_boot_twice_are_once() -> None:
    hosts = Hosts()
    host = hosts.world.host("a")

    def stage() -> tuple[int, bool]:
        for act in (host.crash, host.crash, host.boot, host.boot):
            act()
        return host.boots, host.up

    assert hosts.run(stage=stage) == (2, True)


def test_nothing_starts_on_a_host_without_power() -> None:
    hosts, runs = Hosts(), []
    host = hosts.world.host("a")

    def stage() -> list[float]:
        host.crash()
        host.run(lambda: runs.append(monotonic()), name="late", restart=ALWAYS)
        sleep(5)
        before = list(runs)
        host.boot()
        sleep(0.5)
        return before

    assert hosts.run(stage=stage) == []
    assert runs == [5.0]


def test_peers_of_a_crashed_host_hear_silence_and_a_reset_once_it_is_back() -> None:
    hosts = Hosts()

    def server() -> None:
        with socket.create_server(("", 7)) as listening:
            connection, _ = listening.accept()
            connection.recv(100)
            sleep(1000)

    def client() -> list[str]:
        said = []
        sock = socket.create_connection(("b", 7))
        sock.sendall(b"hello")
        sock.settimeout(5)
        hosts.world.host("b").crash()
        for again in (False, True):
            if again:
                hosts.world.host("b").boot()
                sock.sendall(b"x")
            try:
                sock.recv(1)
            except OSError as error:
                said.append(type(error).__name__)
        sock.close()
        return said

    assert hosts.run(a=client, b=server) == ["TimeoutError", "ConnectionResetError"]


def test_what_is_not_synced_may_be_lost_and_what_is_synced_is_not() -> None:
    survived: list[object] = []
    for seed in range(20):
        hosts = Hosts(seed=seed)
        host = hosts.world.host("a")
        host.mount("/data")

        def program() -> None:
            if os.path.exists("/data/synced"):
                return
            for name in ("synced", "loose"):
                fd = os.open(f"/data/{name}", os.O_WRONLY | os.O_CREAT)
                os.write(fd, b"content")
                if name == "synced":
                    os.fsync(fd)
                    folder = os.open("/data", os.O_RDONLY)
                    os.fsync(folder)
                    os.close(folder)
                os.close(fd)
            sleep(100)

        def stage(host: Any = host) -> tuple[object, object]:
            sleep(1)
            host.crash()
            host.boot()
            sleep(1)
            found = tree(host.disks[0])
            return found.get("synced", -1), found.get("loose", -1)

        host.run(program)
        synced, loose = hosts.run(stage=stage)
        assert synced == 7
        survived.append(loose)
    assert set(survived) > {7}
    assert len(set(survived)) > 1


def test_two_hosts_share_neither_files_nor_environment_nor_ports() -> None:
    hosts = Hosts()
    for name in ("a", "b"):
        hosts.world.host(name).mount("/data")

    def program(name: str) -> tuple[Any, ...]:
        os.environ["WHO"] = name
        with open("/data/file", "w") as file:
            file.write(name)
        with socket.create_server(("127.0.0.1", 80)):
            sleep(1)
        with open("/data/file") as file:
            return os.environ["WHO"], file.read(), socket.gethostname(), sys.argv[0], os.getpid()

    hosts.run(stage=lambda: sleep(3), a=lambda: program("a"), b=lambda: program("b"))

    assert hosts.results["a"][:4] == ("a", "a", "a", "program")
    assert hosts.results["b"][:4] == ("b", "b", "b", "program")
    assert hosts.results["a"][4] != hosts.results["b"][4]
    assert "WHO" not in os.environ


def test_terminate_and_pause_reach_every_process_of_the_host() -> None:
    hosts, seen = Hosts(), []
    host = hosts.world.host("a")

    def child(name: str) -> Any:
        def count() -> None:
            while True:
                sleep(1)
                seen.append((name, monotonic()))

        return count

    services = [host.run(child(name), name=name) for name in ("one", "two")]

    def stage() -> list[list[int]]:
        sleep(1.5)
        host.pause()
        sleep(3)
        host.resume()
        sleep(0.2)
        host.terminate()
        sleep(3)
        return [service.exit_codes for service in services]

    assert hosts.run(stage=stage) == [[-15], [-15]]
    assert seen == [("one", 1), ("two", 1), ("one", 4.5), ("two", 4.5)]


def test_a_coroutine_instead_of_a_function_is_refused_with_the_reason() -> None:
    async def main() -> None: ...

    coroutine = main()
    with pytest.raises(Misuse, match="needs a function to call"):
        Hosts().world.host("a").run(coroutine)  # type: ignore[arg-type]
    coroutine.close()


def test_an_environment_is_given_where_a_host_is_made() -> None:
    hosts = Hosts()
    hosts.world.host("c", env={"REGION": "eu"})

    assert hosts.run(c=lambda: os.environ["REGION"]) == "eu"
    with pytest.raises(Misuse, match="exists already"):
        hosts.world.host("c", env={"REGION": "us"})


def test_each_program_runs_a_loop_of_its_own() -> None:
    async def main() -> tuple[int, float]:
        await asyncio.sleep(1)
        return len(asyncio.all_tasks()), asyncio.get_running_loop().time()

    hosts = Hosts()
    hosts.run(stage=lambda: sleep(3), a=main, b=main)

    assert hosts.results["a"] == hosts.results["b"] == (1, 1.0)
