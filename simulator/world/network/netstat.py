"""Netstat: what a network holds, as plain data that prints well."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.world.network.endpoint import Endpoint, SocketAddress
    from simulator.world.network.listener import Listener
    from simulator.world.network.stack import HostStack


def netstat(hosts: "Iterable[HostStack]", streams: "Iterable[Endpoint]") -> list[dict[str, Any]]:
    """One row for every listener, then one for every end of a connection."""
    rows: list[dict[str, Any]] = []
    for stack in hosts:
        rows += [_listening(stack.name, listener) for listener in stack.listeners.values()]
        rows += [_listening(stack.name, listener) for listener in stack.unix_listeners.values()]
    return rows + [_connected(stream) for stream in streams]


def _listening(host: str, listener: "Listener") -> dict[str, Any]:
    return {
        "host": host,
        "local": show(listener.local),
        "state": "LISTEN",
        "waiting": listener.waiting,
        "backlog": listener.backlog,
    }


def _connected(stream: "Endpoint") -> dict[str, Any]:
    return {
        "host": stream.host,
        "conn": stream.conn,
        "local": show(stream.local),
        "remote": show(stream.remote),
        "state": stream.state,
        "unread_bytes": stream.unread_bytes(),
        "unsent_bytes": stream.used,
    }


def show(address: "SocketAddress") -> str:
    """An address as people write it."""
    if isinstance(address, str):
        return address
    return f"[{address[0]}]:{address[1]}" if ":" in address[0] else f"{address[0]}:{address[1]}"
