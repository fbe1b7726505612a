"""Of films that are cut, changed or shuffled, the model says what the real ffprobe says: hundreds of damages, recorded.

The real arm asks the machine's ffprobe about some of them anew, so that the recording is known to be one.
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.answers import answers, claimed, differences, real_answer, shortened, simulated
from tests.support.damage import CONTAINERS, damaged, places
from tests.support.films import SOUND, film, has_ffprobe

KNOWN: Final = {
    "byte hevc_aac 8512 65": "the profile of an AAC that is none",
    "byte h264_aac_plain 15159 00": "the profile of an AAC that is none",
    "byte mpeg4_mp3 28601 00": "channels that only the coded MP3 tells",
    "byte vp9_opus 10914 80": "VP9 without its configuration",
    "byte av1_aac 9315 d7": "AV1 without its configuration",
    "byte mpeg4_mp3 27876 80": "MPEG-4 without its configuration",
    "byte rotated 10647 d8": "an avcC of no known version",
    "drop h264_aac_plain free": "sounds that make no sense, where the first of them could be some",
    "drop h264_aac_fragmented moov/trak/mdia/mdhd": "the frame rate that uneven steps come nearest to",
    "drop h264_aac_fragmented moof/traf[1]/tfhd": "the frame rate that uneven steps come nearest to",
    "lost h264_aac_fragmented moof/traf[1]/tfhd": "the frame rate that uneven steps come nearest to",
    "drop h264_aac_fragmented moov/trak[1]/mdia": "how far is read behind pictures that make no sense",
}
"""Where the model differs, and what it does not know. docs/reference/ffprobe.md says it in general."""

EVERY: Final = 10
"""The real arm asks about one damage in so many: each answer costs it some 60 ms."""


def test_damaged_films_are_described_as_the_real_one_describes_them() -> None:
    differing = {}
    for damage, real in answers().items():
        told = claimed(real, simulated(damaged(damage), f"{damage.split()[1]}.mp4"))
        if told != (wanted := claimed(real, real)):
            differing[damage] = dict(differences(wanted, told))

    assert len(answers()) > 1500
    assert {damage: found for damage, found in differing.items() if damage not in KNOWN} == {}
    assert KNOWN.keys() == differing.keys(), "these are no longer different"


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.skipif(not has_ffprobe(), reason="ffmpeg and ffprobe 5.1 are not installed")
def test_the_recording_is_what_the_real_one_says(tmp_path: Path) -> None:
    asked = list(answers())[::EVERY]

    with ThreadPoolExecutor(2) as pool:
        told = pool.map(lambda damage: real_answer(tmp_path, damage), asked)
        differing = {
            damage: dict(differences(answers()[damage], shortened(real)))
            for damage, real in zip(asked, told, strict=True)
            if answers()[damage] != shortened(real)
        }

    assert differing == {}


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(SOUND), st.data())
def test_no_damage_breaks_the_prober(name: str, data: st.DataObject) -> None:
    body = bytearray(film(name))
    headers = [place for place in places(bytes(body)) if place.kind not in (*CONTAINERS, "mdat")]
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.sampled_from(headers))
        at = data.draw(st.integers(place.start, place.end - 1))
        body[at : at + 4] = data.draw(st.binary(min_size=1, max_size=4))
    end = data.draw(st.integers(0, len(body)))

    answer = simulated(bytes(body[:end]), "film.mp4")

    assert answer["exit"] in (0, 1)
    assert bool(answer["exit"]) == (answer["stdout"] == {})
