"""Extents hold what was written where, give back what they replaced, and copy nothing that they need not."""

from hypothesis import given
from hypothesis import strategies as st

from simulator.world.disk.extents import Extents
from simulator.world.disk.pattern import Repeated, Seeded

AT = st.integers(0, 300)
writes = st.tuples(st.just("write"), AT, st.binary(min_size=1, max_size=90))
patterns = st.tuples(st.just("pattern"), AT, st.integers(1, 120))
cuts = st.tuples(st.just("cut"), AT, st.integers(0, 200))
truncations = st.tuples(st.just("truncate"), AT, st.just(0))
steps = st.lists(st.one_of(writes, writes, patterns, cuts, truncations), max_size=30)
PATTERN = Seeded(b"x")


def apply(extents: Extents, plain: bytearray, step: tuple[str, int, bytes | int]) -> None:
    """Do one step to both; a step that reaches beyond the end stretches a file with zeros."""
    kind, at, what = step
    if kind == "truncate":
        extents.truncate(at)
        plain[:] = plain[:at].ljust(at, b"\0")
        return
    if kind == "cut":
        assert isinstance(what, int)
        extents.cut(at, at + what)
        overlap = plain[at : at + what]
        plain[at : at + len(overlap)] = bytes(len(overlap))
        return
    data = what if isinstance(what, bytes) else PATTERN.read(at, what)
    plain[:] = plain.ljust(at + len(data), b"\0")
    plain[at : at + len(data)] = data
    if isinstance(what, bytes):
        extents.write(at, what)
    else:
        extents.cut(at, at + what)
        extents.put([(at, at + what, PATTERN, at)])
        extents.size = max(extents.size, at + what)


@given(steps)
def test_content_is_what_a_plain_array_of_bytes_would_hold(drawn: list[tuple[str, int, bytes | int]]) -> None:
    extents, plain = Extents(), bytearray()

    for step in drawn:
        apply(extents, plain, step)

    assert extents.size == len(plain)
    assert extents.read(0, 1000) == plain
    assert all(extents.read(at, 37) == plain[at : at + 37] for at in range(0, 400, 23))


@given(steps, AT, st.binary(min_size=1, max_size=90))
def test_a_write_can_be_undone_and_done_again(drawn: list[tuple[str, int, bytes | int]], at: int, data: bytes) -> None:
    extents, plain = Extents(), bytearray()
    for step in drawn:
        apply(extents, plain, step)
    size = extents.size

    piece, before = extents.write(at, data)
    after = extents.read(0, 1000)
    extents.cut(at, at + len(data))
    extents.put(before)
    extents.size = size
    undone = extents.read(0, 1000)
    extents.cut(at, at + len(data))
    extents.put((piece,))
    extents.size = max(size, at + len(data))

    assert undone == plain
    assert extents.read(0, 1000) == after


@given(steps)
def test_holes_and_data_are_found_where_they_are(drawn: list[tuple[str, int, bytes | int]]) -> None:
    extents, plain = Extents(), bytearray()
    for step in drawn:
        apply(extents, plain, step)
    covered = {offset for start, end, _, _ in extents.pieces for offset in range(start, end)}

    for at in range(extents.size):
        data = next((offset for offset in range(at, extents.size) if offset in covered), None)
        hole = next((offset for offset in range(at, extents.size) if offset not in covered), extents.size)
        assert extents.next_data(at, 1) == data
        assert extents.next_hole(at, 1) == hole


def test_small_appends_share_a_buffer_and_large_writes_are_kept_as_they_are() -> None:
    extents, large = Extents(), b"x" * 100_000

    for number in range(1000):
        extents.write(number * 10, b"0123456789")
    extents.write(10_000, large)

    assert len(extents.pieces) == 2
    assert extents.pieces[1][2] is large
    assert extents.read(10_000, 100_000) is large


def test_a_copy_shares_the_bytes_and_not_their_future() -> None:
    source, target = Extents(), Extents()
    source.write(0, b"abc")
    target.put(source.slice(0, 3, 10))
    target.size = 13

    source.write(3, b"def")
    target.write(13, b"xyz")

    assert (source.read(0, 9), target.read(10, 9)) == (b"abcdef", b"abcxyz")


def test_a_pattern_is_the_same_from_wherever_it_is_read() -> None:
    for pattern in (Seeded(b"film"), Repeated(b"abcde")):
        whole = pattern.read(65_000, 2_000)
        assert whole == b"".join(pattern.read(at, 100) for at in range(65_000, 67_000, 100))
        assert len(pattern.read(1 << 50, 7)) == 7
    assert Seeded(b"a").read(0, 16) != Seeded(b"b").read(0, 16)
