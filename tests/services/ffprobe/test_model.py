"""The model says of films what the real ffprobe said of them, and of damaged ones what it says of those."""

import json
from collections.abc import Callable
from struct import pack
from typing import Any

import pytest

from simulator.services.ffprobe.boxes import Read, walk
from simulator.services.ffprobe.model import Answer, probe
from simulator.services.ffprobe.writers import write
from tests.support.films import RECIPES, recorded

NOT_SAID = {
    "bits_per_raw_sample", "chroma_location", "color_range", "divx_packed", "field_order", "film_grain", "has_b_frames",
    "quarter_sample", "refs",
}  # fmt: skip
"""What stands in the coded pictures, which are not looked at."""

NOT_SAID_OF = {"mpeg4": {"level", "pix_fmt", "profile"}, "hevc": {"coded_height"}}

INVALID = "Invalid data found when processing input"
NO_MOOV = "moov atom not found"
FTYP = pack(">I4s4sI4s4s", 24, b"ftyp", b"isom", 512, b"isom", b"mp41")


def reader(body: bytes) -> Read:
    return lambda at, size: body[at : at + size]


def look(body: bytes, name: str = "film.mp4") -> Answer:
    return probe(reader(body), len(body), name)


def box(kind: bytes, body: bytes = b"") -> bytes:
    return pack(">I4s", 8 + len(body), kind) + body


def without(value: Any, names: set[str]) -> Any:
    if isinstance(value, dict):
        return {key: without(inner, names) for key, inner in value.items() if key not in names}
    return [without(item, names) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_a_film_is_described_as_the_real_one_describes_it(name: str) -> None:
    film, real = recorded(name)

    answer = look(film, f"{name}.mp4")
    told = json.loads(write("json", {"streams": list(answer.streams), "format": answer.format}))

    hidden = NOT_SAID | NOT_SAID_OF.get(real["streams"][0]["codec_name"], set())
    assert without(told, hidden) == without(real, hidden)
    assert (answer.code, answer.complaints) == (0, ())


def test_fields_come_in_the_real_ones_order() -> None:
    film, real = recorded("plain")

    told = look(film).streams[0]

    assert [key for key in told if key in real["streams"][0]] == [key for key in real["streams"][0] if key in told]


@pytest.mark.parametrize(
    ("body", "name", "complaint"),
    [
        (b"", "film.mp4", NO_MOOV),
        (b"\0\0\0\x18", "film.mp4", NO_MOOV),
        (FTYP, "film.mp4", NO_MOOV),
        (FTYP + pack(">I4s", 1 << 20, b"mdat") + bytes(4096), "recording.mp4", NO_MOOV),
        (b"just some text, which is no film", "film.mp4", NO_MOOV),
        (b"just some text, which is no film", "film.txt", ""),
        (b"", "film", ""),
        (FTYP + box(b"moov", box(b"mvhd", b"\0")), "film.mp4", "error reading header"),
    ],
)
def test_what_is_no_film_fails_in_the_real_ones_words(body: bytes, name: str, complaint: str) -> None:
    answer = look(body, name)

    assert (answer.failure, answer.code, answer.streams) == (INVALID, 1, ())
    assert [complaint in said for said in answer.complaints] == ([True] if complaint else [])


@pytest.mark.parametrize("part", [0.25, 0.5, 0.9])
def test_a_film_with_its_headers_in_front_is_whole_wherever_its_data_ends(part: float) -> None:
    film, real = recorded("faststart")
    headers = next(found.end for found in walk(reader(film), 0, len(film)) if found.kind == "moov")
    cut = film[: headers + round((len(film) - headers) * part)]

    answer = look(cut)

    assert (answer.code, answer.complaints) == (0, ())
    assert answer.format["duration"] == real["format"]["duration"]
    assert answer.format["size"] == str(len(cut))


def test_a_film_with_its_headers_at_the_end_is_nothing_without_them() -> None:
    film, _ = recorded("plain")
    headers = next(found.start for found in walk(reader(film), 0, len(film)) if found.kind == "moov")

    assert look(film[:headers]).failure == INVALID
    assert look(film[: headers + 4]).failure == INVALID


def test_a_fragmented_film_is_as_long_as_the_fragments_that_are_there() -> None:
    film, real = recorded("fragmented")
    boxes = list(walk(reader(film), 0, len(film)))
    first = next(found for found in boxes if found.kind == "moof")

    begun, whole = look(film[: first.start]), look(film)
    torn = look(film[: first.start + 100])

    assert [stream["codec_name"] for stream in begun.streams] == ["h264", "aac"]
    assert (begun.format["duration"], begun.streams[0]["duration"], begun.code) == (None, None, 0)
    assert whole.format["duration"] == real["format"]["duration"]
    assert "nb_frames" not in json.loads(write("json", {"streams": list(whole.streams)}))["streams"][0]
    assert (torn.code, torn.failure) == (1, INVALID)
    assert "error reading header" in torn.complaints[0]


def test_a_pipe_has_no_size() -> None:
    film, _ = recorded("plain")

    answer = probe(reader(film), len(film), "pipe:0", seekable=False)

    assert (answer.format["size"], answer.format["bit_rate"]) == (None, None)


@pytest.mark.parametrize("name", ["plain", "fragmented", "hevc"])
def test_no_damage_breaks_the_prober(name: str) -> None:
    film, _ = recorded(name)
    moov = next(found for found in walk(reader(film), 0, len(film)) if found.kind == "moov")
    changes: list[Callable[[int], int]] = [lambda byte: 0, lambda byte: 255, lambda byte: byte ^ 0x80]

    for at in range(moov.start, moov.end, 7):
        for change in changes:
            damaged = film[:at] + bytes([change(film[at])]) + film[at + 1 :]
            assert look(damaged).code in (0, 1)
    for end in range(0, len(film), 97):
        assert look(film[:end]).code in (0, 1)
