"""Searching places: GEOSEARCH, GEOSEARCHSTORE and the older GEORADIUS."""

from simulator.services.redis.call import Call
from simulator.services.redis.commands.geo import coordinates, meters_text, place, unit
from simulator.services.redis.commands.zranges import stored
from simulator.services.redis.numerals import integer, real
from simulator.services.redis.registry import command
from simulator.services.redis.reply import SYNTAX, Refusal, Reply
from simulator.services.redis.values import geohash
from simulator.services.redis.values.sortedsets import SortedSet

Point = tuple[float, float, bytes, geohash.Place]
"""Metres from the centre, score, member, place."""


class _Search:
    """What is searched for, and what is said of each find."""

    __slots__ = (
        "name", "value", "centre", "radius", "width", "height", "meters", "descending", "count", "any",
        "distances", "scores", "places", "store", "store_distance", "centred", "shaped", "modern", "storing", "missing",
    )  # fmt: skip

    def __init__(self, name: str, value: SortedSet | None, *, modern: bool, store: bytes | None = None) -> None:
        self.name, self.value, self.modern, self.store = name, value, modern, store
        self.storing = store is not None
        self.centre: geohash.Place = (0.0, 0.0)
        self.radius = self.width = self.height = 0.0
        self.meters = 1.0
        self.descending: bool | None = None
        self.count = 0
        self.any = self.distances = self.scores = self.places = self.store_distance = self.missing = False
        self.centred = self.shaped = ""

    def around_member(self, member: bytes) -> None:
        if self.value is None:
            self.missing = True
            return
        score = self.value.scores.get(member)
        if score is None:
            raise Refusal("ERR could not decode requested zset member")
        self.centre = geohash.decode(score)

    def within_radius(self, radius: bytes, unit_name: bytes) -> None:
        self.radius = real(radius, "ERR need numeric radius")
        if self.radius < 0:
            raise Refusal("ERR radius cannot be negative")
        self.meters = unit(unit_name)

    def within_box(self, width: bytes, height: bytes, unit_name: bytes) -> None:
        self.width = real(width, "ERR need numeric width")
        self.height = real(height, "ERR need numeric height")
        if self.width < 0 or self.height < 0:
            raise Refusal("ERR height or width cannot be negative")
        self.meters = unit(unit_name)

    def read(self, words: list[bytes], *, may_store: bool) -> None:
        """Read the options behind the fixed arguments."""
        at = 0
        while at < len(words):
            option, left = words[at].upper(), len(words) - at - 1
            if option == b"WITHDIST":
                self.distances = True
            elif option == b"WITHHASH":
                self.scores = True
            elif option == b"WITHCOORD":
                self.places = True
            elif option == b"ANY":
                self.any = True
            elif option in {b"ASC", b"DESC"}:
                self.descending = option == b"DESC"
            elif option == b"COUNT" and left:
                self.count = integer(words[at + 1])
                if self.count <= 0:
                    raise Refusal("ERR COUNT must be > 0")
                at += 1
            elif not self.modern and may_store and option in {b"STORE", b"STOREDIST"} and left:
                self.store, self.store_distance = words[at + 1], option == b"STOREDIST"
                at += 1
            elif self.modern and (taken := self._modern(option, words[at + 1 :])):
                at += taken - 1
            else:
                raise Refusal(SYNTAX)
            at += 1
        self._check()

    def _modern(self, option: bytes, words: list[bytes]) -> int:
        """Read an option of GEOSEARCH; how many words it took."""
        left = len(words)
        if option == b"FROMMEMBER" and left and not self.centred:
            self.around_member(words[0])
            self.centred = "member"
            return 2
        if option == b"FROMLONLAT" and left > 1 and not self.centred:
            self.centre = place(words[0], words[1])
            self.centred = "place"
            return 3
        if option == b"BYRADIUS" and left > 1 and not self.shaped:
            self.within_radius(words[0], words[1])
            self.shaped = "circle"
            return 3
        if option == b"BYBOX" and left > 2 and not self.shaped:
            self.within_box(words[0], words[1], words[2])
            self.shaped = "box"
            return 4
        if option == b"STOREDIST" and self.storing:
            self.store_distance = True
            return 1
        return 0

    def _check(self) -> None:
        if self.store is not None and (self.distances or self.scores or self.places):
            what = "GEOSEARCHSTORE" if self.modern else "STORE option in GEORADIUS"
            raise Refusal(f"ERR {what} is not compatible with WITHDIST, WITHHASH and WITHCOORD options")
        if self.modern and not self.centred:
            raise Refusal(f"ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for {self.name}")
        if self.modern and not self.shaped:
            raise Refusal(f"ERR exactly one of BYRADIUS and BYBOX can be specified for {self.name}")
        if self.any and not self.count:
            raise Refusal("ERR the ANY argument requires COUNT argument")
        if self.count and not self.any and self.descending is None:
            self.descending = False

    def found(self) -> list[Point]:
        if self.value is None or self.missing:
            return []
        shape = geohash.Shape(
            centre=self.centre,
            meters=self.meters,
            radius=self.radius,
            width=self.width,
            height=self.height,
            is_box=self.shaped == "box",
        )
        points: list[Point] = []
        for cell in shape.cells():
            if self.any and len(points) >= self.count:
                break
            self._collect(shape, cell, points)
        if self.descending is not None:
            points.sort(key=lambda point: point[0], reverse=self.descending)
        return points[: self.count] if self.count else points

    def _collect(self, shape: geohash.Shape, cell: geohash.Cell, points: list[Point]) -> None:
        assert self.value is not None
        low, high = geohash.scores(cell)
        ranking = self.value.ranking
        for score, member in ranking.span(ranking.rank_of_score(low, False), ranking.rank_of_score(high, False)):
            where = geohash.decode(score)
            meters = shape.distance_within(where)
            if meters is not None:
                points.append((meters, score, member, where))
                if self.any and len(points) >= self.count:
                    return

    def shown(self, point: Point) -> Reply:
        meters, score, member, where = point
        if not (self.distances or self.scores or self.places):
            return member
        item: list[Reply] = [member]
        if self.distances:
            item.append(meters_text(meters / self.meters))
        if self.scores:
            item.append(geohash.as_long(score))
        if self.places:
            item.append(coordinates(where))
        return item


