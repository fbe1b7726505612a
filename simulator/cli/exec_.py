"""`exec`: runs a program as it is, as `__main__` on a host of its own, in virtual time."""

import argparse
import os
import sys
from collections.abc import Sequence

from simulator.cli import options, play
from simulator.errors import Misuse
from simulator.harness.offers import USUAL, parse
from simulator.harness.program import MOUNTS, Setup, run_program
from simulator.harness.run import Run
from simulator.kernel.state import here
from simulator.report import voice
from simulator.report.progress import Progress
from simulator.trace.header import Header
from simulator.trace.provenance import gather

EPILOG = f"""The program gets a host with empty disks at {", ".join(MOUNTS)}
(or at each --mount instead), a clean environment (HOME, LANG, PATH, TZ, USER, AWS_*, REDIS_URL
and each --env), an empty stdin and ffprobe. It may read the rest of this machine, and write to
its disks alone. An S3 (s3:9000, key and secret "test") and a Redis (redis:6379) start when the
program first asks for their names.

exit code: the program's own when it ended by itself; otherwise 2 misuse, 3 stuck or a limit,
4 a door that is not simulated, 130 interrupted, 128 + n when it died of signal n.
"""


_STREAMS = {1: "stdout", 2: "stderr"}
_SWITCHES = {"--detail", "--json", "--quiet", "--help", "-h"}


def add_to(commands: options.Commands) -> None:
    """Tell argparse."""
    parser = options.command(commands, "exec", act, says="Run a program as it is, in virtual time.", epilog=EPILOG)
    parser.add_argument("--seed", type=options.seed, default=0, metavar="N", help="what chance answers (default: 0)")
    parser.add_argument("--host", default="host", metavar="NAME", help="the name of the program's host")
    parser.add_argument(
        "--mount", action="append", default=[], metavar="PATH[=DIR]", help="an empty disk at PATH, or a copy of DIR"
    )
    options.add_environment(parser)
    parser.add_argument("--inherit-env", action="append", default=[], metavar="NAME", help="pass a variable of ours on")
    parser.add_argument(
        "--service",
        action="append",
        default=[],
        metavar="NAME[=HOST[:PORT]]",
        help="where a service is found (default: s3=s3:9000 and redis=redis:6379)",
    )
    parser.add_argument("--no-service", action="append", default=[], metavar="NAME", help="s3, redis or all: not there")
    parser.add_argument(
        "--s3-personality", default="aws", metavar="NAME", help="whose deviations S3 has: aws, moto ..."
    )
    parser.add_argument(
        "--fault", action="append", default=[], metavar="SERVICE.KIND:...", help="as in s3.throttled:chance=0.2"
    )
    parser.add_argument("--cwd", default="", metavar="DIR", help="the working directory (default: this one)")
    parser.add_argument("--folder", default="", help=argparse.SUPPRESS)  # As if we had been started there: for `check`.
    parser.add_argument("--quiet", action="store_true", help="say nothing but what the program says")
    options.add_playing(parser)
    parser.add_argument("-m", dest="module", metavar="MODULE", help="run a module instead of a file")
    parser.set_defaults(words=[])  # What follows the options is not ours to read: see `split`.
    parser.usage = "%(prog)s [OPTION ...] (PROGRAM.py | -m MODULE) [ARGUMENT ...]"


