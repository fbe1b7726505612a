"""Tracking: CLIENT TRACKING, CACHING, GETREDIR, TRACKINGINFO."""

from simulator.services.redis.call import Call
from simulator.services.redis.numerals import integer
from simulator.services.redis.registry import command
from simulator.services.redis.reply import OK, SYNTAX, Map, Refusal, Reply, SetOf
from simulator.services.redis.tracking import Tracked


@command("CLIENT|TRACKING")
def client_tracking(call: Call, args: list[bytes]) -> Reply:
    tracked, prefixes = _options(call, args)
    word = args[2].upper()
    if word == b"OFF":
        call.server.tracking.forget(call.session)
        return OK
    if word != b"ON":
        raise Refusal(SYNTAX)
    old = call.session.tracked
    if prefixes and not tracked.broadcast:
        raise Refusal("ERR PREFIX option requires BCAST mode to be enabled")
    if old is not None and old.broadcast != tracked.broadcast:
        raise Refusal(
            "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it"
            " with a different mode."
        )
    if tracked.broadcast and (tracked.opt_in or tracked.opt_out):
        raise Refusal("ERR OPTIN and OPTOUT are not compatible with BCAST")
    if tracked.opt_in and tracked.opt_out:
        raise Refusal("ERR You can't specify both OPTIN mode and OPTOUT mode")
    if old is not None and ((tracked.opt_in and old.opt_out) or (tracked.opt_out and old.opt_in)):
        raise Refusal(
            "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it"
            " with a different mode."
        )
    tracked.prefixes = (*(old.prefixes if old is not None else ()), *prefixes)
    _no_overlap(old.prefixes if old is not None else (), prefixes)
    call.server.tracking.begin(call.session, tracked)
    return OK


def _options(call: Call, args: list[bytes]) -> tuple[Tracked, list[bytes]]:
    tracked, prefixes, at = Tracked(), list[bytes](), 3
    while at < len(args):
        word, more = args[at].upper(), at + 1 < len(args)
        if word == b"REDIRECT" and more:
            if tracked.redirect:
                raise Refusal("ERR A client can only redirect to a single other client")
            tracked.redirect = integer(args[at + 1])
            if tracked.redirect not in call.server.sessions:
                raise Refusal("ERR The client ID you want redirect to does not exist")
            at += 1
        elif word == b"BCAST":
            tracked.broadcast = True
        elif word == b"OPTIN":
            tracked.opt_in = True
        elif word == b"OPTOUT":
            tracked.opt_out = True
        elif word == b"NOLOOP":
            tracked.no_loop = True
        elif word == b"PREFIX" and more:
            prefixes.append(args[at + 1])
            at += 1
        else:
            raise Refusal(SYNTAX)
        at += 1
    return tracked, prefixes


def _no_overlap(known: tuple[bytes, ...], new: list[bytes]) -> None:
    for at, prefix in enumerate(new):
        for other in known:
            if prefix != other and (prefix.startswith(other) or other.startswith(prefix)):
                raise Refusal(
                    b"ERR Prefix '%b' overlaps with an existing prefix '%b'. Prefixes for a single client must not"
                    b" overlap." % (prefix, other)
                )
        for other in new[at + 1 :]:
            if prefix.startswith(other) or other.startswith(prefix):
                raise Refusal(
                    b"ERR Prefix '%b' overlaps with another provided prefix '%b'. Prefixes for a single client must"
                    b" not overlap." % (prefix, other)
                )


@command("CLIENT|CACHING")
def client_caching(call: Call, args: list[bytes]) -> Reply:
    tracked = call.session.tracked
    if tracked is None:
        raise Refusal(
            "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT"
            " mode enabled"
        )
    word = args[2].upper()
    if word == b"YES":
        if not tracked.opt_in:
            raise Refusal("ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.")
        call.session.caching = True
    elif word == b"NO":
        if not tracked.opt_out:
            raise Refusal("ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.")
        call.session.caching = False
    else:
        raise Refusal(SYNTAX)
    return OK


@command("CLIENT|GETREDIR")
def client_getredir(call: Call, args: list[bytes]) -> Reply:
    return -1 if call.session.tracked is None else call.session.tracked.redirect


@command("CLIENT|TRACKINGINFO")
def client_trackinginfo(call: Call, args: list[bytes]) -> Reply:
    session, tracked = call.session, call.session.tracked
    flags = [b"off"]
    if tracked is not None:
        flags = [b"on"]
        flags += [b"bcast"] * tracked.broadcast
        if tracked.opt_in:
            flags += [b"optin"] + [b"caching-yes"] * bool(session.caching)
        if tracked.opt_out:
            flags += [b"optout"] + [b"caching-no"] * (session.caching is False)
        flags += [b"noloop"] * tracked.no_loop + [b"broken_redirect"] * tracked.broken
    redirect = -1 if tracked is None else tracked.redirect
    prefixes = [] if tracked is None else list(tracked.prefixes)
    return Map([(b"flags", SetOf(flags)), (b"redirect", redirect), (b"prefixes", prefixes)])
