"""Grammar: the words of `python -m pipelines stream`, and the help that says what they do."""

import argparse
import os
import sys
from typing import Any, Final, NoReturn

from pipelines.stream import kinds
from pipelines.stream.settings import OPTIONS, spelled, variable

PROGRAM: Final = "python -m pipelines stream"

COMMANDS: Final = {
    "run": "upload what grows below a folder, until it is stopped",
    "status": "which streams there are, and how far they are",
    "inspect": "all that is known of one stream",
    "retry": "take a stream that has failed up again",
    "doctor": "try everything that a worker needs, and say what to do about it",
}

_RUN: Final = """\
Uploads every recording below a folder to S3 while it is still being written. A file that has not changed for the idle
time is finished: every byte is compared with what was uploaded, the object is completed, and a description of the
film is put beside it (KEY.json). What is under way is kept in Redis: a worker that is killed goes on where it was, and
several workers on one folder share the work.

  try it, with nothing but this:    {program} --watch DIR --bucket films --embedded
  against servers of your own:      {program} --watch DIR --bucket films \\
                                        --s3-endpoint https://s3.example.com --redis redis://redis:6379
  before the first start:           {program} doctor --watch DIR --bucket films ...
  while it runs:                    {program} status | inspect KEY | retry KEY
"""
_EPILOG: Final = """\
Every option may also be given as a variable ({example}=2m) or in a TOML file
(--config FILE, table [stream], as in idle-timeout = "2m"). An option wins over a variable, a variable over the file.
--show-settings says what follows from all of them, and ends.

exit codes:
  0 stopped by SIGTERM, all that was under way kept    130 the same, by Ctrl-C
  2 misuse: an option, a file or a folder              3 S3 or Redis refuse to be used, or cannot be reached
  4 stopped before all that was under way had ended (the deadline of --drain-timeout, or a second signal):
    nothing is lost, the next start goes on             1 a fault of this program
"""
_OTHER_EPILOG: Final = """\
exit codes:
  0 done    1 {one}    2 misuse    3 S3 or Redis cannot be reached
"""
_ONE: Final = {
    "status": "there are failed streams",
    "inspect": "there is no such stream",
    "retry": "there is no such stream, or it has not failed",
    "doctor": "something is missing that a worker needs",
}
_WITHOUT: Final = {
    "run": set[str](),
    "status": {"when", "how much", "who", "metadata", "watching it"},
    "inspect": {"when", "how much", "who", "metadata", "watching it"},
    "retry": {"when", "how much", "who", "metadata", "watching it"},
    "doctor": {"when", "how much", "who", "watching it"},
}
"""Groups of options that are taken by the others as well, for one environment serves them all, but are not shown."""


class Misuse(Exception):
    """Words that make no sense together."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Misuse(message)


def parser_of(command: str) -> argparse.ArgumentParser:
    """The words of one command."""
    program = PROGRAM if command == "run" else f"{PROGRAM} {command}"
    about = _RUN.format(program=PROGRAM) if command == "run" else f"{COMMANDS[command].capitalize()}."
    epilog = _EPILOG.format(example=variable("idle_timeout_s")) if command == "run" else _OTHER_EPILOG
    parser = _Parser(
        prog=program,
        description=about,
        epilog=epilog if command == "run" else epilog.format(one=_ONE[command]),
        formatter_class=lambda prog: argparse.RawDescriptionHelpFormatter(prog, width=118, max_help_position=32),
        allow_abbrev=False,
        usage=_usage(command, program),
    )
    if command in ("inspect", "retry"):
        parser.add_argument("key", metavar="KEY", help="an object's key, a stream's id, or the path of its file")
    if command in ("status", "inspect", "doctor"):
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of words")
    if command == "status":
        parser.add_argument("--all", action="store_true", help="list streams that are completed as well")
    _add_settings(parser, command)
    general = parser.add_argument_group("where settings come from")
    general.add_argument(
        "--config", metavar="FILE", default=argparse.SUPPRESS, help="a TOML file with a table [stream]"
    )
    general.add_argument(
        "--show-settings", action="store_true", help="say what the settings are and where from, and end"
    )
    return parser


def _usage(command: str, program: str) -> str:
    words = {"inspect": " KEY", "retry": " KEY"}.get(command, "")
    if command != "run":
        return f"{program}{words} [OPTION ...]"
    others = "(status | inspect KEY | retry KEY | doctor)"
    return f"{program} --watch DIR --bucket B [OPTION ...]\n       {program} {others} [OPTION ...]"


def _add_settings(parser: argparse.ArgumentParser, command: str) -> None:
    groups: dict[str, Any] = {}
    for name, option in OPTIONS.items():
        if option.group not in groups:
            groups[option.group] = parser.add_argument_group(option.group)
        more: dict[str, Any] = {"metavar": option.metavar}
        if option.kind is kinds.flag:
            more = {"nargs": "?", "const": "yes", "metavar": "yes|no"}
        hidden = option.group in _WITHOUT[command]
        groups[option.group].add_argument(
            f"--{spelled(name)}",
            dest=name,
            default=argparse.SUPPRESS,
            help=argparse.SUPPRESS if hidden else option.help.replace("%", "%%"),
            **more,
        )


def read(words: list[str]) -> tuple[str, dict[str, Any]]:
    """The command, and what was given."""
    command = words[0] if words and words[0] in COMMANDS else "run"
    if words and not words[0].startswith("-") and words[0] not in COMMANDS:
        known = ", ".join(name for name in COMMANDS if name != "run")
        raise Misuse(f"{words[0]!r} is no command; there are {known}")
    given = parser_of(command).parse_args(words[1:] if words and words[0] == command else words)
    return command, vars(given)


def complain(message: str, *hints: str) -> None:
    """Say what is wrong, and what to do."""
    sys.stderr.write("".join([f"error: {message}\n", *(f"hint: {hint}\n" for hint in hints)]))
    sys.stderr.flush()


def environment() -> dict[str, str]:
    return dict(os.environ)
