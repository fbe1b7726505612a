"""Signatures: who may ask, and until when; in headers and in links."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.contract.s3.contract import Contract, send
from tests.contract.s3.signing import UNSIGNED


async def in_headers(told: Contract) -> None:
    """Each part of a signature that may be wrong, and how the request is then refused."""
    await told.put("o", b"body")
    signer, path, now = told.server.signer, told.path("o"), datetime.now(UTC)

    async def answer(made: tuple[str, dict[str, str], bytes], method: str = "GET") -> str:
        url, headers, body = made
        return (await send(method, url, headers, body)).told

    url = told.server.url + path
    told.holds("right", await answer(signer.sign("GET", url)), "200")
    told.holds("unsigned payload", await answer(signer.sign("PUT", url, body=b"x", payload=UNSIGNED), "PUT"), "200")
    for name, other, wanted in (
        ("another secret", replace(signer, secret_key="not mine"), "403 SignatureDoesNotMatch"),
        ("an unknown key", replace(signer, access_key="AKIDNOBODY"), "403 InvalidAccessKeyId"),
        ("another region", replace(signer, region="eu-west-9"), "400 AuthorizationHeaderMalformed"),
        ("another service", replace(signer, service="sqs"), "400 AuthorizationHeaderMalformed"),
    ):
        told.holds(name, await answer(other.sign("GET", url)), wanted)
    for name, minutes, wanted in (
        ("16 minutes ago", -16, "403 RequestTimeTooSkewed"),
        ("16 minutes ahead", 16, "403 RequestTimeTooSkewed"),
        ("14 minutes ago", -14, "200"),
        ("14 minutes ahead", 14, "200"),
    ):
        told.holds(name, await answer(signer.sign("GET", url, at=now + timedelta(minutes=minutes))), wanted)
    _, headers, _ = signer.sign("GET", url)
    told.holds("for another path", (await send("GET", url + "2", headers)).told, "403 SignatureDoesNotMatch")
    told.holds("for another method", (await send("DELETE", url, headers)).told, "403 SignatureDoesNotMatch")
    told.holds("with a query", (await send("GET", url + "?acl", headers)).told, "403 SignatureDoesNotMatch")
    told.holds("none at all", (await send("GET", url, {})).told, "403 AccessDenied")
    told.holds("nonsense", (await send("GET", url, {"authorization": "nonsense"})).status in (400, 403), True)
    _, headers, _ = signer.sign("PUT", url, body=b"body")
    told.holds("for another body", (await send("PUT", url, headers, b"ydob")).told, "400 XAmzContentSHA256Mismatch")
    told.holds("it stayed", (await told.get("o"))["Body"], b"x")


async def in_links(told: Contract) -> None:
    """A link that anyone may follow, for what it was made for and until it expires."""
    await told.put("o", b"body")
    url, signer, now = told.server.url + told.path("o"), told.server.signer, datetime.now(UTC)

    async def follow(link: str, method: str = "GET", body: bytes = b"") -> str:
        return (await send(method, link, {}, body)).told

    for name, at, expires_s, wanted in (
        ("in time", now, 60, "200"),
        ("an hour old, for two", now - timedelta(hours=1), 7200, "200"),
        ("an hour old, for a minute", now - timedelta(hours=1), 60, "403 AccessDenied"),
        ("for a week", now, 604_800, "200"),
        ("for longer", now, 604_801, "400 AuthorizationQueryParametersError"),
        ("for less than nothing", now, -1, "400 AuthorizationQueryParametersError"),
    ):
        told.holds(name, await follow(signer.presign("GET", url, expires_s=expires_s, at=at)), wanted)
    link = signer.presign("GET", url, expires_s=60)
    told.holds("for another object", await follow(link.replace("/o?", "/p?")), "403 SignatureDoesNotMatch")
    told.holds("for another method", await follow(link, "DELETE"), "403 SignatureDoesNotMatch")
    told.holds("made longer", await follow(link.replace("Expires=60", "Expires=90")), "403 SignatureDoesNotMatch")
    told.holds(
        "tampered with", await follow(link[:-1] + ("0" if link[-1] != "0" else "1")), "403 SignatureDoesNotMatch"
    )
    other = replace(signer, access_key="AKIDNOBODY")
    told.holds("of nobody", await follow(other.presign("GET", url, expires_s=60)), "403 InvalidAccessKeyId")
    half = signer.presign("GET", url, expires_s=60).partition("&X-Amz-Date")[0]
    told.holds("half of it", await follow(half), "400 AuthorizationQueryParametersError")

    put = signer.presign("PUT", told.server.url + told.path("new"), expires_s=60)
    told.holds("put by it", await follow(put, "PUT", b"sent by anyone"), "200")
    told.holds("is there", (await told.get("new"))["Body"], b"sent by anyone")
    made = await told.s3.generate_presigned_url(
        "get_object", Params={"Bucket": told.bucket, "Key": "o", "ResponseContentType": "video/mp4"}, ExpiresIn=60
    )
    answer = await send("GET", made, {})
    told.holds("botocore's", [answer.status, answer.headers.get("content-type")], [200, "video/mp4"])
    typed = {"Bucket": told.bucket, "Key": "typed", "ContentType": "video/mp4"}
    made = await told.s3.generate_presigned_url("put_object", Params=typed, ExpiresIn=60)
    told.holds("for a type, sent without", await follow(made, "PUT", b"film"), "403 SignatureDoesNotMatch")
    answer = await send("PUT", made, {"content-type": "video/mp4"}, b"film")
    told.holds("for a type, sent with it", answer.told, "200")


STORIES = (in_headers, in_links)
