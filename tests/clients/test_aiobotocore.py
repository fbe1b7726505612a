"""Unmodified aiobotocore stores objects over the simulated network, and signs by its own host's clock."""

from datetime import datetime, timedelta

import pytest

from simulator import run
from simulator.harness.run import Run
from tests.support.noted import noted
from tests.support.stories.objects import DAY_S, PART, objects

# botocore's own, on some versions of Python.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utc:DeprecationWarning")


def played() -> Run:
    found = run(objects, seed=3)
    assert found.outcome.passed, found.outcome.message
    return found


def test_objects_come_back_as_they_were_stored() -> None:
    assert noted(played(), "client") == [
        ("got", {"body": "hello", "server_says": 200}),
        ("head", {"bytes": 5, "etag": '"5d41402abc4b2a76b9719d911017c592"'}),
        ("whole", {"same": True}),
        ("absent", {"code": "NoSuchKey"}),
    ]


def test_a_request_is_signed_with_the_time_of_day_of_its_host() -> None:
    asked = [data for _, data in noted(played(), "s3")]

    assert [(each["method"], each["bytes"], each["away_s"]) for each in asked] == [
        ("PUT", 5, 0),
        ("GET", 0, 0),
        ("HEAD", 0, 0),
        ("POST", 0, DAY_S),
        ("PUT", len(PART), DAY_S),
        ("PUT", len(PART), DAY_S),
        ("POST", asked[6]["bytes"], DAY_S),
        ("GET", 0, DAY_S),
        ("GET", 0, DAY_S),
    ]


def test_the_day_is_the_seeds() -> None:
    def days(seed: int) -> list[str]:
        return list(dict.fromkeys(data["day"] for _, data in noted(run(objects, seed=seed), "s3")))

    (first, next_day), other = days(3), days(4)

    assert days(3) == [first, next_day]
    assert datetime.strptime(next_day, "%Y%m%d") - datetime.strptime(first, "%Y%m%d") == timedelta(days=1)
    assert other[0] != first
