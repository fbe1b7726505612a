"""App: an S3 as the HTTP server sees it: signatures, bodies, the model, and the troubles only an S3 has.

    head     which operation on what (`operation`), who asks and what the body must be (`early`)
    body     taken apart and checked
    answer   the model's, or what a trouble makes of it; given when the store has it on its disk

What was asked and answered is told as `s3.request` and `s3.response`. Bodies are told by size and ETag;
signatures, keys and tokens never.
"""

from asyncio import Future, get_running_loop
from collections.abc import Awaitable, Callable
from typing import Final

from msgspec import Struct

from simulator.services.http.message import Request, Response
from simulator.services.s3 import app_desk as desk
from simulator.services.s3.app_events import answered, asked
from simulator.services.s3.app_heads import with_hoisted, without_transfer
from simulator.services.s3.auth import Authenticator, Grant
from simulator.services.s3.chunked_body import ANY, Body, body_of
from simulator.services.s3.chunked_intake import BYTES_MIN, Intake
from simulator.services.s3.errors import ERRORS, S3Error
from simulator.services.s3.model import S3
from simulator.services.s3.persist import PersistentStore
from simulator.services.s3.request import S3Request, locate
from simulator.services.s3.troubles import IN_200, LISTINGS, S3_SURFACE, History, error_in_200, expire_uploads, of_kind
from simulator.services.trouble import Switchboard, Trouble

Tell = Callable[..., None]


class Case(Struct):
    """What is known of a request while it is on its way."""

    request: S3Request | None
    error: S3Error | None = None
    body: Body = ANY
    intake: Intake | None = None
    """Takes the body while it arrives, if it is a large one."""
    told: bool = False
    """Whether it was told that this was asked."""


