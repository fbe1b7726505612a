"""What is swept: the tiny scenario of `tiny`, and an upload in parts by aiobotocore."""

from collections.abc import Callable
from typing import Any, Final

from benchmarks import tiny
from simulator.harness.scenario import Scenario, scenario
from simulator.harness.stage import Stage
from simulator.services.s3.hosted import host_s3
from simulator.services.s3.program import S3Server

SIZES: Final = (5 << 20, 1000)
"""The smallest upload in parts that S3 takes: all parts but the last have 5 MiB."""
_URL: Final = "http://s3:9000"

_kept: list[Any] = []


def multipart(*, shared_session: bool) -> Scenario:
    """An upload of two parts; the session of botocore is one of each run's own, or one for all runs of a process."""

    async def upload() -> None:
        from aiobotocore.session import get_session

        if shared_session and not _kept:
            _kept.append(get_session())
        session = _kept[0] if shared_session else get_session()
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
        # Plain HTTP: no certificates need be read, which takes longer than the rest of a client.
        async with session.create_client("s3", endpoint_url=_URL, verify=False, **keys) as s3:
            where = {"Bucket": "films", "Key": "film.mp4"}
            where["UploadId"] = (await s3.create_multipart_upload(**where))["UploadId"]
            parts = []
            for number, size in enumerate(SIZES, 1):
                sent = await s3.upload_part(**where, PartNumber=number, Body=bytes(size))
                parts.append({"PartNumber": number, "ETag": sent["ETag"]})
            await s3.complete_multipart_upload(**where, MultipartUpload={"Parts": parts})

    @scenario(name=f"bench-multipart-{'shared' if shared_session else 'own'}-session")
    async def two_parts(world: Stage) -> None:
        """A film of two parts is in its bucket."""
        s3 = host_s3(world.host("s3"), S3Server(buckets=("films",)))
        await world.host("worker").run(upload).wait()
        film = s3.store.buckets["films"].current("film.mp4")
        assert film is not None
        assert film.size == sum(SIZES)

    return two_parts


SWEPT: Final[dict[str, Callable[[], Scenario]]] = {
    "tiny": lambda: tiny.scenarios()[tiny.HOSTS],
    "multipart, a session of its own": lambda: multipart(shared_session=False),
    "multipart, one session for all": lambda: multipart(shared_session=True),
}
