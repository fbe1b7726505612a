"""Geohashes: places on earth as numbers of 52 bits, near ones alike, and the search around a place.

Latitude and longitude are halved 26 times each, their bits in turn; a shorter number is a larger cell. A search looks
into the cell of its centre and the eight around it.
"""

from dataclasses import dataclass
from math import asin, cos, pi, sin, sqrt
from typing import Final

STEPS: Final = 26
BITS: Final = 52
LATITUDE_MAX: Final = 85.05112878
LONGITUDE_MAX: Final = 180.0
EARTH_METERS: Final = 6372797.560856
MERCATOR_MAX: Final = 20037726.37
ALPHABET: Final = b"0123456789bcdefghjkmnpqrstuvwxyz"
_RADIANS: Final = pi / 180.0
_X_BITS: Final = 0xAAAAAAAAAAAAAAAA
_Y_BITS: Final = 0x5555555555555555

Place = tuple[float, float]
"""Longitude and latitude in degrees."""
Cell = tuple[int, int]
"""The bits of a cell and how many steps it is deep."""
Area = tuple[float, float, float, float]
"""The least longitude and latitude of a cell, then the greatest."""


def encode(place: Place, steps: int = STEPS, latitude_max: float = LATITUDE_MAX) -> int:
    """The cell of a place."""
    longitude, latitude = place
    north = (latitude + latitude_max) / (latitude_max - -latitude_max)
    east = (longitude + LONGITUDE_MAX) / (LONGITUDE_MAX - -LONGITUDE_MAX)
    north *= 1 << steps
    east *= 1 << steps
    return _spread(int(north)) | _spread(int(east)) << 1


def _spread(number: int) -> int:
    """Put a zero between all bits."""
    number &= 0xFFFFFFFF
    for shift, mask in (
        *((16, 0x0000FFFF0000FFFF), (8, 0x00FF00FF00FF00FF), (4, 0x0F0F0F0F0F0F0F0F)),
        *((2, 0x3333333333333333), (1, 0x5555555555555555)),
    ):
        number = (number | number << shift) & mask
    return number


def _squeeze(number: int) -> int:
    """Take every other bit."""
    number &= _Y_BITS
    for shift, mask in (
        *((1, 0x3333333333333333), (2, 0x0F0F0F0F0F0F0F0F), (4, 0x00FF00FF00FF00FF)),
        *((8, 0x0000FFFF0000FFFF), (16, 0x00000000FFFFFFFF)),
    ):
        number = (number | number >> shift) & mask
    return number


def area(cell: Cell) -> Area:
    bits, steps = cell
    north, east = _squeeze(bits), _squeeze(bits >> 1)
    height, width = LATITUDE_MAX - -LATITUDE_MAX, LONGITUDE_MAX - -LONGITUDE_MAX
    size = 1 << steps
    return (
        -LONGITUDE_MAX + (east * 1.0 / size) * width,
        -LATITUDE_MAX + (north * 1.0 / size) * height,
        -LONGITUDE_MAX + ((east + 1) * 1.0 / size) * width,
        -LATITUDE_MAX + ((north + 1) * 1.0 / size) * height,
    )


def as_long(score: float) -> int:
    """A score as C makes a 64-bit integer of it; what does not fit becomes the lowest one."""
    return int(score) if -(2.0**63) <= score < 2.0**63 else -(1 << 63)


def _bits(score: float) -> int:
    """The same without a sign."""
    return (as_long(score) if score < 2.0**63 else as_long(score - 2.0**63) ^ 1 << 63) & (1 << 64) - 1


def decode(score: float) -> Place:
    """The middle of the cell that a score stands for, whoever put it there."""
    west, south, east, north = area((_bits(score), STEPS))
    longitude, latitude = (west + east) / 2, (south + north) / 2
    return min(max(longitude, -LONGITUDE_MAX), LONGITUDE_MAX), min(max(latitude, -LATITUDE_MAX), LATITUDE_MAX)


def text(score: float) -> bytes:
    """The eleven letters that others call a geohash, over the whole range of latitudes."""
    bits = encode(decode(score), latitude_max=90.0)
    letters = [ALPHABET[bits >> (BITS - 5 * place) & 31] for place in range(1, 11)]
    return bytes([*letters, ALPHABET[0]])


def distance(one: Place, other: Place) -> float:
    """Metres along a great circle."""
    north, east = one[1] * _RADIANS, one[0] * _RADIANS
    other_north, other_east = other[1] * _RADIANS, other[0] * _RADIANS
    v = sin((other_east - east) / 2)
    if v == 0.0:
        return latitude_distance(one[1], other[1])
    u = sin((other_north - north) / 2)
    return 2.0 * EARTH_METERS * asin(sqrt(u * u + cos(north) * cos(other_north) * v * v))


