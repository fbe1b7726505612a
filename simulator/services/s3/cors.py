"""CORS: a bucket's rules for browsers: put, shown, and heeded in preflights and in answers."""

from collections.abc import Callable
from typing import Final

from simulator.services.http.message import Headers, Response
from simulator.services.s3.call import Call
from simulator.services.s3.errors import S3Error
from simulator.services.s3.markup import Malformed, Node, element
from simulator.services.s3.request import S3Request
from simulator.services.s3.store import Bucket, CorsRule

METHODS: Final = ("GET", "PUT", "POST", "DELETE", "HEAD")


def get_bucket_cors(call: Call) -> Response:
    bucket = call.bucket("OWNER")
    if not bucket.cors:
        raise S3Error("NoSuchCORSConfiguration", BucketName=bucket.name)
    return call.xml("CORSConfiguration", "".join(map(_rule_xml, bucket.cors)))


def _rule_xml(rule: CorsRule) -> str:
    return (
        f"<CORSRule>{element('ID', rule.id or None)}"
        + "".join(element("AllowedMethod", each) for each in rule.methods)
        + "".join(element("AllowedOrigin", each) for each in rule.origins)
        + "".join(element("AllowedHeader", each) for each in rule.headers)
        + "".join(element("ExposeHeader", each) for each in rule.expose)
        + f"{element('MaxAgeSeconds', rule.max_age_s)}</CORSRule>"
    )


def put_bucket_cors(call: Call) -> Response:
    bucket = call.bucket("OWNER")
    node = call.document("CORSConfiguration")
    try:
        node.only("CORSRule")
        rules = tuple(_rule(each) for each in node)
    except Malformed:
        raise S3Error("MalformedXML") from None
    if not rules or len(rules) > call.settings.cors_rules_max:
        raise S3Error("MalformedXML")
    bucket.cors = rules
    call.store.change_bucket(bucket)
    return Response(200)


def _rule(node: Node) -> CorsRule:
    node.only("ID", "AllowedOrigin", "AllowedMethod", "AllowedHeader", "ExposeHeader", "MaxAgeSeconds")
    rule = CorsRule(
        id=node.value("ID") or "",
        origins=_texts(node, "AllowedOrigin"),
        methods=_texts(node, "AllowedMethod"),
        headers=_texts(node, "AllowedHeader"),
        expose=_texts(node, "ExposeHeader"),
        max_age_s=node.number("MaxAgeSeconds"),
    )
    if not rule.origins or not rule.methods:
        raise Malformed("a rule without origins or methods")
    for method in rule.methods:
        if method not in METHODS:
            raise S3Error(
                "InvalidRequest",
                f"Found unsupported HTTP method in CORS config. Unsupported method is {method}",
            )
    for what, values in (("AllowedOrigin", rule.origins), ("AllowedHeader", rule.headers)):
        for value in values:
            if value.count("*") > 1:
                raise S3Error("InvalidRequest", f'{what} "{value}" can not have more than one wildcard.')
    if any("*" in value for value in rule.expose):
        raise S3Error(
            "InvalidRequest",
            f'ExposeHeader "{rule.expose[0]}" contains wildcard. '
            "We currently do not support wildcard for ExposeHeader.",
        )
    return rule


def _texts(node: Node, name: str) -> tuple[str, ...]:
    return tuple(child.leaf() for child in node.all(name))


def delete_bucket_cors(call: Call) -> Response:
    bucket = call.bucket("OWNER")
    bucket.cors = ()
    call.store.change_bucket(bucket)
    return Response(204)


def _fits(pattern: str, text: str) -> bool:
    if "*" not in pattern:
        return pattern == text
    start, _, end = pattern.partition("*")
    return len(text) >= len(start) + len(end) and text.startswith(start) and text.endswith(end)


def _matching(bucket: Bucket, origin: str, method: str, wanted: list[str]) -> CorsRule | None:
    """The first rule that lets this origin do this, with these headers."""
    for rule in bucket.cors:
        if (
            method in rule.methods
            and any(_fits(pattern, origin) for pattern in rule.origins)
            and all(any(_fits(pattern.lower(), name) for pattern in rule.headers) for name in wanted)
        ):
            return rule
    return None


def _allowing(rule: CorsRule, origin: str) -> Headers:
    anybody = "*" in rule.origins
    headers = [
        ("Access-Control-Allow-Origin", "*" if anybody else origin),
        ("Access-Control-Allow-Methods", ", ".join(rule.methods)),
    ]
    if rule.expose:
        headers.append(("Access-Control-Expose-Headers", ", ".join(rule.expose)))
    if rule.max_age_s is not None:
        headers.append(("Access-Control-Max-Age", str(rule.max_age_s)))
    if not anybody:
        headers.append(("Access-Control-Allow-Credentials", "true"))
    headers.append(("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"))
    return headers


def headers_for(bucket: Bucket, request: S3Request) -> Headers:
    """What an answer to a browser's request says besides."""
    origin = request.headers["origin"]
    rule = _matching(bucket, origin, request.method, [])
    return _allowing(rule, origin) if rule is not None else []


def preflight(call: Call) -> Response:
    """OPTIONS: whether the browser may send what it is about to send. Needs no signature."""
    headers = call.request.headers
    origin = headers.get("origin")
    if not origin:
        raise S3Error("BadRequest", "Insufficient information. Origin request header needed.")
    method = headers.get("access-control-request-method")
    if method not in METHODS:
        raise S3Error("BadRequest", f"Invalid Access-Control-Request-Method: {method}")
    wanted = [
        name for each in headers.get("access-control-request-headers", "").split(",") if (name := each.strip().lower())
    ]
    bucket = call.bucket_named(call.request.bucket)
    if not bucket.cors:
        raise _forbidden("CORSResponse: CORS is not enabled for this bucket.", method, call)
    rule = _matching(bucket, origin, method, wanted)
    if rule is None:
        raise _forbidden(
            "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request "
            "method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the "
            "resource's CORS spec.",
            method,
            call,
        )
    answer = _allowing(rule, origin)
    if wanted:
        answer.insert(2, ("Access-Control-Allow-Headers", ", ".join(wanted)))
    return Response(200, answer, [b""])


def _forbidden(message: str, method: str, call: Call) -> S3Error:
    return S3Error("AccessForbidden", message, Method=method, ResourceType="OBJECT" if call.request.key else "BUCKET")


HANDLERS: Final[dict[str, Callable[[Call], Response]]] = {
    "GetBucketCors": get_bucket_cors,
    "PutBucketCors": put_bucket_cors,
    "DeleteBucketCors": delete_bucket_cors,
    "OptionsObject": preflight,
    "OptionsBucket": preflight,
}
