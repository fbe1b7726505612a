"""boto3's own transfer manager, in a process of its own: orders on stdin, lists of files, and what each took.

{"bucket": "films", "paths": ["/tmp/a.mp4"]}   ->   {"seconds": 1.2, "cpu_s": 1.1}

It is set up as boto3 sets it up, with ten threads; only its parts are as large as ours.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import boto3
from boto3.s3.transfer import TransferConfig, create_transfer_manager
from botocore.config import Config

from benchmarks.stream.files import PART_BYTES


def client_of(url: str, access_key: str, secret_key: str) -> Any:
    """A client of a server, with paths in its style."""
    return boto3.client(
        "s3",
        endpoint_url=url,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        region_name="us-east-1",
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}, max_pool_connections=64),
    )


def upload(client: Any, bucket: str, paths: list[str]) -> dict[str, float]:
    """Upload files, all together; seconds until the last is an object."""
    settings = TransferConfig(multipart_threshold=PART_BYTES, multipart_chunksize=PART_BYTES)
    began_s, cpu_s = time.perf_counter(), time.process_time()
    with create_transfer_manager(client, settings) as manager:
        futures = [manager.upload(path, bucket, Path(path).name) for path in paths]
        for future in futures:
            future.result()
    return {"seconds": time.perf_counter() - began_s, "cpu_s": time.process_time() - cpu_s}


def main() -> None:
    client = client_of(*sys.argv[1:4])
    for line in sys.stdin:
        order = json.loads(line)
        print(json.dumps(upload(client, order["bucket"], order["paths"])), flush=True)


if __name__ == "__main__":
    main()
