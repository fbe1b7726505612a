"""Frames: the websocket protocol (RFC 6455) as a server speaks it; bytes in, messages out, no I/O.

Strict: clients mask, servers do not; no extension is agreed, so no reserved bit is set; control frames are short and
whole; text is UTF-8; lengths are written as short as they can be. What breaks a rule raises `Broken`, with the code
that the close frame carries.
"""

import base64
import hashlib
from codecs import getincrementaldecoder
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

CONTINUATION: Final = 0x0
TEXT: Final = 0x1
BINARY: Final = 0x2
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA

NORMAL: Final = 1000
GOING_AWAY: Final = 1001
PROTOCOL_ERROR: Final = 1002
NO_STATUS: Final = 1005
ABNORMAL: Final = 1006
BAD_DATA: Final = 1007
TOO_BIG: Final = 1009
INTERNAL_ERROR: Final = 1011

_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_KNOWN: Final = frozenset({CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG})
_CODES_SENT: Final = frozenset({1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014})
_CONTROL_BYTES_MAX: Final = 125
_Decoder = getincrementaldecoder("utf-8")


class Broken(Exception):
    """The peer broke the protocol; `code` says how, in the words of RFC 6455, 7.4."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Message:
    """What came: text, bytes, or a control frame (`kind` is the opcode; a close has a code, its text is the reason)."""

    kind: int
    data: str | bytes = b""
    code: int = 0


def accept(key: str) -> str | None:
    """What a handshake's key is answered with; None when it is no key."""
    try:
        if len(base64.b64decode(key, validate=True)) != 16:
            return None
    except ValueError:
        return None
    return base64.b64encode(hashlib.sha1(key.encode() + _GUID, usedforsecurity=False).digest()).decode()


def frame(kind: int, payload: bytes, *, final: bool = True, mask: bytes = b"") -> bytes:
    """One frame; clients give a mask of four bytes."""
    first = bytes([kind | (0x80 if final else 0)])
    masked, size = (0x80 if mask else 0), len(payload)
    if size <= 125:
        length = bytes([masked | size])
    elif size < 1 << 16:
        length = bytes([masked | 126]) + size.to_bytes(2)
    else:
        length = bytes([masked | 127]) + size.to_bytes(8)
    return first + length + mask + (masking(payload, mask) if mask else payload)


def close_frame(code: int, reason: str = "") -> bytes:
    """A good-bye; codes that are never sent make one without a code."""
    if code not in _CODES_SENT and not 3000 <= code <= 4999:
        return frame(CLOSE, b"")
    said = reason.encode()[: _CONTROL_BYTES_MAX - 2].decode(errors="ignore").encode()
    return frame(CLOSE, code.to_bytes(2) + said)


def masking(payload: bytes, mask: bytes) -> bytes:
    """Put a mask on, or take it off."""
    size = len(payload)
    if not size:
        return payload
    stream = mask * (size // 4 + 1)
    return (int.from_bytes(payload) ^ int.from_bytes(stream[:size])).to_bytes(size)


class Frames:
    """Reads what one client sends."""

    def __init__(self, *, message_bytes_max: int = 1 << 20) -> None:
        self._message_bytes_max = message_bytes_max
        self._buffer = bytearray()
        self._kind = 0
        """The opcode of the message whose frames are being read; 0 between messages."""
        self._parts: list[bytes] = []
        self._texts: list[str] = []
        self._size = 0
        self._decoder = _Decoder()
        self._closed = False

    def read(self, data: bytes) -> Iterator[Message]:
        """The messages that are whole with these bytes; nothing is read after a close."""
        self._buffer += data
        while not self._closed and (found := self._frame()) is not None:
            final, kind, payload = found
            message = self._control(kind, payload) if kind >= CLOSE else self._data(final, kind, payload)
            if message is not None:
                yield message

    def _frame(self) -> tuple[bool, int, bytes] | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        first, second = buffer[0], buffer[1]
        final, kind, size = bool(first & 0x80), first & 0x0F, second & 0x7F
        if first & 0x70:
            raise Broken(PROTOCOL_ERROR, "a reserved bit is set, and no extension was agreed")
        if kind not in _KNOWN:
            raise Broken(PROTOCOL_ERROR, f"unknown opcode {kind}")
        if not second & 0x80:
            raise Broken(PROTOCOL_ERROR, "a client's frame is not masked")
        if kind >= CLOSE and (not final or size > _CONTROL_BYTES_MAX):
            raise Broken(PROTOCOL_ERROR, "a control frame is fragmented or too long")
        start = 2
        if size >= 126:
            start = 4 if size == 126 else 10
            if len(buffer) < start:
                return None
            least = 126 if size == 126 else 1 << 16
            size = int.from_bytes(buffer[2:start])
            if size < least or size >> 63:
                raise Broken(PROTOCOL_ERROR, "a length is not written as short as it can be")
        if kind < CLOSE and self._size + size > self._message_bytes_max:
            raise Broken(TOO_BIG, f"a message is longer than {self._message_bytes_max} bytes (message_bytes_max)")
        end = start + 4 + size
        if len(buffer) < end:
            return None
        payload = masking(bytes(buffer[start + 4 : end]), bytes(buffer[start : start + 4]))
        del buffer[:end]
        return final, kind, payload

    def _data(self, final: bool, kind: int, payload: bytes) -> Message | None:
        if kind == CONTINUATION:
            if not self._kind:
                raise Broken(PROTOCOL_ERROR, "a continuation of nothing")
        elif self._kind:
            raise Broken(PROTOCOL_ERROR, "a new message within another")
        else:
            self._kind = kind
        self._size += len(payload)
        if self._kind == TEXT:
            try:
                self._texts.append(self._decoder.decode(payload, final))
            except UnicodeDecodeError:
                raise Broken(BAD_DATA, "text that is not UTF-8") from None
        else:
            self._parts.append(payload)
        if not final:
            return None
        data = "".join(self._texts) if self._kind == TEXT else b"".join(self._parts)
        message = Message(self._kind, data)
        self._kind = self._size = 0
        self._parts, self._texts = [], []
        return message

    def _control(self, kind: int, payload: bytes) -> Message:
        if kind != CLOSE:
            return Message(kind, payload)
        self._closed = True
        if not payload:
            return Message(CLOSE, "", NO_STATUS)
        code = int.from_bytes(payload[:2])
        if len(payload) == 1 or (code not in _CODES_SENT and not 3000 <= code <= 4999):
            raise Broken(PROTOCOL_ERROR, "a close with a code that is never sent")
        try:
            return Message(CLOSE, payload[2:].decode(), code)
        except UnicodeDecodeError:
            raise Broken(BAD_DATA, "a reason that is not UTF-8") from None
