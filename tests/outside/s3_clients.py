"""S3 clients at work, in four languages: each carries a folder or something large there and back, and more."""

import json
from pathlib import Path
from typing import Final

from tests.outside.folders import differences, fill, large
from tests.outside.work import Work, expect, follow

_SESSIONS: Final = Path(__file__).parent / "sessions"


def boto3(work: Work) -> str:
    """Clients, resources, transfers in parts and threads, paginators, waiters, links: in a program of its own."""
    sent = large(work.folder("boto3") / "large.bin")
    told = json.loads(work.run("python", _SESSIONS / "boto3_session.py", sent))
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


def s3cmd(work: Work) -> str:
    """mb, put in parts, get, sync both ways, cp, mv, ls, info, setacl, signurl, rb."""
    where = work.s3_url.partition("//")[2]
    (work.scratch / "s3cmd.conf").write_text(
        f"[default]\nuse_https = False\nhost_base = {where}\nhost_bucket = {where}\nbucket_location = us-east-1\n"
        f"access_key = {work.access_key}\nsecret_key = {work.secret_key}\n"
    )
    here, back = fill(work.folder("s3cmd/here")), work.folder("s3cmd/back")
    sent, got = large(work.folder("s3cmd") / "large.bin"), work.scratch / "s3cmd-large.bin"

    def cmd(*words: str | Path) -> str:
        return work.run("s3cmd", "--config", work.scratch / "s3cmd.conf", "--no-progress", *words)

    cmd("mb", "s3://outside-s3cmd")
    cmd("put", sent, "s3://outside-s3cmd/large", "--multipart-chunk-size-mb=8")
    cmd("get", "s3://outside-s3cmd/large", got)
    expect("large file", got.read_bytes() == sent.read_bytes(), True)
    cmd("sync", f"{here}/", "s3://outside-s3cmd/tree/")
    cmd("sync", "s3://outside-s3cmd/tree/", f"{back}/")
    expect("sync up and down", differences(here, back), [])
    cmd("cp", "s3://outside-s3cmd/large", "s3://outside-s3cmd/copy")
    cmd("mv", "s3://outside-s3cmd/copy", "s3://outside-s3cmd/moved")
    cmd("setacl", "--acl-public", "s3://outside-s3cmd/moved")
    expect("anybody may read", follow(f"{work.s3_url}/outside-s3cmd/moved") == sent.read_bytes(), True)
    expect("link", follow(cmd("signurl", "s3://outside-s3cmd/tree/one", "+600").strip()), (here / "one").read_bytes())
    cmd("rb", "--recursive", "--force", "s3://outside-s3cmd")
    return "synced both ways, 64 MiB in parts, one made public"


def minio(work: Work) -> str:
    """MinIO's client for Python: parts of a stream, copies, listings, a link."""
    told = json.loads(work.run("python", _SESSIONS / "minio_session.py", large(work.scratch / "large.bin")))
    expect("link", follow(told["link"]), b"hello")
    return "64 MiB in parts of a stream"


def obstore(work: Work) -> str:
    """The Rust world's client: conditional puts, parts, ranges, copies."""
    work.run("python", _SESSIONS / "obstore_session.py", large(work.scratch / "large.bin"))
    return "64 MiB in parts, puts with conditions"


def pyarrow(work: Work) -> str:
    """AWS' SDK for C++ beneath a file system: streams, tables, folders."""
    work.run("python", _SESSIONS / "pyarrow_session.py", large(work.scratch / "large.bin"))
    return "64 MiB as a stream, a table"
