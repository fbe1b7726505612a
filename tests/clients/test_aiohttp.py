"""Unmodified aiohttp serves and asks over two hosts, and a client that tries again outlasts a partition."""

from itertools import groupby

from simulator import run
from tests.support.noted import noted
from tests.support.stories.pages import pages

REQUESTS = 8


def test_every_request_is_answered_though_the_network_parts() -> None:
    found = run(pages, seed=3)
    told = noted(found, "client")

    assert found.outcome.passed, found.outcome.message
    answered = [data for what, data in told if what == "answered"]
    assert [data["body"] for data in answered] == list(range(REQUESTS))
    tries = {
        number: len(list(again)) for number, again in groupby(data["request"] for _, data in told if "request" in data)
    }
    assert [data["attempts"] for data in answered] == [tries[number] for number in range(REQUESTS)]
    assert max(tries.values()) == 4, "ten seconds of partition are three time-outs of three seconds, and a success"


def test_pieces_come_as_they_are_sent_and_a_websocket_closes_in_order() -> None:
    found = run(pages, seed=3)

    assert noted(found, "client")[:2] == [
        ("talked", {"answer": "HELLO"}),
        ("pieces", {"several": True, "text": "".join(f"{number};" for number in range(20))}),
    ]
    assert noted(found, "server") == [("the socket is closed", {"code": 1000})]
