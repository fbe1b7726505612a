"""Small programs for tests of subprocesses: each runs as it is on a real machine and on a simulated host.

They use the standard library alone, and only modules that start fast. `PROGRAMS` has them by name; `real_folder`
puts scripts for them into a folder of the real machine.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import NoReturn


def say_words() -> None:
    """Print the words of the command line, one a line."""
    for word in sys.argv[1:]:
        print(word)


def copy_input() -> None:
    """Copy standard input to standard output in pieces, as `cat`."""
    while piece := os.read(0, 65_536):
        view = memoryview(piece)
        while view:
            view = view[os.write(1, view) :]


def upper_lines() -> None:
    """Copy lines in capitals, each as soon as it is there."""
    for line in sys.stdin:
        print(line.rstrip("\n").upper(), flush=True)


def print_much() -> None:
    """Print so many bytes."""
    sys.stdout.write("x" * int(sys.argv[1]))


def speak_twice() -> None:
    """One line on each of the two outputs."""
    print("out", flush=True)
    print("err", file=sys.stderr, flush=True)


def end_with() -> object:
    """End in one of the ways in which a program can."""
    how = sys.argv[1]
    if how == "number":
        sys.exit(int(sys.argv[2]))
    if how == "text":
        sys.exit("a reason")
    if how == "error":
        raise ZeroDivisionError("by design")
    if how == "return":
        return int(sys.argv[2])
    if how == "at once":
        sys.stdout.write("never flushed")
        os._exit(3)
    if how == "signal":
        os.kill(os.getpid(), int(sys.argv[2]))
    return None


def sleep_long() -> None:
    """Say that it is ready, and sleep."""
    print("ready", flush=True)
    time.sleep(3600)


def sleep_unready() -> None:
    """Print without flushing, and sleep: what is in the buffer dies with it."""
    sys.stdout.write("still in the buffer")
    os.write(1, b"ready\n")
    time.sleep(3600)


def sleep_for() -> None:
    time.sleep(float(sys.argv[1]))
    print("slept")


def stop_in_order() -> None:
    """Say that it is ready; at SIGTERM, put things in order and leave with 7."""

    def stop(signum: int, frame: FrameType | None) -> NoReturn:
        os.write(1, b"in order\n")  # Not print: the signal may have come in the middle of one.
        sys.exit(7)

    signal.signal(signal.SIGTERM, stop)
    sleep_long()


def ignore_term() -> None:
    """Say that it is ready, and live through every SIGTERM."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sleep_long()


def show_world() -> None:
    """Print what a child knows of where it is."""
    print(os.environ.get("GIVEN"), os.environ.get("INHERITED"), os.getcwd(), sep="\n")


def show_kin() -> None:
    """Print its pid, its parent's, its group and its session."""
    print(os.getpid(), os.getppid(), os.getpgid(0), os.getsid(0))


def write_to() -> None:
    """Write a word to the descriptor of a number."""
    try:
        os.write(int(sys.argv[1]), b"through a descriptor")
    except OSError as error:
        print(error.errno)


def close_input() -> None:
    """Close standard input, say so, and sleep for a while."""
    os.close(0)
    print("closed", flush=True)
    time.sleep(0.2)


PROGRAMS: dict[str, Callable[[], object]] = {
    program.__name__.replace("_", "-"): program
    for program in (
        say_words, copy_input, upper_lines, print_much, speak_twice, end_with, sleep_long, sleep_unready, sleep_for,
        stop_in_order, ignore_term, show_world, show_kin, write_to, close_input,
    )
}  # fmt: skip


def real_folder(folder: str) -> None:
    """Put a script for each program into a folder."""
    for name, program in PROGRAMS.items():
        path = os.path.join(folder, name)
        with open(path, "w") as file:
            file.write(f"#!{sys.executable} -ISB\nimport sys\nsys.path.insert(0, {os.path.dirname(__file__)!r})\n")
            file.write(f"from small_programs import {program.__name__}\nsys.exit({program.__name__}())\n")
        os.chmod(path, 0o755)
