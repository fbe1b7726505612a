"""Monitor: clients that are shown every command as it is carried out."""

from typing import TYPE_CHECKING, Final

from simulator.services.redis.reply import Status

if TYPE_CHECKING:
    from simulator.services.redis.registry import Command
    from simulator.services.redis.server import Server
    from simulator.services.redis.session import Session

_NAMED: Final = {7: b"\\a", 8: b"\\b", 9: b"\\t", 10: b"\\n", 13: b"\\r", 34: b'\\"', 92: b"\\\\"}
_SHOWN: Final = [
    _NAMED.get(char, bytes([char]) if 32 <= char < 127 else b"\\x%02x" % char) for char in range(256)
]  # fmt: skip


def quoted(text: bytes) -> bytes:
    """Return a text between quotes, with what does not print escaped, as Redis shows it."""
    return b'"' + b"".join([_SHOWN[char] for char in text]) + b'"'


class Monitors:
    """Everybody who said MONITOR."""

    def __init__(self, server: "Server") -> None:
        self._server = server
        self.sessions: dict[Session, None] = {}

    def join(self, session: "Session") -> None:
        self.sessions[session] = None
        session.monitor = True
        session.settle()

    def leave(self, session: "Session") -> None:
        self.sessions.pop(session, None)
        session.monitor = False

    def show(self, session: "Session", command: "Command", argv: list[bytes], *, script: bool = False) -> None:
        """Show a command that was carried out; administrators' are kept from sight."""
        if command.skip_monitor or command.admin:
            return
        self.tell(session, argv, script=script)

    def tell(self, session: "Session", argv: list[bytes], *, script: bool = False) -> None:
        """Show these words, whatever they are."""
        seconds, rest = divmod(self._server.now_ns() // 1000, 1_000_000)
        address = "lua" if script else session.address
        head = b"%d.%06d [%d %b] " % (seconds, rest, session.db.index, address.encode())
        line = Status(head + b" ".join(map(quoted, argv)))
        for monitor in self.sessions:
            monitor.say(line)
            self._server.spoken[monitor] = None
