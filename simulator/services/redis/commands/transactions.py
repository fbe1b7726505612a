"""Transactions: MULTI, EXEC, DISCARD, WATCH, UNWATCH."""

from simulator.services.redis.call import Call
from simulator.services.redis.registry import command
from simulator.services.redis.reply import NULL_ARRAY, OK, Error, Refusal, Reply, Several

_ABORTED = "EXECABORT Transaction discarded because of previous errors."


@command("MULTI")
def multi(call: Call, args: list[bytes]) -> Reply:
    if call.session.queue is not None:
        raise Refusal("ERR MULTI calls can not be nested")
    call.session.queue, call.session.abort_queue = [], False
    call.session.settle()
    return OK


def end(call: Call) -> None:
    """Leave the transaction, with what was watched."""
    call.server.watching.abandon(call.session)


@command("DISCARD")
def discard(call: Call, args: list[bytes]) -> Reply:
    if call.session.queue is None:
        raise Refusal("ERR DISCARD without MULTI")
    end(call)
    return OK


@command("EXEC")
def exec_(call: Call, args: list[bytes]) -> Reply:
    session, server = call.session, call.server
    queue = session.queue
    if queue is None:
        raise Refusal("ERR EXEC without MULTI")
    if session.abort_queue:
        end(call)
        return Error(_ABORTED)
    if session.broken or _watched_expired(call):
        end(call)
        return NULL_ARRAY
    end(call)
    session.in_exec = True
    replies: list[Reply] = []
    try:
        for queued, argv in queue:
            denied = None if session.unlimited else server.acl.denied(session, queued, argv)
            if denied is not None:
                replies.append(denied)
            elif server.persistence.loading and not queued.while_loading:
                raise Refusal(
                    "EXECABORT Transaction discarded because of: LOADING Redis is loading the dataset in memory"
                )
            else:
                reply = server.run(session, queued, argv, call.now_ms, may_block=False)
                replies.append(Several([*session.heard, reply]) if session.heard else reply)
                session.heard.clear()
    finally:
        session.in_exec = False
    return replies


def _watched_expired(call: Call) -> bool:
    """Whether a watched key was there and has expired since."""
    for (database, key), expired in call.session.watched.items():
        if not expired and _is_over(call, database, key):
            return True
    return False


def _is_over(call: Call, database: int, key: bytes) -> bool:
    where = call.server.keyspace.databases[database]
    return key in where.data and key in where.expires and where.expires[key] < call.now_ms


@command("WATCH")
def watch(call: Call, args: list[bytes]) -> Reply:
    if call.session.queue is not None:
        raise Refusal("ERR WATCH inside MULTI is not allowed")
    if not call.session.broken:
        for key in args[1:]:
            expired = _is_over(call, call.db.index, key)
            call.server.watching.watch(call.session, (call.db.index, key), expired=expired)
    return OK


@command("UNWATCH")
def unwatch(call: Call, args: list[bytes]) -> Reply:
    call.server.watching.unwatch(call.session)
    return OK
