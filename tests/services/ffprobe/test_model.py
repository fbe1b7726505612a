"""The model says of every sample what the real ffprobe said of it, word for word."""

import json
from struct import pack
from typing import Any

import pytest

from simulator.services.ffprobe.boxes import Read, walk
from simulator.services.ffprobe.model import Answer, probe
from simulator.services.ffprobe.writers import write
from tests.support.answers import OF_DECODERS, claimed, simulated
from tests.support.films import ALL, film, recorded

INVALID = "Invalid data found when processing input"
FTYP = pack(">I4s4sI4s4s", 24, b"ftyp", b"isom", 512, b"isom", b"mp41")
NOISE = {"h264_aac_fragmented_shifted"}
"""Samples whose packets are not where they should be: decoders complain of each in words of their own."""


def reader(body: bytes) -> Read:
    return lambda at, size: body[at : at + size]


def look(body: bytes, name: str = "film.mp4") -> Answer:
    return probe(reader(body), len(body), name)


def moov_ends(body: bytes) -> int:
    return next(found.end for found in walk(reader(body), 0, len(body)) if found.kind == "moov")


@pytest.mark.parametrize("name", sorted(ALL))
def test_a_sample_is_described_as_the_real_one_describes_it(name: str) -> None:
    real = recorded(name)

    told = simulated(film(name), f"{name}.mp4")

    if name in NOISE:
        told, real = claimed(real, told), claimed(real, real)
    assert told == real


@pytest.mark.parametrize("name", ["h264_aac_plain", "hevc_aac", "mpeg4_mp3", "tagged", "rotated"])
def test_fields_come_in_the_real_ones_order(name: str) -> None:
    real = recorded(name)["stdout"]

    told = json.loads(write("json", {"streams": look(film(name)).streams}))

    assert [list(stream) for stream in told["streams"]] == [list(stream) for stream in real["streams"]]


@pytest.mark.parametrize(
    ("body", "name", "complaint"),
    [
        (FTYP + pack(">I4s", 1 << 20, b"mdat") + bytes(4096), "recording.mp4", "moov atom not found"),
        (b"just some text, which is no film", "film.mp4", "moov atom not found"),
        (b"just some text, which is no film", "film.txt", ""),
        (b"", "film", ""),
    ],
)
def test_what_is_no_film_fails_in_the_real_ones_words(body: bytes, name: str, complaint: str) -> None:
    answer = look(body, name)

    assert (answer.failure, answer.code, answer.streams) == (INVALID, 1, ())
    assert [complaint in said for said in answer.complaints] == ([True] if complaint else [])


@pytest.mark.parametrize("part", [0.25, 0.5, 0.9])
def test_a_film_with_its_headers_in_front_is_whole_wherever_its_data_ends(part: float) -> None:
    body, real = film("h264_aac_faststart_10s"), recorded("h264_aac_faststart_10s")["stdout"]
    headers = moov_ends(body)
    cut = body[: headers + round((len(body) - headers) * part)]

    answer = look(cut)

    assert (answer.code, answer.complaints) == (0, ())
    assert answer.format["duration"] == real["format"]["duration"]
    assert [stream["nb_frames"] for stream in answer.streams] == [stream["nb_frames"] for stream in real["streams"]]
    assert answer.format["size"] == str(len(cut))


def test_a_fragmented_film_is_as_long_as_the_fragments_that_are_there() -> None:
    body, real = film("h264_aac_fragmented_10s"), recorded("h264_aac_fragmented_10s")["stdout"]
    moofs = [found.start for found in walk(reader(body), 0, len(body)) if found.kind == "moof"]

    lengths = [look(body[:end]).format.get("duration") for end in [*moofs, len(body)]]

    assert lengths[0] is None
    assert [float(str(length)) for length in lengths[1:]] == sorted(float(str(length)) for length in lengths[1:])
    assert lengths[-1] == real["format"]["duration"]


def test_what_only_decoders_know_is_missing_until_a_packet_is_there() -> None:
    body = film("h264_aac_faststart")

    before: dict[str, Any] = dict(look(body[: moov_ends(body)]).streams[0])
    after = look(body).streams[0]

    assert {"profile", "pix_fmt", "field_order"} <= OF_DECODERS
    assert (before["profile"], before["pix_fmt"], before["level"]) == (None, None, -99)
    assert (after["profile"], after["pix_fmt"], after["level"]) == ("High", "yuv420p", 11)


def test_a_pipe_has_no_size() -> None:
    body = film("h264_aac_plain")

    answer = probe(reader(body), len(body), "pipe:0", seekable=False)

    assert (answer.format["size"], answer.format["bit_rate"]) == (None, None)
