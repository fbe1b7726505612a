"""Published: what each Complete made, told in the trace at the instant at which it did.

A note `s3.published` has the object's key, size, ETag and token (as `stamp`: a trace shows nothing that is called a
token), the sizes of its parts, and `whole`: whether the bytes are what its file once was, as one state of it and no
mixture of several. At the end `stream.final` has, for each file that is there, whether its newest object is what it
now holds.
"""

from typing import TYPE_CHECKING, Final

from simulator.scenarios.stream.keys import inode_of
from simulator.services.s3.store import Bucket, Completion, Store, Upload, Version

if TYPE_CHECKING:
    from simulator.scenarios.stream.cluster import Cluster

PUBLISHED: Final = "s3.published"
FINAL: Final = "stream.final"


class WatchedStore(Store):
    """A store that says what becomes of uploads."""

    def __init__(self) -> None:
        super().__init__()
        self.cluster: Cluster | None = None

    def complete_upload(self, bucket: Bucket, upload: Upload, version: Version, completion: Completion) -> None:
        sizes = [upload.parts[number].size for number, _ in completion.parts]
        numbers = [number for number, _ in completion.parts]
        super().complete_upload(bucket, upload, version, completion)
        cluster = self.cluster
        if cluster is None:
            return
        inode = inode_of(version.key)
        data = {
            "key": version.key,
            "upload": upload.id,
            "size": version.size,
            "etag": version.etag.strip('"'),
            "stamp": version.metadata.get("sp-token", ""),
            "numbers": numbers if numbers != list(range(1, len(numbers) + 1)) else len(numbers),
            "smallest": min(sizes[:-1], default=0),
            "whole": cluster.camera.was_once(inode, bytes(version.body)),
        }
        cluster.s3.host.emit("note", text=PUBLISHED, data=data)


def tell_final(cluster: "Cluster") -> None:
    """Compare every file with its newest object."""
    for name, inode in sorted(cluster.files().items()):
        held, objects = cluster.read(name), cluster.bucket.of_inode(inode)
        same = cluster.is_kept(name)
        data = {"path": cluster.camera.path(name), "size": len(held), "objects": len(objects), "same": same}
        cluster.worker.emit("note", text=FINAL, data=data)
