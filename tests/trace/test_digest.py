"""The digest is equal exactly when the stories are: every field counts, and batches do not."""

from hypothesis import given
from hypothesis import strategies as st

from simulator.trace import Event, Recorder, recorder
from simulator.trace.digest import ABSORB_WHOLE_BYTES_MAX, canonical, checksum
from tests.support.traces import recorded, stories, texts, values

# Stated, not computed: it must be the same on every Python version and machine.
KNOWN = [
    Event(1, 0, "worker", "net.send", {"conn": "a-b", "bytes": 3, "ratio": 0.1, "big": 2**70}),
    Event(2, 5, "worker", "net.eof", {"b": [None, True], "a": "é\n"}, 1),
]
KNOWN_DIGEST = "251bdab78d24c0cfe92280ff77f3c345"


def test_the_digest_of_a_known_story_is_a_known_number() -> None:
    assert recorded(KNOWN).digest == KNOWN_DIGEST


@given(stories(), st.integers(1, 5))
def test_where_batches_are_cut_does_not_matter(events: list[Event], every: int) -> None:
    whole = recorded(events).digest
    cut = Recorder()
    for event in events:
        cut.emit(event.at_ns, event.host, event.kind, event.fields, event.cause)
        if event.seq % every == 0:
            cut.flush()

    assert cut.digest == whole


@given(stories(events_max=5), st.data())
def test_every_part_of_an_event_counts(events: list[Event], data: st.DataObject) -> None:
    base = Event(len(events) + 1, 10**14, "worker", "net.send", {"bytes": 1}, None)
    name = data.draw(st.sampled_from(["at_ns", "host", "kind", "fields", "cause"]))
    other = {
        "at_ns": st.integers(10**14 + 1, 10**15),
        "host": texts.filter(lambda text: text != "worker"),
        "kind": st.sampled_from(["net.eof", "net.sent"]),
        "fields": st.dictionaries(texts, values).filter(lambda f: canonical.encode(f) != b'{"bytes":1}'),
        "cause": st.integers(1, 5),
    }
    parts = {part: getattr(base, part) for part in base.__struct_fields__} | {name: data.draw(other[name])}

    assert recorded([*events, Event(**parts)]).digest != recorded([*events, base]).digest


def test_the_order_in_which_fields_were_given_does_not_matter() -> None:
    one, other = Recorder(), Recorder()
    one.emit(0, "", "net.send", {"a": 1, "b": 2})
    other.emit(0, "", "net.send", {"b": 2, "a": 1})

    assert one.digest == other.digest


def test_absorbed_bytes_count_with_their_label_and_their_place() -> None:
    def digest(*steps: tuple[str, bytes] | None) -> str:
        told = Recorder()
        for step in steps:
            if step is None:
                told.emit(0, "", "net.send", {})
            else:
                told.absorb(*step)
        return told.digest

    digests = [
        digest(None),
        digest(None, ("clock", b"1")),
        digest(("clock", b"1"), None),
        digest(None, ("clock", b"2")),
        digest(None, ("uuid", b"1")),
        digest(None, ("clock", b"1"), ("clock", b"1")),
        digest(None, ("clock", b"11")),
    ]

    assert len(set(digests)) == len(digests)


def test_absorbing_does_not_depend_on_batches_either() -> None:
    one, other = Recorder(), Recorder()
    for place in range(3 * recorder.BATCH_EVENTS + 7):
        for told in (one, other):
            told.absorb("clock", b"%d" % place)
        if place % 1000 == 0:
            other.flush()

    assert one.digest == other.digest


def test_a_long_value_is_absorbed_by_its_checksum() -> None:
    long = bytes(ABSORB_WHOLE_BYTES_MAX + 1)
    digests = set()
    for data in (long, long[:-1] + b"\x01", long + b"\0", long[1:]):
        told = Recorder()
        told.absorb("payload", data)
        digests.add(told.digest)

    assert len(digests) == 4


def test_an_absorbed_buffer_may_change_afterwards() -> None:
    buffer = bytearray(b"before")
    one, other = Recorder(), Recorder()
    one.absorb("payload", buffer)
    other.absorb("payload", b"before")
    buffer[:] = b"after!"

    assert one.digest == other.digest


def test_a_checksum_is_the_same_for_any_kind_of_bytes() -> None:
    assert checksum(b"abc") == checksum(bytearray(b"abc")) == checksum(memoryview(b"abc"))
