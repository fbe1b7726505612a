"""Forked: the inside of a worker. It reads tasks, plays them one after the other, and writes records.

Nothing here returns to the code of the parent: a worker ends with `os._exit`, and so does the process of a single seed.
"""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NoReturn

import msgspec

from simulator.explore.record import DIED, Record, Task, lost
from simulator.harness.session import error_text

RENEW: Final = 75
"""The exit status of a worker that wants to be replaced, for its memory has grown."""
GROWTH_BYTES_MAX: Final = 512 << 20
_PDEATHSIG: Final = 1  # prctl(2): a signal for when the parent dies.
_LAST_WORDS_BYTES: Final = 2000
_READ_BYTES: Final = 1 << 16
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")

PlayTask = Callable[[Task], Record]
Apart = Callable[[Task], bool]
Took = Callable[[Record], object]
"""Called in the worker, with each record that leaves it."""


def serve(
    tasks: int, records: int, *, close: Sequence[int], output: int, play: PlayTask, apart: Apart, took: Took
) -> NoReturn:
    """Be a worker."""
    code = 1
    try:
        os.setpgid(0, 0)
        _die_with_parent()
        for fd in close:
            os.close(fd)
        os.dup2(output, 1)
        os.dup2(output, 2)
        code = _serve(tasks, records, play, apart, took)
    except BrokenPipeError:  # The parent is gone, or has lost interest.
        code = 0
    except BaseException as error:
        os.write(2, f"{error_text(error)}\n".encode("utf-8", "replace"))
    finally:
        os._exit(code)


def _serve(tasks: int, records: int, play: PlayTask, apart: Apart, took: Took) -> int:
    begin_bytes = _resident_bytes()
    for line in _lines(tasks):
        task = msgspec.json.decode(line, type=Task)
        record = _play_apart(task, play) if apart(task) else play(task)
        took(record)
        _write(records, record)
        if _resident_bytes() - begin_bytes > GROWTH_BYTES_MAX:
            return RENEW
    return 0


def _play_apart(task: Task, play: PlayTask) -> Record:
    """Play a task in a process of its own; when that dies before its record, say so."""
    start_s = time.monotonic()
    inbound, outbound = os.pipe()
    pid = os.fork()
    if not pid:
        code = 1
        try:
            _die_with_parent()
            _write(outbound, play(task))
            code = 0
        except BaseException as error:
            os.write(2, f"{error_text(error)}\n".encode("utf-8", "replace"))
        finally:
            os._exit(code)
    os.close(outbound)
    with open(inbound, "rb") as file:
        told = file.read()
    _, status = os.waitpid(pid, 0)
    if code := os.waitstatus_to_exitcode(status):
        record = lost(task, DIED, how_it_ended(code, last_words(2)))
        record.real_ms = (time.monotonic() - start_s) * 1e3
        os.ftruncate(2, 0)
        return record
    return msgspec.json.decode(told, type=Record)


def how_it_ended(code: int, words: str) -> str:
    """`by SIGSEGV`, `with exit status 1: MemoryError`."""
    how = f"by {signal.Signals(-code).name}" if -code in set(signal.Signals) else f"with exit status {code}"
    return f"{how}: {words}" if words else how


def last_words(fd: int) -> str:
    """The last line of a file."""
    size = os.fstat(fd).st_size
    text = os.pread(fd, _LAST_WORDS_BYTES, max(size - _LAST_WORDS_BYTES, 0))
    lines = text.decode("utf-8", "replace").strip().splitlines()
    return lines[-1].strip() if lines else ""


def _write(records: int, record: Record) -> None:
    view = memoryview(msgspec.json.encode(record) + b"\n")
    while view:
        view = view[os.write(records, view) :]


def _lines(fd: int) -> Iterator[bytes]:
    partial = b""
    while data := os.read(fd, _READ_BYTES):
        *lines, partial = (partial + data).split(b"\n")
        yield from lines


def _resident_bytes() -> int:
    """The memory of this process that is in use now."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * _PAGE_BYTES
    except (OSError, ValueError, IndexError):
        return 0


def _die_with_parent() -> None:
    """Where the system can: a parent that is killed leaves nobody behind who plays on."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGKILL)
