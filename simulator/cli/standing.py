"""Standing: a replay that stops at an event, and a debugger in the midst of the simulated world.

Besides what pdb knows (`p`, `up`, `where` ... in the program's own frame), the world is at hand:

    hosts                   who is up, and what runs there
    ls HOST:/path           a folder of a disk         cat HOST:/path    a file
    netstat                 listeners and connections
    redis [PART]            keys and what they hold    s3 [BUCKET]       objects and open uploads
    waiting                 who waits where
    events [N]              the last events            event             the one at which it stopped

It is for looking: `continue` lets the run go on, `quit` ends it. Stepping is not possible, for the next line may belong
to another host.
"""

import pdb  # noqa: T100  this is the debugger
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, Final, TextIO

from simulator.errors import SoundstageError
from simulator.kernel.callsite import is_ours, is_stdlib
from simulator.kernel.engine import Engine
from simulator.kernel.state import here, outside
from simulator.kernel.stuck import describe
from simulator.trace.event import Event
from simulator.world.disk import cat, ls
from simulator.world.host import Host

_EVENTS: Final = 12
_FILE_BYTES_MAX: Final = 4000


class Standing:
    """Stops a run at an event, and hands it to somebody who looks."""

    def __init__(self, seq: int, look: Callable[[Engine, Event, FrameType | None], bool]) -> None:
        self.seq = seq
        self.reached = False
        self._look = look

    def watch(self, engine: Engine) -> None:
        """Wait for the event."""
        assert engine.recorder is not None
        engine.recorder.subscribe(lambda event: self._see(engine, event))

    def _see(self, engine: Engine, event: Event) -> None:
        if event.seq != self.seq:
            return
        self.reached = True
        frame = _of_program(sys._getframe()) if here.process is not None else None
        timer = signal.setitimer(signal.ITIMER_REAL, 0)  # The watchdog waits while somebody looks.
        try:
            with outside():
                goes_on = self._look(engine, event, frame)
        finally:
            signal.setitimer(signal.ITIMER_REAL, *timer)
        if not goes_on:
            engine.stop()


def _of_program(frame: FrameType | None) -> FrameType | None:
    """The innermost frame that belongs to the program, if its code is at work."""
    while frame is not None:
        file = frame.f_code.co_filename
        if not is_ours(file) and not is_stdlib(file) and "site-packages" not in file:
            return frame
        frame = frame.f_back
    return None


class WorldPdb(pdb.Pdb):
    """pdb, with the simulated world at hand."""

    prompt = "(world) "

    def __init__(self, engine: Engine, event: Event, *, stdin: TextIO, stdout: TextIO) -> None:
        super().__init__(stdin=stdin, stdout=stdout, nosigint=True, readrc=False)
        self.prompt = type(self).prompt
        self._engine, self._event = engine, event
        self.hosts: dict[str, Host] = {}
        for process in engine.processes:
            world: Any = getattr(process.host, "world", None)
            self.hosts |= world.hosts if world is not None else {}

    def look(self, frame: FrameType | None) -> bool:
        """Talk until `continue` or `quit`; whether the run is to go on."""
        self.say([repr(self._event)])
        self.reset()
        self.interaction(frame or sys._getframe(), None)
        return not self.quitting

    def say(self, lines: list[str]) -> None:
        """Print lines."""
        for line in lines or ["(nothing)"]:
            print(line, file=self.stdout)

    def do_hosts(self, arg: str) -> None:
        """Who is up, and what runs there."""
        self.say([f"{host!r}: {', '.join(repr(service) for service in host.services)}" for host in self.hosts.values()])

    def do_ls(self, arg: str) -> None:
        """ls HOST:/path"""
        self._at(arg, ls)

    def do_cat(self, arg: str) -> None:
        """cat HOST:/path"""
        self._at(arg, lambda disk, path: [repr(cat(disk, path)[:_FILE_BYTES_MAX])])

    def _at(self, arg: str, look: Callable[[Any, str], list[str]]) -> None:
        name, _, path = arg.strip().partition(":")
        host = self.hosts.get(name)
        if host is None:
            self.say([f"there is no host {name!r}; there are {', '.join(self.hosts)}"])
            return
        for disk in sorted(host.disks, key=lambda one: -len(one.name)):
            mount = disk.name.partition(":")[2]
            if f"{path or '/'}/".startswith(f"{mount.rstrip('/')}/"):
                try:
                    self.say(look(disk, path[len(mount.rstrip("/")) :] or "/"))
                except SoundstageError as error:
                    self.say([str(error)])
                return
        self.say([f"{name} has disks at {', '.join(disk.name.partition(':')[2] for disk in host.disks) or 'no path'}"])

    def do_netstat(self, arg: str) -> None:
        """Listeners and connections."""
        rows = next(iter(self.hosts.values())).world.network.netstat() if self.hosts else []
        self.say(["  ".join(f"{name}={value}" for name, value in row.items()) for row in rows])

    def do_redis(self, arg: str) -> None:
        """redis [PART]: keys with this part in their names, and what they hold"""
        self._service("redis", arg)

    def do_s3(self, arg: str) -> None:
        """s3 [BUCKET]: buckets, or objects and open uploads"""
        self._service("s3", arg)

    def _service(self, name: str, arg: str) -> None:
        found = [host for host in self.hosts.values() if name in host.looks]
        for host in found:
            self.say([f"-- {host.name}", *host.looks[name](arg.strip())])
        if not found:
            self.say([f"no {name} stands anywhere"])

    def do_waiting(self, arg: str) -> None:
        """Who waits where."""
        self.say(describe(self._engine))

    def do_events(self, arg: str) -> None:
        """events [N]: the last ones"""
        recorder = self._engine.recorder
        count = int(arg) if arg.strip().isdecimal() else _EVENTS
        self.say([event.line() for event in recorder.events[-count:]] if recorder is not None else [])

    def do_event(self, arg: str) -> None:
        """The event at which it stopped."""
        self.say([repr(self._event), f"{self._event.fields}"])


def debugger(stdin: TextIO, stdout: TextIO) -> Callable[[Engine, Event, FrameType | None], bool]:
    """What opens the debugger at the event."""
    return lambda engine, event, frame: WorldPdb(engine, event, stdin=stdin, stdout=stdout).look(frame)


def summary(stdout: TextIO) -> Callable[[Engine, Event, FrameType | None], bool]:
    """What shows the world at the event, and ends the run there."""

    def show(engine: Engine, event: Event, frame: FrameType | None) -> bool:
        look = WorldPdb(engine, event, stdin=sys.stdin, stdout=stdout)
        look.say([repr(event)])
        for title, command in (("hosts", look.do_hosts), ("waiting", look.do_waiting), ("network", look.do_netstat)):
            look.say(["", f"{title}:"])
            command("")
        return False

    return show
