"""The boxes of an MP4 tell whether it is whole, for every sample and wherever it is cut."""

import pytest

from pipelines.stream.boxes import Walk, walk
from tests.support.films import ALL, film

CUT = {
    *("ftyp_only", "growing_fragmented", "growing_plain", "truncated_faststart", "truncated_faststart_5"),
    *("truncated_in_mdat", "truncated_in_moof", "truncated_in_moov", "truncated_plain"),
}
UNKNOWN = {"empty", "foreign_boxes", "four_bytes", "garbage", "text", "zeros"}


def judged(data: bytes) -> Walk:
    return walk(lambda offset, size: data[offset : offset + size], len(data))


@pytest.mark.parametrize("name", ALL)
def test_every_sample_is_judged_as_what_it_is(name: str) -> None:
    expected = "cut" if name in CUT else "unknown" if name in UNKNOWN else "complete"

    assert judged(film(name)).verdict == expected


@pytest.mark.parametrize("name", ["h264_aac_plain", "h264_aac_faststart"])
def test_a_film_that_was_cut_anywhere_is_not_complete(name: str) -> None:
    data = film(name)

    assert {judged(data[:size]).verdict for size in range(8, len(data), 97)} == {"cut"}


def test_a_fragmented_film_is_complete_only_where_a_fragment_ends() -> None:
    data = film("h264_aac_fragmented")

    whole = [size for size in range(8, len(data) + 1) if judged(data[:size]).verdict == "complete"]

    assert [judged(data[:size]).fragments for size in whole] == [1, 2, 3, 3]
    assert [judged(data[:size]).mark for size in whole] == [False, False, False, True]


@pytest.mark.parametrize(
    ("name", "muxing"),
    [
        ("h264_aac_plain", "plain"),
        ("growing_plain", "plain"),
        ("h264_aac_faststart", "faststart"),
        ("h264_aac_fragmented_delay", "fragmented"),
        ("growing_fragmented", "fragmented"),
        ("text", "none"),
    ],
)
def test_the_muxing_is_told(name: str, muxing: str) -> None:
    assert judged(film(name)).muxing == muxing


def test_lengths_of_64_bits_are_understood_and_no_length_loops() -> None:
    moov, tail = b"\0\0\0\x08moov", bytes(8)
    large = b"\0\0\0\x01mdat" + (24).to_bytes(8, "big") + tail

    assert judged(moov + large).verdict == "complete"
    assert judged(moov + large[:15]).verdict == "cut"
    assert judged(b"\0\0\0\x03free" * 100).verdict == "cut"
    assert judged(b"\0\0\0\x08free" * 50_000).why == "no moov"
    assert judged(moov + b"\0\0\0\0mdat" + tail).verdict == "unknown"
