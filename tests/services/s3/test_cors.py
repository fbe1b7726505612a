"""CORS: a browser is told what the bucket's rules say, before it asks and when it has asked."""

from typing import Any

import pytest

from tests.support.s3_model import Server, code, header

RULES: list[dict[str, Any]] = [
    {
        "ID": "app",
        "AllowedMethods": ["GET", "PUT"],
        "AllowedOrigins": ["https://*.example.org"],
        "AllowedHeaders": ["x-amz-*", "Content-Type"],
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": 60,
    },
    {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]},
]
APP = "https://a.example.org"


@pytest.fixture
def server() -> Server:
    server = Server()
    server.ask("PUT", "/bkt")
    server.ask("PUT", "/bkt/key", b"x")
    server.client().put_bucket_cors(Bucket="bkt", CORSConfiguration={"CORSRules": RULES})
    return server


def preflight(server: Server, origin: str, method: str, headers: str = "") -> Any:
    asked = {"Origin": origin, "Access_Control_Request_Method": method}
    if headers:
        asked["Access_Control_Request_Headers"] = headers
    server.who = None
    return server.ask("OPTIONS", "/bkt/key", **asked)


def test_what_is_put_is_what_is_got(server: Server) -> None:
    client = server.client()

    assert client.get_bucket_cors(Bucket="bkt")["CORSRules"] == RULES
    client.delete_bucket_cors(Bucket="bkt")
    assert code(server.ask("GET", "/bkt?cors")) == "NoSuchCORSConfiguration"
    assert preflight(server, APP, "GET").status == 403


@pytest.mark.parametrize(
    ("origin", "method", "headers", "status", "allowed"),
    [
        (APP, "PUT", "", 200, APP),
        (APP, "PUT", "x-amz-date, content-type", 200, APP),
        (APP, "PUT", "x-other", 403, None),
        (APP, "DELETE", "", 403, None),
        ("https://elsewhere", "GET", "", 200, "*"),
        ("https://elsewhere", "PUT", "", 403, None),
        (APP, "PATCH", "", 400, None),
        ("", "GET", "", 400, None),
    ],
)
def test_preflights(server: Server, origin: str, method: str, headers: str, status: int, allowed: str | None) -> None:
    answer = preflight(server, origin, method, headers)

    assert (answer.status, header(answer, "Access-Control-Allow-Origin")) == (status, allowed)
    if allowed == APP:
        assert header(answer, "Access-Control-Max-Age") == "60"
        assert header(answer, "Access-Control-Expose-Headers") == "ETag"
        assert header(answer, "Access-Control-Allow-Headers") == (headers or None)


def test_answers_tell_the_browser_too(server: Server) -> None:
    assert header(server.ask("GET", "/bkt/key", Origin=APP), "Access-Control-Allow-Origin") == APP
    assert header(server.ask("GET", "/bkt/nope", Origin=APP), "Access-Control-Allow-Origin") == APP
    assert header(server.ask("DELETE", "/bkt/nope", Origin=APP), "Access-Control-Allow-Origin") is None
    assert header(server.ask("GET", "/bkt/key"), "Access-Control-Allow-Origin") is None


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("", "MalformedXML"),
        ("<CORSRule/>", "MalformedXML"),
        ("<CORSRule><AllowedMethod>GET</AllowedMethod></CORSRule>", "MalformedXML"),
        ("<CORSRule><AllowedMethod>LOOK</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule>", "InvalidRequest"),
        ("<CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>**</AllowedOrigin></CORSRule>", "InvalidRequest"),
        ("<Other/>", "MalformedXML"),
    ],
)
def test_bad_rules(server: Server, inside: str, expected: str) -> None:
    body = f"<CORSConfiguration>{inside}</CORSConfiguration>"

    assert code(server.ask("PUT", "/bkt?cors", body.encode())) == expected
