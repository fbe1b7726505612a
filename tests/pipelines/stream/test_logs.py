"""What the program tells of itself has names and fields, is one line, and holds no secret."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from pipelines.stream.logs import JsonLines, Words, set_up
from pipelines.stream.metrics import Metrics


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    root, ours = logging.getLogger(), logging.getLogger("pipelines.stream")
    before = (root.handlers[:], root.level, ours.level)
    yield ours
    root.handlers[:], root.level, level = before
    ours.setLevel(level)


def record(event: str, **fields: object) -> logging.LogRecord:
    made = logging.makeLogRecord({"name": "pipelines.stream", "msg": event, "levelno": 20, "levelname": "INFO"})
    made.__dict__.update(fields)
    return made


def test_an_event_is_one_line_of_json(logger: logging.Logger) -> None:
    out = io.StringIO()
    set_up(level="info", form="json", stream=out)

    logger.info("stream.part", extra={"stream": "a.1-2-0.0", "n": 3, "etags": ("a", "b"), "nothing": None})
    logger.debug("stream.refused", extra={"try": 1})

    (line,) = out.getvalue().splitlines()
    told = json.loads(line)
    assert told.pop("at").endswith("Z")
    assert told == {
        "level": "info",
        "event": "stream.part",
        "stream": "a.1-2-0.0",
        "n": 3,
        "etags": ["a", "b"],
        "nothing": None,
    }


def test_an_error_carries_its_traceback_within_the_line(logger: logging.Logger) -> None:
    out = io.StringIO()
    set_up(level="info", form="json", stream=out)

    try:
        raise ValueError("redis://user:geheim@host is\nnot there")
    except ValueError:
        logger.exception("worker.failed", extra={"redis": "redis://user:geheim@host"})

    (line,) = out.getvalue().splitlines()
    told = json.loads(line)
    assert told["error"] == "ValueError: redis://***@host is\nnot there"
    assert told["redis"] == "redis://***@host"
    assert "geheim" not in line


def test_names_that_are_no_text_can_be_logged() -> None:
    path = b"/media/\xff.mp4".decode("utf-8", "surrogateescape")

    assert json.loads(JsonLines().format(record("watch.seen", path=path)))["path"] == "/media/\\udcff.mp4"
    assert Words().format(record("watch.seen", path=path)).endswith("path=/media/\\udcff.mp4")


def test_a_line_that_is_too_long_is_still_json() -> None:
    told = json.loads(JsonLines().format(record("watch.seen", paths=["x" * 4000] * 10)))

    assert (told["event"], told["cut"] > 16_384, "paths" in told) == ("watch.seen", True, False)


def test_events_are_counted_whatever_is_shown(logger: logging.Logger) -> None:
    out, metrics = io.StringIO(), Metrics(lambda: {"streams": ("Streams.", {(("status", 'a"b\n'),): 2.0})})
    set_up(level="error", form="json", stream=out)
    logger.addHandler(metrics)

    logger.info("stream.part", extra={"size": 8, "seconds": 0.3})
    logger.info("stream.part", extra={"size": 8, "seconds": 99.0})
    logger.info("stream.state", extra={"status": "active", "phase": "init"})
    logger.warning("watch.trouble", extra={"cause": "none"})
    logger.removeHandler(metrics)

    text = metrics.render()
    lines = text.splitlines()
    assert out.getvalue() == ""
    assert {
        "soundstage_stream_parts_total 2",
        "soundstage_stream_part_bytes_total 16",
        'soundstage_stream_transitions_total{status="active",phase="init"} 1',
        'soundstage_stream_part_seconds_bucket{le="0.25"} 0',
        'soundstage_stream_part_seconds_bucket{le="0.5"} 1',
        'soundstage_stream_part_seconds_bucket{le="+Inf"} 2',
        "soundstage_stream_part_seconds_count 2",
        'soundstage_stream_events_total{event="watch.trouble",level="warning"} 1',
        'soundstage_stream_streams{status="a\\"b\\n"} 2',
    } <= set(lines)
    assert len([line for line in lines if line.startswith("# TYPE soundstage_stream_part_seconds ")]) == 1
