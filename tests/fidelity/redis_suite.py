"""redis-py's own asyncio tests as a judge: its sdist from PyPI, played against any Redis in either protocol, counted.

They are kept in an environment of their own (`.venv-peer-redis-py`, which is not committed) with what they import. What
needs a cluster, modules, TLS or several servers is left out.
"""

import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.fidelity.servers import environment
from tests.fidelity.suite import Tally, read

VERSION: Final = "8.1.0"
SUITE: Final = f"redis-py {VERSION}"
PROTOCOLS: Final = (3, 2)
_NEEDS: Final = (
    f"redis=={VERSION}", "hiredis", "pytest", "pytest-asyncio", "pytest-timeout", "numpy", "redis-entraid", "pybreaker",
    "aiohttp", "xxhash", "opentelemetry-api", "opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http", "ujson",
    "requests", "cryptography",
)  # fmt: skip
_MODULES: Final = (
    "commands", "pipeline", "pubsub", "scripting", "lock", "connection_pool", "encoding", "monitor", "connection",
    "keyspace_notifications", "hash", "client",
)  # fmt: skip
_LEFT_OUT: Final = ("onlycluster", "redismod", "ssl", "cp_integration", "multidb_integration", "replica")
_TEST_S: Final = 20


def fetch() -> tuple[Path, Path]:
    """The suite's interpreter and folder; both are made when they are missing."""
    python = environment("redis-py", *_NEEDS)
    folder = python.parents[1] / "suite"
    unpacked = folder / f"redis-{VERSION}"
    if not (unpacked / "tests").exists():
        wanted = ["--no-binary", ":all:", "--no-deps", "--dest", str(folder), f"redis=={VERSION}"]
        subprocess.run([python, "-m", "pip", "download", "-qq", "--disable-pip-version-check", *wanted], check=True)
        with tarfile.open(folder / f"redis-{VERSION}.tar.gz") as packed:
            packed.extractall(folder, filter="data")
        (unpacked / "redis").rename(unpacked / "redis_source")  # The one that is installed is what is used.
    return python, unpacked


def play(url: str, *, protocol: int, only: Sequence[str] = ()) -> Tally:
    """Run the suite against the server at `url`."""
    python, folder = fetch()
    with TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.xml"
        command = [
            str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "addopts=", "-o", "log_cli=false",
            f"--timeout={_TEST_S}", "--tb=line", f"--junitxml={report}", f"--redis-url={url}",
            "--redis-mod-url=redis://127.0.0.1:1", f"--protocol={protocol}",
            "-m", " and ".join(f"not {mark}" for mark in _LEFT_OUT), "-k", " or ".join(only),
            *(f"tests/test_asyncio/test_{module}.py" for module in _MODULES),
        ]  # fmt: skip
        subprocess.run(command, cwd=folder, env={"PATH": "/usr/bin:/bin"}, stdout=subprocess.DEVNULL, check=False)
        return read(report, prefix="tests.test_asyncio.")
