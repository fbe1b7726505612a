"""Server: commands in, replies out, and everything that one command does to others on its way.

The server owns no socket and no clock. Whoever carries it (`connection.py`) hands over what arrived with `receive` and
sends what is in `session.out` when `flush` says so; time comes from `now_ns`, timers from `later`.

One command after the other: look it up, see whether it may run (`gate.py`), run its function, pass on what it changed
(`consequences.py`), serve who waited for that, answer.
"""

import random
from collections.abc import Callable
from typing import Any, Final

from simulator.services.redis import chronicle, gate
from simulator.services.redis.acl import Acl
from simulator.services.redis.call import Blocked, Call
from simulator.services.redis.config import Config
from simulator.services.redis.consequences import Consequences
from simulator.services.redis.keyspace import Keyspace
from simulator.services.redis.monitor import Monitors
from simulator.services.redis.persistence import Persistence
from simulator.services.redis.protocol import Broken
from simulator.services.redis.pubsub import PubSub
from simulator.services.redis.registry import Command, find
from simulator.services.redis.replication import Replication
from simulator.services.redis.reply import NOTHING, OK, Error, Refusal, Reply, Several
from simulator.services.redis.scripting import Scripting
from simulator.services.redis.session import Session, Wire
from simulator.services.redis.settings import Settings
from simulator.services.redis.statistics import Statistics
from simulator.services.redis.tracking import Tracking
from simulator.services.redis.troubles import Troubles
from simulator.services.redis.upkeep import Upkeep
from simulator.services.redis.waiting import WaitingRoom
from simulator.services.redis.watching import Watching

QUIT: Final = b"QUIT"
UNSENT_MAX: Final = 4 << 20
"""Bytes of answers after which a client's next command waits until they are sent, however many came in one piece."""
Later = Callable[..., Any]
"""`later(seconds, callback, *args)` returns something with `.cancel()`, as `loop.call_later` does."""


def _speaks(session: Session, command: Command | None, reply: Reply) -> bool:
    """Whether a reply is sent although CLIENT REPLY is off, or this one is to be skipped."""
    if session.skip_next and command is not None and command.full != "client|reply":
        session.skip_next = False
        session.settle()
        return type(reply) is Several
    return session.reply_mode == "on" or type(reply) is Several


class _Never:
    """A timer that never fires."""

    def __init__(self, seconds: float, callback: object, *args: object) -> None: ...

    def cancel(self) -> None: ...


def _raise(error: Exception) -> None:
    raise error


def _nothing(*args: object) -> None:
    """Nobody carries the server."""


