"""Protocol: commands from the bytes that a client sends, as RESP arrays or as lines (inline commands).

The parser is incremental and owns no socket. It yields one command after another, so that what came before broken
input is carried out first; broken input raises `Broken` with Redis' own words, after which the connection is to be
closed. Bytes after a bulk string are skipped unseen where CR LF belongs, as Redis does.
"""

from typing import Final

from simulator.services.redis.numerals import as_integer

INLINE_MAX: Final = 64 * 1024  # Redis' PROTO_INLINE_MAX_SIZE: a line longer than this is no line
MULTIBULK_MAX: Final = 2**31 - 1
UNAUTHENTICATED_ARGS_MAX: Final = 10
UNAUTHENTICATED_BULK_MAX: Final = 16384
_SMALL: Final = 4096

# The lengths that nearly all requests consist of, spelt as they come.
_COUNTS: Final = {b"*%d" % n: n for n in range(1, 257)}
_LENGTHS: Final = {b"$%d" % n: n for n in range(_SMALL)}


class Broken(Exception):
    """What came is not RESP; the text is what Redis says before it hangs up."""


class Parser:
    """Turns bytes into commands."""

    def __init__(self, *, bulk_max: int = 512 * 1024 * 1024, buffer_max: int = 1024**3) -> None:
        self.bulk_max, self.buffer_max = bulk_max, buffer_max
        self.authenticated = True
        """Set to false to grant strangers short requests only."""
        self._buffer = b""
        self._at = 0
        self._args: list[bytes] = []
        self._missing = 0  # arguments of the array that has begun
        self._length = -1  # of the bulk string that has begun
        self._pieces: list[bytes] | None = None  # a long bulk string as it arrives, never joined before its end
        self._have = 0
        self._argument_bytes = 0

    @property
    def pending(self) -> int:
        """How many bytes are kept that are no whole command yet."""
        return len(self._buffer) - self._at + self._have + self._argument_bytes

    def feed(self, data: bytes) -> None:
        """Take what arrived."""
        if self._pieces is not None:
            self._pieces.append(data)
            self._have += len(data)
            if self._have >= self._length + 2:
                self._buffer, self._at = b"".join(self._pieces), 0
                self._pieces, self._have = None, 0
        elif self._at >= len(self._buffer):
            self._buffer, self._at = data, 0
        else:
            self._buffer, self._at = self._buffer[self._at :] + data, 0

    @property
    def overflows(self) -> bool:
        """Whether more is kept than client-query-buffer-limit allows."""
        return self.pending > self.buffer_max

    def next(self) -> list[bytes] | None:
        """Return the next command, or None until more bytes come; raise `Broken` where none can come any more."""
        while self._pieces is None:
            if self._missing:
                return self._rest_of_array()
            buffer, at = self._buffer, self._at
            if at >= len(buffer):
                return None
            if buffer[at] != 42:  # *
                line = self._inline()
                if line is None or line:
                    return line
                continue
            end = buffer.find(b"\r", at)
            if end < 0 or end + 2 > len(buffer):
                if end < 0 and len(buffer) - at > INLINE_MAX:
                    raise Broken("too big mbulk count string")
                return None
            count = _COUNTS.get(buffer[at:end])
            if count is None or not self.authenticated:
                count = self._count(buffer[at + 1 : end])
            self._at = end + 2
            if count > 0:
                self._missing = count
        return None

    def _count(self, raw: bytes) -> int:
        count = as_integer(raw)
        if count is None or count > MULTIBULK_MAX:
            raise Broken("invalid multibulk length")
        if count > UNAUTHENTICATED_ARGS_MAX and not self.authenticated:
            raise Broken("unauthenticated multibulk length")
        return count

    def _rest_of_array(self) -> list[bytes] | None:
        """Read bulk strings until the array is whole."""
        buffer, at, args, missing, length = self._buffer, self._at, self._args, self._missing, self._length
        size = len(buffer)
        while missing:
            if length < 0:
                end = buffer.find(b"\r", at)
                if end < 0 or end + 2 > size:
                    self._at, self._missing, self._length = at, missing, -1
                    if end < 0 and size - at > INLINE_MAX:
                        raise Broken("too big bulk count string")
                    return None
                header = buffer[at:end]
                known = _LENGTHS.get(header)
                length = self._bulk_length(header) if known is None else known
                at = end + 2
            stop = at + length
            if stop + 2 > size:
                self._at, self._missing, self._length = at, missing, length
                if length >= _SMALL:
                    self._pieces, self._have = [buffer[at:]], size - at
                    self._buffer, self._at = b"", 0
                return None
            args.append(buffer[at:stop])
            self._argument_bytes += length
            at = stop + 2
            missing -= 1
            length = -1
        self._at, self._missing, self._length, self._args, self._argument_bytes = at, 0, -1, [], 0
        return args

    def _bulk_length(self, header: bytes) -> int:
        if header[:1] != b"$":
            raise Broken(f"expected '$', got '{chr(header[0]) if header else chr(13)}'")
        length = as_integer(header[1:])
        if length is None or not 0 <= length <= self.bulk_max:
            raise Broken("invalid bulk length")
        if length > UNAUTHENTICATED_BULK_MAX and not self.authenticated:
            raise Broken("unauthenticated bulk length")
        return length

    def _inline(self) -> list[bytes] | None:
        """Read a line; an empty one is an empty list, a line without its end None."""
        end = self._buffer.find(b"\n", self._at)
        if end < 0:
            if len(self._buffer) - self._at > INLINE_MAX:
                raise Broken("too big inline request")
            return None
        line = self._buffer[self._at : end].removesuffix(b"\r")
        self._at = end + 1
        words = split_words(line)
        if words is None:
            raise Broken("unbalanced quotes in request")
        return words


_ESCAPES: Final = {ord("n"): b"\n", ord("r"): b"\r", ord("t"): b"\t", ord("b"): b"\b", ord("a"): b"\a"}
_HEX: Final = b"0123456789abcdefABCDEF"
_BLANK: Final = b" \n\r\t\v\f\0"


def split_words(line: bytes) -> list[bytes] | None:
    """Split a line into words with Redis' quoting rules; None where quotes are unbalanced."""
    words, at = list[bytes](), 0
    while True:
        while at < len(line) and line[at] in _BLANK:
            at += 1
        if at >= len(line) or line[at] == 0:
            return words
        word, quote = bytearray(), 0
        while at < len(line):
            char = line[at]
            if quote:
                if char == quote:
                    if at + 1 < len(line) and line[at + 1] not in _BLANK:
                        return None
                    quote, at = 0, at + 1
                    break
                piece, at = _quoted(line, at, quote)
                word += piece
            elif char in _BLANK:
                break
            elif char in b"\"'":
                quote, at = char, at + 1
                if at >= len(line):
                    return None
            else:
                word.append(char)
                at += 1
        if quote:
            return None
        words.append(bytes(word))


def _quoted(line: bytes, at: int, quote: int) -> tuple[bytes, int]:
    """Return what stands at `at` between quotes, and where the next begins."""
    if line[at] != 92 or at + 1 >= len(line):
        return line[at : at + 1], at + 1
    after = line[at + 1]
    if quote == ord("'"):
        return (b"'", at + 2) if after == ord("'") else (b"\\", at + 1)
    if after == ord("x") and at + 3 < len(line) and line[at + 2] in _HEX and line[at + 3] in _HEX:
        return bytes([int(line[at + 2 : at + 4], 16)]), at + 4
    return _ESCAPES.get(after, line[at + 1 : at + 2]), at + 2
