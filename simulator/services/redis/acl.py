"""ACL: users, their passwords and rules, who is denied what, and the log of it."""

from hashlib import sha256
from typing import TYPE_CHECKING, Final

from simulator.services.redis.describing import described
from simulator.services.redis.permissions import BadRule, Permissions
from simulator.services.redis.positions import positions
from simulator.services.redis.registry import Command
from simulator.services.redis.reply import Error

if TYPE_CHECKING:
    from simulator.services.redis.server import Server
    from simulator.services.redis.session import Session

DEFAULT: Final = b"default"
_PATTERN_COMMANDS: Final = frozenset({"psubscribe"})
_CHANNEL_ARGS: Final = {
    "subscribe": (1, None), "psubscribe": (1, None), "ssubscribe": (1, None), "publish": (1, 2), "spublish": (1, 2),
}  # fmt: skip
_HEX: Final = frozenset("0123456789abcdef")
LOG_SECONDS: Final = 60  # the same denial within this time is counted, not listed again


class User:
    """One user."""

    def __init__(self, name: bytes, *, channels: bool = False) -> None:
        self.name = name
        self.on = False
        self.no_password = False
        self.passwords: list[str] = []
        self.sanitizes = True
        self.root = Permissions()
        self.root.all_channels = channels
        self.selectors: list[Permissions] = []

    @property
    def everything(self) -> bool:
        """Whether nothing is denied."""
        root = self.root
        return root.all_commands and not root.words and root.all_keys and root.all_channels

    def apply(self, rule: str) -> None:
        """Apply one rule of ACL SETUSER."""
        lowered = rule.lower()
        if not rule:
            return
        if lowered in ("on", "off"):
            self.on = lowered == "on"
        elif lowered == "nopass":
            self.no_password, self.passwords = True, []
        elif lowered == "resetpass":
            self.no_password, self.passwords = False, []
        elif lowered in ("sanitize-payload", "skip-sanitize-payload"):
            self.sanitizes = lowered == "sanitize-payload"
        elif lowered == "reset":
            fresh = User(self.name)
            fresh.root._no_command()
            self.__dict__.update(fresh.__dict__)
        elif lowered == "clearselectors":
            self.selectors = []
        elif rule[:1] in (">", "#"):
            digest = sha256(_raw(rule[1:])).hexdigest() if rule[0] == ">" else _digest(rule[1:])
            if digest not in self.passwords:
                self.passwords.append(digest)
            self.no_password = False
        elif rule[:1] in ("<", "!"):
            digest = sha256(_raw(rule[1:])).hexdigest() if rule[0] == "<" else _digest(rule[1:])
            if digest not in self.passwords:
                raise BadRule("The password you are trying to remove from the user does not exist")
            self.passwords.remove(digest)
        elif rule[:1] == "(" and rule[-1:] == ")":
            selector = Permissions()
            for part in rule[1:-1].split():
                if not selector.apply(part):
                    raise BadRule("Syntax error")
            self.selectors.append(selector)
        elif not self.root.apply(rule):
            raise BadRule("Syntax error")

    def opens(self, password: bytes) -> bool:
        """Whether this password lets the user in."""
        return self.on and (self.no_password or sha256(password).hexdigest() in self.passwords)

    @property
    def flags(self) -> list[str]:
        words = ["on" if self.on else "off"]
        if self.no_password:
            words.append("nopass")
        if not self.sanitizes:
            words.append("skip-sanitize-payload")
        return words

    @property
    def text(self) -> str:
        """Return the user as ACL LIST has it."""
        words = [*self.flags, *(f"#{digest}" for digest in self.passwords), self.root.text]
        words += [f"({selector.text})" for selector in self.selectors]
        return f"user {self.name.decode(errors='surrogateescape')} {' '.join(words)}"


def _raw(text: str) -> bytes:
    return text.encode(errors="surrogateescape")


def _digest(text: str) -> str:
    if len(text) != 64 or set(text) - _HEX:
        raise BadRule(
            "The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters"
        )
    return text


class Denial:
    """An entry of ACL LOG."""

    def __init__(self, number: int, reason: str, context: str, thing: bytes, user: bytes, now_ms: int) -> None:
        self.number, self.reason, self.context, self.thing, self.user = number, reason, context, thing, user
        self.count = 1
        self.created_ms = self.updated_ms = now_ms
        self.client = b""


