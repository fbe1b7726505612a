"""`scripts/outside`: real clients, each in a process of its own, at work on `python -m simulator serve all`."""

import argparse
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.outside import redis_clients, s3_clients
from tests.outside.work import Failed, Work
from tests.support.serve_process import Served

CLIENTS: Final[dict[str, Callable[[Work], str]]] = {
    "boto3": s3_clients.boto3,
    "aws": s3_clients.aws,
    "rclone": s3_clients.rclone,
    "s3cmd": s3_clients.s3cmd,
    "minio": s3_clients.minio,
    "obstore": s3_clients.obstore,
    "pyarrow": s3_clients.pyarrow,
    "redis-cli": redis_clients.redis_cli,
    "redis-benchmark": redis_clients.redis_benchmark,
}
_OF_THE_MACHINE: Final = ("redis-cli", "redis-benchmark")


def main() -> int:
    """Let each client work; 0 when all did, 1 when one failed. What is missing is named, and is no failure."""
    parser = argparse.ArgumentParser(prog="scripts/outside", description=__doc__)
    parser.add_argument("only", nargs="*", metavar="CLIENT", help=f"of {', '.join(CLIENTS)} (default: all)")
    parser.add_argument("--clients", type=Path, required=True, help="the environment that holds them")
    given = parser.parse_args()
    unknown = set(given.only) - set(CLIENTS)
    if unknown:
        parser.error(f"no such client: {', '.join(sorted(unknown))}")
    failed, wanted = 0, given.only or list(CLIENTS)
    with TemporaryDirectory() as scratch, _served(wanted) as served:
        for name in wanted:
            if name in _OF_THE_MACHINE and not shutil.which(name):
                print(f"SKIPPED {name}: not on the PATH (Debian: apt-get install redis-tools)")
                continue
            folder = Path(scratch) / name
            folder.mkdir()
            failed += not _worked(name, _work(served, given.clients, folder))
    return 1 if failed else 0


def _served(wanted: list[str]) -> Served:
    """Everything, or what the clients need when these are some of them."""
    redis = [name in _OF_THE_MACHINE for name in wanted]
    if any(redis) and not all(redis):
        return Served("all", "--s3-port", "0", "--redis-port", "0", services=("s3", "redis"))
    service = "redis" if any(redis) else "s3"
    return Served(service, "--port", "0", services=(service,))


def _work(served: Served, clients: Path, scratch: Path) -> Work:
    urls = {url.partition(":")[0]: url for url in served.urls}
    return Work(
        s3_url=urls.get("http", ""),
        redis_url=urls.get("redis", ""),
        access_key="test",
        secret_key="test",
        clients=clients,
        scratch=scratch,
    )


def _worked(name: str, work: Work) -> bool:
    began = time.perf_counter()
    try:
        told, word = CLIENTS[name](work), "ok"
    except Failed as failure:
        told, word = str(failure), "FAILED"
    print(f"{word:7} {name:16} {time.perf_counter() - began:6.1f} s  {told}", flush=True)
    return word == "ok"


if __name__ == "__main__":
    sys.exit(main())