class S3App:
    """An S3 model with its keys, its troubles and its store, for `HttpServer`."""

    def __init__(
        self,
        model: S3,
        keys: Authenticator,
        *,
        now_ns: Callable[[], int],
        troubles: Switchboard | None = None,
        tell: Tell | None = None,
        restart: Callable[[float], None] | None = None,
    ) -> None:
        self.model, self.keys, self.now_ns, self.tell = model, keys, now_ns, tell
        self.troubles = troubles if troubles is not None else Switchboard(S3_SURFACE, rng=model.rng, tell=tell)
        self.restart = restart
        """Takes the server down for so many seconds."""
        self.history = History(model.store, self.troubles, now_ns)
        self.checks = model.settings.personality.signatures == "checked"
        self.disk = model.store if isinstance(model.store, PersistentStore) else None
        self._committing: Future[OSError | None] | None = None
        self.began_ns = now_ns()
        self.requests = 0

    # --- the head ---------------------------------------------------------------------------------------

    def operation(self, request: Request) -> tuple[str, str]:
        """AWS's name of the operation, and `bucket/key`."""
        if request.path.startswith(desk.PREFIX):
            request.context = Case(None)
            return "_Desk", ""
        try:
            located = locate(request, self.model.settings)
        except S3Error as error:
            request.context = Case(None, error)
            return "", request.path
        request.context = Case(located)
        name = located.operation.name if located.operation is not None else ""
        return name, f"{located.bucket}/{located.key}" if located.key else located.bucket

    def early(self, request: Request) -> Response | None:
        """Check what the head says of itself: the signature, and what the body will have to be."""
        case: Case = request.context
        if case.error is None and case.request is not None:
            try:
                self._admit(request, case, case.request)
            except S3Error as error:
                case.error = error
        elif case.error is None:
            return desk.refused(request)
        if case.error is None:
            return None
        return self._refused(case, case.error, self.now_ns())

    def sink(self, request: Request) -> Callable[[bytes], None] | None:
        """Where the pieces of a large body go while they come."""
        case: Case = request.context
        if case.request is None or (request.length is not None and request.length < BYTES_MIN):
            return None
        case.intake = Intake(case.body)
        return case.intake.feed

    def _admit(self, request: Request, case: Case, located: S3Request) -> None:
        if of_kind(request.troubles, "expired-credentials"):
            raise S3Error("ExpiredToken", **{"Token-0": request.index.get("x-amz-security-token", "")})
        grant: Grant | None = None
        if self.checks:
            if "authorization" in request.index or "Signature=" in request.query or "X-Amz-" in request.query:
                grant = self.keys.check(request)
                located.who = self.model.owner
        else:
            located.who = self.model.owner
        case.body = body = body_of(request, grant, signatures=self.checks)
        size = body.decoded_size if body.decoded_size is not None else request.length
        located.length = size
        if size is not None and size > self.model.settings.put_bytes_max and request.method == "PUT":
            limit = self.model.settings.put_bytes_max
            raise S3Error("EntityTooLarge", ProposedSize=size, MaxSizeAllowed=limit)
        if body.decoded_size is not None:
            located.headers = without_transfer(request.index)
        if grant is not None and "authorization" not in request.index:
            located.headers = with_hoisted(located)

    # --- the whole request ------------------------------------------------------------------------------

    def answer(self, request: Request) -> Response | Awaitable[Response]:
        """Ask the model; with a store on a disk, wait for the disk."""
        case: Case = request.context
        located = case.request
        now_ns = self.now_ns()
        if located is None:
            return desk.answer(self, request) if case.error is None else self._refused(case, case.error, now_ns)
        self.requests += 1
        try:
            if case.intake is not None:
                located.body, located.trailers = case.intake.finish()
            else:
                located.body, located.trailers = case.body.taken(request.body)
        except S3Error as error:
            return self._refused(case, error, now_ns)
        if self.tell is not None:
            self._tell_request(case, located)
        response = self._applied(located, request.troubles, now_ns)
        if self.disk is not None and self.disk.dirty:
            return self._durable(located, response)
        if self.tell is not None:
            self._tell_response(located, response)
        return response

    def _applied(self, located: S3Request, troubles: tuple[Trouble, ...], now_ns: int) -> Response:
        """The model's answer, or what a trouble makes of it."""
        if not troubles:
            return self._modelled(self.model, located, now_ns)
        store = self.model.store
        model, name = self.model, located.operation.name if located.operation is not None else ""
        found = {trouble.kind: trouble for trouble in reversed(troubles)}
        if "restart" in found and self.restart is not None:
            self.restart(found["restart"].seconds or 0)
            return self.model.refusal(S3Error("ServiceUnavailable"), located, now_ns)  # Nobody hears it.
        if "upload-expiry" in found:
            expire_uploads(store, located, round((found["upload-expiry"].seconds or 0) * 10**9), now_ns)
        if "listing-lag" in found and name in LISTINGS:
            then_ns = now_ns - round((found["listing-lag"].seconds or 0) * 10**9)
            past = self.history.at(then_ns, located.bucket)
            model = S3(model.settings, past, rng=model.rng)
        if "error-in-200" in found and name in IN_200:
            refusal = self.model.refusal(S3Error("InternalError"), located, now_ns)
            return error_in_200(found["error-in-200"], refusal)
        response = self._modelled(model, located, now_ns)
        if "error-in-200-after" in found and name in IN_200 and response.status == 200:
            return error_in_200(found["error-in-200-after"], response)
        return response

    def _modelled(self, model: S3, located: S3Request, now_ns: int) -> Response:
        try:
            return model.apply(located, now_ns)
        except OSError:
            # The disk took no blob: nothing has changed, and the client may come again.
            return self.model.refusal(S3Error("InternalError"), located, now_ns)

    # --- the disk ---------------------------------------------------------------------------------------

    async def _durable(self, located: S3Request, response: Response) -> Response:
        """The answer, once the change is on the disk; all that came in one turn of the loop is written together."""
        if self._committing is None:
            loop = get_running_loop()
            self._committing = loop.create_future()
            loop.call_soon(self._commit)
        failed = await self._committing
        if failed is not None:
            response = self.model.refusal(S3Error("InternalError"), located, self.now_ns())
        if self.tell is not None:
            self._tell_response(located, response)
        return response

    def _commit(self) -> None:
        waiting, self._committing = self._committing, None
        assert waiting is not None and self.disk is not None
        failed: OSError | None = None
        try:
            self.disk.commit()
        except OSError as error:
            failed = error
        if not waiting.done():
            waiting.set_result(failed)

    # --- words ------------------------------------------------------------------------------------------

    def failure(self, request: Request | None, status: int, code: str) -> Response:
        """An error that did not come from the model: of the HTTP server, or of a trouble."""
        case = request.context if request is not None else None
        if code not in ERRORS:
            code = _CODES.get(status, "InternalError" if status >= 500 else "BadRequest")
        error = S3Error(code)
        error.status = status
        return self._refused(case or Case(None), error, self.now_ns())

    def _refused(self, case: Case, error: S3Error, now_ns: int) -> Response:
        located = case.request
        response = self.model.refusal(error, located, now_ns)
        if self.tell is not None:
            if located is not None and not case.told:
                self._tell_request(case, located)
            self._tell_response(located, response, error.code)
        return response

    # --- events -----------------------------------------------------------------------------------------

    def _tell_request(self, case: Case, located: S3Request) -> None:
        assert self.tell is not None
        case.told = True
        self.tell("s3.request", **asked(located))

    def _tell_response(self, located: S3Request | None, response: Response, code: str = "") -> None:
        assert self.tell is not None
        self.tell("s3.response", **answered(located, response, code))


_CODES: Final = {
    400: "BadRequest", 403: "AccessDenied", 404: "NotFound", 405: "MethodNotAllowed", 408: "RequestTimeout",
    411: "MissingContentLength", 413: "EntityTooLarge", 431: "RequestHeaderSectionTooLarge", 501: "NotImplemented",
    503: "SlowDown",
}  # fmt: skip
