"""Programs that CPython's suite starts: its own interpreter, and a shell for the few lines that it gives to one.

The interpreter is a function that runs a script or the text of `-c` in a simulated process. It shares
the modules that are imported already, so what a child learns from `-X dev` or from `PYTHONASYNCIODEBUG` is not shown.
"""

import itertools
import os
import shlex
import subprocess
import sys
import time
from types import ModuleType

from simulator.world.executables import Executables

_WITH_VALUE = {"-X", "-W"}


def install(executables: Executables) -> None:
    """Put the programs where the suite looks for them."""
    executables.install(os.path.basename(sys.executable), python, path=sys.executable)
    executables.install("sh", shell)
    executables.install("sleep", sleep)
    executables.install("echo", echo)


def python() -> None:
    """`python [FLAGS] -c TEXT ...` and `python [FLAGS] SCRIPT ...`."""
    words = sys.argv[1:]
    while words and words[0].startswith("-") and words[0] != "-c":
        words = words[2 if words[0] in _WITH_VALUE else 1 :]
    if not words:
        source, where, sys.argv = sys.stdin.read(), "<stdin>", ["-"]
    elif words[0] == "-c":
        source, where, sys.argv = words[1], "<string>", ["-c", *words[2:]]
    else:
        with open(words[0], encoding="utf-8") as file:
            source = file.read()
        where, sys.argv = words[0], list(words)
    module = ModuleType("__main__")
    sys.modules["__main__"] = module
    exec(compile(source, where, "exec"), module.__dict__)


def shell() -> int:
    """`sh -c TEXT`: commands with `;` between them, and `1>&2`."""
    status = 0
    lexer = shlex.shlex(sys.argv[2], posix=True, punctuation_chars=";")
    lexer.whitespace_split = True
    for is_end, group in itertools.groupby(lexer, lambda word: word == ";"):
        words = [] if is_end else list(group)
        if words[:1] == ["exit"]:
            return int(words[1])
        to_stderr = "1>&2" in words or ">&2" in words
        words = [word for word in words if word not in ("1>&2", ">&2")]
        if words:
            try:
                status = subprocess.run(words, stdout=sys.stderr if to_stderr else None, check=False).returncode
            except FileNotFoundError:
                sys.stderr.write(f"sh: 1: {words[0]}: not found\n")
                status = 127
    return status


def sleep() -> None:
    time.sleep(float(sys.argv[1]))


def echo() -> None:
    print(*sys.argv[1:])
