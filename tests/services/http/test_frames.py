"""Frames of websockets are read as RFC 6455 says, however their bytes are cut, and what breaks its rules is refused."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.services.http.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Broken,
    Frames,
    Message,
    accept,
    close_frame,
    frame,
    masking,
)  # fmt: skip

MASK = b"\x37\xfa\x21\x3d"


def sent(kind: int, payload: bytes, *, final: bool = True) -> bytes:
    return frame(kind, payload, final=final, mask=MASK)


def read(parts: Iterable[bytes], **limits: int) -> list[Message]:
    frames = Frames(**limits)
    return [message for part in parts for message in frames.read(part)]


def broken(data: bytes, **limits: int) -> tuple[int, str]:
    with pytest.raises(Broken) as caught:
        read([data], **limits)
    return caught.value.code, str(caught.value)


def test_the_example_of_the_rfc() -> None:
    assert read([bytes.fromhex("818537fa213d7f9f4d5158")]) == [Message(TEXT, "Hello")]
    assert frame(TEXT, b"Hello") == bytes.fromhex("810548656c6c6f")
    assert accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.mark.parametrize("key", ["", "short", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25j", "\xe9" * 24])
def test_what_is_no_key_is_not_accepted(key: str) -> None:
    assert accept(key) is None


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, 200_000])
def test_lengths_are_written_in_their_three_forms(size: int) -> None:
    payload = bytes(range(256)) * (size // 256) + b"x" * (size % 256)

    assert read([sent(BINARY, payload)]) == [Message(BINARY, payload)]


@given(st.binary(max_size=70), st.binary(min_size=4, max_size=4))
def test_a_mask_put_on_twice_is_off_again(payload: bytes, mask: bytes) -> None:
    masked = masking(payload, mask)

    assert masked == bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
    assert masking(masked, mask) == payload


texts = st.text(max_size=40)


@given(st.lists(st.tuples(texts | st.binary(max_size=300), st.integers(1, 5)), max_size=5), st.data())
def test_messages_are_read_however_they_are_fragmented_and_cut(
    messages: list[tuple[str | bytes, int]], data: st.DataObject
) -> None:
    stream, expected = b"", []
    for message, fragments in messages:
        kind, payload = (TEXT, message.encode()) if isinstance(message, str) else (BINARY, message)
        step = len(payload) // fragments + 1
        starts = range(0, max(len(payload), 1), step)
        for start in starts:
            first, last = start == 0, start == starts[-1]
            stream += sent(kind if first else CONTINUATION, payload[start : start + step], final=last)
            if not last and data.draw(st.booleans()):
                stream += sent(PING, b"between")
                expected.append(Message(PING, b"between"))
        expected.append(Message(kind, message))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))

    parts = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert read(parts) == expected
    assert read(stream[at : at + 1] for at in range(len(stream))) == expected


def test_a_letter_may_be_cut_by_fragments_but_not_by_the_end() -> None:
    assert read([sent(TEXT, b"\xc3", final=False) + sent(CONTINUATION, b"\xa9")]) == [Message(TEXT, "é")]
    assert broken(sent(TEXT, b"a\xc3"))[0] == 1007


def test_text_that_is_wrong_is_refused_before_its_end() -> None:
    assert broken(sent(TEXT, b"a\xff", final=False)) == (1007, "text that is not UTF-8")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (sent(CLOSE, b""), Message(CLOSE, "", 1005)),
        (sent(CLOSE, b"\x03\xe8bye"), Message(CLOSE, "bye", 1000)),
        (sent(CLOSE, b"\x0f\xa0"), Message(CLOSE, "", 4000)),
    ],
)
def test_a_close_says_why_and_ends_the_reading(data: bytes, message: Message) -> None:
    assert read([data + sent(TEXT, b"after")]) == [message]


BREACHES = {
    "not masked": (frame(TEXT, b"a"), 1002),
    "a reserved bit": (b"\xc1" + sent(TEXT, b"a")[1:], 1002),
    "an unknown kind of data": (sent(0x3, b"a"), 1002),
    "an unknown kind of control": (sent(0xB, b""), 1002),
    "a long ping": (sent(PING, b"x" * 126), 1002),
    "a fragmented ping": (sent(PING, b"", final=False), 1002),
    "a fragmented close": (sent(CLOSE, b"", final=False), 1002),
    "a continuation of nothing": (sent(CONTINUATION, b"a"), 1002),
    "a message within another": (sent(TEXT, b"a", final=False) + sent(BINARY, b"b"), 1002),
    "a length longer than needed": (b"\x82\xfe\x00\x05" + MASK + b"hello", 1002),
    "a length much longer than needed": (b"\x82\xff" + b"\0" * 7 + b"\x05" + MASK + b"hello", 1002),
    "a negative length": (b"\x82\xff" + b"\xff" * 8 + MASK, 1002),
    "text that is not UTF-8": (sent(TEXT, b"\xed\xa0\x80"), 1007),
    "a close of one byte": (sent(CLOSE, b"\x03"), 1002),
    "a close with code 1005": (sent(CLOSE, b"\x03\xed"), 1002),
    "a close with code 999": (sent(CLOSE, b"\x03\xe7"), 1002),
    "a reason that is not UTF-8": (sent(CLOSE, b"\x03\xe8\xff"), 1007),
}


@pytest.mark.parametrize("breach", BREACHES)
def test_a_breach_of_the_protocol_is_refused(breach: str) -> None:
    data, code = BREACHES[breach]

    assert broken(data)[0] == code


def test_a_message_that_is_too_long_is_refused_from_its_first_bytes() -> None:
    head = b"\x82\xff" + (101).to_bytes(8)
    assert broken(b"\x82\xfe\x00\xc8", message_bytes_max=100)[0] == 1009
    assert (
        broken(sent(BINARY, b"x" * 60, final=False) + sent(CONTINUATION, b"x" * 60), message_bytes_max=100)[0] == 1009
    )
    assert broken(head, message_bytes_max=100)[0] == 1002, "shorter than 64 KiB is not written so"


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(noise: bytes) -> None:
    try:
        outcome = len(read([noise]))
    except Broken as breach:
        outcome = breach.code

    assert outcome >= 0


@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [
        (1000, "", b"\x88\x02\x03\xe8"),
        (1006, "", b"\x88\x00"),
        (4001, "because", b"\x88\x09\x0f\xa1because"),
        (1000, "é" * 100, b"\x88\x7c\x03\xe8" + "é".encode() * 61),
    ],
)
def test_a_close_is_written_with_its_code_if_it_may_be_sent(code: int, reason: str, expected: bytes) -> None:
    assert close_frame(code, reason) == expected


def test_a_pong_carries_what_the_ping_did() -> None:
    assert read([sent(PONG, b"data")]) == [Message(PONG, b"data")]
