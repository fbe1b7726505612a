"""Signatures are refused for the reasons for which S3 refuses them, in its words."""

from datetime import UTC, datetime

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from simulator.services.http.message import Request
from simulator.services.s3.auth import Authenticator, Credentials
from simulator.services.s3.errors import S3Error
from tests.support.signing import Signer

NOW_S = 1_795_000_000
NOW_NS = NOW_S * 10**9
KEY = Credentials(access_key="AKID", secret_key="secret")
SHORT = Credentials(access_key="ASIA", secret_key="secret", session_token="token", expires_ns=NOW_NS + 60 * 10**9)
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def keys(now_ns: int = NOW_NS) -> Authenticator:
    return Authenticator((KEY, SHORT), region="us-east-1", now_ns=lambda: now_ns)


def refused(request: Request, now_ns: int = NOW_NS) -> S3Error:
    with pytest.raises(S3Error) as caught:
        keys(now_ns).check(request)
    return caught.value


def signer(**changes: object) -> Signer:
    return Signer(**{"access_key": "AKID", "secret_key": "secret", "now_s": NOW_S} | changes)  # type: ignore[arg-type]


# --- the clock ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("off_s", [-900, 0, 900])
def test_a_clock_may_be_a_quarter_of_an_hour_off(off_s: int) -> None:
    assert keys().check(signer(now_s=NOW_S + off_s).signed("GET", "/bucket")).claim.access_key == "AKID"


@pytest.mark.parametrize("off_s", [-901, 901])
def test_a_clock_that_is_more_off_is_told_both_times(off_s: int) -> None:
    error = refused(signer(now_s=NOW_S + off_s).signed("GET", "/bucket"))

    assert (error.code, error.status) == ("RequestTimeTooSkewed", 403)
    assert error.fields == {
        "RequestTime": datetime.fromtimestamp(NOW_S + off_s, UTC).strftime("%Y%m%dT%H%M%SZ"),
        "ServerTime": datetime.fromtimestamp(NOW_S, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "MaxAllowedSkewMilliseconds": "900000",
    }


def test_a_date_header_serves_where_there_is_no_other() -> None:
    request = signer().signed("GET", "/bucket", headers=[("Date", "Wed, 18 Nov 2026 10:26:40 GMT")], dated=False)

    assert datetime.fromtimestamp(NOW_S, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT") == "Wed, 18 Nov 2026 11:06:40 GMT"
    assert refused(request).code == "RequestTimeTooSkewed"
    assert keys(NOW_NS - 2400 * 10**9).check(request).claim.date == "20261118T102640Z"


@pytest.mark.parametrize("date", ["", "yesterday", "20261399T000000Z", "2026-11-20T00:00:00Z", "20261118T106640Z"])
def test_a_date_that_is_none_is_refused(date: str) -> None:
    request = signer().signed("GET", "/bucket")
    headers = [(name, date if name == "X-Amz-Date" else value) for name, value in request.headers]

    error = refused(Request("GET", "/bucket", headers))

    assert (error.code, error.message) == (
        "AccessDenied",
        "AWS authentication requires a valid Date or x-amz-date header",
    )


# --- presigned URLs -------------------------------------------------------------------------------------


def test_a_presigned_url_is_good_until_it_expires() -> None:
    request = signer().presigned("GET", "/bucket/key", expires_s=60)

    assert keys(NOW_NS + 60 * 10**9).check(request).claim.expires_s == 60
    error = refused(request, NOW_NS + 61 * 10**9)
    assert (error.code, error.message, error.status) == ("AccessDenied", "Request has expired", 403)
    assert list(error.fields) == ["X-Amz-Expires", "Expires", "ServerTime"]


def test_a_presigned_url_of_the_future_is_not_valid_yet() -> None:
    request = signer(now_s=NOW_S + 901).presigned("GET", "/bucket/key")

    assert refused(request).message == "Request is not valid yet"
    assert keys(NOW_NS + 10**9).check(request).claim.access_key == "AKID"


@pytest.mark.parametrize(
    ("expires", "words"),
    [
        ("604801", "X-Amz-Expires must be less than a week (in seconds)"),
        ("-1", "X-Amz-Expires must be non-negative"),
        ("soon", "X-Amz-Expires should be a number"),
        ("1" * 30, "X-Amz-Expires should be a number"),
    ],
)
def test_an_expiry_must_be_a_week_at_most(expires: str, words: str) -> None:
    error = refused(signer().presigned("GET", "/bucket/key", expires_s=expires))

    assert (error.code, error.status) == ("AuthorizationQueryParametersError", 400)
    assert error.message.startswith(words)


@pytest.mark.parametrize("name", ["Credential", "Signature", "Date", "SignedHeaders", "Expires"])
def test_a_presigned_url_that_lacks_something_is_told_what_it_needs(name: str) -> None:
    request = signer().presigned("GET", "/bucket/key")
    query = "&".join(pair for pair in request.query.split("&") if not pair.startswith(f"X-Amz-{name}="))

    error = refused(Request("GET", f"{request.path}?{query}", request.headers))

    assert error.code == "AuthorizationQueryParametersError"
    assert error.message.startswith("Query-string authentication version 4 requires the X-Amz-Algorithm")


def test_a_presigned_url_with_one_letter_changed_is_refused() -> None:
    request = signer().presigned("GET", "/bucket/key")

    assert (
        refused(Request("GET", request.target.replace("/key", "/kez"), request.headers)).code == "SignatureDoesNotMatch"
    )
    assert refused(Request("PUT", request.target, request.headers)).code == "SignatureDoesNotMatch"


# --- who ------------------------------------------------------------------------------------------------


def test_a_key_that_nobody_knows_is_named() -> None:
    error = refused(signer(access_key="AKNOBODY").signed("GET", "/bucket"))

    assert (error.code, error.fields) == ("InvalidAccessKeyId", {"AWSAccessKeyId": "AKNOBODY"})


def test_temporary_credentials_need_their_token_and_end() -> None:
    good = signer(access_key="ASIA", token="token")

    assert keys().check(good.signed("GET", "/bucket")).claim.token == "token"
    assert refused(signer(access_key="ASIA").signed("GET", "/bucket")).code == "InvalidAccessKeyId"
    assert refused(signer(access_key="ASIA", token="other").signed("GET", "/bucket")).code == "InvalidToken"
    assert refused(signer(token="token").signed("GET", "/bucket")).code == "InvalidToken"
    expired = refused(good.signed("GET", "/bucket"), NOW_NS + 60 * 10**9)
    assert (expired.code, expired.status) == ("ExpiredToken", 400)
    assert refused(good.presigned("GET", "/bucket"), NOW_NS + 60 * 10**9).code == "ExpiredToken"


def test_secrets_are_not_in_what_credentials_say_of_themselves() -> None:
    assert "secret" not in repr(KEY)
    assert "token" not in repr(SHORT).replace("session_token", "")


# --- the form -------------------------------------------------------------------------------------------


def test_nobody_is_denied() -> None:
    assert refused(Request("GET", "/bucket", [("Host", "x")])).code == "AccessDenied"


def test_what_is_no_version_at_all_is_refused_by_name() -> None:
    error = refused(Request("GET", "/b", [("Host", "x"), ("Authorization", "AWS4-ECDSA-P256-SHA256 Credential=x")]))

    assert (error.code, error.status) == ("InvalidRequest", 400)
    assert error.message.endswith("Please use AWS4-HMAC-SHA256.")


def test_two_signatures_are_one_too_many() -> None:
    request = signer().presigned("GET", "/bucket/key")
    both = Request("GET", request.target, [*request.headers, ("Authorization", "AWS4-HMAC-SHA256 Credential=x")])

    assert refused(both).message.startswith("Only one auth mechanism allowed")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("us-east-1", "eu-central-1"), "the region 'eu-central-1' is wrong; expecting 'us-east-1'"),
        (("/s3/", "/ec2/"), 'incorrect service "ec2". This endpoint belongs to "s3".'),
        (("aws4_request", "aws5_request"), 'incorrect terminal "aws5_request". This endpoint uses "aws4_request".'),
        (("AKID/", ""), "the Credential is mal-formed; expecting"),
        (("AKID/", "/"), "a non-empty Access Key (AKID) must be provided in the credential."),
        (("Signature=", "Sign="), "the authorization header requires three components"),
        (("SignedHeaders=", "Signed="), "the authorization header requires three components"),
        (("20261118", "20261117"), 'Invalid credential date "20261117".'),
    ],
)
def test_a_malformed_header_is_told_what_is_wrong_with_it(change: tuple[str, str], words: str) -> None:
    request = signer().signed("GET", "/bucket")
    headers = [(name, value.replace(*change) if name == "Authorization" else value) for name, value in request.headers]

    error = refused(Request("GET", "/bucket", headers))

    assert (error.code, error.status) == ("AuthorizationHeaderMalformed", 400)
    assert error.message.startswith(f"The authorization header is malformed; {words}")


