"""A host: a machine of the world, with a name, disks, a clock, installed programs and what runs on it.

`crash()` is a power cut: no line of any program runs on, peers hear nothing more, and the disks keep
what their rules say. `boot()` brings the machine back and starts its programs anew. `terminate()` is
the orderly way down.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from simulator.errors import Misuse
from simulator.kernel.process import Process
from simulator.kernel.stdio import OutputSink
from simulator.world.disk.disk import Disk
from simulator.world.disk.mounts import MountTable
from simulator.world.disk.settings import DiskSettings
from simulator.world.executables import Executables
from simulator.world.gate import Act
from simulator.world.service import NEVER, Program, Restart, Service
from simulator.world.wall import Wall

if TYPE_CHECKING:
    from simulator.world.world import World


class Host:
    """One machine. Make it by `world.host(name)`."""

    def __init__(self, world: "World", name: str, *, env: Mapping[str, str], wall: Wall) -> None:
        self.world, self.name = world, name
        self.env = dict(env)
        self.wall = wall
        self.up = True
        self.disks: list[Disk] = []
        self.files = MountTable()
        self.network = world.network.host(name)
        self.executables = Executables()
        self.services: list[Service] = []

    def __repr__(self) -> str:
        state = "up" if self.up else "down"
        return f"<host {self.name}: {state}, {sum(s.running for s in self.services)} running>"

    # --- equipment ----------------------------------------------------------------------------------

    def mount(self, path: str, *, settings: DiskSettings | None = None) -> Disk:
        """Give the host a new, empty disk at a path."""
        engine = self.world.engine
        disk = Disk(
            f"{self.name}:{path}",
            now_ns=lambda: self.wall.wall_ns(engine.now_ns),
            settings=settings or DiskSettings(),
        )
        disk.gate = lambda op, path, size: self._ask_disk(op, path, size)
        disk.emit = lambda kind, **fields: engine.emit(kind, host=self.name, **fields)
        self.files.mount(path, disk)
        self.disks.append(disk)
        return disk

    def _ask_disk(self, op: str, path: str, size: int) -> Any:
        gate = self.world.gate
        return gate.ask(Act(f"fs.{op}", self.name, path, size)) if gate.rules else None

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
        """Start a program here: a coroutine function or a plain function. It may be started again, so it is a factory."""
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
        return [process for process in self.world.engine.processes if process.host is self and process.alive]

    # --- life and death -------------------------------------------------------------------------------

    def crash(self) -> None:
        """Cut the power: everything on the host stops where it is, peers hear silence."""
        if not self.up:
            return
        self.up = False
        engine = self.world.engine
        engine.emit("host.crash", host=self.name)
        for process in self.processes:
            process.cut(-9, "power cut")
        self.world.network.power_cut(self.name)
        for disk in self.disks:
            site = f"{self.name} crash"
            cut = disk.crash(
                lambda bound, label, site=site: engine.choices.draw(bound, stream="disk", site=site, label=label)
            )
            if cut.names or cut.files:
                engine.emit("fs.crash", host=self.name, names=list(cut.names), files=dict(cut.files))

    def boot(self) -> None:
        """Bring the host back after a crash; its services start anew."""
        if self.up:
            return
        self.up = True
        self.world.engine.emit("host.boot", host=self.name)
        self.world.network.power_on(self.name)
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
