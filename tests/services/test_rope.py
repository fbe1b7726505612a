"""A rope is bytes: whatever is cut, joined or repeated reads as the same bytes would, at a fraction of the memory."""

import hashlib
import itertools
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.services.rope import EMPTY, RUN_BLOCK_BYTES, Extent, Rope

MIB = 1 << 20

blocks = st.binary(min_size=1, max_size=40)
extents = st.builds(
    lambda block, start, size: Rope((Extent(block, start % len(block), size),)),
    blocks,
    st.integers(0, 39),
    st.integers(1, 200),
)
pieces = st.lists(
    st.one_of(
        st.binary(max_size=100),
        st.builds(lambda block, times: block * times, st.binary(min_size=1, max_size=2), st.integers(1, 30_000)),
        st.builds(lambda block, times: (block * 5000)[:4096] * times, blocks, st.integers(1, 6)),
    ),
    max_size=8,
)


@given(pieces)
def test_a_rope_of_pieces_is_the_bytes_of_the_pieces(row: list[bytes]) -> None:
    rope = Rope.join(row)
    whole = b"".join(row)

    assert bytes(rope) == whole
    assert len(rope) == len(whole) == sum(map(len, rope.pieces()))
    assert rope == Rope.of(whole)
    assert rope.digest("md5") == hashlib.md5(whole).digest()
    assert rope.crc32() == zlib.crc32(whole)


@given(st.lists(extents, max_size=5), st.integers(-10, 900), st.integers(-10, 900))
def test_a_slice_of_a_rope_is_a_slice_of_its_bytes(row: list[Rope], start: int, stop: int) -> None:
    rope = Rope.concat(row)
    whole = b"".join(map(bytes, row))

    assert bytes(rope) == whole
    assert bytes(rope[start:stop]) == whole[start:stop]
    assert rope[start:stop] == Rope.of(whole[start:stop])


@given(st.lists(extents, max_size=4), st.lists(extents, max_size=4))
def test_two_ropes_are_equal_when_their_bytes_are(left: list[Rope], right: list[Rope]) -> None:
    assert (Rope.concat(left) == Rope.concat(right)) == (b"".join(map(bytes, left)) == b"".join(map(bytes, right)))


@given(pieces, st.lists(st.integers(0, 100_000), max_size=4))
def test_cut_anywhere_and_joined_again_it_is_the_same(row: list[bytes], cuts: list[int]) -> None:
    rope = Rope.join(row)
    places = [0, *sorted(min(cut, len(rope)) for cut in cuts), len(rope)]

    again = Rope.concat(rope[start:stop] for start, stop in itertools.pairwise(places))

    assert again == rope
    assert again.stored <= rope.stored


def test_five_gibibytes_of_zeros_cost_one_block() -> None:
    piece = bytes(MIB)
    rope = Rope.join(piece for _ in range(5120))

    assert len(rope) == 5 << 30
    assert rope.stored <= RUN_BLOCK_BYTES
    assert len(rope.extents) == 1
    assert bytes(rope[3 << 30 : (3 << 30) + 3]) == b"\0\0\0"


def test_a_block_sent_over_and_over_is_stored_once_however_it_was_cut_up() -> None:
    block = bytes(range(256)) * 256
    sent = block * 100
    cut = [sent[at : at + 100_003] for at in range(0, len(sent), 100_003)]

    rope = Rope.join(cut)

    assert rope.stored <= 2 * RUN_BLOCK_BYTES + 100_003
    assert bytes(rope) == sent


def test_pieces_that_could_still_change_are_copied() -> None:
    buffer = bytearray(b"abc")
    rope = Rope.of(buffer, memoryview(buffer))
    buffer[:] = b"xyz"

    assert bytes(rope) == b"abcabc"


def test_a_slow_sender_makes_few_extents() -> None:
    rope = Rope.join([bytes([number % 256]) for number in range(10_000)])

    assert len(rope.extents) == 1


def test_slices_share_the_bytes_they_are_cut_from() -> None:
    piece = hashlib.sha512(b"seed").digest() * 1000
    rope = Rope.of(piece)

    assert rope[10:20].extents[0].block is rope.extents[0].block
    assert rope[:] is rope
    assert rope[5:5] is EMPTY


def test_nothing_is_empty() -> None:
    assert not EMPTY.size
    assert bytes(EMPTY) == b""
    assert Rope.of(b"", b"") == EMPTY == Rope.repeat(b"", 0)
    assert EMPTY.digest("sha256") == hashlib.sha256().digest()


def test_its_name_says_what_it_holds() -> None:
    assert repr(Rope.repeat(b"ab", 1000)) == "<Rope of 1000 bytes in 1 extents, 2 stored>"


@pytest.mark.parametrize("size", [2 * MIB, 2 * MIB + 1, 3 * MIB - 5])
def test_digests_of_long_runs_are_those_of_their_bytes(size: int) -> None:
    rope = Rope.repeat(b"frame" * 1000, size)

    assert rope.digest("sha256") == hashlib.sha256(bytes(rope)).digest()
    assert rope == Rope.of(bytes(rope))
