"""Server: INFO, TIME, ROLE, MONITOR, SLOWLOG, LATENCY, MEMORY, SHUTDOWN and what else an administrator says."""

from simulator.services.redis import memory
from simulator.services.redis.call import Call
from simulator.services.redis.information import information
from simulator.services.redis.numerals import as_integer, bounded, integer
from simulator.services.redis.registry import command
from simulator.services.redis.reply import (
    NOT_INTEGER,
    NOTHING,
    OK,
    SYNTAX,
    Double,
    Error,
    Map,
    Refusal,
    Reply,
    Verbatim,
)

_SLOW_SHOWN = 10
NO_CLUSTER = "ERR This instance has cluster support disabled"


@command("INFO")
def info(call: Call, args: list[bytes]) -> Reply:
    asked = [word.decode(errors="replace") for word in args[1:]]
    return Verbatim(information(call.server, asked).encode(errors="surrogateescape"))


@command("TIME")
def time(call: Call, args: list[bytes]) -> Reply:
    seconds, rest = divmod(call.now_us, 1_000_000)
    return [b"%d" % seconds, b"%d" % rest]


@command("ROLE")
def role(call: Call, args: list[bytes]) -> Reply:
    return call.server.replication.role()


@command("MONITOR")
def monitor(call: Call, args: list[bytes]) -> Reply:
    if not call.may_block:
        raise Refusal("ERR MONITOR isn't allowed for DENY BLOCKING client")
    call.server.monitors.join(call.session)
    return OK


@command("LOLWUT")
def lolwut(call: Call, args: list[bytes]) -> Reply:
    if len(args) > 2 and args[1].upper() == b"VERSION":
        integer(args[2])
    return Verbatim(b"Redis ver. 7.0.15\n")


# --- SLOWLOG, LATENCY ---------------------------------------------------------------------------------------


@command("SLOWLOG|GET")
def slowlog_get(call: Call, args: list[bytes]) -> Reply:
    count = _SLOW_SHOWN
    if len(args) > 3:
        shown = args[1].decode(errors="replace")
        raise Refusal(f"ERR unknown subcommand or wrong number of arguments for '{shown}'. Try SLOWLOG HELP.")
    if len(args) == 3:
        count = bounded(args[2], -1, 2**31 - 1, "ERR count should be greater than or equal to -1")
    slow = list(call.server.statistics.slow)
    chosen = slow if count < 0 else slow[:count]
    return [[one.number, one.at_s, one.usec, one.argv, one.address, one.name] for one in chosen]


@command("SLOWLOG|LEN")
def slowlog_len(call: Call, args: list[bytes]) -> Reply:
    return len(call.server.statistics.slow)


@command("SLOWLOG|RESET")
def slowlog_reset(call: Call, args: list[bytes]) -> Reply:
    call.server.statistics.slow.clear()
    return OK


@command("LATENCY|LATEST")
def latency_latest(call: Call, args: list[bytes]) -> Reply:
    latency = call.server.statistics.latency
    return [
        [event.encode(), history[-1][0], history[-1][1], max(took for _, took in history)]
        for event, history in latency.items()
    ]


@command("LATENCY|HISTORY")
def latency_history(call: Call, args: list[bytes]) -> Reply:
    history = call.server.statistics.latency.get(args[2].decode(errors="replace"), ())
    return [[at_s, took] for at_s, took in history]


@command("LATENCY|RESET")
def latency_reset(call: Call, args: list[bytes]) -> Reply:
    latency = call.server.statistics.latency
    names = [word.decode(errors="replace") for word in args[2:]] or list(latency)
    return sum(latency.pop(name, None) is not None for name in names)


@command("LATENCY|DOCTOR")
def latency_doctor(call: Call, args: list[bytes]) -> Reply:
    return Verbatim(b"I can't diagnose latency here: in simulated time, commands take as long as they are told to.\n")


@command("LATENCY|GRAPH")
def latency_graph(call: Call, args: list[bytes]) -> Reply:
    raise Refusal(b"ERR No samples available for event '%b'" % args[2])


@command("LATENCY|HISTOGRAM")
def latency_histogram(call: Call, args: list[bytes]) -> Reply:
    asked = {word.decode(errors="replace").lower() for word in args[2:]}
    pairs: list[tuple[Reply, Reply]] = []
    for entry, counts in call.server.statistics.commands.items():
        if counts.calls and (not asked or entry.full in asked or entry.parent in asked):
            total, buckets = counts.calls - sum(counts.buckets.values()), list[tuple[Reply, Reply]]()
            if total:
                buckets.append((8, total))
            for bits, count in sorted(counts.buckets.items()):
                total += count
                buckets.append((1 << bits, total))
            pairs.append((entry.full.encode(), Map([(b"calls", counts.calls), (b"histogram_usec", Map(buckets))])))
    return Map(pairs)


# --- MEMORY -------------------------------------------------------------------------------------------------


