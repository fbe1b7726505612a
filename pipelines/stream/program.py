"""Program: a worker from its start to its end, with its signals and its exit code.

The first SIGTERM (or SIGINT) ends it in order: nothing new is begun, what is under way has until the deadline, leases
are given back, embedded servers end last. The second one does not wait. Whatever is cut off is what a crash would have
cut off, and the next start goes on with it.
"""

import asyncio
import itertools
import logging
import os
import signal
from contextlib import AsyncExitStack
from typing import Final

from pipelines.common.retry import full_jitter
from pipelines.stream.admin import Admin
from pipelines.stream.embedded import Embedded
from pipelines.stream.grammar import PROGRAM, complain
from pipelines.stream.logs import LOGGER
from pipelines.stream.metrics import Metrics
from pipelines.stream.settings import Settings
from pipelines.stream.state import RedisTrouble
from pipelines.stream.vitals import Refused, Vitals
from pipelines.stream.watcher import Watcher
from pipelines.stream.wiring import access_of, describer_of, instance_of, policy_of
from pipelines.stream.worker import Main
from pipelines.stream.workshop import open_workshop

_log: Final = logging.getLogger(LOGGER)

ENDED, FAULT, MISUSE, REFUSED, CUT_SHORT = 0, 1, 2, 3, 4


class Stop:
    """The wish that the program ends, and how urgent it is."""

    def __init__(self) -> None:
        self.wanted = asyncio.Event()
        self.urgent = asyncio.Event()
        self.signal: int | None = None

    def install(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.ask, number)

    def ask(self, number: int) -> None:
        if self.wanted.is_set():
            self.urgent.set()
        else:
            self.signal = number
            self.wanted.set()
        _log.info("worker.stop", extra={"signal": signal.Signals(number).name, "urgent": self.urgent.is_set()})

    @property
    def exit_code(self) -> int:
        return 128 + signal.SIGINT if self.signal == signal.SIGINT else ENDED


async def work(settings: Settings) -> int:
    """Work until a signal comes; the exit code."""
    assert settings.watch is not None
    root = os.path.abspath(settings.watch)
    wrong = _wrong_with(root)
    if wrong is not None:
        complain(f"--watch {root}: {wrong[0]}", wrong[1])
        return MISUSE
    stop = Stop()
    stop.install()
    async with AsyncExitStack() as stack:
        if settings.embedded:
            embedded = Embedded(settings)
            stack.push_async_callback(embedded.stop)
            settings = (await embedded.start()).into(settings)
        shop = await stack.enter_async_context(
            open_workshop(
                policy_of(settings),
                access=access_of(settings),
                redis_url=settings.redis,
                describe=describer_of(settings),
                instance=instance_of(settings),
            )
        )
        vitals = Vitals(shop, name=shop.instance, folder=root)
        metrics = Metrics(vitals.gauges)
        logging.getLogger(LOGGER).addHandler(metrics)
        stack.callback(logging.getLogger(LOGGER).removeHandler, metrics)
        if settings.admin is not None:
            admin = Admin(vitals, metrics, settings.admin, settings.admin_token)
            try:
                await admin.start()
            except OSError as error:
                complain(f"--admin {settings.admin}: {error.strerror}", "another port, or --admin off")
                return MISUSE
            stack.push_async_callback(admin.stop)
        _log.info("worker.begin", extra={"instance": shop.instance, "root": root, "bucket": settings.bucket})
        return await _until_stopped(settings, vitals, Watcher(root, rescan_period_s=settings.rescan_period_s), stop)


def _wrong_with(root: str) -> tuple[str, str] | None:
    """Why a folder cannot be watched, and what to do about it."""
    try:
        os.scandir(root).close()
    except FileNotFoundError:
        return "there is no such folder", f"mkdir {root}"
    except NotADirectoryError:
        folder, name = os.path.split(root)
        return "this is a file, and a folder is watched", f"--watch {folder} --include {name}"
    except OSError as error:
        return error.strerror or str(error), "let this user read the folder"
    return None


async def _until_stopped(settings: Settings, vitals: Vitals, watcher: Watcher, stop: Stop) -> int:
    stopped = asyncio.create_task(stop.wanted.wait())
    waiting = asyncio.create_task(vitals.wait_for_services())
    await asyncio.wait({stopped, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if not waiting.done():
        await _cancelled(waiting)
        _log.info("worker.end", extra={"drained": True, "fault": False})
        return stop.exit_code
    try:
        waiting.result()
    except Refused as refused:
        await _cancelled(stopped)
        complain(str(refused), f"{PROGRAM} doctor, with the same settings, tries all that is needed")
        return REFUSED

    main = vitals.main = Main(settings, vitals.shop, watcher)
    duties = [
        asyncio.create_task(duty, name=name)
        for name, duty in {
            "follow": _resume_and_follow(main),
            "check": main.check_for_ever(),
            "take over": main.take_over_for_ever(),
            "vitals": vitals.watch_for_ever(),
        }.items()
    ]
    await asyncio.wait({stopped, *duties}, return_when=asyncio.FIRST_COMPLETED)
    faults = [task for task in duties if task.done() and not task.cancelled() and task.exception() is not None]
    for task in faults:
        _log.critical("worker.fault", exc_info=task.exception(), extra={"duty": task.get_name()})
    vitals.draining = True
    await _cancelled(*duties)
    ended = await _drained(main, settings.drain_timeout_s, stop)
    await _cancelled(stopped)
    _log.info("worker.end", extra={"drained": ended, "fault": bool(faults)})
    if faults:
        return FAULT
    return stop.exit_code if ended else CUT_SHORT


async def _resume_and_follow(main: Main) -> None:
    """What was left first; trouble with Redis is waited out, while new recordings are followed all the same."""

    async def resume() -> None:
        for tries in itertools.count(1):
            try:
                _log.info("worker.resume", extra={"streams": await main.resume()})
                return
            except RedisTrouble as trouble:
                _log.warning("worker.resume", extra={"error": str(trouble)})
                await asyncio.sleep(full_jitter(tries, base_s=0.5, cap_s=10.0))

    await asyncio.gather(resume(), main.follow())


async def _drained(main: Main, within_s: float, stop: Stop) -> bool:
    """Whether what was under way ended by itself."""
    closing = asyncio.create_task(main.close(within_s))
    urgent = asyncio.create_task(stop.urgent.wait())
    await asyncio.wait({closing, urgent}, return_when=asyncio.FIRST_COMPLETED)
    ended = closing.done() and closing.exception() is None and closing.result()
    await _cancelled(closing, urgent)
    return ended


async def _cancelled(*tasks: "asyncio.Task[bool] | asyncio.Task[None]") -> None:
    """End tasks, and see them end."""
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled():
            task.exception()  # It was told of where it mattered.