class Acl:
    """All users of one server."""

    def __init__(self, server: "Server") -> None:
        self._server = server
        self.default = User(DEFAULT)
        for rule in ("on", "nopass", "~*", "&*", "+@all"):
            self.default.apply(rule)
        self.users: dict[bytes, User] = {DEFAULT: self.default}
        self.log: list[Denial] = []
        self._logged = 0

    @property
    def asks(self) -> bool:
        """Whether newcomers must say who they are."""
        return not (self.default.on and self.default.no_password)

    def require(self, password: str) -> None:
        """Set the default user's one password, or none (`requirepass`)."""
        self.default.apply("resetpass")
        self.default.apply(f">{password}" if password else "nopass")

    def greet(self, session: "Session") -> None:
        """Begin a session as the default user."""
        session.user = self.default
        session.authenticated = not self.asks
        session.parser.authenticated = session.authenticated
        self.settle(session)

    def become(self, session: "Session", user: User) -> None:
        """Have a session go on as this user."""
        session.user, session.authenticated = user, True
        session.parser.authenticated = True
        self.settle(session)

    def settle(self, session: "Session") -> None:
        """Work out again what a session may do without being asked."""
        session.unlimited = session.user.everything
        session.settle()

    def changed(self, user: User) -> None:
        """Note that a user's rules changed."""
        for session in list(self._server.sessions.values()):
            if session.user.name == user.name:
                session.user = user
                self.settle(session)

    def create(self, name: bytes) -> User:
        """Return a new user, who may do nothing so far."""
        return User(name, channels=self._server.config["acl-pubsub-default"] == "allchannels")

    # ---------------------------------------------------------------- denying

    def denied(self, session: "Session", command: Command, argv: list[bytes]) -> Error | None:
        """Return why a session may not do this, or None; it is logged."""
        verdict = self.verdict(session.user, command, argv)
        if verdict is None:
            return None
        reason, thing = verdict
        self.note(session, reason, thing)
        return Error(f"NOPERM {_SENTENCES[reason].format(command=command.full)}")

    @staticmethod
    def verdict(user: User, command: Command, argv: list[bytes]) -> tuple[str, bytes] | None:
        """Return what is denied to a user (command, key or channel) and its name, or None."""
        if command.without_auth:
            return None
        worst: tuple[int, str, bytes] = (-1, "command", command.full.encode())
        found = positions(command, argv) or []
        for permissions in (user.root, *user.selectors):
            verdict = _judge(permissions, command, argv, found)
            if verdict is None:
                return None
            worst = max(worst, verdict, key=lambda one: one[0])
        return worst[1], worst[2]

    def note(self, session: "Session", reason: str, thing: bytes, *, user: bytes | None = None) -> None:
        """Write a denial to the log."""
        now_ms = self._server.keyspace.now_ms
        context = "toplevel"
        if self._server.scripting.running:
            context = "lua"
        elif session.in_exec or session.queue is not None:
            context = "multi"
        name = session.user.name if user is None else user
        for at, entry in enumerate(self.log):
            same = (entry.reason, entry.context, entry.thing, entry.user) == (reason, context, thing, name)
            if same and now_ms - entry.updated_ms <= LOG_SECONDS * 1000:
                entry.count += 1
                entry.updated_ms = now_ms
                self.log.insert(0, self.log.pop(at))
                break
        else:
            self.log.insert(0, Denial(self._logged, reason, context, thing, name, now_ms))
            self._logged += 1
            del self.log[self._server.config["acllog-max-len"] :]
        if self.log:
            self.log[0].client = described(self._server, session)


_SENTENCES: Final = {
    "command": "this user has no permissions to run the '{command}' command",
    "key": "this user has no permissions to access one of the keys used as arguments",
    "channel": "this user has no permissions to access one of the channels used as arguments",
}


def _judge(
    permissions: Permissions, command: Command, argv: list[bytes], found: list[tuple[int, frozenset[str]]]
) -> tuple[int, str, bytes] | None:
    """Return how far a command got (the further, the better the reason), what stopped it, and its name."""
    if not permissions.allows(command, argv):
        return 0, "command", command.full.encode()
    for place, marks in found:
        if not permissions.allows_key(argv[place], marks):
            return 1, "key", argv[place]
    span = _CHANNEL_ARGS.get(command.full)
    if span is not None:
        for channel in argv[span[0] : span[1]]:
            if not permissions.allows_channel(channel, pattern=command.full in _PATTERN_COMMANDS):
                return 2, "channel", channel
    return None