class Server(Consequences):
    """One Redis."""

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        now_ns: Callable[[], int],
        later: Later,
        rng: random.Random,
        tell: Callable[..., object] | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self.now_ns, self.later, self.rng = now_ns, later, rng
        self.tell = tell
        self.tells = tell is not None and self.settings.trace_commands
        self.config = Config(**self.settings.parameters)
        self.keyspace = Keyspace(databases=self.config["databases"])
        self.keyspace.hooks = self
        self.sessions: dict[int, Session] = {}
        self.spoken: dict[Session, None] = {}
        """Sessions with something to send."""
        self.resumed: list[Session] = []
        """Sessions that were held and go on."""
        self.effects: list[tuple[int, list[bytes], bool]] = []
        """What the command that runs has done so far: database, command, whether the file gets it too."""
        self.depth = 0
        self.notifies = ""
        """The classes of keyspace events that are on; empty for none."""
        self.guarded = False
        """Whether anything is unusual, so that every command must be looked at closely."""
        self.closing = False
        self.port = self.settings.port
        self.failed: Callable[[Exception], None] = _raise
        """Told of faults of the server itself; set by who carries it."""
        self.ended: Callable[[], None] = _nothing
        """Called by SHUTDOWN; set by who carries the server."""
        self.gave_up: Callable[[OSError], None] = _nothing
        """Called when the server cannot go on; set by who carries it."""
        self.away: Callable[[float], None] = _nothing
        """Called to take no connections for some seconds; set by who carries the server."""
        self._last_id = 0
        self.statistics = Statistics(self)
        self.acl = Acl(self)
        self.waiting = WaitingRoom(self)
        self.watching = Watching()
        self.tracking = Tracking(self)
        self.pubsub = PubSub(self)
        self.monitors = Monitors(self)
        self.scripting = Scripting(self)
        self.persistence = Persistence(self)
        self.replication = Replication(self)
        self.troubles = Troubles(self)
        self.upkeep = Upkeep(self)
        self.upkeep.configured(set())
        self.wake()

    # ---------------------------------------------------------------- time

    def wake(self) -> int:
        """Look at the clock; returns Unix time in milliseconds."""
        now_ms = self.now_ns() // 1_000_000
        self.keyspace.now_ms = now_ms
        return now_ms

    # ---------------------------------------------------------------- sessions

    def connect(self, wire: Wire | None, *, address: str = "?:0", local: str = "?:0", fd: int = 8) -> Session | None:
        """Begin a session, or None when there are too many; the wire has been told why then."""
        now_ms = self.wake()
        self.statistics.connections += 1
        if len(self.sessions) >= self.config["maxclients"]:
            self.statistics.rejected_connections += 1
            if wire is not None:
                wire.write(b"-ERR max number of clients reached\r\n")
            return None
        self._last_id += 1
        session = Session(self._last_id, self.keyspace.databases[0], self.acl.default, now_ms=now_ms, wire=wire)
        session.address, session.local, session.fd = address, local, fd
        session.parser.bulk_max = self.config["proto-max-bulk-len"]
        session.parser.buffer_max = self.config["client-query-buffer-limit"]
        self.acl.greet(session)
        self.sessions[session.id] = session
        self.upkeep.connected(session)
        return session

    def forget(self, session: Session) -> None:
        """End a session: whatever it held or waited for is given up."""
        if session.closed:
            return
        session.closed = session.closing = True
        self.sessions.pop(session.id, None)
        self.spoken.pop(session, None)
        if session.waiting is not None:
            self.waiting.leave(session.waiting)
        self.watching.unwatch(session)
        self.pubsub.leave(session)
        self.tracking.forget(session)
        self.monitors.leave(session)
        self.replication.forget(session)
        if session.on_close is not None:
            session.on_close()

    def hang_up(self, session: Session) -> None:
        """Close a client's connection after what it is still to be told."""
        session.closing = True
        self.spoken[session] = None

    # ---------------------------------------------------------------- input

    def receive(self, session: Session, data: bytes) -> None:
        """Take bytes from a client, carry out what is whole, and leave the answers in `out`."""
        if session.silent or session.closing:
            return
        session.parser.feed(data)
        session.input_bytes += len(data)
        self.statistics.input_bytes += len(data)
        self.serve(session)
        if session.parser.overflows:
            self.statistics.query_buffer_closed += 1
            session.out.clear()
            self.hang_up(session)
        self.go_on()

    def serve(self, session: Session) -> None:
        """Carry out what a session sent, until there is no more or it is held."""
        parser, execute = session.parser, self.execute
        while not session.held and not session.closing and not session.silent:
            if session.unfinished is not None:
                argv: list[bytes] | None = session.unfinished
                session.unfinished = None
            else:
                try:
                    argv = parser.next()
                except Broken as broken:
                    self.statistics.error("ERR")
                    session.say(Error(f"ERR Protocol error: {broken}"))
                    self.hang_up(session)
                    return
            if argv is None:
                break
            execute(session, argv)
            if session.out_bytes > UNSENT_MAX:
                session.choked = True
                break
        if session.out:
            self.spoken[session] = None

    def unchoke(self, session: Session) -> None:
        """Have a session read on whose answers waited to be sent."""
        if session.choked and not session.closed:
            session.choked = False
            self.serve(session)
            self.go_on()

    def resume(self, session: Session) -> None:
        """Have a session that was held read on, when the present command is over."""
        self.resumed.append(session)

    def go_on(self) -> None:
        """Let those who were held read on; then everything that is to be sent is ready."""
        while self.resumed:
            session = self.resumed.pop(0)
            if not session.closed:
                self.serve(session)
        self.persistence.before_replies()
        self.replication.send()

    # ---------------------------------------------------------------- one command

    def execute(self, session: Session, argv: list[bytes]) -> None:
        """Carry out a command of a client and answer it."""
        now_ms = self.now_ns() // 1_000_000
        self.keyspace.now_ms = session.last_ms = now_ms
        command = find(argv[0])
        if self.troubles.on and not self.troubles.admit(session, command, argv):
            return
        if command is None or command.subcommands or not command.fits(len(argv)):
            if argv[0].upper() == QUIT:
                session.say(OK)
                self.hang_up(session)
                return
            found = gate.resolve(argv)
            if isinstance(found, Error):
                self.reject(session, command, found)
                return
            command = found
        if self.guarded or not session.plain:
            refusal = gate.refused(self, session, command, argv)
            if refusal is not None:
                if refusal is gate.LATER:
                    session.unfinished, session.held = argv, True
                elif type(refusal) is Error:
                    self.reject(session, command, refusal)
                else:
                    self.reply(session, command, refusal)
                return
        reply = self.run(session, command, argv, now_ms)
        if type(reply) is Blocked:
            self.waiting.enter(session, reply, command, argv)
        else:
            self.reply(session, command, reply)
        if self.waiting.ready:
            self.waiting.serve()

    def run(
        self,
        session: Session,
        command: Command,
        argv: list[bytes],
        now_ms: int,
        *,
        may_block: bool = True,
        script: Any = None,
    ) -> Reply:
        """Run a command's function, count it, and pass on what it changed."""
        call = Call(
            self, session, command, argv, session.db, now_ms, resp=session.resp, may_block=may_block, script=script
        )
        handler = command.handler
        assert handler is not None
        self.depth += 1
        began = self.statistics.begin()
        try:
            reply = handler(call, argv)
        except Refusal as refusal:
            reply = refusal.error
        except Exception as error:  # a fault of ours must not take everybody else down
            self.failed(error)
            reply = Error(f"ERR internal error in '{command.full}': {type(error).__name__}")
        finally:
            self.depth -= 1
        if type(reply) is Blocked and not may_block:
            reply = reply.on_timeout
        self.statistics.count(session, command, argv, reply, began)
        if self.tells and session.kind == "normal":
            chronicle.tell_command(self, session, command, argv, reply, in_script=script is not None)
        if self.monitors.sessions:
            self.monitors.show(session, command, argv, script=script is not None)
        if session.tracked is not None:
            self.tracking.remember(session, command, argv)
        if call.dirty or call.effects is not None:
            self.record(call)
        if self.effects and not self.depth:
            self.settle_effects()
        return reply

    def reply(self, session: Session, command: Command | None, reply: Reply) -> None:
        """Answer a client, as far as CLIENT REPLY lets us."""
        if reply is NOTHING or session.closed:
            return
        if (session.reply_mode != "on" or session.skip_next) and not _speaks(session, command, reply):
            return
        if session.kind == "master":
            return
        try:
            session.say(reply)
        except Exception as error:  # a fault of ours: a value that is no reply
            self.failed(error)
            session.say(Error(f"ERR internal error in the reply: {type(error).__name__}"))
        self.spoken[session] = None
        if self.troubles.on:
            self.troubles.answered(session)
        if self.tracking.pending:
            self.tracking.settle()

    def reject(self, session: Session, command: Command | None, error: Error) -> None:
        """Answer a command that was not run."""
        self.statistics.reject(command, error)
        if command is not None and command.name == "exec":
            error = Error(b"EXECABORT Transaction discarded because of: " + error.text.removeprefix(b"ERR "))
            self.watching.abandon(session)
        elif session.queue is not None:
            session.abort_queue = True
        self.reply(session, command, error)

    # ---------------------------------------------------------------- the end, and beginning anew

    def shut_down(self, save: bool | None) -> bool:
        """SHUTDOWN: keep what is to be kept, then end; false when that failed."""
        if not self.persistence.end(save):
            return False
        self.closing = True
        self.ended()
        return True

    def restart(self, seconds: float) -> None:
        """Be killed: everything in memory is gone; start again after a while and load what the files hold."""
        if self.tell is not None:
            self.tell("redis.restart", away_ns=int(seconds * 1e9))
        self.persistence.lose_memory()
        self.keyspace.clear()
        self.scripting.flush()
        self.scripting.functions.flush()
        self.statistics.reset()
        self.upkeep.forget_sizes()
        self.go_away(seconds)
        self.later(seconds, self.persistence.start)

    def twin(self) -> "Server":
        """Return another server like this one, without files, troubles or timers: to hold what a replica has."""
        parameters = {"databases": str(len(self.keyspace.databases))}
        settings = Settings(parameters=parameters, script_steps_max=self.settings.script_steps_max)
        other = Server(settings, now_ns=self.now_ns, later=_Never, rng=self.rng)
        other.keyspace.removes_expired = False
        other.keyspace.ignores_expiry = True
        return other

    def give_up(self, error: OSError) -> None:
        """End without answering anybody: what was to be kept cannot be."""
        self.closing = True
        self.troubles.reset_all()
        self.gave_up(error)

    def go_away(self, seconds: float) -> None:
        """Reset all connections, and take none for a while."""
        self.troubles.reset_all()
        self.away(seconds)