def split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Our options, and the program with its arguments, which begin at the first word that is no option of ours."""
    place = 0
    while place < len(words):
        word = words[place]
        if word == "--":
            return list(words[:place]), list(words[place + 1 :])
        if not word.startswith("-") or word == "-":
            break
        place += 1 if "=" in word or word in _SWITCHES else 2
        if word == "-m":
            break
    return list(words[:place]), list(words[place:])


def act(arguments: argparse.Namespace) -> int:
    """Run the program once."""
    setup = setup_from(arguments)
    limits = options.limits(arguments.limit)
    drop_own_folder()
    header = Header(
        program=setup.words(),
        params=setup.as_params(),
        seed=arguments.seed,
        schedule=arguments.schedule,
        level=2 if arguments.detail else 1,
        provenance=gather() if arguments.trace else {},
    )
    recorder = play.recorder(header, trace=arguments.trace or "", limits=limits, detail=arguments.detail)
    output = Output(1 if not arguments.json else 2)

    def start(progress: Progress) -> Run:
        return run_program(
            setup,
            seed=arguments.seed,
            recorder=recorder,
            limits=limits,
            order=arguments.schedule,
            sinks=(output.write, Output(2).write),
            watch=progress.watch,
        )

    played = play.timed(setup.program, start, trace=arguments.trace or "")
    again = play.line(*again_words(arguments, setup))
    if output.broken:
        return voice.BROKEN_PIPE
    if arguments.json:
        voice.say(play.as_json(played, again=again))
    elif not arguments.quiet:
        voice.tell(play.told(played, again=again, to_stderr=True))
    return play.exit_code(played.run.outcome)


def setup_from(arguments: argparse.Namespace) -> Setup:
    """What the command line says of the program and its surroundings."""
    words = list(arguments.words)
    if arguments.module is None and not words:
        raise Misuse("exec needs a program", hint="name a script, or a module with -m")
    program = arguments.module if arguments.module is not None else words.pop(0)
    env = {name: os.environ[name] for name in arguments.inherit_env if name in os.environ}
    mounts = [(path, source) for path, _, source in (word.partition("=") for word in arguments.mount)]
    return Setup(
        program=program,
        is_module=arguments.module is not None,
        args=tuple(words),
        host=arguments.host,
        env=tuple((env | options.pairs(arguments.env, "--env")).items()),
        mounts=tuple(mounts),
        services=services_from(arguments.service, arguments.no_service),
        s3_personality=arguments.s3_personality,
        faults=tuple(arguments.fault),
        cwd=arguments.cwd,
        folder=arguments.folder,
    )


def services_from(given: Sequence[str], without: Sequence[str]) -> tuple[str, ...]:
    """What is on offer: the usual, as `--service` moves it and `--no-service` takes it away."""
    found = {name: name for name in USUAL}
    for word in given:
        offer = parse(word)
        found[offer.service] = str(offer)
    for name in without:
        if name != "all" and name not in found:
            raise Misuse(f"there is no service {name!r} to leave out", hint=f"services: {', '.join(USUAL)}, or all")
    return tuple(word for name, word in found.items() if name not in without and "all" not in without)


def again_words(arguments: argparse.Namespace, setup: Setup) -> list[str]:
    """The same command again."""
    if arguments.trace:
        return ["replay", arguments.trace]
    words = ["exec", "--seed", str(arguments.seed)]
    words += ["--s3-personality", setup.s3_personality] if setup.s3_personality != "aws" else []
    for name in ("mount", "env", "inherit_env", "service", "no_service", "fault", "limit"):
        for value in getattr(arguments, name):
            words += ["--" + name.replace("_", "-"), value]
    words += ["--cwd", setup.cwd] if setup.cwd else []
    return words + setup.words()


def drop_own_folder() -> None:
    """Forget where this interpreter was started: programs find modules in their own folder, not in ours."""
    if not sys.flags.safe_path:
        del sys.path[0]


class Output:
    """Hands the program's output on to a descriptor of ours, byte by byte as it comes.

    That nobody reads any more is not the program's affair: its story would depend on it. The run is stopped.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self.broken = False

    def write(self, body: bytes) -> None:
        """Write all of it, or stop the run."""
        view = memoryview(body)
        try:
            while view and not self.broken:
                view = view[os.write(self._fd, view) :]
        except OSError:
            self.broken = True
            if here.engine is not None:
                here.engine.fail(KeyboardInterrupt(f"nobody reads our {_STREAMS[self._fd]} any more"))
