"""Sessions with pipes, and with what waits for several descriptors at once."""

# What returns nothing is told as well: that it went through.
# mypy: disable-error-code="func-returns-value"

import os
import select
import selectors
import stat
import threading
import time
from collections.abc import Iterator

from tests.support.sessions.telling import MUCH, attempt


def pipes(root: str) -> Iterator[object]:
    reading, writing = os.pipe()
    yield os.write(writing, b"hello world"), os.read(reading, 5), os.read(reading, 100), os.read(reading, 0)
    for number in (reading, writing):
        mode = os.fstat(number).st_mode
        yield stat.S_ISFIFO(mode), os.get_blocking(number), os.get_inheritable(number), os.isatty(number)
    yield attempt(os.read, writing, 1), attempt(os.write, reading, b"x"), attempt(os.lseek, reading, 0, 0)
    os.set_blocking(writing, False)
    os.set_blocking(reading, False)
    yield attempt(os.read, reading, 1), os.write(writing, b"x" * 70_000), attempt(os.write, writing, b"x")
    yield len(os.read(reading, 4096)), os.write(writing, b"y" * 4096), len(os.read(reading, 100_000))
    copy = os.dup(writing)
    yield os.close(writing), attempt(os.read, reading, 1), os.write(copy, b"z"), os.close(copy)
    yield os.read(reading, 10), os.read(reading, 10), os.close(reading), attempt(os.close, reading)
    reading, writing = os.pipe()
    yield os.close(reading), attempt(os.write, writing, b"x"), os.close(writing)
    flags = os.pipe2(os.O_NONBLOCK)
    yield os.get_blocking(flags[0]), os.get_inheritable(flags[1]), [os.close(number) for number in flags]


def pipe_files(root: str) -> Iterator[object]:
    reading, writing = os.pipe()
    with open(reading, "rb") as source, open(writing, "wb") as target:
        yield target.write(b"one\ntwo\n"), target.flush(), source.readline(), source.read1(), source.seekable()
        yield attempt(source.seek, 0), attempt(target.tell), target.close(), source.read()
    yield attempt(os.fstat, reading)


def pipe_threads(root: str) -> Iterator[object]:
    reading, writing = os.pipe()

    def late() -> None:
        time.sleep(0.05)
        os.write(writing, b"x" * MUCH)
        os.close(writing)

    thread = threading.Thread(target=late)
    thread.start()
    got = 0
    while piece := os.read(reading, 10_000):
        got += len(piece)
    yield got, thread.join(), os.close(reading)


def polls(root: str) -> Iterator[object]:
    reading, writing = os.pipe()
    named = {reading: "reading", writing: "writing"}
    poll = select.poll()
    for number in named:
        poll.register(number, select.POLLIN | select.POLLOUT)

    def look() -> list[tuple[str, int]]:
        return [(named[number], event) for number, event in poll.poll(0)]

    yield (
        look(),
        os.write(writing, b"x"),
        look(),
        select.select([reading], [writing], [], 0) == ([reading], [writing], []),
    )
    yield os.read(reading, 1), select.select([reading], [], [reading], 0.01), os.close(writing)
    del named[writing]
    named[writing] = "gone"
    yield look(), poll.unregister(writing), look(), attempt(poll.unregister, writing), attempt(poll.modify, writing, 1)
    yield select.select([reading], [], [], 0) == ([reading], [], []), os.close(reading)
    reading, writing = os.pipe()
    poll = select.poll()
    poll.register(writing, select.POLLOUT)
    yield (
        os.close(reading),
        [event for _, event in poll.poll()],
        select.select([], [writing], [], 0) == ([], [writing], []),
    )
    yield (
        os.close(writing),
        attempt(select.select, [writing], [], [], 0),
        attempt(select.select, [-1], [], []),
        attempt(select.select, ["x"], [], []),
    )


def selected(root: str) -> Iterator[object]:
    for kind in (selectors.DefaultSelector, selectors.PollSelector, selectors.SelectSelector, selectors.EpollSelector):
        reading, writing = os.pipe()
        with kind() as selector:
            selector.register(reading, selectors.EVENT_READ, "in")
            selector.register(writing, selectors.EVENT_WRITE, "out")
            yield sorted((key.data, events) for key, events in selector.select(0))
            yield os.write(writing, b"x"), sorted((key.data, events) for key, events in selector.select(0))
            yield selector.modify(writing, selectors.EVENT_READ, "odd").data, os.read(reading, 1)
            yield selector.select(0.01), os.close(writing) if kind is not selectors.SelectSelector else None
            yield attempt(selector.register, reading, 1), selector.unregister(reading).data
        if kind is selectors.SelectSelector:
            os.close(writing)
        os.close(reading)
    with open(f"{root}/file", "w") as file, select.epoll() as epoll:
        yield attempt(epoll.register, file), attempt(epoll.register, 999_999), attempt(epoll.poll, 0), epoll.closed
    yield epoll.closed, attempt(epoll.fileno), attempt(epoll.poll, 0)


def poll_waits(root: str) -> Iterator[object]:
    reading, writing = os.pipe()
    thread = threading.Thread(target=lambda: (time.sleep(0.05), os.write(writing, b"x")))
    thread.start()
    begun = time.monotonic()
    poll = select.poll()
    poll.register(reading, select.POLLIN)
    yield (
        [event for _, event in poll.poll(5000)],
        0.04 < time.monotonic() - begun < 2,
        thread.join(),
        os.read(reading, 1),
    )
    begun = time.monotonic()
    yield poll.poll(50), select.select([], [], [], 0.05), 0.1 <= round(time.monotonic() - begun, 6) < 2
    yield os.close(reading), os.close(writing)
