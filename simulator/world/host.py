"""A host: a machine of the world, with a name, disks, a clock, installed programs and what runs on it.

`crash()` is a power cut: no line of any program runs on, peers hear nothing more, and the disks keep
what their rules say. `boot()` brings the machine back and starts its programs anew. `terminate()` is
the orderly way down.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

from simulator.errors import Misuse
from simulator.kernel.process import Process
from simulator.kernel.stdio import OutputSink
from simulator.world.disk.disk import Disk
from simulator.world.disk.mounts import MountTable
from simulator.world.disk.notify import Inotify
from simulator.world.disk.settings import DiskSettings
from simulator.world.executables import Executables
from simulator.world.gate import Act
from simulator.world.service import NEVER, Program, Restart, Service
from simulator.world.wall import Wall

if TYPE_CHECKING:
    from simulator.world.world import World

_FIRST_DEVICE: Final = 0xFD00  # As Linux numbers its device-mapper volumes.
_WATCH_LAG_NS: Final = 20_000  # From an event in the queue to the thread that reads it.
_WATCH_JITTER_NS: Final = 1_000_000


class Board(Protocol):
    """The troubles of a service, to be switched on and off by name."""

    surface: dict[str, Any]

    def on(self, trouble: Any) -> int: ...

    def off(self, number: int) -> None: ...


class Host:
    """One machine. Make it by `world.host(name)`."""

    def __init__(self, world: "World", name: str, *, env: Mapping[str, str], wall: Wall) -> None:
        self.world, self.name = world, name
        self.env = dict(env)
        self.wall = wall
        self.up = True
        self.boots = 1
        self.disks: list[Disk] = []
        self.files = MountTable()
        self.network = world.network.host(name)
        self.executables = Executables()
        self.services: list[Service] = []
        self.boards: list[Board] = []
        self.looks: dict[str, Callable[[str], list[str]]] = {}
        """How to look at what services on this host hold: `looks["s3"]("films")` gives lines."""

    def __repr__(self) -> str:
        state = "up" if self.up else "down"
        return f"<host {self.name}: {state}, {sum(s.running for s in self.services)} running>"

    # --- equipment ----------------------------------------------------------------------------------

    def mount(self, path: str, *, settings: DiskSettings | None = None) -> Disk:
        """Give the host a new, empty disk at a path."""
        engine = self.world.engine
        name = f"{self.name}:{path}"
        order = engine.choices.draw(1 << 32, stream="disk", site=name, label="order of names")
        disk = Disk(
            name=name,
            settings=settings or DiskSettings(listing_salt=order.to_bytes(4)),
            device=_FIRST_DEVICE + len(self.disks),
            wall_ns=lambda: self.wall.wall_ns(engine.now_ns),
            now_ns=lambda: engine.now_ns,
            emit=self.emit,
            gate=self._ask_disk,
            wait=engine.sleep,
        )
        self.files.mount(path, disk)
        self.disks.append(disk)
        return disk

    def _ask_disk(self, op: str, path: str, size: int) -> Any:
        gate = self.world.gate
        return gate.ask(Act(f"fs.{op}", self.name, path, size)) if gate.rules else None

    # --- what its kernel does ---------------------------------------------------------------------------

    def inotify(self, on_ready: Callable[[], None]) -> Inotify:
        """A new inotify instance; `on_ready` is called when something is in its empty queue."""
        return Inotify(on_ready=on_ready)

    def watch_lag_ns(self) -> int:
        """A watcher's thread reads its queue within a millisecond, unless a rule says that it is slow."""
        drawn = self.world.engine.choices.draw(_WATCH_JITTER_NS, stream="watch", site=self.name, label="lag")
        verdict = self.world.gate.ask(Act("watch.read", self.name, "")) if self.world.gate.rules else None
        slower_ns: int = getattr(verdict, "latency_ns", 0)
        return _WATCH_LAG_NS + drawn + slower_ns

    def after(self, delay_ns: int, callback: Callable[..., object], *args: object) -> object:
        """Call from the kernel later, unless the power fails before."""
        boot = self.boots

        def call() -> None:
            if self.up and self.boots == boot:
                callback(*args)

        return self.world.engine.call_after(delay_ns, call)

    def emit(self, kind: str, **fields: object) -> int:
        """Record an event of this host."""
        return self.world.engine.emit(kind, host=self.name, **fields)

    # --- programs -------------------------------------------------------------------------------------

    def run(
        self,
        main: Callable[..., Any],
        *args: Any,
        name: str | None = None,
        argv: Sequence[str] | None = None,
        env: Mapping[str, str] | None = None,
        cwd: str = "/",
        restart: Restart = NEVER,
        sinks: tuple[OutputSink, OutputSink] = (None, None),
        main_module: Any = None,
    ) -> Service:
        """Start a program here: a coroutine function or a plain one, for it may be started again."""
        if not callable(main):
            raise Misuse(f"{self.name}.run needs a function to call (it may be started again), not {main!r}")
        name = name or getattr(main, "__name__", type(main).__name__).strip("<>")
        options: tuple[tuple[str, Any], ...] = (("sinks", sinks), ("main_module", main_module))
        program = Program(
            main=main,
            args=args,
            name=name,
            argv=tuple(argv or [name]),
            env=tuple((env or {}).items()),
            cwd=cwd,
            options=options,
        )
        service = Service(self, program, restart)
        self.services.append(service)
        service.start()
        return service

    @property
    def processes(self) -> list[Process]:
        """Every living process of this host, children of services included."""
        return [process for process in self.world.engine.processes_of[self.name] if process.alive]

    # --- life and death -------------------------------------------------------------------------------

    def crash(self) -> None:
        """Cut the power: everything on the host stops where it is, peers hear silence."""
        if not self.up:
            return
        self.up = False
        engine = self.world.engine
        engine.emit("host.crash", host=self.name)
        self.network.power_off()  # First: the descriptors of a process that is cut are closed, and nobody may hear it.
        for process in self.processes:
            process.cut(-9, "power cut")
        for disk in self.disks:
            cut = disk.crash(self._draw_crash)
            if cut.names or cut.files:
                engine.emit("fs.crash", host=self.name, names=list(cut.names), files=dict(cut.files))

    def _draw_crash(self, bound: int, label: str) -> int:
        return self.world.engine.choices.draw(bound, stream="disk", site=f"{self.name} crash", label=label)

    def boot(self) -> None:
        """Bring the host back after a crash; its services start anew."""
        if self.up:
            return
        self.up = True
        self.boots += 1
        self.world.engine.emit("host.boot", host=self.name)
        self.network.power_on()
        self.network.power_on()
        for service in self.services:
            service.start()

    def terminate(self) -> None:
        """SIGTERM to every process, as at an orderly shutdown."""
        for process in self.processes:
            process.signal(15)

    def pause(self) -> None:
        """Freeze every process of the host: a virtual machine that is being moved."""
        for process in self.processes:
            process.pause()

    def resume(self) -> None:
        for process in self.processes:
            process.resume()
