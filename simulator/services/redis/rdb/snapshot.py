"""snapshot: a whole RDB file: what every database holds, and the libraries of functions."""

import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from simulator.services.redis.rdb.crc64 import crc64
from simulator.services.redis.rdb.dump import VERSION, dump
from simulator.services.redis.rdb.lzf import BadData
from simulator.services.redis.rdb.primitive import Source, length, string
from simulator.services.redis.rdb.restore import restore

if TYPE_CHECKING:
    from simulator.services.redis.keyspace import Keyspace

FUNCTION, MODULE_AUX, IDLE, FREQ, AUX, RESIZE, EXPIRE_MS, EXPIRE_S, SELECT, END = (
    245, 247, 248, 249, 250, 251, 252, 253, 254, 255,
)  # fmt: skip
CHECKSUM_BYTES_MAX: Final = 64 << 20  # larger files are written without a checksum, as rdbchecksum no would


def written(keyspace: "Keyspace", libraries: list[bytes], *, aux: dict[str, str], checksum: bool = True) -> bytes:
    """Return the file."""
    parts = [b"REDIS%04d" % VERSION]
    for name, text in aux.items():
        parts += [bytes([AUX]), string(name.encode()), string(text.encode())]
    parts += [bytes([FUNCTION]) + string(code) for code in libraries]
    for database in keyspace.databases:
        if len(database.data):
            parts.append(bytes([SELECT]) + length(database.index))
            parts.append(bytes([RESIZE]) + length(len(database.data)) + length(len(database.expires)))
            for key, value in database.data.items():
                when_ms = database.expires.get(key)
                if when_ms is not None:
                    parts.append(bytes([EXPIRE_MS]) + struct.pack("<q", when_ms))
                kind, body = dump(value)
                parts += [bytes([kind]), string(key), body]
    parts.append(bytes([END]))
    data = b"".join(parts)
    sum_ = crc64(data) if checksum and len(data) <= CHECKSUM_BYTES_MAX else 0
    return data + struct.pack("<Q", sum_)


class Entry:
    """One key of a file."""

    __slots__ = ("database", "key", "value", "expires_at_ms")

    def __init__(self, database: int, key: bytes, value: Any, expires_at_ms: int | None) -> None:
        self.database, self.key, self.value, self.expires_at_ms = database, key, value, expires_at_ms


def read(data: bytes, limits: Any) -> Iterator[Entry | bytes]:
    """Yield the keys of a file, and the texts of its libraries; raises `BadData`."""
    end = check(data)
    source = Source(data, 9)
    database, when_ms = 0, None
    while True:
        code = source.byte()
        if code == END:
            break
        if code == SELECT:
            database = source.length()
        elif code == RESIZE:
            source.length()
            source.length()
        elif code == AUX:
            source.string()
            source.string()
        elif code == EXPIRE_MS:
            when_ms = source.integer("<q")
        elif code == EXPIRE_S:
            when_ms = source.integer("<i") * 1000
        elif code == IDLE:
            source.length()
        elif code == FREQ:
            source.byte()
        elif code == FUNCTION:
            yield source.string()
        elif code == MODULE_AUX:
            raise BadData("data of a module")
        else:
            key = source.string()
            yield Entry(database, key, restore(code, source, limits), when_ms)
            when_ms = None
    assert source.at <= end


def check(data: bytes) -> int:
    """See to head and checksum; returns where the content ends."""
    if len(data) < 18 or not data.startswith(b"REDIS") or not data[5:9].isdigit():
        raise BadData("no RDB file")
    version = int(data[5:9])
    if not 1 <= version <= VERSION:
        raise BadData(f"version {version} of the format, not 1 to {VERSION}")
    if version < 5:
        return len(data)
    expected = struct.unpack("<Q", data[-8:])[0]
    if expected and crc64(data[:-8]) != expected:
        raise BadData("the checksum is wrong")
    return len(data) - 8
