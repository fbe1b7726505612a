"""Sessions of asyncio and anyio with programs, pipes and signals."""

# What returns nothing is told as well: that it went through.
# mypy: disable-error-code="func-returns-value"

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from subprocess import DEVNULL, PIPE, STDOUT

import anyio

from tests.support.sessions.telling import MUCH, attempt


class Told(asyncio.SubprocessProtocol):
    """A protocol that writes down what is called."""

    def __init__(self) -> None:
        self.said: list[object] = []
        self.body = bytearray()
        self.over = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.said.append("made")

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self.body += data
        self.said.append(("data", fd))

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        self.said.append(("lost", fd, repr(exc)))

    def process_exited(self) -> None:
        self.said.append("exited")

    def connection_lost(self, exc: Exception | None) -> None:
        self.said.append("over")
        self.over.set_result(None)


def loop_children(root: str) -> Iterator[object]:
    return iter(asyncio.run(_loop_children()))


async def _loop_children() -> list[object]:
    seen: list[object] = []
    run = asyncio.create_subprocess_exec
    child = await run("copy-input", stdin=PIPE, stdout=PIPE, stderr=PIPE)
    body = b"0123456789" * (MUCH // 10)
    out, err = await child.communicate(body)
    seen.append([out == body, err, child.returncode, await child.wait()])
    child = await run("upper-lines", stdin=PIPE, stdout=PIPE)
    assert child.stdin is not None
    assert child.stdout is not None
    for word in (b"one\n", b"two\n"):
        child.stdin.write(word)
        await child.stdin.drain()
        seen.append(await child.stdout.readline())
    child.stdin.close()
    seen.append([await child.stdout.read(), await child.wait(), await child.stdin.wait_closed()])
    child = await run("sleep-long", stdout=PIPE)
    assert child.stdout is not None
    seen.append([await child.stdout.readline(), child.returncode, child.terminate(), await child.wait()])
    try:
        child.kill()
    except ProcessLookupError as error:
        seen.append(repr(error))
    child = await run("sleep-long", stdout=PIPE)
    try:
        await asyncio.wait_for(child.communicate(), 0.3)
    except TimeoutError:
        seen.append(["late", child.returncode, child.kill(), await child.wait()])
    child = await run("say-words", stdin=DEVNULL, stdout=DEVNULL, stderr=STDOUT)
    seen.append([await child.wait(), child.stdin, child.stdout])
    for words in (["no-such-program"], ["no/such/program", "x"]):
        try:
            await run(*words)
        except OSError as error:
            seen.append([type(error).__name__, error.filename])
    children = await asyncio.gather(*(run("end-with", "number", str(code), stdout=DEVNULL) for code in range(6)))
    seen.append(await asyncio.gather(*(child.wait() for child in children)))
    child = await run("close-input", stdin=PIPE, stdout=PIPE)
    seen.append([await child.communicate(b"x" * MUCH), child.returncode])
    return seen


def loop_protocols(root: str) -> Iterator[object]:
    return iter(asyncio.run(_loop_protocols()))


async def _loop_protocols() -> list[object]:
    seen: list[object] = []
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.subprocess_exec(Told, "speak-twice")
    pipes = [transport.get_pipe_transport(fd) is not None for fd in (0, 1, 2)]
    await protocol.over
    seen.append(
        [pipes, sorted(map(repr, protocol.said)), protocol.said[0], protocol.said[-1], transport.get_returncode()]
    )
    seen.append([transport.is_closing(), transport.close(), transport.is_closing()])
    transport, protocol = await loop.subprocess_exec(Told, "sleep-long", stdin=None, stderr=None)
    seen.append([transport.get_returncode(), transport.get_pipe_transport(0), transport.close()])
    await protocol.over
    seen.append([transport.get_returncode(), protocol.said[-2:]])
    for args, options in (
        (([],), {}),
        (([1],), {}),
        ((["x"],), {"universal_newlines": True}),
        ((["x"],), {"bufsize": 1}),
    ):
        try:
            await loop.subprocess_exec(Told, *args, **options)
        except (TypeError, ValueError) as error:
            seen.append([type(error).__name__, str(error)])
    return seen


def loop_pipes(root: str) -> Iterator[object]:
    return iter(asyncio.run(_loop_pipes(root)))


async def _loop_pipes(root: str) -> list[object]:
    seen: list[object] = []
    loop = asyncio.get_running_loop()
    reading, writing = os.pipe()
    reader = asyncio.StreamReader()
    source, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(reading, "rb", 0))
    target, _ = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, os.fdopen(writing, "wb", 0))
    target.write(b"x" * MUCH)
    seen.append(
        [target.get_write_buffer_size() > 0, len(await reader.readexactly(MUCH)), target.get_write_buffer_size()]
    )
    target.write(b"last")
    target.write_eof()
    seen.append([await reader.read(), reader.at_eof(), target.is_closing()])
    await asyncio.sleep(0.02)
    seen.append([source.is_closing(), attempt(os.fstat, writing)])
    reading, writing = os.pipe()
    lost = loop.create_future()

    class Writer(asyncio.BaseProtocol):
        def connection_lost(self, exc: Exception | None) -> None:
            lost.set_result(repr(exc))

    target, _ = await loop.connect_write_pipe(Writer, os.fdopen(writing, "wb", 0))
    os.close(reading)
    seen.append([await lost, target.is_closing()])
    with open(f"{root}/plain", "wb") as plain:
        try:
            await loop.connect_read_pipe(asyncio.Protocol, plain)
        except ValueError as error:
            seen.append(str(error))
    return seen