def latitude_distance(one: float, other: float) -> float:
    return EARTH_METERS * abs(other * _RADIANS - one * _RADIANS)


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A circle or a box around a place; lengths are in the caller's unit."""

    centre: Place
    meters: float
    """How long the unit is."""
    radius: float = 0.0
    width: float = 0.0
    height: float = 0.0
    is_box: bool = False

    def distance_within(self, place: Place) -> float | None:
        """How far a place within is from the centre, in metres; None if it is outside."""
        if not self.is_box:
            meters = distance(self.centre, place)
            return meters if meters <= self.radius * self.meters else None
        if latitude_distance(place[1], self.centre[1]) > self.height * self.meters / 2:
            return None
        if distance(place, (self.centre[0], place[1])) > self.width * self.meters / 2:
            return None
        return distance(self.centre, place)

    def bounds(self) -> Area:
        longitude, latitude = self.centre
        height = self.meters * (self.height / 2 if self.is_box else self.radius)
        width = self.meters * (self.width / 2 if self.is_box else self.radius)
        rise = height / EARTH_METERS / _RADIANS
        widest = latitude - rise if latitude < 0 else latitude + rise
        reach = width / EARTH_METERS / cos(widest * _RADIANS) / _RADIANS
        return longitude - reach, latitude - rise, longitude + reach, latitude + rise

    def cells(self) -> list[Cell]:
        """The cells to look into, the centre's first, none twice in a row."""
        bounds = self.bounds()
        meters = sqrt((self.width / 2) ** 2 + (self.height / 2) ** 2) if self.is_box else self.radius
        steps = _steps(meters * self.meters, self.centre[1])
        centre = (encode(self.centre, steps), steps)
        if steps > 1 and _falls_short(centre, bounds):
            steps -= 1
            centre = (encode(self.centre, steps), steps)
        around = [
            (east, north) for east, north in _AROUND if steps < 2 or not _useless(area(centre), bounds, east, north)
        ]
        cells: list[Cell] = []
        for east, north in around:
            cell = _moved(centre, east, north)
            if cell[0] == 0 and cell[1] == 0:
                continue
            if not cells or cells[-1] != cell:
                cells.append(cell)
        return cells


_AROUND: Final = ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, 1), (1, -1), (-1, -1))
"""Centre, north, south, east, west, and the corners."""


def _falls_short(centre: Cell, bounds: Area) -> bool:
    """Whether the neighbours do not reach as far as the search."""
    return (
        area(_moved(centre, 0, 1))[3] < bounds[3]
        or area(_moved(centre, 0, -1))[1] > bounds[1]
        or area(_moved(centre, 1, 0))[2] < bounds[2]
        or area(_moved(centre, -1, 0))[0] > bounds[0]
    )


def _useless(middle: Area, bounds: Area, east: int, north: int) -> bool:
    """Whether the search ends before it gets to the neighbour in that direction."""
    return (
        (north < 0 and middle[1] < bounds[1])
        or (north > 0 and middle[3] > bounds[3])
        or (east < 0 and middle[0] < bounds[0])
        or (east > 0 and middle[2] > bounds[2])
    )


def _steps(meters: float, latitude: float) -> int:
    """How deep cells are that are about as large as the search."""
    if not meters:
        return STEPS
    steps = 1
    while meters < MERCATOR_MAX:
        meters *= 2
        steps += 1
    steps -= 2
    if abs(latitude) > 66:
        steps -= 2 if abs(latitude) > 80 else 1
    return min(max(steps, 1), STEPS)


def _moved(cell: Cell, east: int, north: int) -> Cell:
    """The neighbour of a cell."""
    bits, steps = cell
    x, y = bits & _X_BITS, bits & _Y_BITS
    x_mask, y_mask = _X_BITS >> (64 - 2 * steps), _Y_BITS >> (64 - 2 * steps)
    if east:
        x = (x + y_mask + 1 if east > 0 else (x | y_mask) - (y_mask + 1)) & x_mask
    if north:
        y = (y + x_mask + 1 if north > 0 else (y | x_mask) - (x_mask + 1)) & y_mask
    return x | y, steps


def scores(cell: Cell) -> tuple[int, int]:
    """The first score within a cell, and the first one behind."""
    bits, steps = cell
    return bits << (BITS - 2 * steps), bits + 1 << (BITS - 2 * steps)
