"""Desk: what a server tells of itself and lets be done to it, beside all buckets (none can have an underscore).

    GET     /_soundstage/health          what there is, and whether the disk takes what is written
    GET     /_soundstage/faults          the troubles that are on, by number, and how often each struck
    POST    /_soundstage/faults          switch on; one a line, as the command line takes them
    DELETE  /_soundstage/faults[/N]      switch all of them off, or one

Everybody may look; only this machine may change anything.
"""

import json
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

from simulator.errors import Misuse
from simulator.services.http.message import Request, Response

if TYPE_CHECKING:
    from simulator.services.s3.app import S3App

PREFIX: Final = "/_soundstage/"
BODY_BYTES_MAX: Final = 64 << 10

_HEALTH: Final = f"{PREFIX}health"
_FAULTS: Final = f"{PREFIX}faults"


def refused(request: Request) -> Response | None:
    """Refuse what need not be read to its end."""
    if request.chunked or (request.length or 0) > BODY_BYTES_MAX:
        return _told(413, {"error": f"more than {BODY_BYTES_MAX} bytes"})
    if request.method not in ("GET", "HEAD") and not _is_near(request.peer):
        return _told(403, {"error": "only this machine may change anything"})
    return None


def answer(app: "S3App", request: Request) -> Response:
    """Answer at the desk."""
    path, method = request.path.rstrip("/"), request.method
    if method == "HEAD":
        method = "GET"
    if path == _HEALTH and method == "GET":
        return _health(app)
    if path == _FAULTS and method == "GET":
        return _told(200, {"faults": _faults(app)})
    try:
        if path == _FAULTS and method == "POST":
            return _switched_on(app, request)
        if method == "DELETE" and (path == _FAULTS or path.startswith(f"{_FAULTS}/")):
            return _switched_off(app, path[len(_FAULTS) + 1 :])
    except Misuse as error:
        return _told(400, {"error": error.message, "hint": error.hint})
    return _told(404, {"error": f"there is no {request.method} {path}"})


def _health(app: "S3App") -> Response:
    buckets = app.model.store.buckets.values()
    failed = app.disk.failed if app.disk is not None else None
    found: dict[str, Any] = {
        "service": "s3",
        "status": "ok" if failed is None else "failed",
        "buckets": len(buckets),
        "objects": sum(len(bucket.keys) for bucket in buckets),
        "uploads": sum(len(bucket.open_uploads()) for bucket in buckets),
        "requests": app.requests,
        "uptime_s": round((app.now_ns() - app.began_ns) / 10**9, 3),
        "region": app.model.settings.region,
        "personality": app.model.settings.personality.name,
        "troubles": [str(trouble) for trouble in app.troubles.troubles.values()],
    }
    if failed is not None:
        found["error"] = str(failed)
    return _told(200 if failed is None else 503, found)


def _faults(app: "S3App") -> list[dict[str, Any]]:
    board = app.troubles
    return [
        {"number": number, "fault": str(trouble), "hits": board.hits[number]}
        for number, trouble in board.troubles.items()
    ]


def _switched_on(app: "S3App", request: Request) -> Response:
    lines = [line.strip() for line in request.whole().decode("utf-8", "replace").splitlines()]
    troubles = [app.troubles.parse(line) for line in lines if line]  # All of them are right, or none is on.
    if not troubles:
        raise Misuse("there is no fault in the body", hint="one a line, as in reply-lost:operation=UploadPart,times=1")
    return _told(201, {"numbers": [app.troubles.on(trouble) for trouble in troubles]})


def _switched_off(app: "S3App", word: str) -> Response:
    if not word:
        app.troubles.clear()
    else:
        app.troubles.off(int(word) if word.isascii() and word.isdigit() else -1)
    return _told(200, {"faults": _faults(app)})


def _is_near(peer: str) -> bool:
    try:
        return ip_address(peer.rpartition(":")[0].strip("[]")).is_loopback
    except ValueError:
        return False


def _told(status: int, found: dict[str, Any]) -> Response:
    return Response(status, [("Content-Type", "application/json")], [json.dumps(found).encode() + b"\n"])
