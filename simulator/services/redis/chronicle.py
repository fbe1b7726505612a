"""Chronicle: what the trace is told of commands: what was asked of which key and how it went, never what was said."""

from typing import TYPE_CHECKING, Final

from simulator.services.redis.call import Blocked
from simulator.services.redis.positions import keys_of
from simulator.services.redis.reply import NULL_ARRAY, Error, Reply

if TYPE_CHECKING:
    from simulator.services.redis.registry import Command
    from simulator.services.redis.server import Server
    from simulator.services.redis.session import Session

KEY_BYTES_MAX: Final = 256
KEYS_MAX: Final = 16


def tell_command(
    server: "Server", session: "Session", command: "Command", argv: list[bytes], reply: Reply, *, in_script: bool
) -> None:
    """Tell of one command that was carried out, or that waits."""
    assert server.tell is not None
    fields: dict[str, object] = {"command": command.full, "client": session.id, "bytes": sum(map(len, argv))}
    if in_script:
        fields["script"] = True
    if session.db.index:
        fields["db"] = session.db.index
    keys = [argv[command.key_index]] if command.key_index else keys_of(command, argv)
    if keys:
        fields["keys"] = [key[:KEY_BYTES_MAX].decode(errors="replace") for key in keys[:KEYS_MAX]]
    if isinstance(reply, Error):
        fields["error"] = reply.code
    else:
        fields["reply"] = _kind(reply)
    server.tell("redis.command", **fields)


def _kind(reply: Reply) -> str:
    """Return what kind of answer it was, in a word."""
    if reply is None or reply is NULL_ARRAY:
        return "null"
    if isinstance(reply, Blocked):
        return "waits"
    if isinstance(reply, bytes | bytearray):
        return f"{len(reply)} bytes"
    if isinstance(reply, int):
        return str(reply)
    if isinstance(reply, list | tuple):
        return f"{len(reply)} items"
    return type(reply).__name__.lower()
