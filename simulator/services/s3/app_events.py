"""Events: what of a request and its answer is told. No body, no signature, no secret: sizes, and the ETag."""

from typing import Any

from simulator.services.http.message import Response
from simulator.services.s3.request import S3Request


def asked(located: S3Request) -> dict[str, Any]:
    """The fields of `s3.request`."""
    return _about(located) | {"bytes": located.body.size}


def answered(located: S3Request | None, response: Response, code: str) -> dict[str, Any]:
    """The fields of `s3.response`; the code is looked up in the answer if it is not known."""
    about = _about(located) if located is not None else {}
    if response.status >= 400 and not code:
        code = _code_of(response)
    if code:
        about["code"] = code
    etag = next((value for name, value in response.headers if name.lower() == "etag"), "")
    if etag:
        about["checksum"] = etag.strip('"')
    size = response.length
    if size is None:
        size = sum(map(len, response.body)) if isinstance(response.body, list | tuple) else None
    return about | {"status": response.status, "bytes": size}


def _about(located: S3Request) -> dict[str, Any]:
    operation = located.operation
    about: dict[str, Any] = {"operation": operation.name if operation is not None else ""}
    if located.bucket:
        about["bucket"] = located.bucket
    if located.key:
        about["key"] = located.key
    parameters = located.parameters
    if "uploadId" in parameters:
        about["upload"] = parameters["uploadId"]
    if "partNumber" in parameters:
        about["part"] = parameters["partNumber"]
    return about


def _code_of(response: Response) -> str:
    """The code in an error's XML."""
    body = response.body
    if not isinstance(body, list) or not body:
        return ""
    return bytes(body[0][:400]).partition(b"<Code>")[2].partition(b"</Code>")[0].decode("ascii", "replace")
