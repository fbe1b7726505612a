"""The admin server tells how a worker is, escapes whatever it shows, and answers only who may ask."""

import asyncio
import base64
import json
from typing import Any

import aiohttp
import pytest

from pipelines.stream.admin import Admin, Health
from pipelines.stream.kinds import Address, Secret
from pipelines.stream.metrics import Metrics
from pipelines.stream.status import Overview, Row

EVIL = "<script>alert('x')</script>&\"\x1b[31m.mp4"


def row(**changes: Any) -> Row:
    known: dict[str, Any] = {
        "stream": "a.1-2-0.0",
        "path": "/media/a.mp4",
        "key": "a.1-2-0.0.mp4",
        "status": "active",
        "phase": "uploading",
        "size": 100,
        "sent": 50,
        "parts": 1,
        "quiet_s": 3.0,
        "owner": "w",
        "reason": "",
        "next_try_s": 0.0,
    }
    return Row(**known | changes)


class Fake:
    """A worker, as far as the server looks at it."""

    name, folder = "worker-1", "/media"

    def __init__(self, *rows: Row, health: Health | None = None, broken: bool = False) -> None:
        self.rows, self._health, self.broken = rows, health or Health(alive=True), broken
        self.asked: list[bool] = []

    def health(self) -> Health:
        return self._health

    async def overview(self, *, completed: bool) -> Overview:
        self.asked.append(completed)
        if self.broken:
            raise ConnectionError("redis is away")
        return Overview({"active": len(self.rows)}, self.rows, 0)


def ask(fake: Fake, *paths: str, token: str | None = None, **headers: str) -> list[tuple[int, str]]:
    """What a server answers to requests from this machine."""

    async def main() -> list[tuple[int, str]]:
        admin = Admin(fake, Metrics(), Address("127.0.0.1", 0), Secret(token) if token else None)
        await admin.start()
        try:
            async with aiohttp.ClientSession(f"http://127.0.0.1:{admin.address.port}", headers=headers) as client:
                answers = []
                for path in paths:
                    async with client.get(path) as answer:
                        answers.append((answer.status, await answer.text()))
                return answers
        finally:
            await admin.stop()

    return asyncio.run(main())


def test_a_worker_that_is_well_is_healthy_and_ready() -> None:
    answers = ask(Fake(), "/healthz", "/readyz", "/nothing")

    assert [status for status, _ in answers] == [200, 200, 404]
    assert json.loads(answers[0][1]) == {"status": "ok", "troubles": {}, "degraded": {}}


def test_a_worker_in_trouble_is_healthy_and_not_ready() -> None:
    fake = Fake(health=Health(alive=True, troubles={"redis": "away"}, degraded={"watch": "no inotify"}))

    (health, ready) = ask(fake, "/healthz", "/readyz")

    assert (health[0], json.loads(health[1])["status"]) == (200, "degraded")
    assert (ready[0], json.loads(ready[1])["troubles"]) == (503, {"redis": "away"})


def test_a_worker_that_does_no_rounds_is_not_healthy() -> None:
    assert ask(Fake(health=Health(alive=False)), "/healthz", "/readyz")[0][0] == 503


def test_streams_are_json_and_a_page() -> None:
    fake = Fake(row())

    told, page, everything = ask(fake, "/streams", "/", "/streams?all=1")

    assert json.loads(told[1])["streams"][0] | {"progress": 0.5} == json.loads(told[1])["streams"][0]
    assert "<progress max=100 value=50>" in page[1]
    assert everything[0] == 200
    assert fake.asked == [False, False, True]


def test_whatever_a_file_is_called_the_page_stays_a_page() -> None:
    fake = Fake(row(path=EVIL, key=EVIL, owner=EVIL, reason=EVIL, status="<b>", phase="'\""))
    fake.name = fake.folder = EVIL

    ((status, page),) = ask(fake, "/")

    assert status == 200
    assert page.count("<script") == 0
    assert "<b>" not in page
    assert "\x1b" not in page
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;&amp;&quot;\\x1b[31m.mp4" in page


def test_the_page_loads_nothing_from_anywhere() -> None:
    ((_, page),) = ask(Fake(row()), "/")

    assert not any(word in page for word in ("http://", "https://", "src=", "@import", "url(", "<link", "<iframe"))


def test_without_redis_the_page_says_so_and_metrics_still_answer() -> None:
    page, told, numbers = ask(Fake(broken=True), "/", "/streams", "/metrics")

    assert (page[0], told[0], numbers[0]) == (200, 503, 200)
    assert "Redis does not answer" in page[1]
    assert "process_cpu_seconds_total" in numbers[1]


@pytest.mark.parametrize(
    "header",
    ["Bearer geheim", "bearer geheim", f"Basic {base64.b64encode(b'me:geheim').decode()}"],
)
def test_who_bears_the_token_is_answered(header: str) -> None:
    assert ask(Fake(row()), "/streams", token="geheim", Authorization=header)[0][0] == 200


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic !!!"}, {"Authorization": "geheim"}],
)
def test_who_does_not_learns_no_more_than_whether_it_works(headers: dict[str, str]) -> None:
    fake = Fake(row(), health=Health(alive=True, troubles={"redis": "secret address"}))

    answers = ask(fake, "/", "/streams", "/metrics", "/healthz", "/readyz", token="geheim", **headers)

    assert [status for status, _ in answers] == [401, 401, 401, 200, 503]
    assert not any("secret address" in text for _, text in answers)
    assert fake.asked == []


def test_without_a_token_only_names_of_this_machine_are_answered() -> None:
    answers = ask(Fake(row()), "/streams", "/", "/healthz", Host="evil.example:80")

    assert [status for status, _ in answers] == [403, 403, 200]


def test_what_can_be_reached_from_elsewhere_needs_a_token() -> None:
    with pytest.raises(AssertionError):
        Admin(Fake(), Metrics(), Address("0.0.0.0", 0), None)


def test_numbers_are_for_prometheus() -> None:
    ((status, text),) = ask(Fake(), "/metrics")

    assert status == 200
    for line in text.splitlines():
        assert line.startswith("# ") or len(line.rsplit(" ", 1)) == 2
        if not line.startswith("# "):
            float(line.rsplit(" ", 1)[1])
