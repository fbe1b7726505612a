"""A program that uses obstore, the client of the Rust world; argument: a large file."""

import os
import sys
from pathlib import Path

import boto3
import obstore
from obstore.store import S3Store

BUCKET = "outside-obstore"


def refused(kind: type[Exception], store: S3Store, **options: object) -> bool:
    """Whether a conditional put is refused as it should be."""
    try:
        obstore.put(store, "one", b"another", **options)
    except kind:
        return True
    return False


def main(sent: Path) -> None:
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    store = S3Store(
        BUCKET,
        endpoint=os.environ["AWS_ENDPOINT_URL"],
        access_key_id=os.environ["AWS_ACCESS_KEY_ID"],
        secret_access_key=os.environ["AWS_SECRET_ACCESS_KEY"],
        region="us-east-1",
        client_options={"allow_http": True},
    )
    obstore.put(store, "one", b"hello")
    assert refused(obstore.exceptions.AlreadyExistsError, store, mode="create")
    etag = obstore.head(store, "one")["e_tag"]
    obstore.put(store, "one", b"hello again", mode={"e_tag": etag})
    assert refused(obstore.exceptions.PreconditionError, store, mode={"e_tag": etag})
    obstore.put(store, "notes/ü +1.txt", sent, chunk_size=5 << 20, use_multipart=True)
    assert bytes(obstore.get(store, "notes/ü +1.txt").bytes()) == sent.read_bytes()
    assert bytes(obstore.get_range(store, "notes/ü +1.txt", start=5, end=25)) == sent.read_bytes()[5:25]
    obstore.copy(store, "one", "two")
    obstore.rename(store, "two", "three")
    names = sorted(item["path"] for items in obstore.list(store) for item in items)
    assert names == ["notes/ü +1.txt", "one", "three"], names
    obstore.delete(store, names)
    assert not [item for items in obstore.list(store) for item in items]


main(Path(sys.argv[1]))
