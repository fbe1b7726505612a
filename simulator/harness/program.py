"""`run_program(...) -> Run`: a plain program, as it is, on a host of its own. What `exec` does.

    run_program(Setup(program="ingest.py", args=("--fast",)), seed=7, sinks=(sys.stdout.buffer.write, None))

The host has empty disks at `MOUNTS` (or what is mounted instead), a clean environment, ffprobe, and a
network on which an S3 and a Redis come to life when they are first asked for. All else that the program
reads is the machine's; it can write to its disks alone.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from simulator.errors import Misuse, Unsupported
from simulator.faults import Plan, plan
from simulator.faults.conductor import Conductor
from simulator.harness.blame import blame
from simulator.harness.furnish import furnish, make_folders, must_be_mountable
from simulator.harness.launch import Launch, importing_from, machine_folders
from simulator.harness.offers import PORTS, USUAL, environment, offer_all, parse
from simulator.harness.outcome import Outcome, Status
from simulator.harness.run import Run
from simulator.harness.session import Session, Watch
from simulator.harness.usual import HORIZON_S, usual_menu
from simulator.kernel.choices import Choices
from simulator.kernel.engine import Engine
from simulator.kernel.interpose import install
from simulator.kernel.limits import Limits
from simulator.kernel.process import signal_name
from simulator.kernel.stdio import OutputSink
from simulator.kernel.tape import Tape
from simulator.oracles.generic import no_unhandled_errors, nothing_leaks
from simulator.services.ffprobe import program as ffprobe
from simulator.trace.header import Header
from simulator.trace.recorder import Recorder
from simulator.world.host import Host
from simulator.world.service import Service
from simulator.world.world import World

MOUNTS: Final = ("/data", "/home/user", "/media", "/tmp", "/var/lib", "/var/log", "/var/tmp")
"""Where an empty disk lies unless the caller says otherwise: the places to which programs write."""

ENVIRONMENT: Final = {
    "HOME": "/home/user",
    "LANG": "C.UTF-8",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "TZ": "UTC",
    "USER": "user",
}
"""What every program finds in its environment; the machine's own stays outside."""


@dataclass(frozen=True, kw_only=True)
class Setup:
    """A program and all that it is given."""

    program: str  # A script's path, or a module's name.
    is_module: bool = False
    args: tuple[str, ...] = ()
    host: str = "host"
    env: tuple[tuple[str, str], ...] = ()
    mounts: tuple[tuple[str, str], ...] = ()  # Where, and the machine's folder to fill it from, or "".
    services: tuple[str, ...] = USUAL  # What is on offer: see `offers`.
    s3_personality: str = "aws"
    faults: tuple[str, ...] = ()  # Troubles of services, switched on from the start: "s3.throttled:chance=0.2".
    cwd: str = ""  # On the host's disks; the caller's folder when empty.
    folder: str = ""  # The caller's folder on this machine, to which paths are relative; the current one when empty.
    menu: tuple[str, ...] = ()  # Groups of the usual faults, from which a seed draws its plan: see `usual`.
    horizon_s: float = HORIZON_S  # Those faults begin within so many seconds.

    def words(self) -> list[str]:
        """The program and its arguments, as a header tells them: without folders of this machine where possible."""
        if self.is_module:
            return ["-m", self.program, *self.args]
        near = os.path.relpath(os.path.join(self.folder or ".", self.program), self.folder or ".")
        return [self.program if near.startswith("..") else near, *self.args]

    @property
    def is_tested(self) -> bool:
        """Whether it is played to be found wanting: its errors that nobody took and its leaks count, too."""
        return bool(self.menu)

    def draw(self, choices: Choices) -> Plan:
        """The plan of a run: from its groups of faults, for the services that it is offered."""
        hosts: dict[str, list[str]] = {name: [] for name in PORTS}
        for offer in map(parse, self.services):
            hosts[offer.service].append(offer.host)
        menu = usual_menu(self.menu, client=self.host, s3=hosts["s3"], redis=hosts["redis"])
        return plan(choices, menu, horizon_s=self.horizon_s, sparse=True)

    def as_params(self) -> dict[str, Any]:
        """The rest, for the header; whoever replays reads it back with `setup_of`."""
        given: dict[str, Any] = {"host": self.host, "env": dict(self.env), "services": list(self.services)}
        given["mounts"] = [list(mount) for mount in self.mounts]
        if self.s3_personality != "aws":
            given["s3_personality"] = self.s3_personality
        if self.faults:
            given["faults"] = list(self.faults)
        if self.menu:
            given |= {"menu": list(self.menu), "horizon_s": self.horizon_s}
        return given | ({"cwd": self.cwd} if self.cwd else {})


def setup_of(header: Header) -> Setup:
    """The setup that a trace's header tells of."""
    words, params = list(header.program), header.params
    is_module = words[:1] == ["-m"] and len(words) > 1
    program, *args = words[1:] if is_module else words
    env, mounts = params.get("env", {}), params.get("mounts", [])
    pairs = isinstance(mounts, list) and all(isinstance(mount, list) and len(mount) == 2 for mount in mounts)
    services, faults, menu = (params.get(name, []) for name in ("services", "faults", "menu"))
    lists = isinstance(services, list) and isinstance(faults, list) and isinstance(menu, list)
    horizon_s = params.get("horizon_s", HORIZON_S)
    lists = lists and isinstance(horizon_s, int | float)
    if not isinstance(env, dict) or not pairs or not lists:
        raise Misuse("the trace's header does not say how its program was run")
    return Setup(
        program=program,
        is_module=is_module,
        args=tuple(args),
        host=str(params.get("host", "host")),
        env=tuple((str(name), str(value)) for name, value in env.items()),
        mounts=tuple((str(where), str(source)) for where, source in mounts),
        services=tuple(map(str, services)),
        s3_personality=str(params.get("s3_personality", "aws")),
        faults=tuple(map(str, faults)),
        cwd=str(params.get("cwd", "")),
        menu=tuple(map(str, menu)),
        horizon_s=float(horizon_s),
    )


