"""Access: ACL."""

from simulator.services.redis.acl import User
from simulator.services.redis.call import Call
from simulator.services.redis.commands.arguments import misfit
from simulator.services.redis.numerals import as_integer, bounded
from simulator.services.redis.permissions import CATEGORIES, BadRule
from simulator.services.redis.positions import positions
from simulator.services.redis.registry import command, everything, find
from simulator.services.redis.reply import NOT_INTEGER, OK, Double, Error, Map, Refusal, Reply

_PASSWORD_BITS_MAX = 4096
_LOG_SHOWN = 10
NO_FILE = (
    "ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER"
    " command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store"
    " users in the Redis configuration."
)


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogateescape")


@command("ACL|WHOAMI")
def acl_whoami(call: Call, args: list[bytes]) -> Reply:
    return call.session.user.name


@command("ACL|USERS")
def acl_users(call: Call, args: list[bytes]) -> Reply:
    return sorted(call.server.acl.users)


@command("ACL|LIST")
def acl_list(call: Call, args: list[bytes]) -> Reply:
    users = call.server.acl.users
    return [_bytes(users[name].text) for name in sorted(users)]


@command("ACL|CAT")
def acl_cat(call: Call, args: list[bytes]) -> Reply:
    if len(args) > 3:
        raise misfit(b"ACL", args)
    if len(args) == 2:
        return [name.encode() for name in CATEGORIES]
    category = args[2].decode(errors="replace").lower()
    if category not in CATEGORIES:
        raise Refusal(b"ERR Unknown category '%b'" % args[2])
    return [one.full.encode() for one in everything() if category in one.categories]


@command("ACL|SETUSER")
def acl_setuser(call: Call, args: list[bytes]) -> Reply:
    acl, name = call.server.acl, args[2]
    if b" " in name or b"\0" in name:
        raise Refusal("ERR Usernames can't contain spaces or null characters")
    old = acl.users.get(name)
    user = acl.create(name)
    if old is not None:
        _copy(old, user)
    for rule in _merged(args[3:]):
        try:
            user.apply(rule)
        except BadRule as why:
            raise Refusal(_bytes(f"ERR Error in ACL SETUSER modifier '{rule}': {why}")) from None
    if old is not None:
        old.__dict__.update(user.__dict__)
        user = old
    acl.users[name] = user
    acl.changed(user)
    return OK


def _copy(old: User, new: User) -> None:
    """Make a copy that can be changed and thrown away."""
    from copy import deepcopy

    from simulator.services.redis.permissions import Permissions

    def twin(permissions: Permissions) -> Permissions:
        copy = Permissions()
        for name, value in permissions.__dict__.items():
            copy.__dict__[name] = value.copy() if isinstance(value, list | set | dict) else value
        copy.first_args = {one: set(words) for one, words in permissions.first_args.items()}
        return copy

    new.__dict__.update({name: value for name, value in old.__dict__.items() if name not in ("root", "selectors")})
    new.passwords = deepcopy(old.passwords)
    new.root, new.selectors = twin(old.root), [twin(one) for one in old.selectors]


def _merged(words: list[bytes]) -> list[str]:
    """Join the words of a selector that was sent in several arguments."""
    rules: list[str] = []
    open_ = ""
    for raw in words:
        word = raw.decode(errors="surrogateescape")
        if open_:
            open_ = f"{open_} {word}"
        elif word.startswith("(") and not word.endswith(")"):
            open_ = word
        else:
            rules.append(word)
            continue
        if word.endswith(")"):
            rules.append(open_)
            open_ = ""
    if open_:
        raise Refusal(_bytes(f"ERR Unmatched parenthesis in acl selector starting at '{open_.partition(' ')[0]}'."))
    return rules


@command("ACL|GETUSER")
def acl_getuser(call: Call, args: list[bytes]) -> Reply:
    user = call.server.acl.users.get(args[2])
    if user is None:
        return None
    selectors = [
        Map([
            (b"commands", _bytes(one.commands_text)),
            (b"keys", _bytes(one.keys_text)),
            (b"channels", _bytes(one.channels_text)),
        ])
        for one in user.selectors
    ]  # fmt: skip
    return Map(
        [
            (b"flags", [_bytes(flag) for flag in user.flags]),
            (b"passwords", [_bytes(digest) for digest in user.passwords]),
            (b"commands", _bytes(user.root.commands_text)),
            (b"keys", _bytes(user.root.keys_text)),
            (b"channels", _bytes(user.root.channels_text)),
            (b"selectors", selectors),
        ]
    )


