"""S3 clients at work: boto3, the aws command line, rclone; each carries a folder, something large, and makes a link."""

import json
from pathlib import Path
from typing import Final

from tests.outside.folders import differences, fill, large
from tests.outside.work import Work, expect, follow

_BOTO3: Final = Path(__file__).parent / "boto3_session.py"


def boto3(work: Work) -> str:
    """Clients, resources, transfers in parts and threads, paginators, waiters, links: in a program of its own."""
    sent = large(work.folder("boto3") / "large.bin")
    told = json.loads(work.run("python", _BOTO3, sent))
    expect("link", follow(told["link"]), b"by a link")
    return f"{told['parts']} parts, {told['listed']} keys listed"


def aws(work: Work) -> str:
    """s3 mb, sync up, sync down, cp in parts, presign, rm, rb; and what s3api says of it."""
    here, back = fill(work.folder("aws/here")), work.folder("aws/back")
    sent = large(work.folder("aws") / "large.bin")
    work.run("aws", "s3", "mb", "s3://outside-aws")
    work.run("aws", "s3", "sync", "--only-show-errors", here, "s3://outside-aws/tree")
    work.run("aws", "s3", "sync", "--only-show-errors", "s3://outside-aws/tree", back)
    expect("sync up and down", differences(here, back), [])
    expect("nothing left to sync", work.run("aws", "s3", "sync", here, "s3://outside-aws/tree"), "")
    work.run("aws", "s3", "cp", "--only-show-errors", sent, "s3://outside-aws/large.bin")
    head = json.loads(work.run("aws", "s3api", "head-object", "--bucket", "outside-aws", "--key", "large.bin"))
    expect("in parts", [head["ContentLength"], head["ETag"].endswith('-8"')], [64 << 20, True])
    work.run("aws", "s3", "cp", "--only-show-errors", "s3://outside-aws/large.bin", work.scratch / "aws-large.bin")
    expect("large file", (work.scratch / "aws-large.bin").read_bytes() == sent.read_bytes(), True)
    link = work.run("aws", "s3", "presign", "s3://outside-aws/tree/one").strip()
    expect("link", follow(link), (here / "one").read_bytes())
    work.run("aws", "s3", "rm", "--only-show-errors", "--recursive", "s3://outside-aws/")
    work.run("aws", "s3", "rb", "s3://outside-aws")
    return "synced both ways, 64 MiB in 8 parts"


def rclone(work: Work) -> str:
    """sync up, check, sync down, copy in parts, link, purge."""
    remote = ":s3,provider=Other,env_auth=true,force_path_style=true"
    remote += f',endpoint="{work.s3_url}",region=us-east-1,chunk_size=8Mi,upload_cutoff=8Mi:outside-rclone'
    here, back = fill(work.folder("rclone/here")), work.folder("rclone/back")
    sent = large(work.folder("rclone") / "large.bin")
    quiet = ("--config", work.scratch / "rclone.conf", "--retries", "1", "--low-level-retries", "1")
    (work.scratch / "rclone.conf").touch()
    work.run("rclone", *quiet, "mkdir", remote)
    work.run("rclone", *quiet, "sync", here, f"{remote}/tree")
    work.run("rclone", *quiet, "check", "--download", here, f"{remote}/tree")
    work.run("rclone", *quiet, "sync", f"{remote}/tree", back)
    expect("sync up and down", differences(here, back), [])
    work.run("rclone", *quiet, "copyto", sent, f"{remote}/large.bin")
    work.run("rclone", *quiet, "copyto", f"{remote}/large.bin", work.scratch / "rclone-large.bin")
    expect("large file", (work.scratch / "rclone-large.bin").read_bytes() == sent.read_bytes(), True)
    work.run("rclone", *quiet, "moveto", f"{remote}/large.bin", f"{remote}/moved.bin")
    listed = work.run("rclone", *quiet, "lsf", remote).split()
    expect("moved", listed, ["moved.bin", "tree/"])
    link = work.run("rclone", *quiet, "link", f"{remote}/tree/one").strip()
    expect("link", follow(link), (here / "one").read_bytes())
    work.run("rclone", *quiet, "purge", remote)
    return "synced both ways, 64 MiB in parts, moved"
