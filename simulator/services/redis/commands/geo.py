"""Places: GEOADD, GEOPOS, GEODIST and GEOHASH. Searching is in `geosearch.py`."""

from simulator.services.redis.call import Call
from simulator.services.redis.commands.sortedsets import add
from simulator.services.redis.numerals import real
from simulator.services.redis.registry import command
from simulator.services.redis.reply import NULL_ARRAY, SYNTAX, Double, Refusal, Reply
from simulator.services.redis.values import geohash
from simulator.services.redis.values.longdouble import human_double
from simulator.services.redis.values.sortedsets import SortedSet

UNITS = {b"M": 1.0, b"KM": 1000.0, b"FT": 0.3048, b"MI": 1609.34}


def unit(raw: bytes) -> float:
    """How many metres a unit has."""
    meters = UNITS.get(raw.upper())
    if meters is None:
        raise Refusal("ERR unsupported unit provided. please use M, KM, FT, MI")
    return meters


def place(longitude: bytes, latitude: bytes) -> geohash.Place:
    found = real(longitude), real(latitude)
    if not (abs(found[0]) <= geohash.LONGITUDE_MAX and abs(found[1]) <= geohash.LATITUDE_MAX):
        raise Refusal(f"ERR invalid longitude,latitude pair {found[0]:f},{found[1]:f}")
    return found


def coordinates(found: geohash.Place) -> list[Reply]:
    return [Double(number, human_double(number)) for number in found]


def meters_text(meters: float) -> bytes:
    return b"%.4f" % meters


@command("GEOADD")
def geoadd(call: Call, args: list[bytes]) -> Reply:
    at = 2
    flags: set[bytes] = set()
    while at < len(args) and (flag := args[at].upper()) in {b"NX", b"XX", b"CH"}:
        flags.add(flag)
        at += 1
    if (len(args) - at) % 3 or {b"NX", b"XX"} <= flags:
        raise Refusal(SYNTAX)
    words: list[bytes] = []
    for start in range(at, len(args), 3):
        score = geohash.encode(place(args[start], args[start + 1]))
        words += (b"%d" % score, args[start + 2])
    reply = add(call, args[1], flags, words)
    if call.dirty:
        call.propagate([b"ZADD", args[1], *args[2:at], *words])
    return reply


def _scores(call: Call, args: list[bytes]) -> list[float | None]:
    value = call.db.read_as(SortedSet, args[1])
    return [None if value is None else value.scores.get(member) for member in args[2:]]


@command("GEOPOS")
def geopos(call: Call, args: list[bytes]) -> Reply:
    return [NULL_ARRAY if score is None else coordinates(geohash.decode(score)) for score in _scores(call, args)]


@command("GEOHASH")
def geohash_(call: Call, args: list[bytes]) -> Reply:
    return [None if score is None else geohash.text(score) for score in _scores(call, args)]


@command("GEODIST")
def geodist(call: Call, args: list[bytes]) -> Reply:
    if len(args) > 5:
        raise Refusal(SYNTAX)
    meters = unit(args[4]) if len(args) == 5 else 1.0
    one, other = _scores(call, args[:4])
    if one is None or other is None:
        return None
    return meters_text(geohash.distance(geohash.decode(one), geohash.decode(other)) / meters)
