"""Troubles of S3: everything a service behind HTTP can meet, and what only an S3 does to its clients.

    board = Switchboard(S3_SURFACE)
    board.on("error-in-200:operation=CompleteMultipartUpload,times=1")

Operations have AWS's names (`UploadPart`), and what they are about is `bucket/key`, or the bucket alone.
"""

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Final

from simulator.services.http.message import Response
from simulator.services.http.troubles import HTTP_SURFACE
from simulator.services.s3.errors import S3Error, render
from simulator.services.s3.request import S3Request
from simulator.services.s3.store import Bucket, Store, Upload
from simulator.services.trouble import Surface, Switchboard, Trouble, kind_of_trouble, surface

IN_200: Final = frozenset({"CompleteMultipartUpload", "CopyObject", "UploadPartCopy"})
"""Operations whose answer begins before their end, so that an error can be in it."""
OF_UPLOADS: Final = frozenset(
    {
        "UploadPart",
        "UploadPartCopy",
        "ListParts",
        "ListMultipartUploads",
        "CompleteMultipartUpload",
        "AbortMultipartUpload",
    }
)
LISTINGS: Final = frozenset({"ListObjects", "ListObjectsV2", "ListObjectVersions", "ListMultipartUploads", "ListParts"})
S3_SURFACE: Final[Surface] = HTTP_SURFACE | surface(
    kind_of_trouble(
        "error-in-200",
        "A Complete or a copy answers 200 with an <Error> in its body, and has done nothing.",
        operations=IN_200,
        code="InternalError",
    ),
    kind_of_trouble(
        "error-in-200-after",
        "A Complete or a copy answers 200 with an <Error> in its body, although it was done.",
        operations=IN_200,
        code="InternalError",
    ),
    kind_of_trouble("expired-credentials", "The credentials of the request have expired (ExpiredToken)."),
    kind_of_trouble("listing-lag", "A listing shows what was there so long ago.", operations=LISTINGS, seconds=5.0),
    kind_of_trouble(
        "upload-expiry",
        "Uploads that are so old are swept, as by a lifecycle rule.",
        operations=OF_UPLOADS,
        seconds=0.0,
    ),
    kind_of_trouble(
        "restart",
        "The server is restarted: connections are reset, none is taken for so long, and uploads are lost if the "
        "personality loses them.",
        seconds=1.0,
    ),
)
"""What this S3 can be made to suffer."""

HISTORY_MAX: Final = 100_000
"""Changes that are remembered for a listing that lags; of more, the oldest are shown at once."""


def of_kind(troubles: Iterable[Trouble], kind: str) -> Trouble | None:
    """The first trouble of a kind."""
    return next((trouble for trouble in troubles if trouble.kind == kind), None)


def error_in_200(trouble: Trouble, fine: Response) -> Response:
    """An answer that promised success, and then tells of a failure."""
    ids = {name: value for name, value in fine.headers if name.startswith("x-amz-")}
    error = S3Error(trouble.code or "InternalError")
    body = render(error, request_id=ids.get("x-amz-request-id", ""), host_id=ids.get("x-amz-id-2", ""))
    kept = [(name, value) for name, value in fine.headers if name.lower() not in ("content-type", "etag")]
    return Response(200, [*kept, ("Content-Type", "application/xml")], [body])


def expire_uploads(store: Store, request: S3Request, age_ns: int, now_ns: int) -> int:
    """Sweep the uploads of a key that are so old, or those of the whole bucket when there is no key."""
    bucket = store.buckets.get(request.bucket)
    if bucket is None:
        return 0
    old = [
        upload
        for upload in bucket.uploads.values()
        if upload.completion is None and request.key in ("", upload.key) and now_ns - upload.initiated_ns >= age_ns
    ]
    for upload in old:
        store.drop_upload(bucket, upload)
    return len(old)


class History:
    """What a store was a while ago, for listings that lag. It remembers only while a trouble wants it to."""

    def __init__(self, store: Store, board: Switchboard, now_ns: Callable[[], int]) -> None:
        self.store, self.board, self.now_ns = store, board, now_ns
        self._before: deque[tuple[int, str, str, str, Any]] = deque(maxlen=HISTORY_MAX)
        self._wrap()

    def _wrap(self) -> None:
        """Look at what each act of the store is about to change, in place of whoever did in an earlier life."""
        store: Any = self.store
        for name, about in (
            ("add_version", lambda bucket, version: (bucket, "key", version.key)),
            ("change_version", lambda bucket, version: (bucket, "key", version.key)),
            ("drop_version", lambda bucket, version: (bucket, "key", version.key)),
            ("add_upload", lambda bucket, upload: (bucket, "upload", upload.id)),
            ("add_part", lambda bucket, upload, part: (bucket, "upload", upload.id)),
            ("complete_upload", lambda bucket, upload, *_: (bucket, "upload", upload.id)),
            ("drop_upload", lambda bucket, upload: (bucket, "upload", upload.id)),
        ):
            setattr(store, name, self._watched(getattr(type(store), name).__get__(store), about))

    def _watched(self, act: Callable[..., None], about: Callable[..., tuple[Bucket, str, str]]) -> Callable[..., None]:
        def watched(*arguments: Any) -> None:
            if self.board.troubles and self._horizon_ns():
                self._remember(*about(*arguments))
            act(*arguments)

        return watched

    def _horizon_ns(self) -> int:
        lags = [each.seconds or 0 for each in self.board.troubles.values() if each.kind == "listing-lag"]
        return round(max(lags, default=0) * 10**9)

    def _remember(self, bucket: Bucket, what: str, name: str) -> None:
        now_ns, horizon_ns = self.now_ns(), self._horizon_ns()
        while self._before and self._before[0][0] < now_ns - horizon_ns:
            self._before.popleft()
        self._before.append((now_ns, bucket.name, what, name, _copy_of(bucket, what, name)))

    def at(self, at_ns: int, name: str) -> Store:
        """A store with one bucket as it was then."""
        past = Store()
        bucket = self.store.buckets.get(name)
        if bucket is None:
            return past
        versions = {key: list(found) for key, found in bucket.versions.items()}
        uploads = dict(bucket.uploads)
        for changed_ns, changed, what, which, before in reversed(self._before):
            if changed_ns <= at_ns:
                break
            if changed != name:
                continue
            table: dict[str, Any] = versions if what == "key" else uploads
            table.pop(which, None)
            if before:
                table[which] = before
        past.buckets[name] = _bucket_with(bucket, versions, uploads)
        return past


def _copy_of(bucket: Bucket, what: str, name: str) -> Any:
    if what == "key":
        return list(bucket.versions.get(name, ()))
    upload = bucket.uploads.get(name)
    return None if upload is None else _upload_with(upload)


def _upload_with(upload: Upload) -> Upload:
    from msgspec import structs

    return structs.replace(upload, parts=dict(upload.parts))


def _bucket_with(bucket: Bucket, versions: dict[str, Any], uploads: dict[str, Upload]) -> Bucket:
    from msgspec import structs

    return structs.replace(bucket, keys=sorted(versions), versions=versions, uploads=uploads)
