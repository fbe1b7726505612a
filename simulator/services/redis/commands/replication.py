"""Replication: REPLICAOF, PSYNC, REPLCONF, FAILOVER."""

from simulator.services.redis.call import Call
from simulator.services.redis.numerals import as_integer, bounded
from simulator.services.redis.registry import command
from simulator.services.redis.replication import Replica
from simulator.services.redis.reply import NOTHING, OK, SYNTAX, Refusal, Reply, Status


@command("REPLICAOF")
@command("SLAVEOF")
def replicaof(call: Call, args: list[bytes]) -> Reply:
    replication = call.server.replication
    if args[1].lower() == b"no" and args[2].lower() == b"one":
        replication.become_master()
        return OK
    if call.session.kind == "replica":
        raise Refusal("ERR Command is not valid when client is a replica.")
    port = bounded(args[2], 0, 65535, "ERR Invalid master port")
    host = args[1].decode(errors="replace")
    if replication.master == (host, port):
        return Status(b"OK Already connected to specified master")
    replication.become_replica(host, port)
    return OK


@command("REPLCONF")
def replconf(call: Call, args: list[bytes]) -> Reply:
    if len(args) % 2 == 0:
        raise Refusal(SYNTAX)
    session = call.session
    for name, value in zip(args[1::2], args[2::2], strict=True):
        word = name.lower()
        if word == b"ack":
            call.server.replication.acknowledged(session, as_integer(value) or 0)
            return NOTHING
        if session.replica is None:
            session.replica = Replica()
        if word == b"listening-port":
            session.replica.port = bounded(value, 0, 65535, "ERR value is not an integer or out of range")
        elif word == b"ip-address":
            session.replica.host = value.decode(errors="replace")
        elif word not in (b"capa", b"getack", b"fack", b"rdb-only", b"rdb-filter-only"):
            raise Refusal(b"ERR Unrecognized REPLCONF option: %b" % name)
    return OK


@command("PSYNC")
def psync(call: Call, args: list[bytes]) -> Reply:
    if call.server.replication.stale:
        raise Refusal("NOMASTERLINK Can't SYNC while not connected with my master")
    offset = as_integer(args[2])
    if offset is None:
        raise Refusal("ERR value is not an integer or out of range")
    call.server.replication.enlist(call.session, args[1].decode(errors="replace"), offset)
    return NOTHING


@command("FAILOVER")
def failover(call: Call, args: list[bytes]) -> Reply:
    if len(args) == 2 and args[1].upper() == b"ABORT":
        raise Refusal("ERR No failover in progress.")
    if any(word.upper() not in (b"TO", b"FORCE", b"TIMEOUT") for word in args[1:2]):
        raise Refusal(SYNTAX)
    if call.server.replication.is_replica:
        raise Refusal("ERR FAILOVER is not valid when server is a replica.")
    if not call.server.replication.replicas:
        raise Refusal("ERR FAILOVER requires connected replicas.")
    raise Refusal("ERR FAILOVER of connected replicas is not simulated; say REPLICAOF NO ONE to a replica")