def test_the_region_that_was_expected_is_a_field_of_its_own() -> None:
    error = refused(signer(region="eu-west-3").signed("GET", "/bucket"))

    assert error.fields == {"Region": "us-east-1"}


def test_another_scheme_is_told_its_argument() -> None:
    error = refused(Request("GET", "/b", [("Host", "x"), ("Authorization", "Basic YTpi")]))

    assert (error.code, error.fields["ArgumentName"]) == ("InvalidArgument", "Authorization")


@pytest.mark.parametrize("payload", ["invalid", "unsigned-payload", "0" * 63])
def test_a_payload_digest_must_be_one(payload: str) -> None:
    error = refused(signer().signed("GET", "/bucket", payload=payload))

    assert (error.code, error.fields) == (
        "InvalidArgument",
        {"ArgumentName": "x-amz-content-sha256", "ArgumentValue": payload},
    )


def test_a_missing_payload_digest_is_asked_for() -> None:
    request = signer().signed("GET", "/bucket")
    headers = [(name, value) for name, value in request.headers if name != "X-Amz-Content-SHA256"]

    error = refused(Request("GET", "/bucket", headers))

    assert error.message == "Missing required header for this request: x-amz-content-sha256"


def test_the_host_must_be_signed() -> None:
    request = signer().signed("GET", "/bucket")
    headers = [
        (name, value.replace("SignedHeaders=host;", "SignedHeaders=") if name == "Authorization" else value)
        for name, value in request.headers
    ]

    assert refused(Request("GET", "/bucket", headers)).fields == {"HeadersNotSigned": "host"}


def test_our_signer_is_botocores(monkeypatch: pytest.MonkeyPatch) -> None:
    request = AWSRequest(method="GET", url="http://localhost:9000/bucket/key?a=1")
    S3SigV4Auth(BotoCredentials("AKID", "secret"), "s3", "us-east-1").add_auth(request)
    date = datetime.strptime(request.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)

    ours = signer(now_s=int(date.timestamp())).signed("GET", "/bucket/key?a=1", payload=EMPTY)

    assert request.headers["Authorization"].rpartition("=")[2] == (ours.get("authorization") or "").rpartition("=")[2]
