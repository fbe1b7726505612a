"""CRCs are right, however the text comes and however it is computed: by tables, by joining, by runs."""

import zlib
from functools import reduce
from operator import xor
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.services.rope import Extent, Rope
from simulator.services.s3.crc import CRC32, CRC32C, CRC64NVME, Crc
from simulator.services.s3.folding import MULTIPLES

ALL = [CRC32, CRC32C, CRC64NVME]


@pytest.mark.parametrize(("crc", "value"), [(CRC32, 0xCBF43926), (CRC32C, 0xE3069283), (CRC64NVME, 0xAE8B14860A799888)])
def test_the_check_value_of_the_catalogue(crc: Crc, value: int) -> None:
    assert crc.of(Rope.of(b"123456789")) == value


def test_the_tables_agree_with_zlib() -> None:
    text = bytes(range(256)) * 600

    assert Crc("tables", 32, 0xEDB88320).of(Rope.of(text)) == zlib.crc32(text)


@pytest.mark.parametrize("crc", ALL, ids=lambda crc: crc.name)
@given(left=st.binary(max_size=50), right=st.binary(max_size=50))
def test_the_crc_of_two_texts_joined_follows_from_theirs(crc: Crc, left: bytes, right: bytes) -> None:
    joined = crc.combine(crc.of(Rope.of(left)), crc.of(Rope.of(right)), len(right))

    assert joined == crc.of(Rope.of(left + right))


@pytest.mark.parametrize("crc", ALL, ids=lambda crc: crc.name)
@given(block=st.binary(min_size=1, max_size=20), start=st.integers(0, 19), size=st.integers(1, 300))
def test_the_crc_of_a_run_is_that_of_its_bytes(crc: Crc, block: bytes, start: int, size: int) -> None:
    rope = Rope.repeat(block, start + size)[start:]

    assert crc.of(rope) == crc.of(Rope.of(bytes(rope)))


@pytest.mark.parametrize("crc", ALL, ids=lambda crc: crc.name)
@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 65_535, 65_536, 65_537, 300_001])
def test_long_texts_in_one_piece_or_in_many_have_one_crc(crc: Crc, size: int) -> None:
    text = (b"abcdefghijklmnopqrstuvwxyz0123456789#" * (size // 37 + 1))[:size]
    value = 0
    for at in range(0, size, 1000):
        value = crc.step(text[at : at + 1000], value)

    assert crc.step(text, 0) == value


def test_the_crc_of_five_gibibytes_of_zeros_takes_no_time() -> None:
    whole = CRC64NVME.of(Rope.repeat(bytes(4096), 5 << 30))
    half = CRC64NVME.of(Rope.repeat(bytes(4096), 5 << 29))

    assert whole == CRC64NVME.combine(half, half, 5 << 29)


@pytest.mark.parametrize("crc", [CRC32C, CRC64NVME], ids=lambda crc: crc.name)
@pytest.mark.parametrize("multiple", [0, 1, 2])
def test_every_sparse_multiple_is_a_multiple(crc: Crc, multiple: int) -> None:
    exponents = MULTIPLES[crc.name][multiple : multiple + 1]
    for row in exponents:
        remainders = [0] * len(row)
        power = 1
        for exponent in range(row[0] + 1):
            if exponent in row:
                remainders[row.index(exponent)] = power
            # Reflected to our order, the polynomial of the catalogue without its highest term.
            power = power << 1 ^ (natural(crc) if power >> (crc.bits - 1) else 0)
            power &= crc.mask

        assert list(row) == sorted(row, reverse=True)
        assert reduce(xor, remainders) == 0


def natural(crc: Crc) -> int:
    return int(f"{crc.polynomial:0{crc.bits}b}"[::-1], 2)


@pytest.mark.parametrize("crc", [CRC32C, CRC64NVME], ids=lambda crc: crc.name)
@settings(max_examples=60, deadline=None)
@given(size=st.integers(0, 300_000), before=st.binary(max_size=9), seed=st.integers(0, 999))
def test_a_folded_text_has_the_crc_that_the_tables_say(crc: Crc, size: int, before: bytes, seed: int) -> None:
    text = Random(seed).randbytes(size)
    tables = Crc("tables", crc.bits, crc.polynomial)

    assert crc.step(text, crc.step(before, 0)) == tables.step(text, tables.step(before, 0))


@pytest.mark.parametrize("crc", ALL, ids=lambda crc: crc.name)
@settings(max_examples=25, deadline=None)
@given(
    sizes=st.lists(st.sampled_from([1, 7, 4_000, 70_000, 300_000]), max_size=80),
    seed=st.integers(0, 999),
)
def test_many_pieces_have_the_crc_of_their_sum(crc: Crc, sizes: list[int], seed: int) -> None:
    chance = Random(seed)
    pieces = [chance.randbytes(size) for size in sizes]
    rope = Rope(tuple(Extent(piece, 0, len(piece)) for piece in pieces))

    assert crc.of(rope) == crc.step(b"".join(pieces), 0)
