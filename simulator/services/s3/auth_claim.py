"""Claims: what a request says of its own signature, read but not yet believed.

Both forms of a signature are read into one `Claim`. What is malformed is refused here, in S3's words.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NoReturn, Protocol
from urllib.parse import unquote

from simulator.services.http.message import Request
from simulator.services.s3.auth_canonical import query_pairs
from simulator.services.s3.auth_dates import basic, basic_seconds
from simulator.services.s3.dates import parse_http
from simulator.services.s3.errors import S3Error

ALGORITHM: Final = "AWS4-HMAC-SHA256"
EXPIRES_MAX_S: Final = 7 * 24 * 3600

_FORM: Final = '"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request"'
_ABSENT: Final = (
    "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
    "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
)
_REQUIRED: Final = ("Algorithm", "Credential", "Signature", "Date", "SignedHeaders", "Expires")
_SHA256: Final = re.compile("[0-9a-fA-F]{64}").fullmatch
PAYLOADS: Final = (
    "UNSIGNED-PAYLOAD",
    "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
    "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
    "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER",
)
_BAD_PAYLOAD: Final = f"x-amz-content-sha256 must be {', '.join(PAYLOADS)} or a valid sha256 value."


@dataclass(frozen=True, slots=True)
class Claim:
    """A signature, with all that is needed to check it."""

    access_key: str
    day: str
    region: str
    date: str
    signed_s: int
    signed: tuple[str, ...]
    signature: str
    token: str
    payload: str
    expires_s: int | None = None
    """For how long a presigned URL is good; None for a header."""

    @property
    def scope(self) -> str:
        return f"{self.day}/{self.region}/s3/aws4_request"


def claim_of(request: Request, *, region: str) -> Claim:
    """The claim of a request; raises `S3Error` when it has none, two, or a malformed one."""
    header = request.index.get("authorization")
    query = request.query
    if "X-Amz-" in query or "Signature=" in query:
        pairs = {name: unquote(value) for name, value in reversed(query_pairs(query))}
        if "X-Amz-Algorithm" in pairs or "X-Amz-Signature" in pairs or "X-Amz-Credential" in pairs:
            if header is not None:
                _refuse_two(header)
            return _presigned(request, pairs, region)
    if header is None:
        raise S3Error("AccessDenied")
    return _in_header(request, header, region)


# --- the header -----------------------------------------------------------------------------------------


def _in_header(request: Request, header: str, region: str) -> Claim:
    scheme, _, rest = header.partition(" ")
    if scheme != ALGORITHM:
        if scheme.startswith("AWS4-"):
            refuse_mechanism()
        raise S3Error(
            "InvalidArgument", "Unsupported Authorization Type", ArgumentName="Authorization", ArgumentValue=header
        )
    parts = {name: value for name, _, value in (part.strip().partition("=") for part in rest.split(","))}
    if not (parts.get("Credential") and parts.get("SignedHeaders") and parts.get("Signature")):
        _malformed("the authorization header requires three components: Credential, SignedHeaders, and Signature.")
    access_key, day = _credential(parts["Credential"], region, _malformed)
    date, signed_s = _date(request)
    if date[:8] != day:
        _malformed(f'Invalid credential date "{day}". This date is not the same as X-Amz-Date: "{date[:8]}".')
    payload = request.index.get("x-amz-content-sha256")
    if payload is None:
        raise S3Error("InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
    if payload not in PAYLOADS and not _SHA256(payload):
        raise S3Error("InvalidArgument", _BAD_PAYLOAD, ArgumentName="x-amz-content-sha256", ArgumentValue=payload)
    signed = tuple(parts["SignedHeaders"].split(";"))
    token = request.index.get("x-amz-security-token", "")
    return Claim(access_key, day, region, date, signed_s, signed, parts["Signature"], token, payload)


def _date(request: Request) -> tuple[str, int]:
    """When the request was signed, as it is written in what was signed, and in seconds."""
    date = request.index.get("x-amz-date")
    if date is None:
        at_ns = parse_http(request.index.get("date", ""))
        date = basic(at_ns) if at_ns is not None and at_ns >= 0 else ""
    signed_s = basic_seconds(date)
    if signed_s is None:
        raise S3Error("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header")
    return date, signed_s


# --- the query ------------------------------------------------------------------------------------------


def _presigned(request: Request, pairs: Mapping[str, str], region: str) -> Claim:
    if any(f"X-Amz-{name}" not in pairs for name in _REQUIRED):
        _bad_query(_ABSENT)
    if pairs["X-Amz-Algorithm"] != ALGORITHM:
        _bad_query('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"')
    access_key, day = _credential(pairs["X-Amz-Credential"], region, _bad_parameter)
    date = pairs["X-Amz-Date"]
    signed_s = basic_seconds(date)
    if signed_s is None:
        _bad_query("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
    if date[:8] != day:
        _bad_parameter(f'Invalid credential date "{day}". This date is not the same as X-Amz-Date: "{date[:8]}".')
    return Claim(
        access_key,
        day,
        region,
        date,
        signed_s,
        tuple(pairs["X-Amz-SignedHeaders"].split(";")),
        pairs["X-Amz-Signature"],
        pairs.get("X-Amz-Security-Token", ""),
        request.index.get("x-amz-content-sha256") or pairs.get("X-Amz-Content-Sha256") or PAYLOADS[0],
        _expires_s(pairs["X-Amz-Expires"]),
    )


def _expires_s(word: str) -> int:
    digits = word.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 18:
        _bad_query("X-Amz-Expires should be a number")
    if word != digits:
        _bad_query("X-Amz-Expires must be non-negative")
    if int(word) > EXPIRES_MAX_S:
        _bad_query(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than "
            f"{EXPIRES_MAX_S} seconds"
        )
    return int(word)


# --- both -----------------------------------------------------------------------------------------------


class _Refusal(Protocol):
    """How one of the two forms words what is wrong with it."""

    def __call__(self, message: str, *, region: str = "") -> NoReturn: ...


def _malformed(message: str, *, region: str = "") -> NoReturn:
    fields = {"Region": region} if region else {}
    raise S3Error("AuthorizationHeaderMalformed", f"The authorization header is malformed; {message}", **fields)


def _bad_query(message: str, *, region: str = "") -> NoReturn:
    raise S3Error("AuthorizationQueryParametersError", message, **({"Region": region} if region else {}))


def _bad_parameter(message: str, *, region: str = "") -> NoReturn:
    _bad_query(f"Error parsing the X-Amz-Credential parameter; {message}", region=region)


def refuse_mechanism() -> NoReturn:
    """A signature of a kind that is not taken."""
    raise S3Error(
        "InvalidRequest",
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
    )


def _refuse_two(header: str) -> NoReturn:
    raise S3Error(
        "InvalidArgument",
        "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter "
        "or the Authorization header should be specified",
        ArgumentName="Authorization",
        ArgumentValue=header.partition(" ")[0],
    )


def _credential(word: str, region: str, refuse: _Refusal) -> tuple[str, str]:
    """The key's id and the day of a credential that is meant for this region."""
    parts = word.rsplit("/", 4)
    if len(parts) != 5 or not re.fullmatch("[0-9]{8}", parts[1], re.ASCII):
        refuse(f"the Credential is mal-formed; expecting {_FORM}.")
    access_key, day, found, service, terminal = parts
    if not access_key:
        refuse("a non-empty Access Key (AKID) must be provided in the credential.")
    if service != "s3":
        refuse(f'incorrect service "{service}". This endpoint belongs to "s3".')
    if terminal != "aws4_request":
        refuse(f'incorrect terminal "{terminal}". This endpoint uses "aws4_request".')
    if found != region:
        refuse(f"the region '{found}' is wrong; expecting '{region}'", region=region)
    return access_key, day
