"""HyperLogLog: PFADD, PFCOUNT and PFMERGE."""

from simulator.services.redis.call import Call
from simulator.services.redis.commands.bits import store
from simulator.services.redis.registry import command
from simulator.services.redis.reply import OK, Refusal, Reply, Status
from simulator.services.redis.values import hyperloglog
from simulator.services.redis.values.strings import Text, writable

_NOT_ONE = "WRONGTYPE Key is not a valid HyperLogLog string value."
_CORRUPTED = "INVALIDOBJ Corrupted HLL object detected"


def _checked(text: Text | None) -> Text | None:
    if text is not None and not hyperloglog.is_one(text):
        raise Refusal(_NOT_ONE)
    return text


def _registers(text: Text) -> list[int]:
    try:
        return hyperloglog.registers(text)
    except hyperloglog.Corrupted:
        raise Refusal(_CORRUPTED) from None


@command("PFADD")
def pfadd(call: Call, args: list[bytes]) -> Reply:
    key = args[1]
    before = _checked(call.db.write_text(key))
    text = writable(before) if before is not None else hyperloglog.created()
    changes = int(before is None)
    bytes_max = call.db.limits.hll_sparse_max_bytes
    try:
        for element in args[2:]:
            changes += hyperloglog.raise_to(text, *hyperloglog.place(element), bytes_max)
    except hyperloglog.Corrupted:
        raise Refusal(_CORRUPTED) from None
    store(call, key, text)
    if changes:
        hyperloglog.invalidate(text)
        call.touch(key, changes)
        call.notify("$", "pfadd", key)
    return int(changes > 0)


@command("PFCOUNT")
def pfcount(call: Call, args: list[bytes]) -> Reply:
    if len(args) > 2:
        return hyperloglog.count(_maxima(call, args[1:])[0])
    key = args[1]
    text = _checked(call.db.read_text(key))
    if text is None:
        return 0
    count = hyperloglog.cached(text)
    if count is None:
        count = hyperloglog.count(_registers(text))
        text = writable(text)
        hyperloglog.remember(text, count)
        call.db.exchange(key, text)
        call.touch(key)
    return count


def _maxima(call: Call, keys: list[bytes]) -> tuple[list[int], bool]:
    """The greatest value of every register, and whether one of the keys is dense."""
    columns: list[list[int]] = []
    dense = False
    for key in keys:
        text = _checked(call.db.read_text(key))
        if text is not None:
            columns.append(_registers(text))
            dense = dense or text[4] == hyperloglog.DENSE
    if not columns:
        return [0] * hyperloglog.REGISTERS, dense
    return [max(values) for values in zip(*columns, strict=True)], dense


@command("PFMERGE")
def pfmerge(call: Call, args: list[bytes]) -> Reply:
    target = args[1]
    maxima, dense = _maxima(call, args[1:])
    before = call.db.write_text(target)
    text = writable(before) if before is not None else hyperloglog.created()
    if dense:
        hyperloglog.become_dense(text)
    for index, value in enumerate(maxima):
        if value:
            hyperloglog.raise_to(text, index, value, call.db.limits.hll_sparse_max_bytes)
    hyperloglog.invalidate(text)
    store(call, target, text)
    call.touch(target)
    call.notify("$", "pfadd", target)
    return OK


@command("PFSELFTEST")
def pfselftest(call: Call, args: list[bytes]) -> Reply:
    return OK


@command("PFDEBUG")
def pfdebug(call: Call, args: list[bytes]) -> Reply:
    text = _checked(call.db.write_text(args[2]))
    if text is None:
        raise Refusal("ERR The specified key does not exist")
    word = args[1].upper()
    if word == b"ENCODING":
        return Status(b"sparse" if text[4] == hyperloglog.SPARSE else b"dense")
    if word not in {b"GETREG", b"TODENSE"}:
        raise Refusal(b"ERR Unknown PFDEBUG subcommand '%b'" % args[1])
    was_sparse = text[4] == hyperloglog.SPARSE
    if was_sparse:
        text = writable(text)
        hyperloglog.become_dense(text)
        store(call, args[2], text)
        call.dirty += 1
    return hyperloglog.registers(text) if word == b"GETREG" else int(was_sparse)
