"""A service's trouble is on while its fault lasts, and a trouble that nobody there knows is refused."""

import asyncio
from typing import Any

import pytest

from simulator.errors import Misuse
from simulator.faults import ServiceTrouble
from simulator.services.s3.hosted import host_s3
from simulator.services.s3.program import S3Server
from tests.support.faulted import Faulted

REQUEST = b"GET / HTTP/1.1\r\nHost: s3\r\nConnection: close\r\n\r\n"


async def ask() -> int:
    reader, writer = await asyncio.open_connection("s3", 9000)
    writer.write(REQUEST)
    answer = await reader.read()
    writer.close()
    return int(answer.split()[1])


def answers(*faults: tuple[float, float, Any]) -> list[int]:
    hosts = Faulted(*faults)
    host_s3(hosts.world.host("s3"), S3Server())
    found: list[int] = []

    async def main() -> None:
        for _ in range(6):
            await asyncio.sleep(1)
            found.append(await ask())

    hosts.drive(a=lambda: asyncio.run(main()))
    return found


def test_a_trouble_lasts_as_long_as_its_fault() -> None:
    assert answers((1.5, 2, ServiceTrouble("s3", "throttled"))) == [403, 503, 503, 403, 403, 403]


def test_a_trouble_that_no_service_of_the_host_knows_is_refused_by_name() -> None:
    with pytest.raises(Misuse, match="no service on host 's3' knows the trouble 'thottled'"):
        answers((1.5, 2, ServiceTrouble("s3", "thottled")))
