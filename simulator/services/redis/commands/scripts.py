"""Scripts: EVAL and its kin, SCRIPT, FUNCTION, FCALL."""

from simulator.services.redis.call import Call
from simulator.services.redis.numerals import integer
from simulator.services.redis.registry import command
from simulator.services.redis.reply import OK, Map, Refusal, Reply
from simulator.services.redis.scripting.engine import Script

_NOT_BUSY = "NOTBUSY No scripts in execution right now."


def _split(args: list[bytes]) -> tuple[list[bytes], list[bytes]]:
    """Return the keys and the arguments of a call."""
    count = integer(args[2])
    if count > len(args) - 3:
        raise Refusal("ERR Number of keys can't be greater than number of args")
    if count < 0:
        raise Refusal("ERR Number of keys can't be negative")
    return args[3 : 3 + count], args[3 + count :]


def _known_length(call: Call, sha: bytes) -> None:
    """Refuse what is no checksum before anything else, as Redis does."""
    if len(sha) != 40:
        call.server.scripting.find(sha)


def _run(call: Call, script: Script, keys: list[bytes], rest: list[bytes], *, read_only: bool = False) -> Reply:
    call.propagate()
    return call.server.scripting.run(call, script, keys, rest, read_only=read_only)


@command("EVAL")
def eval_(call: Call, args: list[bytes]) -> Reply:
    keys, rest = _split(args)
    return _run(call, call.server.scripting.load(args[1]), keys, rest)


@command("EVALSHA")
def evalsha(call: Call, args: list[bytes]) -> Reply:
    _known_length(call, args[1])
    keys, rest = _split(args)
    return _run(call, call.server.scripting.find(args[1]), keys, rest)


@command("EVAL_RO")
def eval_ro(call: Call, args: list[bytes]) -> Reply:
    keys, rest = _split(args)
    return _run(call, call.server.scripting.load(args[1]), keys, rest, read_only=True)


@command("EVALSHA_RO")
def evalsha_ro(call: Call, args: list[bytes]) -> Reply:
    _known_length(call, args[1])
    keys, rest = _split(args)
    return _run(call, call.server.scripting.find(args[1]), keys, rest, read_only=True)


@command("SCRIPT|LOAD")
def script_load(call: Call, args: list[bytes]) -> Reply:
    return call.server.scripting.load(args[2]).sha


@command("SCRIPT|EXISTS")
def script_exists(call: Call, args: list[bytes]) -> Reply:
    return [int(sha.lower() in call.server.scripting.scripts) for sha in args[2:]]


@command("SCRIPT|FLUSH")
def script_flush(call: Call, args: list[bytes]) -> Reply:
    if len(args) > 3 or (len(args) == 3 and args[2].upper() not in (b"SYNC", b"ASYNC")):
        raise Refusal("ERR SCRIPT FLUSH only support SYNC|ASYNC option")
    call.server.scripting.flush()
    return OK


@command("SCRIPT|KILL")
def script_kill(call: Call, args: list[bytes]) -> Reply:
    if not call.server.scripting.busy:
        raise Refusal(_NOT_BUSY)
    call.server.scripting.end_busy()
    return OK


@command("SCRIPT|DEBUG")
def script_debug(call: Call, args: list[bytes]) -> Reply:
    if args[2].upper() not in (b"YES", b"SYNC", b"NO"):
        raise Refusal("ERR Use SCRIPT DEBUG YES/SYNC/NO")
    if args[2].upper() != b"NO":
        raise Refusal("ERR SCRIPT DEBUG is not simulated")
    return OK


# --- functions ----------------------------------------------------------------------------------------------


@command("FCALL")
def fcall(call: Call, args: list[bytes]) -> Reply:
    call.propagate()
    return call.server.scripting.functions.call(call, args, read_only=False)


@command("FCALL_RO")
def fcall_ro(call: Call, args: list[bytes]) -> Reply:
    call.propagate()
    return call.server.scripting.functions.call(call, args, read_only=True)


@command("FUNCTION|LOAD")
def function_load(call: Call, args: list[bytes]) -> Reply:
    replace, at = False, 2
    while at < len(args) - 1:
        if args[at].upper() != b"REPLACE":
            raise Refusal(b"ERR Unknown option given: %b" % args[at])
        replace, at = True, at + 1
    name = call.server.scripting.functions.load(args[-1], replace=replace)
    call.dirty += 1
    return name


@command("FUNCTION|DELETE")
def function_delete(call: Call, args: list[bytes]) -> Reply:
    call.server.scripting.functions.delete(args[2])
    call.dirty += 1
    return OK


@command("FUNCTION|FLUSH")
def function_flush(call: Call, args: list[bytes]) -> Reply:
    if len(args) > 3 or (len(args) == 3 and args[2].upper() not in (b"SYNC", b"ASYNC")):
        raise Refusal("ERR FUNCTION FLUSH only supports SYNC|ASYNC option")
    call.server.scripting.functions.flush()
    call.dirty += 1
    return OK


@command("FUNCTION|LIST")
def function_list(call: Call, args: list[bytes]) -> Reply:
    pattern, with_code, at = None, False, 2
    while at < len(args):
        word = args[at].upper()
        if word == b"WITHCODE" and not with_code:
            with_code = True
        elif word == b"LIBRARYNAME" and pattern is None:
            if at + 1 >= len(args):
                raise Refusal("ERR library name argument was not given")
            pattern, at = args[at + 1], at + 1
        else:
            raise Refusal(b"ERR Unknown argument %b" % args[at])
        at += 1
    return call.server.scripting.functions.listed(pattern, with_code=with_code)


@command("FUNCTION|DUMP")
def function_dump(call: Call, args: list[bytes]) -> Reply:
    return call.server.scripting.functions.dumped()


@command("FUNCTION|RESTORE")
def function_restore(call: Call, args: list[bytes]) -> Reply:
    policy = args[3].upper() if len(args) > 3 else b"APPEND"
    if len(args) > 4:
        raise Refusal("ERR Unknown subcommand or wrong number of arguments for 'restore'. Try FUNCTION HELP.")
    if policy not in (b"FLUSH", b"APPEND", b"REPLACE"):
        raise Refusal("ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.")
    call.server.scripting.functions.restore(args[2], policy)
    call.dirty += 1
    return OK


@command("FUNCTION|STATS")
def function_stats(call: Call, args: list[bytes]) -> Reply:
    functions = call.server.scripting.functions
    counts = Map([(b"libraries_count", len(functions.libraries)), (b"functions_count", functions.count)])
    return Map([(b"running_script", None), (b"engines", Map([(b"LUA", counts)]))])


@command("FUNCTION|KILL")
def function_kill(call: Call, args: list[bytes]) -> Reply:
    raise Refusal(_NOT_BUSY)
