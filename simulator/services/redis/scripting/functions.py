"""Functions: libraries that are loaded once and called by name (FUNCTION, FCALL)."""

import re
from typing import TYPE_CHECKING, Any, Final

from simulator.services.redis.call import Call
from simulator.services.redis.globs import matcher
from simulator.services.redis.numerals import as_integer
from simulator.services.redis.reply import Map, Refusal, Reply, SetOf, Status
from simulator.services.redis.scripting.shebang import FLAGS, shebang

if TYPE_CHECKING:
    from simulator.services.redis.scripting.engine import Scripting

_NAME: Final = re.compile(rb"[A-Za-z0-9_]+")
_BAD_NAME: Final = (
    "Library names can only contain letters, numbers, or underscores(_) and must be at least one character long"
)
_BAD_FUNCTION: Final = (
    "Function names can only contain letters, numbers, or underscores(_) and must be at least one character long"
)


class Function:
    """One function of a library."""

    def __init__(self, name: bytes, callback: Any, flags: frozenset[str], description: bytes | None) -> None:
        self.name, self.callback, self.flags, self.description = name, callback, flags, description


class Library:
    """One library: its text and its functions."""

    def __init__(self, name: bytes, code: bytes) -> None:
        self.name, self.code = name, code
        self.functions: dict[bytes, Function] = {}


