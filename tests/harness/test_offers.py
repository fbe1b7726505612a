"""Services on offer: a plain program finds an S3 and a Redis by their names, as it would in a test cluster."""

import textwrap
from pathlib import Path

import pytest

from simulator.errors import Misuse
from simulator.harness.offers import environment, parse
from simulator.harness.program import Setup, run_program, setup_of
from simulator.harness.run import Run
from simulator.trace.header import Header

STORE = """
import asyncio, os, sys
from aiobotocore.session import get_session

async def main():
    async with get_session().create_client("s3") as s3:
        await s3.create_bucket(Bucket="films")
        answer = await s3.put_object(Bucket="films", Key="a", Body=b"film")
        print(answer["ETag"], os.environ["AWS_ENDPOINT_URL"])

asyncio.run(main())
"""


def _run(folder: Path, source: str, **options: object) -> tuple[Run, str]:
    (folder / "program.py").write_text(textwrap.dedent(source))
    told = bytearray()
    setup = Setup(program="program.py", folder=str(folder), **options)  # type: ignore[arg-type]
    return run_program(setup, sinks=(told.extend, told.extend)), told.decode()


def test_an_s3_is_there_when_a_program_asks_for_it(tmp_path: Path) -> None:
    run, told = _run(tmp_path, STORE)

    assert run.outcome.passed, told
    assert told == '"bdbd6db1d8cc09a957e86180fda9442a" http://s3:9000\n'
    assert run.trace.matches("s3.response", status=200, operation=["CreateBucket", "PutObject"])
    assert run.trace.hosts() == ("host", "s3")


def test_it_can_have_another_name_and_port(tmp_path: Path) -> None:
    run, told = _run(tmp_path, STORE, services=("s3=minio.local:9001",))

    assert run.outcome.passed, told
    assert "http://minio.local:9001" in told
    assert run.trace.hosts() == ("host", "minio.local")


def test_it_can_be_left_out(tmp_path: Path) -> None:
    run, told = _run(tmp_path, "import socket; socket.getaddrinfo('s3', 9000)", services=())

    assert not run.outcome.passed
    assert "Name or service not known" in told


def test_what_nobody_uses_is_not_there(tmp_path: Path) -> None:
    run, _ = _run(tmp_path, "import os; print(sorted(name for name in os.environ if name.startswith('AWS')))")

    assert run.trace.hosts() == ("host",)


def test_troubles_and_personality_are_switched_on_by_hand(tmp_path: Path) -> None:
    source = """
    import asyncio
    from aiobotocore.session import get_session

    async def main():
        async with get_session().create_client("s3") as s3:
            await s3.create_bucket(Bucket="films")
            answer = await s3.put_object(Bucket="films", Key="a", Body=b"film")
            print(answer["ResponseMetadata"]["RetryAttempts"])

    asyncio.run(main())
    """
    run, told = _run(tmp_path, source, faults=("s3.throttled:operation=PutObject,times=2",), s3_personality="moto")

    assert told == "2\n"
    assert run.trace.count("fault.hit", verdict="throttled") == 2


def test_a_replay_finds_the_same_services(tmp_path: Path) -> None:
    setup = Setup(program="p.py", services=("s3=minio:9000",), s3_personality="moto", faults=("s3.late",))

    again = setup_of(Header(program=setup.words(), params=setup.as_params()))

    assert (again.services, again.s3_personality, again.faults) == (setup.services, "moto", ("s3.late",))


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("kafka", "there is no service 'kafka' to offer"),
        ("s3=", "names no host"),
        ("s3=a:b", "names no port"),
        ("redis=a:70000", "names no port"),
    ],
)
def test_offers_that_cannot_be_are_refused(word: str, told: str) -> None:
    with pytest.raises(Misuse, match=told):
        parse(word)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"faults": ("s3.nonsense",)}, "unknown kind of trouble"),
        ({"faults": ("kafka.late",)}, "names no service"),
        ({"s3_personality": "nobody"}, "no S3 personality"),
        ({"host": "s3"}, "'s3' is the program's own host"),
    ],
)
def test_misuse_is_told_before_anything_runs(tmp_path: Path, options: dict[str, object], told: str) -> None:
    run, _ = _run(tmp_path, "print('never')", **options)

    assert str(run.outcome.status) == "misuse"
    assert told in run.outcome.message


def test_the_environment_names_what_is_on_offer() -> None:
    offers = [parse("s3"), parse("redis=cache:7000")]

    assert environment(offers)["AWS_ENDPOINT_URL"] == "http://s3:9000"
    assert environment(offers)["REDIS_URL"] == "redis://cache:7000/0"
