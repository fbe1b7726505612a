"""Bits: numbers of any width out of a piece of coded video, as its standards write them."""


class Bits:
    """A cursor over bits; what lies behind the end reads as zero."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data)
        self.left = 8 * len(data)

    def take(self, count: int) -> int:
        """An unsigned number of so many bits."""
        self.left -= count
        value = self._value >> self.left if self.left >= 0 else self._value << -self.left
        return value & (1 << count) - 1

    def flag(self) -> bool:
        return bool(self.take(1))

    def golomb(self) -> int:
        """An unsigned number of no fixed width: as many zeros as it has bits behind its first one."""
        zeros = 0
        while zeros < 32 and self.left > 0 and not self.take(1):
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)

    def signed_golomb(self) -> int:
        value = self.golomb()
        return (value + 1) // 2 if value & 1 else -(value // 2)


def unescaped(unit: bytes) -> bytes:
    """A unit of H.264 or H.265 without the bytes that keep start codes out of it."""
    parts = unit.split(b"\0\0\3")
    return b"\0\0".join(parts)