class Functions:
    """All libraries of one server."""

    def __init__(self, scripting: "Scripting") -> None:
        self._scripting = scripting
        self.libraries: dict[bytes, Library] = {}
        self._loading: Library | None = None

    @property
    def count(self) -> int:
        return sum(len(library.functions) for library in self.libraries.values())

    def load(self, code: bytes, *, replace: bool) -> bytes:
        """Load a library; returns its name."""
        line, newline, rest = code.partition(b"\n")
        if not code.startswith(b"#!") or not newline:
            raise Refusal("ERR Missing library metadata")
        words = line.split()
        if words[0].lower() != b"#!lua":
            raise Refusal(b"ERR Engine '%b' not found" % words[0][2:])
        for word in words[1:]:
            if not word.startswith(b"name="):
                raise Refusal(b"ERR Invalid metadata value given: %b" % word)
        found = shebang(line)[0]
        if found is None:
            raise Refusal("ERR Library name was not given")
        name = found.encode()
        if not _NAME.fullmatch(name):
            raise Refusal(f"ERR {_BAD_NAME}")
        if name in self.libraries and not replace:
            raise Refusal(b"ERR Library '%b' already exists" % name)
        library = Library(name, code)
        self._run(library, b"\n" + rest)
        if not library.functions:
            raise Refusal("ERR No functions registered")
        taken = {one for other in self.libraries.values() if other.name != name for one in other.functions}
        for function in library.functions:
            if function in taken:
                raise Refusal(b"ERR Function %b already exists" % function)
        self.libraries[name] = library
        return name

    def _run(self, library: Library, code: bytes) -> None:
        """Have the library's code register its functions."""
        interpreter = self._scripting.interpreter
        try:
            function = interpreter.compile(code, b"@user_function")
        except Refusal as refusal:
            text = refusal.error.text.replace(b"ERR Error compiling script (new function): ", b"")
            raise Refusal(b"ERR Error compiling function: " + text) from None
        self._loading = library
        interpreter.registering(True)
        try:
            good, result = interpreter.run(function, None, None)
        finally:
            self._loading = None
            interpreter.registering(False)
        if not good:
            said = result[b"err"] if interpreter.kind(result) == "table" else b"unknown"
            text = said[4:] if said.startswith(b"ERR ") else said
            raise Refusal(b"ERR Error registering functions: %b" % text)

    def register(self, args: tuple[Any, ...]) -> str | None:
        """redis.register_function: returns what is wrong, or None."""
        library, kind = self._loading, self._scripting.interpreter.kind
        if library is None:
            return "ERR redis.register_function can only be called on FUNCTION LOAD command"
        name, callback, flags, description = None, None, frozenset[str](), None
        if len(args) == 1 and kind(args[0]) == "table":
            for key, value in args[0].items():
                if key == b"function_name":
                    name = value
                elif key == b"callback":
                    callback = value
                elif key == b"description":
                    description = value
                elif key == b"flags" and kind(value) == "table":
                    flags = frozenset(bytes(flag).decode() for flag in value.values())
                else:
                    return "ERR unknown argument given to redis.register_function"
        elif len(args) == 2:
            name, callback = args
        else:
            return "ERR wrong number of arguments to redis.register_function"
        if not isinstance(name, bytes):
            return "ERR redis.register_function must get a function name argument"
        if callback is None or kind(callback) != "function":
            return "ERR redis.register_function must get a callback argument"
        if flags - FLAGS:
            return "ERR unknown flag given"
        if not _NAME.fullmatch(name):
            return f"ERR {_BAD_FUNCTION}"
        if name in library.functions:
            return "ERR Function already exists in the library"
        library.functions[name] = Function(name, callback, flags, description)
        return None

    def dumped(self) -> bytes:
        """FUNCTION DUMP: all libraries, as a snapshot has them."""
        from simulator.services.redis.rdb.dump import sealed
        from simulator.services.redis.rdb.primitive import string
        from simulator.services.redis.rdb.snapshot import FUNCTION

        return sealed(b"".join(bytes([FUNCTION]) + string(library.code) for library in self.libraries.values()))

    def restore(self, payload: bytes, policy: bytes) -> None:
        """FUNCTION RESTORE: take libraries from a payload, or none at all when one of them is in the way."""
        from simulator.services.redis.rdb.dump import unsealed
        from simulator.services.redis.rdb.lzf import BadData
        from simulator.services.redis.rdb.primitive import Source
        from simulator.services.redis.rdb.snapshot import FUNCTION

        data = unsealed(payload)
        if data is None:
            raise Refusal("ERR DUMP payload version or checksum are wrong")
        source, codes = Source(data), list[bytes]()
        try:
            while source.at < len(data):
                if source.byte() != FUNCTION:
                    raise Refusal("ERR given type is not a function")
                codes.append(source.string())
        except BadData:
            raise Refusal("ERR failed loading functions") from None
        kept = self.libraries
        self.libraries = {} if policy == b"FLUSH" else dict(kept)
        try:
            for code in codes:
                self.load(code, replace=policy == b"REPLACE")
        except Refusal:
            self.libraries = kept
            raise

    def delete(self, name: bytes) -> None:
        if self.libraries.pop(name, None) is None:
            raise Refusal("ERR Library not found")

    def flush(self) -> None:
        self.libraries.clear()

    def listed(self, pattern: bytes | None, *, with_code: bool) -> Reply:
        """FUNCTION LIST."""
        fits = matcher(pattern) if pattern is not None else None
        chosen = [one for one in self.libraries.values() if fits is None or fits(one.name)]
        answer = []
        for library in chosen:
            functions = [
                Map([
                    (b"name", one.name),
                    (b"description", one.description),
                    (b"flags", SetOf([Status(flag.encode()) for flag in sorted(one.flags)])),
                ])
                for one in library.functions.values()
            ]  # fmt: skip
            pairs: list[tuple[Reply, Reply]] = [
                (b"library_name", library.name),
                (b"engine", b"LUA"),
                (b"functions", functions),
            ]
            if with_code:
                pairs.append((b"library_code", library.code))
            answer.append(Map(pairs))
        return answer

    def call(self, call: Call, args: list[bytes], *, read_only: bool) -> Reply:
        """FCALL."""
        found = [one.functions[args[1]] for one in self.libraries.values() if args[1] in one.functions]
        if not found:
            raise Refusal("ERR Function not found")
        function = found[0]
        count = as_integer(args[2])
        if count is None:
            raise Refusal("ERR Bad number of keys provided")
        if count > len(args) - 3:
            raise Refusal("ERR Number of keys can't be greater than number of args")
        if count < 0:
            raise Refusal("ERR Number of keys can't be negative")
        if read_only and "no-writes" not in function.flags:
            raise Refusal("ERR Can not execute a script with write flag using *_ro command.")
        interpreter = self._scripting.interpreter
        keys, rest = args[3 : 3 + count], args[3 + count :]

        def once() -> Any:
            return interpreter.call(function.callback, interpreter.table(keys), interpreter.table(rest))

        quiet = read_only or "no-writes" in function.flags
        return self._scripting.supervise(call, once, function.name, keys, read_only=quiet, flags=function.flags)