@command("MEMORY|USAGE")
def memory_usage(call: Call, args: list[bytes]) -> Reply:
    samples, at = memory.SAMPLES, 3
    while at < len(args):
        if args[at].upper() != b"SAMPLES" or at + 1 >= len(args):
            raise Refusal(SYNTAX)
        samples = bounded(args[at + 1], 0, 2**63 - 1, NOT_INTEGER)
        at += 2
    value = call.db.peek(args[2])
    if value is None:
        return None
    return memory.key_bytes(args[2], value, expires=args[2] in call.db.expires, samples=samples)


@command("MEMORY|STATS")
def memory_stats(call: Call, args: list[bytes]) -> Reply:
    server = call.server
    used = server.upkeep.used()
    keys = len(server.keyspace)
    pairs: list[tuple[Reply, Reply]] = [
        (b"peak.allocated", server.upkeep.peak), (b"total.allocated", used),
        (b"startup.allocated", memory.SERVER_BYTES), (b"replication.backlog", server.replication.backlog_bytes),
        (b"clients.slaves", 0), (b"clients.normal", 0), (b"cluster.links", 0), (b"aof.buffer", 0),
        (b"lua.caches", server.scripting.memory), (b"functions.caches", 200),
    ]  # fmt: skip
    for database in server.keyspace.databases:
        if len(database):
            parts = [
                (b"overhead.hashtable.main", len(database) * memory.KEY_BYTES),
                (b"overhead.hashtable.expires", len(database.expires) * memory.EXPIRY_BYTES),
                (b"overhead.hashtable.slot-to-keys", 0),
            ]
            pairs.append((b"db.%d" % database.index, Map(parts)))
    dataset = used - memory.SERVER_BYTES
    pairs += [
        (b"overhead.total", memory.SERVER_BYTES), (b"keys.count", keys),
        (b"keys.bytes-per-key", dataset // keys if keys else 0), (b"dataset.bytes", dataset),
        (b"dataset.percentage", Double(100 * dataset / used)),
        (b"peak.percentage", Double(100 * used / server.upkeep.peak)),
        (b"allocator.allocated", used), (b"allocator.active", used), (b"allocator.resident", used),
        (b"allocator-fragmentation.ratio", Double(1.0)), (b"allocator-fragmentation.bytes", 0),
        (b"allocator-rss.ratio", Double(1.0)), (b"allocator-rss.bytes", 0), (b"rss-overhead.ratio", Double(1.0)),
        (b"rss-overhead.bytes", 0), (b"fragmentation", Double(1.0)), (b"fragmentation.bytes", 0),
    ]  # fmt: skip
    return Map(pairs)


@command("MEMORY|DOCTOR")
def memory_doctor(call: Call, args: list[bytes]) -> Reply:
    return Verbatim(b"Memory is estimated here, so there is nothing to diagnose.\n")


@command("MEMORY|MALLOC-STATS")
def memory_malloc_stats(call: Call, args: list[bytes]) -> Reply:
    return Verbatim(b"Memory is estimated here; there is no allocator to ask.\n")


@command("MEMORY|PURGE")
def memory_purge(call: Call, args: list[bytes]) -> Reply:
    return OK


# --- the end, and what this server has not ------------------------------------------------------------------


@command("SHUTDOWN")
def shutdown(call: Call, args: list[bytes]) -> Reply:
    save: bool | None = None
    words = [word.upper() for word in args[1:]]
    for word in words:
        if word not in (b"SAVE", b"NOSAVE", b"NOW", b"FORCE", b"ABORT"):
            raise Refusal(SYNTAX)
        if word in (b"SAVE", b"NOSAVE"):
            if save is not None:
                raise Refusal(SYNTAX)
            save = word == b"SAVE"
    if b"ABORT" in words:
        if len(words) > 1:
            raise Refusal(SYNTAX)
        raise Refusal("ERR No shutdown in progress.")
    if not call.may_block:
        raise Refusal("ERR SHUTDOWN without NOW or ABORT isn't allowed for DENY BLOCKING client")
    if not call.server.shut_down(save):
        return Error("ERR Errors trying to SHUTDOWN. Check logs.")
    return NOTHING


@command("CLUSTER|INFO")
@command("CLUSTER|MYID")
@command("CLUSTER|NODES")
@command("CLUSTER|SLOTS")
@command("CLUSTER|SHARDS")
@command("CLUSTER|KEYSLOT")
@command("CLUSTER|RESET")
@command("READONLY")
@command("READWRITE")
@command("ASKING")
def no_cluster(call: Call, args: list[bytes]) -> Reply:
    raise Refusal(NO_CLUSTER)


@command("MODULE|LIST")
def module_list(call: Call, args: list[bytes]) -> Reply:
    return []


@command("WAIT")
def wait(call: Call, args: list[bytes]) -> Reply:
    count = bounded(args[1], -(2**63), 2**63 - 1, NOT_INTEGER)
    timeout_ms = as_integer(args[2])
    if timeout_ms is None:
        raise Refusal("ERR timeout is not an integer or out of range")
    if timeout_ms < 0:
        raise Refusal("ERR timeout is negative")
    return call.server.replication.wait(call, count, timeout_ms)
