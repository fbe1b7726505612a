"""Statistics: what INFO, SLOWLOG and LATENCY count."""

from collections import deque
from time import perf_counter_ns
from typing import TYPE_CHECKING, Final

from simulator.services.redis.reply import Error, Reply

if TYPE_CHECKING:
    from simulator.services.redis.registry import Command
    from simulator.services.redis.server import Server
    from simulator.services.redis.session import Session

SLOW_ARGS_MAX: Final = 32
SLOW_ARG_BYTES_MAX: Final = 128
ERRORS_MAX: Final = 128  # kinds of errors that are told apart
LATENCY_SAMPLES_MAX: Final = 160


class Counts:
    """What is counted of one command."""

    __slots__ = ("calls", "usec", "rejected", "failed", "buckets")

    def __init__(self) -> None:
        self.calls = self.usec = self.rejected = self.failed = 0
        self.buckets: dict[int, int] = {}


class SlowCall:
    """An entry of the slow log."""

    __slots__ = ("number", "at_s", "usec", "argv", "address", "name")

    def __init__(self, number: int, at_s: int, usec: int, argv: list[bytes], address: bytes, name: bytes) -> None:
        self.number, self.at_s, self.usec, self.argv, self.address, self.name = number, at_s, usec, argv, address, name


class Statistics:
    """All counters of one server."""

    def __init__(self, server: "Server") -> None:
        self._server = server
        self.started_ms = server.now_ns() // 1_000_000
        self.commands: dict[Command, Counts] = {}
        self.errors: dict[str, int] = {}
        self.slow: deque[SlowCall] = deque()
        self.slow_number = 0
        self.latency: dict[str, deque[tuple[int, int]]] = {}
        self.slowed_usec = 0
        """What a trouble adds to the command that runs."""
        self.changes = 0
        self.reset()

    def reset(self) -> None:
        """CONFIG RESETSTAT: begin anew."""
        self.commands.clear()
        self.errors.clear()
        self.connections = self.processed = self.rejected_connections = self.input_bytes = self.output_bytes = 0
        self.expired = self.evicted = self.query_buffer_closed = self.output_buffer_closed = self.error_replies = 0
        self.reads = self.writes = self.full_syncs = self.partial_syncs = self.refused_syncs = 0
        self.unexpected_errors = self.forks = 0

    @staticmethod
    def begin() -> int:
        """Look at the clock that only measures; in a simulation it stands still."""
        return perf_counter_ns()

    def count(self, session: "Session", command: "Command", argv: list[bytes], reply: Reply, began_ns: int) -> None:
        """Count a call that was carried out."""
        counts = self.commands.get(command)
        if counts is None:
            counts = self.commands[command] = Counts()
        usec = (perf_counter_ns() - began_ns) // 1000 + self.slowed_usec
        counts.calls += 1
        counts.usec += usec
        self.processed += 1
        if type(reply) is Error:
            counts.failed += 1
            self.error(reply.code)
        if usec > 8:
            bucket = usec.bit_length()
            counts.buckets[bucket] = counts.buckets.get(bucket, 0) + 1
        session.last_command = command.full
        limit = self._server.config["slowlog-log-slower-than"]
        if 0 <= limit <= usec and not command.skip_slowlog:
            self._log_slow(session, argv, usec)
        threshold = self._server.config["latency-monitor-threshold"]
        if threshold and usec >= threshold * 1000:
            self.sample("fast-command" if "fast" in command.flags else "command", usec // 1000)
        self.slowed_usec = 0

    def error(self, code: str) -> None:
        """Count an error that was answered."""
        self.error_replies += 1
        if code in self.errors or len(self.errors) < ERRORS_MAX:
            self.errors[code] = self.errors.get(code, 0) + 1

    def reject(self, command: "Command | None", error: Error) -> None:
        """Count a call that was not carried out."""
        self.error(error.code)
        if command is not None:
            self.commands.setdefault(command, Counts()).rejected += 1

    def sample(self, event: str, milliseconds: int) -> None:
        """Note a latency spike."""
        history = self.latency.setdefault(event, deque(maxlen=LATENCY_SAMPLES_MAX))
        now_s = self._server.keyspace.now_ms // 1000
        if history and history[-1][0] == now_s:
            history[-1] = (now_s, max(milliseconds, history[-1][1]))
        else:
            history.append((now_s, milliseconds))

    def _log_slow(self, session: "Session", argv: list[bytes], usec: int) -> None:
        shown = [_shortened(word) for word in argv[:SLOW_ARGS_MAX]]
        if len(argv) > SLOW_ARGS_MAX:
            shown[-1] = b"... (%d more arguments)" % (len(argv) - SLOW_ARGS_MAX + 1)
        now_s = self._server.keyspace.now_ms // 1000
        self.slow.appendleft(
            SlowCall(self.slow_number, now_s, usec, shown, session.address.encode(), session.name)
        )  # fmt: skip
        self.slow_number += 1
        while len(self.slow) > self._server.config["slowlog-max-len"]:
            self.slow.pop()


def _shortened(word: bytes) -> bytes:
    if len(word) <= SLOW_ARG_BYTES_MAX:
        return word
    return word[:SLOW_ARG_BYTES_MAX] + b"... (%d more bytes)" % (len(word) - SLOW_ARG_BYTES_MAX)
