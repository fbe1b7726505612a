"""Running: starts what is wanted, says that it is ready, and stops it in order when a signal comes."""

import argparse
import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Final

from simulator.errors import Misuse
from simulator.report.voice import hint, say, tell
from simulator.serve.faults import listing, troubles_of
from simulator.serve.service import Offer, Service, Wanted

if TYPE_CHECKING:
    from simulator.serve.record import Record

_CODES: Final = {signal.SIGTERM: 0, signal.SIGINT: 130}


def run(arguments: argparse.Namespace) -> int:
    """Serve until a signal comes; returns the exit code."""
    offers = offers_of(arguments.service)
    if arguments.faults:
        say(listing(offers))
        return 0
    ports = ports_of(arguments, offers)
    troubles = troubles_of(offers, faults=arguments.fault, slow_s=arguments.slow, flaky=arguments.flaky)
    if not is_loopback(arguments.host) and not arguments.quiet:
        tell(f"warning: {arguments.host or 'every address'} can be reached from other machines")
    logging.basicConfig(format="%(name)s: %(message)s", level=logging.ERROR)
    return asyncio.run(_serve(arguments, offers, ports, troubles))


def offers_of(name: str) -> tuple[Offer, ...]:
    """What is wanted by this name; only that is imported."""
    found: list[Offer] = []
    if name in ("s3", "all"):
        from simulator.serve.s3 import OFFER

        found.append(OFFER)
    if name in ("redis", "all"):
        from simulator.serve.redis import OFFER as REDIS

        found.append(REDIS)
    return tuple(found)


def ports_of(arguments: argparse.Namespace, offers: Sequence[Offer]) -> dict[str, int]:
    """Which service gets which port."""
    given = {offer.name: getattr(arguments, f"{offer.name}_port") for offer in offers}
    if arguments.port is not None:
        if len(offers) > 1:
            raise Misuse("--port is for one service", hint="with several: --s3-port and --redis-port")
        if given[offers[0].name] is not None:
            raise Misuse(f"--port and --{offers[0].name}-port are the same; give one of them")
        given[offers[0].name] = arguments.port
    return {offer.name: offer.port if given[offer.name] is None else given[offer.name] for offer in offers}


def is_loopback(host: str) -> bool:
    """Whether only this machine gets there."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _serve(
    arguments: argparse.Namespace,
    offers: Sequence[Offer],
    ports: dict[str, int],
    troubles: dict[str, tuple[str, ...]],
) -> int:
    ended: asyncio.Future[signal.Signals] = asyncio.get_running_loop().create_future()
    for number in _CODES:
        asyncio.get_running_loop().add_signal_handler(number, _end, ended, number)
    record = _record(arguments)
    outcome = "crashed"
    try:
        async with AsyncExitStack() as running:
            said: list[str] = []
            notes: list[str] = []
            for offer in offers:
                wanted = Wanted(
                    arguments,
                    ports[offer.name],
                    _folder(arguments.data, offer, offers),
                    troubles[offer.name],
                    record.tell(offer.name) if record is not None else None,
                )
                service = offer.make(wanted)
                await _start(service, wanted)
                running.push_async_callback(service.stop)
                if service.over is not None and len(offers) == 1:
                    service.over.add_done_callback(lambda over: _over(ended))
                said.append(f"{offer.name} {service.url}")
                notes += [*getattr(service, "notes", ()), offer.note(wanted, service)]
            if record is not None:
                record.start()
            _say_ready(said, notes, quiet=arguments.quiet)
            code = _CODES[await ended]
        outcome = "passed" if code == 0 else "interrupted"
        return code
    finally:
        if record is not None:
            record.finish(outcome)


def _record(arguments: argparse.Namespace) -> "Record | None":
    if not arguments.record:
        return None
    from simulator.serve.record import Record

    return Record(arguments.record, services=arguments.service, seed=arguments.seed)


def _folder(data: str, offer: Offer, offers: Sequence[Offer]) -> str:
    """One folder for one service; several get one each inside."""
    return str(Path(data) / offer.name) if data and len(offers) > 1 else data


async def _start(service: Service, wanted: Wanted) -> None:
    try:
        await service.start()
    except OSError as error:
        where = f"{wanted.arguments.host or 'every address'}, port {wanted.port}"
        reason = error.strerror or str(error)
        raise Misuse(
            f"cannot listen on {where}: {reason}", hint="another port: --port N, or 0 for any that is free"
        ) from None


def _say_ready(said: Sequence[str], notes: Sequence[str], *, quiet: bool) -> None:
    # What was made so far lives as long as the server; looking at it again and again would be in vain.
    gc.collect()
    gc.freeze()
    say(f"ready {' '.join(said)}")
    sys.stdout.flush()
    if not quiet:
        for note in notes:
            hint(note)


def _over(ended: "asyncio.Future[signal.Signals]") -> None:
    """The only service ended by itself, as one that was asked to."""
    if not ended.done():
        ended.set_result(signal.SIGTERM)


def _end(ended: "asyncio.Future[signal.Signals]", number: signal.Signals) -> None:
    if ended.done():
        sys.stdout.flush()
        os._exit(128 + number)  # The second signal: whoever sends it does not want to wait.
    ended.set_result(number)
