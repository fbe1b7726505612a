"""Runs a plain function as a program of a one-host world, for tests of the kernel."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from greenlet import GreenletExit

from simulator.errors import Stuck
from simulator.kernel import collect
from simulator.kernel.choices import Choices
from simulator.kernel.engine import Engine
from simulator.kernel.interpose import install
from simulator.kernel.limits import Limits
from simulator.trace.query import Trace
from simulator.trace.recorder import Recorder
from simulator.world.host import Host
from simulator.world.world import World

T = TypeVar("T")


class OneHost:
    """A world with one host `main`, and what is needed to run programs there and look at them."""

    def __init__(self, *, seed: int = 0, limits: Limits | None = None) -> None:
        install()
        self.recorder = Recorder(strict=True)
        self.engine = Engine(choices=Choices.from_seed(seed), recorder=self.recorder, limits=limits)
        self.world = World(self.engine)
        self.host: Host = self.world.host("main")
        self.output: dict[int, bytearray] = {1: bytearray(), 2: bytearray()}

    def start(self, main: Callable[[], object], *, name: str = "program", env: Mapping[str, str] | None = None) -> Any:
        """Start a program; it runs when the engine does."""
        sinks = (self.output[1].extend, self.output[2].extend)
        return self.host.run(main, name=name, env=env, sinks=sinks)

    def run(self, main: Callable[[], T], **options: Any) -> T:
        """Run a function as a program until it is over; return what it returned, raise what it raised."""
        outcome: list[T] = []
        errors: list[BaseException] = []

        def program() -> None:
            try:
                outcome.append(main())
            except GreenletExit:  # At its burial, and with frames whose objects may only end there.
                raise
            except BaseException as error:
                errors.append(error)
                raise

        service = self.start(program, **options)
        service.process.on_end.append(lambda code: self.engine.stop())

        def judge() -> None:
            if errors:
                raise errors[0]
            if not outcome:
                raise self.engine.stuck() if service.running else Stuck(f"the program ended: {service.exit_codes}")

        self.play(judge)
        return outcome[0]

    def play(self, judge: Callable[[], object] = lambda: None) -> None:
        """Run what was started, and bury what it leaves: nothing of it may end in the midst of a later test.

        `judge` looks at the world between the two, and may raise.
        """
        with collect.run_policy(self.engine):
            try:
                self.engine.run()
                judge()
            finally:
                collect.bury(self.engine)

    @property
    def trace(self) -> Trace:
        return self.recorder.trace()


def run_in_process(main: Callable[[], T], **options: Any) -> T:
    """What `main()` returns when it is a simulated program."""
    return OneHost(**options).run(main)
