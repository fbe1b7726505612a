"""Names are plain, can be read back, and never meet: not of two files, two generations or two revisions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.stream.names import Keys, StreamId, object_key, slug_of, stream_of_key

paths = st.text(min_size=1, max_size=300).filter(lambda text: "\0" not in text)


@given(path=paths, dev=st.integers(0, 1 << 64), ino=st.integers(0, 1 << 64), rev=st.integers(0, 99))
def test_an_id_is_found_again_in_its_objects_key(path: str, dev: int, ino: int, rev: int) -> None:
    stream = StreamId(slug_of(path), dev, ino, 1, rev)

    key = object_key("cameras/", str(stream), path)

    assert StreamId.parse(str(stream)) == stream
    assert stream_of_key("cameras/", key) == str(stream)
    assert stream_of_key("others/", key) is None
    assert len(key) < 900
    assert key.isascii()


@pytest.mark.parametrize(
    ("path", "slug"),
    [
        ("lobby.mp4", "lobby"),
        ("cam 1/Türe.mp4", "cam_1/T_re"),
        ("../../etc/passwd", "etc/passwd"),
        (".mp4", "mp4"),
        ("bad\udcff.ts", "bad_"),
        ("/", "_"),
    ],
)
def test_a_slug_is_what_is_plain_of_a_path(path: str, slug: str) -> None:
    assert slug_of(path) == slug


def test_long_paths_stay_apart() -> None:
    left, right = slug_of("a" * 3000 + "b"), slug_of("a" * 3001)

    assert left != right
    assert len(left) <= 400


@pytest.mark.parametrize("key", ["lobby.mp4", "lobby.json", "x.1-2.0.mp4", ""])
def test_keys_of_others_are_no_streams(key: str) -> None:
    assert stream_of_key("", key) is None


def test_every_key_of_redis_has_the_prefix() -> None:
    keys = Keys("{soundstage}:")

    assert all(key.startswith("{soundstage}:stream") for key in keys.for_script("lobby.1-2-1.0"))
