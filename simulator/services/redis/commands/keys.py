"""Keys, whatever they hold: DEL, RENAME, COPY, TYPE and their like."""

from simulator.services.redis.call import Call
from simulator.services.redis.commands import results
from simulator.services.redis.globs import matcher
from simulator.services.redis.keyspace import Database, Value, type_name
from simulator.services.redis.numerals import as_integer, integer
from simulator.services.redis.registry import command
from simulator.services.redis.reply import NO_SUCH_KEY, OK, SYNTAX, Refusal, Reply, Status

NO_SUCH_DATABASE = "ERR DB index is out of range"
SAME_PLACE = "ERR source and destination objects are the same"


@command("DEL")
def delete(call: Call, args: list[bytes]) -> Reply:
    count = 0
    for key in args[1:]:
        if call.db.peek(key) is not None:
            results.remove(call, key)
            count += 1
    return count


@command("UNLINK")
def unlink(call: Call, args: list[bytes]) -> Reply:
    return delete(call, args)


@command("EXISTS")
def exists(call: Call, args: list[bytes]) -> Reply:
    return sum(call.db.look(key) is not None for key in args[1:])


@command("TOUCH")
def touch(call: Call, args: list[bytes]) -> Reply:
    return sum(call.db.read(key) is not None for key in args[1:])


@command("TYPE")
def type_(call: Call, args: list[bytes]) -> Reply:
    value = call.db.look(args[1])
    return Status(b"none" if value is None else type_name(value))


@command("KEYS")
def keys(call: Call, args: list[bytes]) -> Reply:
    if args[1] == b"*":
        return list(call.db.names())
    fits = matcher(args[1])
    return [key for key in call.db.names() if fits(key)]


@command("RANDOMKEY")
def randomkey(call: Call, args: list[bytes]) -> Reply:
    return call.db.random_key(call.rng)


@command("DBSIZE")
def dbsize(call: Call, args: list[bytes]) -> Reply:
    return len(call.db)


def _place(call: Call, db: Database, key: bytes, value: Value, ends_ms: int | None) -> None:
    """Put a value with its expiry where nothing is."""
    db.add(key, value)
    if ends_ms is not None:
        db.expire_at(key, ends_ms)
    call.dirty += 1
    call.server.modified(db.index, key)


def _event(call: Call, name: str, db: Database, key: bytes) -> None:
    if call.server.notifies:
        call.server.event("g", name, db.index, key)


def _rename(call: Call, args: list[bytes], *, only_new: bool) -> bool:
    source, target = args[1], args[2]
    value = call.db.write(source)
    if value is None:
        raise Refusal(NO_SUCH_KEY)
    if source == target:
        return not only_new
    ends_ms = call.db.expires.get(source)
    if call.db.write(target) is not None:
        if only_new:
            return False
        call.db.drop(target)
    call.db.drop(source)
    _place(call, call.db, target, value, ends_ms)
    call.server.modified(call.db.index, source)
    call.notify("g", "rename_from", source)
    call.notify("g", "rename_to", target)
    return True


@command("RENAME")
def rename(call: Call, args: list[bytes]) -> Reply:
    _rename(call, args, only_new=False)
    return OK


@command("RENAMENX")
def renamenx(call: Call, args: list[bytes]) -> Reply:
    return int(_rename(call, args, only_new=True))


def _database(call: Call, raw: bytes) -> Database:
    number = integer(raw)
    if not -(1 << 31) <= number < 1 << 31:
        raise Refusal("ERR value is out of range, value must between -2147483648 and 2147483647")
    databases = call.server.keyspace.databases
    if not 0 <= number < len(databases):
        raise Refusal(NO_SUCH_DATABASE)
    return databases[number]


@command("MOVE")
def move(call: Call, args: list[bytes]) -> Reply:
    key, source = args[1], call.db
    target = _database(call, args[2])
    if target is source:
        raise Refusal(SAME_PLACE)
    value = source.write(key)
    if value is None or target.write(key) is not None:
        return 0
    ends_ms = source.expires.get(key)
    source.drop(key)
    _place(call, target, key, value, ends_ms)
    call.server.modified(source.index, key)
    _event(call, "move_from", source, key)
    _event(call, "move_to", target, key)
    return 1


@command("COPY")
def copy(call: Call, args: list[bytes]) -> Reply:
    target, replace = call.db, False
    words = iter(args[3:])
    for word in words:
        option = word.upper()
        if option == b"REPLACE":
            replace = True
        elif option == b"DB" and (raw := next(words, None)) is not None:
            target = _database(call, raw)
        else:
            raise Refusal(SYNTAX)
    if target is call.db and args[1] == args[2]:
        raise Refusal(SAME_PLACE)
    value = call.db.read(args[1])
    if value is None:
        return 0
    ends_ms = call.db.expires.get(args[1])
    if target.write(args[2]) is not None:
        if not replace:
            return 0
        target.drop(args[2])
    twin = value if isinstance(value, bytes) else value.copy()
    _place(call, target, args[2], twin, ends_ms)
    _event(call, "copy_to", target, args[2])
    return 1


@command("MIGRATE")
def migrate(call: Call, args: list[bytes]) -> Reply:
    raise Refusal("ERR MIGRATE is not simulated: copy with DUMP and RESTORE")


def _flush_mode(args: list[bytes]) -> None:
    if len(args) > 2 or (len(args) == 2 and args[1].upper() not in {b"ASYNC", b"SYNC"}):
        raise Refusal(SYNTAX)


def _emptied(call: Call, *databases: Database) -> None:
    """Say of every key of these databases that it is not what it was."""
    for db in databases:
        for key in list(db.data):
            call.server.modified(db.index, key)


@command("FLUSHDB")
def flushdb(call: Call, args: list[bytes]) -> Reply:
    _flush_mode(args)
    gone = list(call.db.data)
    call.db.clear()
    call.server.emptied(call.db.index, gone)
    call.dirty += 1
    return OK


@command("FLUSHALL")
def flushall(call: Call, args: list[bytes]) -> Reply:
    _flush_mode(args)
    for db in call.server.keyspace.databases:
        gone = list(db.data)
        db.clear()
        call.server.emptied(db.index, gone)
    call.dirty += 1
    return OK


@command("SWAPDB")
def swapdb(call: Call, args: list[bytes]) -> Reply:
    numbers = []
    for raw, place in ((args[1], "first"), (args[2], "second")):
        number = as_integer(raw)
        if number is None or not -(1 << 31) <= number < 1 << 31:
            raise Refusal(f"ERR invalid {place} DB index")
        numbers.append(number)
    databases = call.server.keyspace.databases
    if not all(0 <= number < len(databases) for number in numbers):
        raise Refusal(NO_SUCH_DATABASE)
    one, two = databases[numbers[0]], databases[numbers[1]]
    if one is not two:
        _emptied(call, one, two)
        one.swap(two)
        _emptied(call, one, two)
    call.dirty += 1
    return OK
