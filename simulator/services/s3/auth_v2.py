r"""Version 2 of the signatures, which AWS still takes where it took it in 2014, and which links of boto3 still have.

    METHOD \n Content-MD5 \n Content-Type \n date \n x-amz-...:value \n ... /bucket/path?acl&uploadId=...

Signed with HMAC-SHA1, in `Authorization: AWS KEY:SIGNATURE` or in a link with AWSAccessKeyId, Expires and
Signature. What a link says in its query of `x-amz-` headers is signed as if it were in a header.
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote, unquote_plus

from simulator.services.http.message import Request
from simulator.services.s3.auth_claim import Claim, refuse_mechanism
from simulator.services.s3.auth_dates import basic, basic_seconds, iso_time
from simulator.services.s3.auth_key import hex_bytes
from simulator.services.s3.dates import parse_http
from simulator.services.s3.errors import S3Error


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


REGIONS: Final = _words(
    "us-east-1 us-west-1 us-west-2 eu-west-1 ap-southeast-1 ap-southeast-2 ap-northeast-1 sa-east-1"
)
"""Later ones never took it."""

_SIGNED: Final = _words(
    "accelerate acl analytics cors defaultObjectAcl delete inventory lifecycle location logging metrics notification "
    "object-lock partNumber policy replication requestPayment response-cache-control response-content-disposition "
    "response-content-encoding response-content-language response-content-type response-expires restore select "
    "select-type storageClass tagging torrent uploadId uploads versionId versioning versions website"
)
"""Parameters that are part of what is asked for."""


def is_version_2(request: Request) -> bool:
    """Whether the request claims such a signature."""
    header = request.index.get("authorization")
    if header is not None:
        return header.startswith("AWS ")
    query = request.query
    if "Signature=" not in query or "X-Amz-Algorithm=" in query:
        return False
    return "&Signature=" in f"&{query}" and "&AWSAccessKeyId=" in f"&{query}"


def claim_of_version_2(request: Request, *, region: str) -> Claim:
    """Who signed, when, and how; `S3Error` where this version is not taken or the date is none."""
    if region not in REGIONS:
        refuse_mechanism()
    payload = request.index.get("x-amz-content-sha256", "UNSIGNED-PAYLOAD")
    header = request.index.get("authorization")
    if header is None:
        given = _parameters(request.query)
        expires = given.get("Expires", "")
        if not given.get("AWSAccessKeyId") or not given.get("Signature") or not expires:
            raise S3Error(
                "AccessDenied",
                "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters",
            )
        if not (expires.isascii() and expires.isdigit()) or len(expires) > 12:
            raise S3Error("AccessDenied", f"Invalid date (should be seconds since epoch): {expires}")
        token = given.get("x-amz-security-token", "")
        return Claim(given["AWSAccessKeyId"], "", region, expires, 0, (), given["Signature"], token, payload, 0)
    key, colon, signature = header[4:].strip().rpartition(":")
    if not colon or not key or not signature:
        raise S3Error(
            "InvalidArgument",
            "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature",
            ArgumentName="Authorization",
            ArgumentValue="AWS",
        )
    date, signed_s = _date(request)
    token = request.index.get("x-amz-security-token", "")
    return Claim(key, "", region, date, signed_s, (), signature, token, payload)


def _date(request: Request) -> tuple[str, int]:
    text = request.index.get("x-amz-date") or request.index.get("date", "")
    seconds = basic_seconds(text)
    if seconds is None:
        at_ns = parse_http(text)
        if at_ns is None:
            raise S3Error("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header")
        seconds = at_ns // 10**9
        text = basic(at_ns)
    return text, seconds


def check_expiry(claim: Claim, now_ns: int) -> None:
    """A link is good until the second that it names."""
    expires_ns = int(claim.date) * 10**9
    if now_ns > expires_ns:
        raise S3Error("AccessDenied", "Request has expired", Expires=iso_time(expires_ns), ServerTime=iso_time(now_ns))


def check_version_2(request: Request, claim: Claim, secret: str, headers: Mapping[str, str], bucket: str) -> None:
    """Raise `SignatureDoesNotMatch` unless the request is as it was signed; `bucket` is the one in the host's name."""
    to_sign = _to_sign(request, claim, headers, bucket)
    found = b64encode(hmac.digest(secret.encode(), to_sign.encode("latin-1", "replace"), "sha1")).decode()
    if not hmac.compare_digest(found.encode(), claim.signature.encode("utf-8", "replace")):
        raise S3Error(
            "SignatureDoesNotMatch",
            AWSAccessKeyId=claim.access_key,
            StringToSign=to_sign,
            SignatureProvided=claim.signature,
            StringToSignBytes=hex_bytes(to_sign),
        )


def _to_sign(request: Request, claim: Claim, headers: Mapping[str, str], bucket: str) -> str:
    if claim.expires_s is not None:
        given = {name.lower(): value for name, value in _parameters(request.query).items()}
        # botocore writes what it signed of the content into the link as well; but it has to be sent.
        headers = {name: value for name, value in given.items() if name.startswith("x-amz-")} | dict(headers)
        date = claim.date
    else:
        date = "" if "x-amz-date" in headers else headers.get("date", "")
    amazons = "".join(
        f"{name}:{' '.join(part.strip() for part in headers[name].splitlines())}\n"
        for name in sorted(headers)
        if name.startswith("x-amz-")
    )
    resource = (f"/{bucket}" if bucket else "") + request.path + _asked_for(request.query)
    md5, kind = headers.get("content-md5", ""), headers.get("content-type", "")
    return f"{request.method}\n{md5}\n{kind}\n{date}\n{amazons}{resource}"


def _asked_for(query: str) -> str:
    pairs = [pair.partition("=") for pair in query.split("&")] if query else []
    named = sorted(
        (name, f"{name}={unquote(value)}" if equals else name) for name, equals, value in pairs if name in _SIGNED
    )
    return "?" + "&".join(text for _, text in named) if named else ""


def _parameters(query: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in query.split("&"))
    return {unquote(name): unquote_plus(value) for name, _, value in pairs}
