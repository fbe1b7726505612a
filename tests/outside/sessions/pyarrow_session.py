"""A program that uses pyarrow's file system, which stands on AWS' own SDK for C++; argument: a large file."""

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow
import pyarrow.parquet as parquet
from pyarrow.fs import FileSelector, S3FileSystem

BUCKET = "outside-pyarrow"


def main(sent: Path) -> None:
    files = S3FileSystem(
        access_key=os.environ["AWS_ACCESS_KEY_ID"],
        secret_key=os.environ["AWS_SECRET_ACCESS_KEY"],
        endpoint_override=urlsplit(os.environ["AWS_ENDPOINT_URL"]).netloc,
        scheme="http",
        region="us-east-1",
        allow_bucket_creation=True,
        allow_bucket_deletion=True,
    )
    files.create_dir(BUCKET)
    with files.open_output_stream(f"{BUCKET}/deep/large") as stream:
        stream.write(sent.read_bytes())
    with files.open_input_file(f"{BUCKET}/deep/large") as stream:
        assert stream.read() == sent.read_bytes(), "the file that came back is another"
    table = pyarrow.table({"number": list(range(10_000))})
    parquet.write_table(table, f"{BUCKET}/table.parquet", filesystem=files)
    assert parquet.read_table(f"{BUCKET}/table.parquet", filesystem=files).equals(table)
    files.copy_file(f"{BUCKET}/table.parquet", f"{BUCKET}/copy.parquet")
    names = sorted(info.path for info in files.get_file_info(FileSelector(BUCKET, recursive=True)))
    assert names == [f"{BUCKET}/{name}" for name in ("copy.parquet", "deep", "deep/large", "table.parquet")], names
    files.delete_dir_contents(BUCKET)
    files.delete_dir(BUCKET)


main(Path(sys.argv[1]))