def run_program(
    setup: Setup,
    *,
    seed: int = 0,
    tape: Tape | None = None,
    recorder: Recorder | Callable[[Plan], Recorder] | None = None,
    limits: Limits | None = None,
    hand_plan: Plan | None = None,
    order: str = "fifo",
    sinks: tuple[OutputSink, OutputSink] = (None, None),
    watch: Watch | None = None,
) -> Run:
    """Run a program once: with a seed, or with the draws of an earlier run.

    A `recorder` that wants the plan in its header is made when that is drawn: then give a function.
    """
    install()
    launch = Launch(setup.program, is_module=setup.is_module, folder=setup.folder)
    choices = Choices.from_seed(seed) if tape is None else Choices.replay(tape)
    drawn = hand_plan if hand_plan is not None else setup.draw(choices)
    if recorder is None:
        header = Header(
            program=setup.words(),
            params=setup.as_params(),
            seed=seed,
            plan=drawn.as_data() or None,
            plan_by_hand=hand_plan is not None,
            schedule=order,
        )
        recorder = Recorder(header=header)
    elif not isinstance(recorder, Recorder):
        recorder = recorder(drawn)
    oracles = (no_unhandled_errors, nothing_leaks) if setup.is_tested else ()
    session = Session(choices=choices, recorder=recorder, limits=limits, oracles=oracles, order=order, watch=watch)
    player = _Player(setup, launch, drawn, sinks)
    with importing_from(launch.path0):
        outcome = session.play(player.begin, player.end)
    return Run(
        name=launch.name,
        seed=seed if tape is None else None,
        params=setup.as_params(),
        plan=drawn,
        tape=choices.tape,
        trace=recorder.trace(),
        outcome=outcome,
        now_ns=session.engine.now_ns,
        turns=session.engine.turns,
        match=choices.match(),
        checks=session.checks,
    )


def _install_ffprobe(host: Host, faults: Sequence[str]) -> None:
    """Every host has one; it draws chances only where it is in trouble."""
    mine = tuple(text for fault in faults for service, _, text in (fault.partition("."),) if service == "ffprobe")
    if mine:
        from simulator.services.ffprobe.hosted import host_ffprobe

        host_ffprobe(host, troubles=mine)
    else:
        host.executables.install("ffprobe", ffprobe.main)


class _Player:
    """Puts the program on its host, lets the plan strike, and says how it ended."""

    def __init__(self, setup: Setup, launch: Launch, drawn: Plan, sinks: tuple[OutputSink, OutputSink]) -> None:
        self._setup, self._launch, self._plan, self._sinks = setup, launch, drawn, sinks
        mounts = setup.mounts or tuple((path, "") for path in MOUNTS)
        self._mounts = [(path, source and os.path.join(launch.folder, source)) for path, source in mounts]
        must_be_mountable(self._mounts)
        self._offers = [parse(word) for word in setup.services]
        self._service: Service | None = None

    def begin(self, engine: Engine) -> Callable[[], bool]:
        setup, launch = self._setup, self._launch
        world = World(engine)
        host = world.host(setup.host, env=ENVIRONMENT | environment(self._offers) | dict(setup.env))
        offer_all(
            world,
            self._offers,
            personality=setup.s3_personality,
            faults=setup.faults,
            durable=setup.is_tested,  # The weather restarts it, and no program can help what that would forget.
        )
        furnish(host, mounts=self._mounts, visible=machine_folders(launch))
        _install_ffprobe(host, setup.faults)
        if setup.cwd:
            make_folders(host, setup.cwd)
        self._service = service = host.run(
            launch.main,
            name=launch.name,
            argv=[launch.argv0, *setup.args],
            cwd=setup.cwd or launch.folder,
            sinks=self._sinks,
            main_module=launch.main_module,
        )
        service.on_exit.append(lambda code: None if service.returns else engine.stop())
        if self._plan.faults:
            Conductor(world, self._plan).drive()
        return lambda: not service.running and not service.returns

    def end(self) -> Outcome | None:
        """The outcome of a program that came to its end."""
        process = self._service.process if self._service is not None else None
        assert process is not None
        assert process.exit_code is not None
        code, error = process.exit_code, process.shelf.get("error")
        if isinstance(error, Unsupported):
            return Outcome(status=Status.CRASHED, message=str(error), hint=error.hint)
        if code < 0:
            return Outcome(status=Status.CRASHED, message=f"ended by {signal_name(-code)}", exit_code=128 - code)
        if code:
            why = f": {type(error).__name__}: {error}"[:200].rstrip(": ") if error is not None else ""
            blamed = blame(error) if error is not None else ()
            return Outcome(status=Status.CRASHED, message=f"exit status {code}{why}", exit_code=code, blame=blamed)
        return Outcome(status=Status.PASSED, exit_code=0)
