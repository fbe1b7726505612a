"""crc64: the checksum of RDB files and DUMP payloads (Jones' polynomial, reflected, no final xor)."""

from typing import Final

_POLYNOMIAL: Final = 0x95AC9329AC4BC9B5
_SLICES: Final = 8


def _tables() -> list[list[int]]:
    first = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ (_POLYNOMIAL if crc & 1 else 0)
        first.append(crc)
    tables = [first]
    for _ in range(_SLICES - 1):
        tables.append([(crc >> 8) ^ first[crc & 0xFF] for crc in tables[-1]])
    return tables


_TABLES: list[list[int]] = []


def crc64(data: bytes, crc: int = 0) -> int:
    """Return the checksum of `data` after what `crc` stands for."""
    if not _TABLES:
        _TABLES.extend(_tables())
    t0, t1, t2, t3, t4, t5, t6, t7 = _TABLES
    whole = len(data) // 8 * 8
    for at in range(0, whole, 8):
        crc ^= int.from_bytes(data[at : at + 8], "little")
        crc = (
            t7[crc & 0xFF] ^ t6[crc >> 8 & 0xFF] ^ t5[crc >> 16 & 0xFF] ^ t4[crc >> 24 & 0xFF]
            ^ t3[crc >> 32 & 0xFF] ^ t2[crc >> 40 & 0xFF] ^ t1[crc >> 48 & 0xFF] ^ t0[crc >> 56]
        )  # fmt: skip
    for byte in data[whole:]:
        crc = (crc >> 8) ^ t0[(crc ^ byte) & 0xFF]
    return crc
