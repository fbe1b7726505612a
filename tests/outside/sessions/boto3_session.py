"""A program that uses boto3 as its manual shows: argument: a file of 64 MiB; it prints what it did as JSON."""

import filecmp
import json
import sys
import tempfile
from pathlib import Path

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

BUCKET = "outside-boto3"


def main(sent: Path) -> dict[str, object]:
    s3, resource = boto3.client("s3"), boto3.resource("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.get_waiter("bucket_exists").wait(Bucket=BUCKET)
    config = TransferConfig(multipart_threshold=8 << 20, multipart_chunksize=8 << 20, max_concurrency=4)
    s3.upload_file(str(sent), BUCKET, "large.bin", Config=config, ExtraArgs={"Metadata": {"from": "boto3"}})
    head = s3.head_object(Bucket=BUCKET, Key="large.bin")
    assert head["Metadata"] == {"from": "boto3"}, head
    with tempfile.TemporaryDirectory() as folder:
        back = Path(folder) / "back"
        s3.download_file(BUCKET, "large.bin", str(back), Config=config)
        assert filecmp.cmp(sent, back, shallow=False), "the file that came back is another"
    s3.copy({"Bucket": BUCKET, "Key": "large.bin"}, BUCKET, "copy.bin", Config=config)
    assert s3.head_object(Bucket=BUCKET, Key="copy.bin")["ContentLength"] == sent.stat().st_size

    bucket = resource.Bucket(BUCKET)
    for number in range(25):
        bucket.put_object(Key=f"many/{number:02}", Body=b"x" * number)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, PaginationConfig={"PageSize": 10})
    listed = [item["Key"] for page in pages for item in page["Contents"]]
    assert listed == sorted(listed), listed
    assert len(list(bucket.objects.filter(Prefix="many/"))) == 25
    try:
        s3.get_object(Bucket=BUCKET, Key="none")
    except s3.exceptions.NoSuchKey:
        pass
    code = "accepted"
    try:
        boto3.client("s3", aws_access_key_id="test", aws_secret_access_key="wrong").list_buckets()
    except ClientError as error:
        code = error.response["Error"]["Code"]
    assert code == "SignatureDoesNotMatch", code

    s3.put_object(Bucket=BUCKET, Key="linked", Body=b"by a link")
    link = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "linked"}, ExpiresIn=600)
    bucket.objects.filter(Prefix="many/").delete()
    assert not list(bucket.objects.filter(Prefix="many/"))
    parts = int(head["ETag"].strip('"').partition("-")[2])
    return {"parts": parts, "listed": len(listed), "link": link}


print(json.dumps(main(Path(sys.argv[1]))))