def _finish(call: Call, search: _Search) -> Reply:
    points = search.found()
    if search.store is None:
        return [search.shown(point) for point in points]
    pairs = [
        (meters / search.meters if search.store_distance else score, member) for meters, score, member, _ in points
    ]
    event = "geosearchstore" if search.modern else "georadiusstore"
    return stored(call, search.store, SortedSet(pairs, call.db.limits), event)


def _radius(call: Call, args: list[bytes], *, may_store: bool, member: bool) -> Reply:
    search = _Search(args[0].decode("latin-1"), call.db.read_as(SortedSet, args[1]), modern=False)
    fixed = 5 if member else 6
    if member:
        search.around_member(args[2])
    else:
        search.centre = place(args[2], args[3])
    if not search.missing:
        search.within_radius(args[fixed - 2], args[fixed - 1])
    search.read(args[fixed:], may_store=may_store)
    return _finish(call, search)


@command("GEORADIUS")
def georadius(call: Call, args: list[bytes]) -> Reply:
    return _radius(call, args, may_store=True, member=False)


@command("GEORADIUS_RO")
def georadius_ro(call: Call, args: list[bytes]) -> Reply:
    return _radius(call, args, may_store=False, member=False)


@command("GEORADIUSBYMEMBER")
def georadiusbymember(call: Call, args: list[bytes]) -> Reply:
    return _radius(call, args, may_store=True, member=True)


@command("GEORADIUSBYMEMBER_RO")
def georadiusbymember_ro(call: Call, args: list[bytes]) -> Reply:
    return _radius(call, args, may_store=False, member=True)


@command("GEOSEARCH")
def geosearch(call: Call, args: list[bytes]) -> Reply:
    search = _Search(args[0].decode("latin-1"), call.db.read_as(SortedSet, args[1]), modern=True)
    search.read(args[2:], may_store=False)
    return _finish(call, search)


@command("GEOSEARCHSTORE")
def geosearchstore(call: Call, args: list[bytes]) -> Reply:
    value = call.db.read_as(SortedSet, args[2])
    search = _Search(args[0].decode("latin-1"), value, modern=True, store=args[1])
    search.read(args[3:], may_store=False)
    return _finish(call, search)
