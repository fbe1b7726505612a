"""The services' benchmark asks for what it says, counts only what was right, and tells all of it on its page."""

from benchmarks.services.page import page
from benchmarks.services.redis_load import LINES as REDIS_LINES
from benchmarks.services.redis_rounds import measure_redis
from benchmarks.services.rounds import measure_s3
from benchmarks.services.s3 import LINES
from benchmarks.services.simulated import small_calls
from benchmarks.services.wire import Wire
from tests.support.serve_process import Served

_MACHINE = {
    "implementation": "CPython",
    "python": "3.13.0",
    "system": "Linux",
    "processor": "one",
    "cores": 2,
}


def test_every_line_is_measured_and_stands_on_the_page() -> None:
    found = measure_s3(["soundstage"], rounds=1, for_s=0.01, say=lambda text: None)

    assert all(figure > 0 for line in LINES for figure in found["figures"][line.name]["soundstage"])
    told = page({"machine": _MACHINE, "s3": found})
    assert all(line.title in told for line in LINES)


def test_every_line_of_redis_is_measured_and_stands_on_the_page() -> None:
    found = measure_redis(["soundstage"], rounds=1, for_s=0.01, say=lambda text: None)

    assert all(figure > 0 for line in REDIS_LINES for figure in found["figures"][line.name]["soundstage"])
    told = page({"machine": _MACHINE, "redis": found})
    assert all(line.title in told for line in REDIS_LINES)


def test_ratios_stand_against_the_best_of_the_others() -> None:
    figures: dict[str, dict[str, list[float]]] = {
        line.name: {"soundstage": [300.0], "swift": [20.0], "moto": [100.0]} for line in LINES
    }
    titles = {"soundstage": "Soundstage", "swift": "Swift", "moto": "moto"}

    rows = page({"machine": _MACHINE, "s3": {"rounds": 1, "titles": titles, "figures": figures}}).splitlines()

    assert "| PUT 1 KiB, per s | 300 | 20 | 100 | 3.0 x |" in rows
    assert "| ready after, s | 300 | 20 | 100 | 0.1 x |" in rows


def test_an_answer_is_read_to_its_end_and_no_further() -> None:
    with Served("s3", "--port", "0") as served:
        wire = Wire(served.url)
        request = [b"GET /_soundstage/faults HTTP/1.1\r\nHost: x\r\n\r\n"]

        first, second = wire.ask(request), wire.ask(request, keep=False)
        wire.close()

    assert (first.status, first.size > 0, len(first.body)) == (200, True, first.size)
    assert (second.status, second.body, second.size) == (200, b"", first.size)


def test_calls_in_simulation_are_counted_and_shared_out() -> None:
    found = small_calls(3)

    assert found["pairs"] == 3
    assert 0 <= found["share_outside"] <= 1
