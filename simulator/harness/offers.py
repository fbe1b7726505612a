"""Offers: the services that a plain program finds in its world, made when it first asks for their names.

`s3` is an S3 under the name s3 and at port 9000, `s3=minio:9001` the same elsewhere, `redis` a Redis at redis:6379.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from simulator.errors import Misuse

if TYPE_CHECKING:
    from simulator.world.host import Host
    from simulator.world.world import World

PORTS: Final = {"s3": 9000, "redis": 6379}
"""What can be offered, and where it listens unless the offer says otherwise."""

USUAL: Final = tuple(PORTS)
KEY: Final = "test"
"""The access key of S3, and its secret."""


@dataclass(frozen=True)
class Offer:
    """One service under a name and port."""

    service: str
    host: str
    port: int

    def __str__(self) -> str:
        if (self.host, self.port) == (self.service, PORTS[self.service]):
            return self.service
        return f"{self.service}={self.host}:{self.port}"


def parse(word: str) -> Offer:
    """An offer from its text: SERVICE or SERVICE=HOST[:PORT]."""
    service, equals, place = word.partition("=")
    if service not in PORTS:
        raise Misuse(f"there is no service {service!r} to offer", hint=f"services: {', '.join(PORTS)}")
    host, colon, port = place.partition(":")
    if equals and not host:
        raise Misuse(f"{word!r} names no host", hint=f"as in {service}={service}.example:{PORTS[service]}")
    if colon and (not port.isdecimal() or not 0 < int(port) < 65_536):
        raise Misuse(f"{word!r} names no port from 1 to 65535")
    return Offer(service, host or service, int(port) if colon else PORTS[service])


def environment(offers: Iterable[Offer]) -> dict[str, str]:
    """What tells client libraries where the services are, as far as they have words for it."""
    found: dict[str, str] = {}
    for offer in offers:
        if offer.service == "s3":
            found |= {
                "AWS_ACCESS_KEY_ID": KEY,
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_ENDPOINT_URL": f"http://{offer.host}:{offer.port}",
                "AWS_SECRET_ACCESS_KEY": KEY,
            }
        else:
            found["REDIS_URL"] = f"redis://{offer.host}:{offer.port}/0"
    return found


def offer_all(
    world: "World", offers: Sequence[Offer], *, personality: str, faults: Sequence[str], durable: bool = False
) -> None:
    """Put the services on offer; nothing of them is loaded before somebody asks.

    A `durable` Redis keeps what it has acknowledged when it is started again; as it comes, it forgets nearly all.
    """
    if personality != "aws" or faults:
        _check(personality, faults)
    for offer in offers:
        if offer.host in world.hosts:
            raise Misuse(
                f"{offer.host!r} is the program's own host, and cannot be that of {offer.service}",
                hint=f"leave it out (--no-service {offer.service}) or move it (--service {offer.service}=NAME)",
            )
        mine = tuple(fault.partition(".")[2] for fault in faults if fault.partition(".")[0] == offer.service)
        if offer.service == "s3":
            world.offer(offer.host, partial(_s3, offer=offer, name=personality, faults=mine))
        else:
            world.offer(offer.host, partial(_redis, offer=offer, faults=mine, durable=durable))


def _check(personality: str, faults: Sequence[str]) -> None:
    """Refuse what could not be made later, while there is still somebody to tell."""
    from simulator.services.ffprobe.troubles import FFPROBE_SURFACE
    from simulator.services.redis.troubles import SURFACE as REDIS_SURFACE
    from simulator.services.s3 import settings
    from simulator.services.s3.troubles import S3_SURFACE
    from simulator.services.trouble import checked
    from simulator.services.trouble import parse as trouble

    settings.personality(personality)
    for fault in faults:
        service, _, text = fault.partition(".")
        surface = {"s3": S3_SURFACE, "redis": REDIS_SURFACE, "ffprobe": FFPROBE_SURFACE}.get(service)
        if surface is None:
            hint = f"as in s3.throttled:chance=0.2; services: {', '.join(PORTS)}, ffprobe"
            raise Misuse(f"the fault {fault!r} names no service", hint=hint)
        checked(trouble(text), surface)


def _s3(host: "Host", offer: Offer, name: str, faults: tuple[str, ...]) -> None:
    from simulator.services.s3.hosted import host_s3
    from simulator.services.s3.program import S3Server
    from simulator.services.s3.settings import Settings, personality

    host_s3(host, S3Server(port=offer.port, settings=Settings(personality=personality(name)), troubles=faults))


def _redis(host: "Host", offer: Offer, faults: tuple[str, ...], durable: bool) -> None:
    from simulator.services.redis.hosted import host_redis
    from simulator.services.redis.settings import Settings

    parameters = {"appendonly": "yes", "appendfsync": "always"} if durable else {}
    host_redis(host, Settings(parameters=parameters, port=offer.port, persistent=True, troubles=faults))
