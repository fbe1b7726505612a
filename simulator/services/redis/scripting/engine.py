"""Engine: scripts by their digests, one run of a script, and what a script may call while it runs."""

from hashlib import sha1
from typing import TYPE_CHECKING, Any, Final

from simulator.services.redis import gate
from simulator.services.redis.call import Call
from simulator.services.redis.registry import find
from simulator.services.redis.reply import Error, Refusal, Reply
from simulator.services.redis.scripting import proof
from simulator.services.redis.scripting.convert import from_lua, to_lua
from simulator.services.redis.scripting.functions import Functions
from simulator.services.redis.scripting.interpreter import Interpreter
from simulator.services.redis.scripting.shebang import shebang
from simulator.services.redis.session import Session

if TYPE_CHECKING:
    from simulator.services.redis.server import Server

_NO_SCRIPT: Final = "NOSCRIPT No matching script. Please use EVAL."
_READ_ONLY: Final = Error("ERR Write commands are not allowed from read-only scripts.")
_KILLED: Final = Error("ERR Error running script: Script killed by user with SCRIPT KILL.")


class Script:
    """One script: its text, what its first line says of it, and the compiled function."""

    def __init__(self, body: bytes, sha: bytes) -> None:
        self.body, self.sha = body, sha
        self.flags: frozenset[str] | None = None
        """None for a script without a shebang, which may do what is found out while it runs."""
        self.function: Any = None
        code = body
        if body.startswith(b"#!"):
            line, newline, rest = body.partition(b"\n")
            if not newline:
                raise Refusal("ERR Invalid script shebang")
            name, self.flags = shebang(line)
            if name is not None:
                raise Refusal(f"ERR Unknown lua shebang option: name={name}")
            code = b"\n" + rest
        self.code = code


class Running:
    """A script that runs: who called it, and under which rules."""

    __slots__ = ("caller", "name", "read_only", "flags", "resp", "wrote", "now_us", "keys")

    def __init__(self, caller: Call, name: bytes, *, read_only: bool, flags: frozenset[str] | None) -> None:
        self.caller, self.name, self.read_only, self.flags = caller, name, read_only, flags
        self.resp = 2
        self.wrote = False
        self.now_us = caller.now_us