@command("ACL|DELUSER")
def acl_deluser(call: Call, args: list[bytes]) -> Reply:
    acl, gone = call.server.acl, 0
    if b"default" in args[2:]:
        raise Refusal("ERR The 'default' user cannot be removed")
    for name in args[2:]:
        user = acl.users.pop(name, None)
        if user is None:
            continue
        gone += 1
        for session in list(call.server.sessions.values()):
            if session.user is user:
                call.server.hang_up(session)
    return gone


@command("ACL|GENPASS")
def acl_genpass(call: Call, args: list[bytes]) -> Reply:
    refusal = (
        "ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to"
        f" {_PASSWORD_BITS_MAX}"
    )
    if len(args) > 3:
        raise misfit(b"ACL", args)
    bits = 256
    if len(args) == 3:
        if as_integer(args[2]) is None:
            raise Refusal(NOT_INTEGER)
        bits = bounded(args[2], 1, _PASSWORD_BITS_MAX, refusal)
    digits = -(-bits // 4)
    return f"{call.rng.getrandbits(digits * 4):0{digits}x}".encode()


@command("ACL|DRYRUN")
def acl_dryrun(call: Call, args: list[bytes]) -> Reply:
    user = call.server.acl.users.get(args[2])
    if user is None:
        raise Refusal(b"ERR User '%b' not found" % args[2])
    argv = args[3:]
    entry = find(argv[0])
    if entry is not None and entry.subcommands and len(argv) > 1:
        entry = entry.subcommands.get(argv[1].upper())
    if entry is None:
        raise Refusal(b"ERR Command '%b' not found" % argv[0])
    if not entry.fits(len(argv)):
        raise Refusal(f"ERR wrong number of arguments for '{entry.full}' command")
    verdict = call.server.acl.verdict(user, entry, argv)
    if verdict is None:
        return OK
    reason, thing = verdict
    if reason == "command":
        return b"This user has no permissions to run the '%b' command" % thing
    return b"This user has no permissions to access the '%b' %b" % (thing, reason.encode())


@command("ACL|LOG")
def acl_log(call: Call, args: list[bytes]) -> Reply:
    log = call.server.acl.log
    count = _LOG_SHOWN
    if len(args) > 3:
        raise misfit(b"ACL", args)
    if len(args) == 3:
        if args[2].upper() == b"RESET":
            log.clear()
            return OK
        count = bounded(args[2], 0, 2**63 - 1, NOT_INTEGER)
    return [
        Map([
            (b"count", entry.count), (b"reason", entry.reason.encode()), (b"context", entry.context.encode()),
            (b"object", entry.thing), (b"username", entry.user),
            (b"age-seconds", Double((call.now_ms - entry.updated_ms) / 1000)), (b"client-info", entry.client),
        ])
        for entry in log[:count]
    ]  # fmt: skip


@command("ACL|LOAD")
def acl_load(call: Call, args: list[bytes]) -> Reply:
    return Error(NO_FILE)


@command("ACL|SAVE")
def acl_save(call: Call, args: list[bytes]) -> Reply:
    return Error(NO_FILE)


def keys_said(argv: list[bytes]) -> list[tuple[bytes, frozenset[str]]]:
    """Return the keys of a command as COMMAND GETKEYSANDFLAGS has them."""
    entry = find(argv[0])
    if entry is not None and entry.subcommands and len(argv) > 1:
        entry = entry.subcommands.get(argv[1].upper())
    if entry is None:
        raise Refusal("ERR Invalid command specified")
    if not entry.specs and entry.first == 0:
        raise Refusal("ERR The command has no key arguments")
    if not entry.fits(len(argv)):
        raise Refusal("ERR Invalid number of arguments specified for command")
    found = positions(entry, argv)
    if found is None:
        raise Refusal("ERR Invalid arguments specified for command")
    if not found:
        if "no_mandatory_keys" in entry.flags:
            return []
        raise Refusal("ERR Invalid arguments specified for command")
    return [(argv[place], marks) for place, marks in found]
