"""Auth: who asks, and whether the request is as its signer signed it (AWS Signature Version 4, and 2).

    the `Authorization` header      every request of an SDK
    `X-Amz-...` in the query        a presigned URL: valid from its date on, for seven days at most
    neither                         anonymous, which is denied

The order of the checks is S3's: is there one signature, is it well-formed, is the key known, is it for this
region and day, is it the time for it, is everything signed that must be, and only then: is it right.
What a body must be is for `chunked.py`; the `Grant` says which rule applies to it.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from simulator.services.http.message import Request
from simulator.services.s3.auth_canonical import canonical_request, merged
from simulator.services.s3.auth_claim import Claim, claim_of
from simulator.services.s3.auth_dates import iso_time
from simulator.services.s3.auth_key import hex_bytes, signing_key
from simulator.services.s3.auth_v2 import check_expiry, check_version_2, claim_of_version_2, is_version_2
from simulator.services.s3.errors import S3Error

SKEW_MAX_NS: Final = 15 * 60 * 10**9
"""How far the clock of a signer may be off."""

UNSIGNED: Final = "UNSIGNED-PAYLOAD"


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """A key and its secret; temporary ones have a token as well, and an end."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)
    expires_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """What a good signature says: who asks, and what is known of the body."""

    claim: Claim
    key: bytes = field(repr=False)
    payload: str
    """What was signed for the body: its SHA-256, or one of the words that stand for it."""
    chunks: bool
    """Whether the body may come in chunks of its own: only behind a signature of version 4 in a header."""


class Authenticator:
    """Checks signatures against the keys it knows."""

    def __init__(
        self,
        credentials: Iterable[Credentials],
        *,
        region: str,
        now_ns: Callable[[], int],
        bucket_of_host: Callable[[str], str] = lambda host: "",
    ) -> None:
        self.credentials = {one.access_key: one for one in credentials}
        self.region = region
        self.now_ns = now_ns
        self.bucket_of_host = bucket_of_host
        """Which bucket a host's name begins with; version 2 signs it."""

    def check(self, request: Request) -> Grant:
        """Raise `S3Error` unless the head of the request is rightly signed."""
        now_ns = self.now_ns()
        headers = request.index if len(request.index) == len(request.headers) else merged(request.headers)
        if is_version_2(request):
            return self._check_version_2(request, headers, now_ns)
        claim = claim_of(request, region=self.region)
        known = self._known(claim, now_ns)
        self._check_time(claim, now_ns)
        _check_coverage(claim, headers)
        key = signing_key(known.secret_key, claim.day, claim.region)
        text = canonical_request(
            method=request.method,
            path=request.path,
            query=request.query,
            headers=headers,
            signed=claim.signed,
            payload=claim.payload,
        )
        _check_signature(claim, key, text)
        return Grant(claim, key, claim.payload, claim.expires_s is None)

    def _check_version_2(self, request: Request, headers: Mapping[str, str], now_ns: int) -> Grant:
        claim = claim_of_version_2(request, region=self.region)
        known = self._known(claim, now_ns)
        if claim.expires_s is None:
            self._check_time(claim, now_ns)
        else:
            check_expiry(claim, now_ns)
        check_version_2(request, claim, known.secret_key, headers, self.bucket_of_host(headers.get("host", "")))
        return Grant(claim, b"", claim.payload, False)

    def _known(self, claim: Claim, now_ns: int) -> Credentials:
        """The credentials of the key, if its token is the right one and has not expired."""
        known = self.credentials.get(claim.access_key)
        if known is None or (known.session_token and not claim.token):
            raise S3Error("InvalidAccessKeyId", AWSAccessKeyId=claim.access_key)
        if known.session_token != claim.token:
            raise S3Error("InvalidToken", **{"Token-0": claim.token})
        if known.expires_ns is not None and now_ns >= known.expires_ns:
            raise S3Error("ExpiredToken", **{"Token-0": claim.token})
        return known

    def _check_time(self, claim: Claim, now_ns: int) -> None:
        """A header is good for a quarter of an hour on both sides, a presigned URL for as long as it says."""
        signed_ns = claim.signed_s * 10**9
        if claim.expires_s is None:
            if abs(now_ns - signed_ns) > SKEW_MAX_NS:
                raise S3Error(
                    "RequestTimeTooSkewed",
                    RequestTime=claim.date,
                    ServerTime=iso_time(now_ns),
                    MaxAllowedSkewMilliseconds=str(SKEW_MAX_NS // 10**6),
                )
        elif signed_ns - now_ns > SKEW_MAX_NS:
            raise S3Error("AccessDenied", "Request is not valid yet", ServerTime=iso_time(now_ns))
        elif now_ns > signed_ns + claim.expires_s * 10**9:
            raise S3Error(
                "AccessDenied",
                "Request has expired",
                **{"X-Amz-Expires": str(claim.expires_s)},
                Expires=iso_time(signed_ns + claim.expires_s * 10**9),
                ServerTime=iso_time(now_ns),
            )


def _check_coverage(claim: Claim, headers: Mapping[str, str]) -> None:
    """The host and every `x-amz-` header must be among what was signed."""
    signed = claim.signed
    strangers = [name for name in headers if name.startswith("x-amz-") and name not in signed]
    if "host" not in signed:
        strangers.append("host")
    if strangers:
        raise S3Error(
            "AccessDenied",
            "There were headers present in the request which were not signed",
            HeadersNotSigned=", ".join(strangers),
        )


def _check_signature(claim: Claim, key: bytes, text: str) -> None:
    """Compare, and on a difference show the signer what we signed, as S3 does."""
    digest = hashlib.sha256(text.encode("latin-1", "replace")).hexdigest()
    to_sign = f"AWS4-HMAC-SHA256\n{claim.date}\n{claim.scope}\n{digest}"
    found = hmac.digest(key, to_sign.encode(), "sha256").hex()
    if not hmac.compare_digest(found.encode(), claim.signature.encode("utf-8", "replace")):
        raise does_not_match(claim, to_sign, text)


def does_not_match(claim: Claim, to_sign: str, canonical: str, *, provided: str = "") -> S3Error:
    """`SignatureDoesNotMatch`, with all that helps to find the reason."""
    return S3Error(
        "SignatureDoesNotMatch",
        AWSAccessKeyId=claim.access_key,
        StringToSign=to_sign,
        SignatureProvided=provided or claim.signature,
        StringToSignBytes=hex_bytes(to_sign),
        CanonicalRequest=canonical,
        CanonicalRequestBytes=hex_bytes(canonical),
    )