class Scripting:
    """Everything about scripts of one server."""

    def __init__(self, server: "Server") -> None:
        self._server = server
        self.scripts: dict[bytes, Script] = {}
        self.running: Running | None = None
        self.busy = False
        self.functions = Functions(self)
        self._interpreter: Interpreter | None = None
        self._session: Session | None = None
        self._busy_timer: Any = None
        self._rehearsing = False
        self.findings: list[proof.Finding] = []
        """What the second runs of scripts showed, where scripts are proven."""

    @property
    def count(self) -> int:
        return len(self.scripts)

    @property
    def memory(self) -> int:
        """How many bytes the texts of scripts take."""
        return sum(len(script.body) + 120 for script in self.scripts.values())

    @property
    def interpreter(self) -> Interpreter:
        if self._interpreter is None:
            self._interpreter = Interpreter(
                self, steps_max=self._server.settings.script_steps_max, seed=self._server.rng.getrandbits(32)
            )
        return self._interpreter

    # ---------------------------------------------------------------- the cache

    def load(self, body: bytes) -> Script:
        """Keep a script, compiled; the same text is kept once."""
        sha = sha1(body).hexdigest().encode()
        known = self.scripts.get(sha)
        if known is None:
            known = Script(body, sha)
            known.function = self.interpreter.compile(known.code, b"@user_script")
            self.scripts[sha] = known
        return known

    def find(self, sha: bytes) -> Script:
        script = self.scripts.get(sha.lower())
        if script is None:
            raise Refusal(_NO_SCRIPT)
        return script

    def flush(self) -> None:
        """Forget all scripts, and the interpreter they ran in."""
        self.scripts.clear()
        self._interpreter = None

    # ---------------------------------------------------------------- a run

    def run(self, call: Call, script: Script, keys: list[bytes], args: list[bytes], *, read_only: bool) -> Reply:
        """Run a script for EVAL and its kin."""
        interpreter = self.interpreter

        def once() -> Any:
            return interpreter.run(script.function, interpreter.table(keys), interpreter.table(args))

        if script.flags is not None:
            if read_only and "no-writes" not in script.flags:
                raise Refusal("ERR Can not execute a script with write flag using *_ro command.")
            read_only = "no-writes" in script.flags
        return self.supervise(call, once, script.sha, keys, read_only=read_only, flags=script.flags)

    def supervise(
        self, call: Call, once: Any, name: bytes, keys: list[bytes], *, read_only: bool, flags: frozenset[str] | None
    ) -> Reply:
        """Run something in Lua under the rules for scripts, and a second time where scripts are to be proven."""
        if flags is not None:
            self._admit(read_only, flags)
        began = len(self._server.effects)
        reply = self._run_once(call, once, name, read_only=read_only, flags=flags)
        if self._server.settings.prove_scripts and not self._rehearsing and not read_only:
            effects = self._server.effects[began:]
            self._rehearsing = True
            try:
                proof.prove(
                    self._server, name, keys, reply, effects,
                    lambda: self._run_once(call, once, name, read_only=read_only, flags=flags),
                )  # fmt: skip
            finally:
                self._rehearsing = False
        return reply

    def _admit(self, read_only: bool, flags: frozenset[str]) -> None:
        """See whether a script that says what it does may run at all."""
        server = self._server
        if server.replication.stale and not server.config["replica-serve-stale-data"] and "allow-stale" not in flags:
            raise Refusal("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.")
        if read_only:
            return
        if server.replication.is_replica and server.config["replica-read-only"]:
            raise Refusal("READONLY Can not run script with write flag on readonly replica.")
        if (
            server.config["maxmemory"]
            and "allow-oom" not in flags
            and server.upkeep.used() > server.config["maxmemory"]
        ):
            raise Refusal("OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'")

    def _run_once(self, call: Call, once: Any, name: bytes, *, read_only: bool, flags: frozenset[str] | None) -> Reply:
        if self.running is not None:
            raise Refusal("ERR scripts do not run within scripts")
        self.running = Running(call, name, read_only=read_only, flags=flags)
        session = self._speaker(call)
        try:
            good, result = once()
        except (self.interpreter.error, MemoryError, RecursionError) as error:
            return Error(f"ERR Error running script {name.decode()}, {error}")
        finally:
            running, self.running = self.running, None
            session.db = call.db
        if good:
            return from_lua(result, self.interpreter.kind, resp=running.resp)
        return self._failure(result, name)

    def _failure(self, result: Any, name: bytes) -> Error:
        if self.interpreter.kind(result) != "table" or not isinstance(result[b"err"], bytes):
            return Error(b"ERR Error running script %b, execution failure" % name)
        text: bytes = result[b"err"]
        source, line = result[b"source"], result[b"line"]
        if isinstance(source, bytes) and line is not None:
            text += b" script: %b, on %b:%d." % (name, source, line)
        return Error(text)

    def _speaker(self, call: Call) -> Session:
        """Return the session that a script's commands are run in: the caller's rights, a database of its own."""
        if self._session is None:
            self._session = Session(0, call.db, call.session.user, now_ms=call.now_ms)
        session = self._session
        session.user, session.unlimited, session.db = call.session.user, call.session.unlimited, call.db
        session.address, session.kind, session.id = call.session.address, call.session.kind, call.session.id
        session.resp = 2
        return session

    # ---------------------------------------------------------------- what a script may ask (Host)

    def command(self, args: tuple[Any, ...]) -> Any:
        """redis.call and redis.pcall: whether it failed, and the answer."""
        interpreter, argv = self.interpreter, list[bytes]()
        if not args:
            return True, self._error(b"ERR Please specify at least one argument for this redis lib call")
        for arg in args:
            if isinstance(arg, bytes):
                argv.append(arg)
            elif isinstance(arg, int | float) and not isinstance(arg, bool):
                argv.append(b"%.17g" % arg)
            else:
                return True, self._error(b"ERR Lua redis lib command arguments must be strings or integers")
        reply = self._call(argv)
        running = self.running
        resp = running.resp if running is not None else 2
        return type(reply) is Error, to_lua(reply, interpreter.table, resp)

    def _error(self, text: bytes) -> Any:
        return self.interpreter.table({b"err": text})

    def _call(self, argv: list[bytes]) -> Reply:
        running, session, server = self.running, self._session, self._server
        if running is None or session is None:
            return Error("ERR redis.call/pcall can only be called inside a script invocation")
        found = gate.resolve(argv)
        if isinstance(found, Error):
            known = find(argv[0])
            if known is not None and found.text.startswith(b"ERR wrong number"):
                return Error("ERR Wrong number of args calling Redis command from script")
            return Error("ERR Unknown Redis command called from script")
        command = found
        if command.not_in_scripts:
            return Error("ERR This Redis command is not allowed from script")
        refusal = self._forbidden(running, command)
        if refusal is not None:
            return refusal
        if not session.unlimited:
            denied = server.acl.denied(session, command, argv)
            if denied is not None:
                return _denied(denied)
        running.wrote = running.wrote or command.writes
        session.resp = running.resp
        return server.run(session, command, argv, running.caller.now_ms, may_block=False, script=running)

    def _forbidden(self, running: Running, command: Any) -> Error | None:
        server = self._server
        if not command.writes and not command.denies_oom:
            return None
        if command.writes and running.read_only:
            return _READ_ONLY
        copies = server.replication.is_replica and running.caller.session.kind != "master"
        if command.writes and copies and server.config["replica-read-only"]:
            return gate.READONLY
        if command.writes and (complaint := server.persistence.complaint) is not None:
            return complaint
        limited = command.denies_oom and server.config["maxmemory"] and not running.wrote
        if limited and "allow-oom" not in (running.flags or ()) and server.upkeep.used() > server.config["maxmemory"]:
            return gate.OOM
        return None

    def set_protocol(self, version: int) -> None:
        if self.running is not None:
            self.running.resp = version

    def set_replication(self, flags: int) -> None:
        """redis.set_repl: effects are always passed on here; a script that wants less is told the same yes."""

    def check_access(self, args: tuple[Any, ...]) -> Any:
        """redis.acl_check_cmd: whether the caller may do this."""
        argv = [arg if isinstance(arg, bytes) else b"%.17g" % arg for arg in args]
        if not argv:
            return True, self._error(b"ERR Please specify at least one argument for this redis.acl_check_cmd() call")
        found = gate.resolve(argv)
        if isinstance(found, Error):
            return True, self._error(b"ERR Invalid command passed to redis.acl_check_cmd()")
        assert self._session is not None
        return False, self._server.acl.verdict(self._session.user, found, argv) is None

    def register(self, args: tuple[Any, ...]) -> str | None:
        return self.functions.register(args)

    # ---------------------------------------------------------------- a script that does not end

    def pretend_busy(self, seconds: float) -> None:
        """Be busy with a script for a while."""
        self.busy = True
        self._server.upkeep.guard()
        if self._busy_timer is not None:
            self._busy_timer.cancel()
        self._busy_timer = self._server.later(seconds, self.end_busy)

    def end_busy(self) -> None:
        """The script that would not end is over."""
        if self._busy_timer is not None:
            self._busy_timer.cancel()
        self.busy, self._busy_timer = False, None
        self._server.upkeep.guard()


def _denied(error: Error) -> Error:
    """Return what a script is told of what its caller may not do."""
    if b"keys" in error.text:
        thing = "can't access at least one of the keys mentioned in the command arguments"
    elif b"channels" in error.text:
        thing = "can't publish to the channel mentioned in the command"
    else:
        thing = "can't run this command or subcommand"
    return Error(f"ERR The user executing the script {thing}")
