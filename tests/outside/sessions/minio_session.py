"""A program that uses MinIO's client for Python; argument: a large file; it prints a link to an object of 5 bytes."""

import io
import json
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

from minio import Minio
from minio.commonconfig import CopySource
from minio.deleteobjects import DeleteObject

BUCKET = "outside-minio"


def main(sent: Path) -> dict[str, object]:
    client = Minio(
        endpoint=urlsplit(os.environ["AWS_ENDPOINT_URL"]).netloc,
        access_key=os.environ["AWS_ACCESS_KEY_ID"],
        secret_key=os.environ["AWS_SECRET_ACCESS_KEY"],
        region="us-east-1",
        secure=False,
    )
    client.make_bucket(bucket_name=BUCKET)
    assert client.bucket_exists(bucket_name=BUCKET)
    small = {"bucket_name": BUCKET, "object_name": "notes/ü +1.txt"}
    client.put_object(**small, data=io.BytesIO(b"hello"), length=5, metadata={"camera": "lobby"})
    with sent.open("rb") as stream:  # of a length that it is not told, so that it sends parts
        client.put_object(bucket_name=BUCKET, object_name="large", data=stream, length=-1, part_size=5 << 20)
    answer = client.get_object(bucket_name=BUCKET, object_name="large")
    assert answer.read() == sent.read_bytes(), "the file that came back is another"
    answer.close()
    answer.release_conn()
    source = CopySource(bucket_name=BUCKET, object_name="notes/ü +1.txt")
    client.copy_object(bucket_name=BUCKET, object_name="copy", source=source)
    assert client.stat_object(bucket_name=BUCKET, object_name="copy").size == 5
    names = sorted(item.object_name for item in client.list_objects(bucket_name=BUCKET, recursive=True))
    assert names == ["copy", "large", "notes/ü +1.txt"], names
    assert not list(client.remove_objects(bucket_name=BUCKET, delete_object_list=[DeleteObject("large")]))
    return {"link": client.presigned_get_object(bucket_name=BUCKET, object_name="copy")}


print(json.dumps(main(Path(sys.argv[1]))))