def loop_signals(root: str) -> Iterator[object]:
    return iter(asyncio.run(_loop_signals()))


async def _loop_signals() -> list[object]:
    seen: list[object] = []
    loop = asyncio.get_running_loop()

    async def coroutine() -> None: ...

    for args in ((signal.SIGKILL, print), (0, print), ("x", print), (999, print), (signal.SIGUSR1, coroutine)):
        seen.append(attempt(loop.add_signal_handler, *args))
    seen.append([attempt(loop.remove_signal_handler, signal.SIGUSR1), attempt(loop.remove_signal_handler, 0)])
    told: list[object] = []
    loop.add_signal_handler(signal.SIGUSR1, told.append, "first")
    loop.add_signal_handler(signal.SIGUSR1, told.append, "second")
    loop.add_signal_handler(signal.SIGUSR2, told.append, "other")
    os.kill(os.getpid(), signal.SIGUSR1)
    os.kill(os.getpid(), signal.SIGUSR2)
    seen.append(list(told))
    await asyncio.sleep(0.02)
    seen.append([list(told), callable(signal.getsignal(signal.SIGUSR1))])
    signal.signal(signal.SIGUSR2, lambda signum, frame: told.append("plain"))
    os.kill(os.getpid(), signal.SIGUSR2)
    await asyncio.sleep(0.02)
    seen.append(told[2:])
    seen.append([loop.remove_signal_handler(signal.SIGUSR1), loop.remove_signal_handler(signal.SIGUSR2)])
    seen.append([signal.getsignal(signal.SIGUSR1), signal.getsignal(signal.SIGUSR2)])
    in_thread = await asyncio.to_thread(attempt, loop.add_signal_handler, signal.SIGUSR1, print)
    return [*seen, in_thread]


def runners(root: str) -> Iterator[object]:
    told: list[str] = []

    async def interrupted(raised: bool) -> str:
        asyncio.get_running_loop().call_later(0.02, signal.raise_signal, signal.SIGINT)
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            told.append("cancelled")
            if raised:
                raise
        return "survived"

    for raised in (True, False):
        try:
            yield asyncio.run(interrupted(raised))
        except KeyboardInterrupt as error:
            yield repr(error), told
    with anyio.from_thread.start_blocking_portal() as portal:
        yield portal.call(_with_anyio)
    yield anyio.run(_with_anyio)


async def _with_anyio() -> list[object]:
    done = await anyio.run_process(["say-words", "anyio"])
    seen: list[object] = [done.returncode, done.stdout, done.stderr]
    try:
        await anyio.run_process(["end-with", "text"])
    except subprocess.CalledProcessError as error:
        seen.append([error.returncode, error.stderr])
    async with await anyio.open_process(["copy-input"]) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        await child.stdin.send(b"to and fro")
        seen.append(await child.stdout.receive(100))
    seen.append(child.returncode)
    with anyio.move_on_after(0.2) as scope:
        await anyio.run_process(["sleep-long"])
    seen.append(scope.cancelled_caught)
    return seen
