"""Interpreter: one Lua 5.1, with the world that scripts see (`prelude.lua`) and nothing beyond it.

lupa is imported when the first script is run: `pip install soundstage[lua]` brings it.
"""

from collections.abc import Callable
from functools import partial
from hashlib import sha1
from pathlib import Path
from typing import Any, Final, Protocol

from simulator.services.redis.reply import Refusal
from simulator.services.redis.scripting import bits, cmsgpack, structs
from simulator.services.redis.scripting.cjson import Json, JsonError

MEMORY_MAX: Final = 1 << 30  # bytes that one interpreter may take
_MULTIPLIER: Final = 0x5DEECE66D
_MASK48: Final = (1 << 48) - 1


class Host(Protocol):
    """What an interpreter asks of the engine that owns it."""

    def command(self, args: tuple[Any, ...]) -> Any: ...

    def set_protocol(self, version: int) -> None: ...

    def set_replication(self, flags: int) -> None: ...

    def check_access(self, args: tuple[Any, ...]) -> Any: ...

    def register(self, args: tuple[Any, ...]) -> str | None: ...


class Interpreter:
    """A Lua with its globals."""

    def __init__(self, host: Host, *, steps_max: int, seed: int) -> None:
        try:
            from lupa import lua51
        except ImportError:
            raise Refusal("ERR scripts need Lua: pip install 'soundstage[lua]'") from None
        self._host = host
        self._lua = lua51.LuaRuntime(
            encoding=None,
            unpack_returned_tuples=True,
            register_eval=False,
            register_builtins=False,
            attribute_filter=_nothing,
            max_memory=MEMORY_MAX,
        )
        self.kind: Callable[[Any], str] = lambda value: lua51.lua_type(value) or type(value).__name__
        self.error: type[Exception] = lua51.LuaError
        self._seed = 0
        self.reseed(seed)
        self._json = Json(self.kind, self.table, lambda: self._prelude[b"null"])
        self._steps_max = steps_max
        source = Path(__file__).with_name("prelude.lua").read_bytes()
        load = self._lua.execute(b"local code = ... return loadstring(code, '=prelude')", source)
        wrap = self._lua.eval(b"python.as_function")
        self._prelude: Any = load(self._functions(), wrap)
        self._prelude[b"limit"](steps_max)
        self.run = self._prelude[b"run"]
        self.call = self._prelude[b"call"]

    @property
    def memory(self) -> int:
        """How many bytes the interpreter has in use."""
        used = self._lua.get_memory_used() if hasattr(self._lua, "get_memory_used") else 0
        return int(used or 0)

    def table(self, content: Any) -> Any:
        """Make a Lua table from a list or a dict."""
        if isinstance(content, list):
            made = self._lua.table()
            for at, item in enumerate(content, 1):
                if item is not None:
                    made[at] = item
            return made
        return self._lua.table_from(content)

    def compile(self, code: bytes, name: bytes) -> Any:
        """Return a function; raises `Refusal` with Lua's complaint."""
        found = self._prelude[b"compile"](code, name)
        function, problem = found if isinstance(found, tuple) else (found, None)
        if function is None:
            raise Refusal(b"ERR Error compiling script (new function): " + bytes(problem or b""))
        return function

    def reseed(self, seed: int) -> None:
        """Begin the sequence of math.random anew."""
        self._seed = ((seed & 0xFFFFFFFF) << 16 | 0x330E) & _MASK48

    def registering(self, on: bool) -> None:
        """Say whether functions may be registered now."""
        self._prelude[b"registering"](on)

    # ---------------------------------------------------------------- what Lua calls

    def _random(self) -> float:
        self._seed = (self._seed * _MULTIPLIER + 0xB) & _MASK48
        return (self._seed >> 17) % (2**31 - 1) / (2**31 - 1)

    def _functions(self) -> Any:
        host, json = self._host, self._json
        functions: dict[str, Callable[..., Any]] = {
            "call": self._call,
            "pcall": lambda *args: host.command(args)[1],
            "error_reply": self._error_reply,
            "status_reply": self._status_reply,
            "sha1hex": self._sha1hex,
            "log": self._log,
            "setresp": self._setresp,
            "set_repl": self._set_repl,
            "acl_check_cmd": self._acl_check,
            "register_function": self._register,
            "random": self._random,
            "randomseed": lambda seed: self.reseed(int(seed)),
            "why_killed": f"script_steps_max reached: {self._steps_max} steps of Lua".encode,
            "error_of": _error_of,
            "json_encode": json.encode,
            "json_decode": json.decode,
            "msgpack_pack": lambda *values: cmsgpack.pack(values, self.kind),
            "msgpack_unpack": self._unpack_all,
            "msgpack_unpack_one": lambda data, at=0: self._unpack_some(data, 1, at),
            "msgpack_unpack_limit": lambda data, count, at=0: self._unpack_some(data, count, at),
            "struct_pack": structs.pack,
            "struct_unpack": lambda *args: tuple(structs.unpack(args[0], args[1], *map(int, args[2:]))),
            "struct_size": structs.size,
        }
        for name in ("encode_sparse_array", *json.options):
            functions[f"json_{name}"] = partial(json.option, name)
        functions |= {f"bit_{name}": run for name, run in bits.operations().items()}
        return self._lua.table_from({name.encode(): run for name, run in functions.items()})

    def _call(self, *args: Any) -> Any:
        failed, reply = self._host.command(args)
        if failed:
            raise Failure(bytes(reply[b"err"]))
        return reply

    def _error_reply(self, *args: Any) -> Any:
        if len(args) != 1 or not isinstance(args[0], bytes):
            return self.table({b"err": b"ERR wrong number or type of arguments"})
        text = args[0].removeprefix(b"-").rstrip(b"\r\n")
        return self.table({b"err": text if b" " in text else b"ERR " + text})

    def _status_reply(self, *args: Any) -> Any:
        if len(args) != 1 or not isinstance(args[0], bytes):
            return self.table({b"err": b"ERR wrong number or type of arguments"})
        return self.table({b"ok": args[0]})

    @staticmethod
    def _sha1hex(*args: Any) -> bytes:
        if len(args) != 1:
            raise Failure(b"ERR wrong number of arguments")
        return sha1(_text(args[0])).hexdigest().encode()

    @staticmethod
    def _log(*args: Any) -> None:
        if len(args) < 2:
            raise Failure(b"ERR redis.log() requires two arguments or more.")
        if not isinstance(args[0], int | float):
            raise Failure(b"ERR First argument must be a number (log level).")
        if not 0 <= args[0] <= 3:
            raise Failure(b"ERR Invalid log level.")

    def _setresp(self, *args: Any) -> None:
        if len(args) != 1:
            raise Failure(b"ERR redis.setresp() requires one argument.")
        if args[0] not in (2, 3):
            raise Failure(b"ERR RESP version must be 2 or 3.")
        self._host.set_protocol(int(args[0]))

    def _set_repl(self, *args: Any) -> None:
        if len(args) != 1:
            raise Failure(b"ERR redis.set_repl() requires one argument.")
        if not isinstance(args[0], int | float) or not 0 <= args[0] <= 3:
            raise Failure(b"ERR Invalid replication flags. Please use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.")
        self._host.set_replication(int(args[0]))

    def _acl_check(self, *args: Any) -> Any:
        failed, reply = self._host.check_access(args)
        if failed:
            raise Failure(bytes(reply[b"err"]))
        return reply

    def _register(self, *args: Any) -> None:
        problem = self._host.register(args)
        if problem is not None:
            raise Failure(problem.encode(errors="surrogateescape"))

    def _unpack_all(self, data: bytes) -> tuple[Any, ...]:
        reader, found = cmsgpack.Reader(data, self.table), list[Any]()
        while reader.more:
            found.append(reader.next())
        return tuple(found)

    def _unpack_some(self, data: bytes, count: int, at: int) -> tuple[Any, ...]:
        reader, found = cmsgpack.Reader(data, self.table, int(at)), list[Any]()
        while reader.more and len(found) < count:
            found.append(reader.next())
        return (reader.at if reader.more else -1, *found)


class Failure(Exception):
    """An error that scripts see as a table with the field `err`."""

    def __init__(self, text: bytes) -> None:
        super().__init__(text)
        self.text = text


def _error_of(error: Any) -> tuple[bytes, bytes]:
    """Return how an error of the host is raised in Lua: as a table, or as a text with its place in front."""
    if isinstance(error, tuple):  # type, value, traceback
        error = error[1]
    if isinstance(error, Failure):
        return b"table", error.text
    if isinstance(error, JsonError | cmsgpack.PackError | structs.BadFormat):
        return b"text", str(error).encode()
    return b"text", f"bad argument ({error})".encode()


def _nothing(thing: Any, name: Any, setting: bool) -> Any:
    raise AttributeError("scripts do not look into the host")


def _text(value: Any) -> bytes:
    return value if isinstance(value, bytes) else b"%.14g" % value if isinstance(value, int | float) else b""
