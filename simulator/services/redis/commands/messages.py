"""Messages: PUBLISH, SUBSCRIBE and the like, PUBSUB."""

from simulator.services.redis.call import Call
from simulator.services.redis.commands.arguments import misfit
from simulator.services.redis.globs import matcher
from simulator.services.redis.registry import command
from simulator.services.redis.reply import Refusal, Reply, Several


def _subscribe(call: Call, args: list[bytes], kind: str) -> Reply:
    return Several([call.server.pubsub.subscribe(call.session, kind, name) for name in args[1:]])


def _unsubscribe(call: Call, args: list[bytes], kind: str) -> Reply:
    pubsub = call.server.pubsub
    if len(args) == 1:
        return Several(pubsub.unsubscribe_all(call.session, kind))
    return Several([pubsub.unsubscribe(call.session, kind, name) for name in args[1:]])


@command("SUBSCRIBE")
def subscribe(call: Call, args: list[bytes]) -> Reply:
    return _subscribe(call, args, "channels")


@command("PSUBSCRIBE")
def psubscribe(call: Call, args: list[bytes]) -> Reply:
    return _subscribe(call, args, "patterns")


@command("SSUBSCRIBE")
def ssubscribe(call: Call, args: list[bytes]) -> Reply:
    if call.session.in_exec:
        raise Refusal("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client")
    return _subscribe(call, args, "shard_channels")


@command("UNSUBSCRIBE")
def unsubscribe(call: Call, args: list[bytes]) -> Reply:
    return _unsubscribe(call, args, "channels")


@command("PUNSUBSCRIBE")
def punsubscribe(call: Call, args: list[bytes]) -> Reply:
    return _unsubscribe(call, args, "patterns")


@command("SUNSUBSCRIBE")
def sunsubscribe(call: Call, args: list[bytes]) -> Reply:
    return _unsubscribe(call, args, "shard_channels")


@command("PUBLISH")
def publish(call: Call, args: list[bytes]) -> Reply:
    told = call.server.pubsub.publish(args[1], args[2])
    call.server.effects.append((call.db.index, call.argv, False))
    return told


@command("SPUBLISH")
def spublish(call: Call, args: list[bytes]) -> Reply:
    told = call.server.pubsub.publish_sharded(args[1], args[2])
    call.server.effects.append((call.db.index, call.argv, False))
    return told


def _names(known: dict[bytes, object], args: list[bytes]) -> list[bytes]:
    if len(args) > 3:
        raise misfit(b"PUBSUB", args)
    fits = matcher(args[2]) if len(args) > 2 else None
    return [name for name in known if fits is None or fits(name)]


@command("PUBSUB|CHANNELS")
def pubsub_channels(call: Call, args: list[bytes]) -> Reply:
    return _names({**call.server.pubsub.channels}, args)


@command("PUBSUB|SHARDCHANNELS")
def pubsub_shardchannels(call: Call, args: list[bytes]) -> Reply:
    return _names({**call.server.pubsub.shard_channels}, args)


@command("PUBSUB|NUMSUB")
def pubsub_numsub(call: Call, args: list[bytes]) -> Reply:
    channels = call.server.pubsub.channels
    return [item for name in args[2:] for item in (name, len(channels.get(name, ())))]


@command("PUBSUB|SHARDNUMSUB")
def pubsub_shardnumsub(call: Call, args: list[bytes]) -> Reply:
    channels = call.server.pubsub.shard_channels
    return [item for name in args[2:] for item in (name, len(channels.get(name, ())))]


@command("PUBSUB|NUMPAT")
def pubsub_numpat(call: Call, args: list[bytes]) -> Reply:
    return len(call.server.pubsub.patterns)
