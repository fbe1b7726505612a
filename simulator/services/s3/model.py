"""The model: an S3 that answers requests, free of any I/O.

    s3 = S3()
    response = s3.apply(locate(http_request, s3.settings), now_ns)

What it is given was signed by whom it says (`S3Request.who`) and has lost its transfer codings; time and chance
come from outside. Whatever it refuses it refuses with AWS's code, status and XML; what it does not cover
answers NotImplemented and names itself.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping
from random import Random
from typing import Final

from simulator.services.http.message import Response
from simulator.services.s3 import checksums, cors, lifecycle
from simulator.services.s3.call import Call
from simulator.services.s3.dates import http
from simulator.services.s3.errors import S3Error, not_implemented, render
from simulator.services.s3.handlers import HANDLERS
from simulator.services.s3.operations import COMMON_HEADERS, COMMON_PARAMETERS, REFUSED_HEADERS, Operation
from simulator.services.s3.request import S3Request
from simulator.services.s3.settings import Settings
from simulator.services.s3.store import Bucket, Owner, Store

Tell = Callable[..., None]


class S3:
    """One S3 server: settings, what it remembers, and where its chance comes from."""

    def __init__(
        self,
        settings: Settings | None = None,
        store: Store | None = None,
        *,
        rng: Random | None = None,
        tell: Tell | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self.store = store or Store()
        self.rng = rng or Random(0)
        self.tell = tell
        self.owner = Owner(self.settings.owner_id, self.settings.owner_name)
        """Whose requests are that were signed with the server's own credentials."""

    def apply(self, request: S3Request, now_ns: int) -> Response:
        """Answer one request, wholly."""
        try:
            operation = checked(request)
            bucket = self.store.buckets.get(request.bucket)
            if bucket is not None:
                self.sweep(bucket, now_ns)
            handler = HANDLERS.get(operation.name)
            if handler is None:
                raise not_implemented(operation.name, Operation=operation.name)
            response = handler(Call(request, now_ns, self.settings, self.store, self.rng))
        except S3Error as error:
            return self.refusal(error, request, now_ns)
        return self._finished(response, request, now_ns)

    def sweep(self, bucket: Bucket, now_ns: int) -> None:
        """Do what lifecycle rules, and servers that clean up after a while, have done by now."""
        if bucket.lifecycle or bucket.uploads:
            for what, key in lifecycle.sweep(self.store, bucket, self.settings, now_ns):
                if self.tell is not None:
                    self.tell("s3.lifecycle", bucket=bucket.name, key=key, what=what)

    def sweep_all(self, now_ns: int) -> None:
        """For those who look into the store between requests."""
        for bucket in list(self.store.buckets.values()):
            self.sweep(bucket, now_ns)

    def restarted(self) -> None:
        """The server's program was started again over the same store."""
        if self.settings.personality.uploads_at_restart == "lost":
            self.store.lose_uploads()

    def refusal(self, error: S3Error, request: S3Request | None, now_ns: int) -> Response:
        """The answer for an error, whoever found it; also for layers before and behind the model."""
        request_id, host_id = self._ids()
        headers = [("x-amz-request-id", request_id), ("x-amz-id-2", host_id), *error.headers]
        response = Response(error.status, headers)
        if error.status != 304:
            body = render(error, request_id=request_id, host_id=host_id)
            headers.append(("Content-Type", "application/xml"))
            if request is not None and request.method == "HEAD":
                response.length = 0
            else:
                response.body = [body]
        self._dated(response, request, now_ns)
        return response

    def _finished(self, response: Response, request: S3Request, now_ns: int) -> Response:
        request_id, host_id = self._ids()
        response.headers += (("x-amz-request-id", request_id), ("x-amz-id-2", host_id))
        self._dated(response, request, now_ns)
        return response

    def _dated(self, response: Response, request: S3Request | None, now_ns: int) -> None:
        response.headers += (("Date", http(now_ns)), ("Server", "AmazonS3"))
        if request is not None and "origin" in request.headers:
            bucket = self.store.buckets.get(request.bucket)
            if bucket is not None and bucket.cors and request.method != "OPTIONS":
                response.headers += cors.headers_for(bucket, request)

    def _ids(self) -> tuple[str, str]:
        rng = self.rng
        return f"{rng.getrandbits(64):016X}", b64encode(rng.randbytes(56)).decode()


def checked(request: S3Request) -> Operation:
    """The operation, if it is covered with everything the request asks of it; else why not."""
    operation = request.operation
    if operation is None or not operation.name:
        raise _method_not_allowed(request)
    if operation.verdict == "refused":
        raise not_implemented(operation.name, Operation=operation.name)
    if request.parameters:
        _check_parameters(operation, request.parameters)
    known = operation.headers
    for name, value in request.headers.items():
        if name.startswith("x-amz-") and name not in COMMON_HEADERS and name not in known:
            _check_header(name, value, operation)
    return operation


def _method_not_allowed(request: S3Request) -> S3Error:
    kind = "OBJECT" if request.key else "BUCKET" if request.bucket else "SERVICE"
    return S3Error("MethodNotAllowed", Method=request.method, ResourceType=kind)


def _check_parameters(operation: Operation, parameters: Mapping[str, str]) -> None:
    for name, value in parameters.items():
        if name in operation.parameters or name in COMMON_PARAMETERS:
            continue
        if name in ("versionId", "partNumber", "uploadId"):
            raise S3Error(
                "InvalidArgument",
                f"This operation does not accept a {name}.",
                ArgumentName=name,
                ArgumentValue=value,
            )
        # A word without a value asks for a sub-resource; words with values that mean nothing AWS passes over too.
        if not value:
            raise not_implemented(f"?{name} of {operation.name}", Parameter=name)


_FREE_HEADERS: Final = ("x-amz-meta-",)


def _check_header(name: str, value: str, operation: Operation) -> None:
    if operation.metadata and name.startswith(_FREE_HEADERS):
        return
    if value.strip().lower() == "false":
        return  # It asks for nothing; rclone says so of object lock, for every bucket it makes.
    for prefix, what in REFUSED_HEADERS.items():
        if name.startswith(prefix):
            raise not_implemented(f"{name}: {what}", Header=name)
    if name.startswith(_FREE_HEADERS):
        return
    if name.startswith("x-amz-checksum-") and name not in checksums.WORDS:
        raise S3Error("InvalidRequest", "The algorithm type you specified in x-amz-checksum- header is invalid.")
    raise not_implemented(f"{name} of {operation.name}", Header=name)
