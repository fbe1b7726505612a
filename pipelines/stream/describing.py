"""Describing: makes the document about a recording that has been published, and never stands in its way."""

import hashlib
import logging
import os
from collections.abc import Mapping
from time import monotonic
from typing import Any, Final

import anyio.to_thread

from pipelines.stream.metadata import Prober, describe, encoded, file_facts
from pipelines.stream.publishing import Described, Published

_log: Final = logging.getLogger("pipelines.stream")

_CHUNK: Final = 1 << 20


class Describer:
    """A `Describe` of `publishing`: asks ffprobe and the boxes of the file, and adds what is known of the object."""

    def __init__(self, prober: Prober | None, *, sha256: bool = False, digest_s: float = 600.0) -> None:
        self._prober = prober
        self._sha256 = sha256
        self._digest_s = digest_s

    async def __call__(self, published: Published, /) -> Described:
        """The document; whatever goes wrong stands in it."""
        try:
            document = await self._document(published)
        except Exception as error:
            # A film may hold anything; what our reading of it falls over is told, here and in the document.
            _log.exception("stream.describe", extra={"stream": published.stream})
            document = {"schema": 1, "probe": {"status": "error", "cause": "failed", "said": repr(error)[:1000]}}
        document |= {
            "stream": published.stream,
            "bucket": published.bucket,
            "key": published.key,
            "object": {"size": published.size, "parts": published.parts, "short": published.short},
        }
        document["checksums"] = {"etag": published.etag} | document.get("checksums", {})
        status = str(document["probe"]["status"])
        return Described(status="error" if status == "error" else "ok", text=encoded(document).decode())

    async def _document(self, published: Published) -> dict[str, Any]:
        path = os.path.abspath(published.path)
        facts = await anyio.to_thread.run_sync(file_facts, path)
        if self._prober is None:
            return {"schema": 1, "file": facts, "probe": {"status": "off"}}
        document = describe(*await self._prober.inspect(path))
        document["file"] = facts
        if self._sha256:
            document["checksums"] = await anyio.to_thread.run_sync(_digest, path, published.size, self._digest_s)
        return document


def _digest(path: str, size: int, patience_s: float) -> Mapping[str, str | None]:
    """The SHA-256 of a file, if it still is what was published, and can be read in time."""
    until_s = monotonic() + patience_s
    digest, left = hashlib.sha256(), size
    try:
        with open(path, "rb", buffering=0) as file:
            before = os.fstat(file.fileno())
            while left >= 0 and (chunk := file.read(_CHUNK)):
                digest.update(chunk)
                left -= len(chunk)
                if monotonic() > until_s:
                    return {"sha256": None}
            after = os.fstat(file.fileno())
    except OSError:
        return {"sha256": None}
    same = left == 0 and (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
    return {"sha256": digest.hexdigest() if same else None}
