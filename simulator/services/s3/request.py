"""Request: from an HTTP request to an S3 request: which bucket, which key, which operation, with what parameters."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote_plus, unquote_to_bytes

from msgspec import Struct

from simulator.services.http.message import Request
from simulator.services.rope import EMPTY, Rope
from simulator.services.s3.errors import S3Error
from simulator.services.s3.operations import OPERATIONS, Level, Operation
from simulator.services.s3.settings import Settings
from simulator.services.s3.store import Owner

PARAMETERS_MAX: Final = 100


class S3Request(Struct, kw_only=True):
    """A request as the model takes it: its signature was verified, its body is without any coding."""

    method: str
    bucket: str = ""
    key: str = ""
    parameters: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    """By name in small letters."""
    body: Rope = EMPTY
    trailers: Mapping[str, str] = {}
    """Headers that came behind the body, checksums mostly, by name in small letters."""
    who: Owner | None = None
    """Whose credentials signed it; None for anybody."""
    operation: Operation | None = None
    """What it asks for; None when nothing answers to it."""
    length: int | None = None
    """The Content-Length that was announced, of the decoded body."""
    host: str = ""
    """The name under which it came, for answers that hold addresses."""
    virtual: bool = False
    """Whether that name holds the bucket."""


def locate(request: Request, settings: Settings) -> S3Request:
    """Read an HTTP request's head. `S3Error` (InvalidURI) where the path is no UTF-8; the body is not looked at."""
    host = request.index.get("host", "")
    path = request.path
    bucket = bucket_of_host(host, settings) if host else ""
    virtual = bool(bucket)
    if virtual:
        key = path[1:]
    else:
        bucket, _, key = path[1:].partition("/")
        if "%" in bucket:
            bucket = _decoded(bucket)
    if "%" in key:
        key = _decoded(key)
    parameters = parse_query(request.query) if request.query else {}
    located = S3Request(
        method=request.method,
        bucket=bucket,
        key=key,
        parameters=parameters,
        headers=request.index,
        length=request.length,
        host=host,
        virtual=virtual,
    )
    located.operation = operation_of(located)
    return located


def bucket_of_host(host: str, settings: Settings) -> str:
    """The bucket that a host name begins with, if the rest is one of our domains."""
    name = host.rpartition(":")[0] if ":" in host and not host.endswith("]") else host
    name = name.lower()
    for domain in settings.domains:
        if name.endswith(domain) and len(name) > len(domain) and name[-len(domain) - 1] == ".":
            return name[: -len(domain) - 1]
    return ""


def parse_query(query: str) -> dict[str, str]:
    """Parameters by name; of a name that comes twice the first counts."""
    found: dict[str, str] = {}
    pairs = query.split("&", PARAMETERS_MAX)
    if len(pairs) > PARAMETERS_MAX:
        raise S3Error("InvalidURI", f"More than {PARAMETERS_MAX} parameters")
    for pair in pairs:
        name, _, value = pair.partition("=")
        if "%" in pair or "+" in pair:
            try:
                name, value = unquote_plus(name, errors="strict"), unquote_plus(value, errors="strict")
            except UnicodeDecodeError:
                raise S3Error("InvalidURI") from None
        if name:
            found.setdefault(name, value)
    return found


def _decoded(text: str) -> str:
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        raise S3Error("InvalidURI", URI=text) from None


def operation_of(request: S3Request) -> Operation | None:
    """By method, level and the parameter that marks it; None when nothing answers to it."""
    level: Level = "object" if request.key else "bucket" if request.bucket else "service"
    marked, plain = _ROUTES.get((level, request.method), _NOTHING)
    parameters = request.parameters
    if parameters:
        for name in parameters:
            for value, operation in marked.get(name, ()):
                if not value or parameters[name] == value:
                    return _copies(operation, request.headers)
        plain = _elsewhere(parameters, level) or plain
    return _copies(plain, request.headers) if plain else None


_COPIES: Final = {"PutObject": OPERATIONS["CopyObject"], "UploadPart": OPERATIONS["UploadPartCopy"]}
_WRONG_METHOD: Final = Operation(name="", method="", level="service", verdict="refused")


def _copies(operation: Operation, headers: Mapping[str, str]) -> Operation:
    if "x-amz-copy-source" in headers and operation.name in _COPIES:
        return _COPIES[operation.name]
    return operation


def _elsewhere(parameters: Mapping[str, str], level: Level) -> Operation | None:
    """A sub-resource that exists, but not for this method."""
    for name in parameters:
        if name in _MARKERS[level]:
            return _WRONG_METHOD
    return None


_Routes = dict[tuple[str, str], tuple[dict[str, list[tuple[str, Operation]]], Operation | None]]


def _routes() -> _Routes:
    routes: _Routes = {}
    for operation in OPERATIONS.values():
        if operation.name in {"CopyObject", "UploadPartCopy", "ListDirectoryBuckets", "WriteGetObjectResponse"}:
            continue
        marked, plain = routes.get((operation.level, operation.method), ({}, None))
        if operation.marker:
            marked.setdefault(operation.marker, []).append((operation.value, operation))
        else:
            plain = operation
        routes[operation.level, operation.method] = (marked, plain)
    return routes


_ROUTES: Final = _routes()
_NOTHING: Final[tuple[dict[str, list[tuple[str, Operation]]], Operation | None]] = ({}, None)
_MARKERS: Final = {
    level: {each.marker for each in OPERATIONS.values() if each.level == level and each.marker} - {"list-type"}
    for level in ("service", "bucket", "object")
}
