"""The servers that a peer's suite can be played against: ours, the real one, and what projects use today."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from tests.fidelity.suite import Users
from tests.support.ports import free_port
from tests.support.real_s3 import USERS, RealS3
from tests.support.serve_process import Served

_ROOT: Final = Path(__file__).parents[2]
_READY_S: Final = 120.0
_OWNERS: Final = Users(first=("test", "test"), second=("other", "other"))

Running = tuple[str, Users]


@contextmanager
def soundstage() -> Iterator[Running]:
    """Our own, as a user starts it, with two users."""
    first, second = (":".join(user) for user in (_OWNERS.first, _OWNERS.second))
    with Served("s3", "--port", "0", "--credentials", first, "--credentials", second) as served:
        yield served.url, _OWNERS


@contextmanager
def swift() -> Iterator[Running]:
    with TemporaryDirectory() as folder, RealS3(Path(folder)) as real:
        yield real.url, Users(first=USERS[0], second=USERS[1])


@contextmanager
def moto() -> Iterator[Running]:
    """moto's server: pip install 'moto[s3]==5.2.5' flask flask-cors."""
    python = environment("moto", "moto[s3]==5.2.5", "flask", "flask-cors")
    port = free_port()
    with _process([str(python.parent / "moto_server"), "-p", str(port)], port):
        yield f"http://127.0.0.1:{port}", _OWNERS


@contextmanager
def localstack() -> Iterator[Running]:
    """LocalStack on the host, without its container; needs Python 3.13 as `python3.13` or SOUNDSTAGE_PYTHON_3_13."""
    base = os.environ.get("SOUNDSTAGE_PYTHON_3_13", "python3.13")
    wanted = ("localstack-core[runtime]==2026.3.0", "cbor2<6", "pyopenssl<25", "service_identity")
    python = environment("localstack", *wanted, base=base)
    port = free_port()
    wishes = {"SERVICES": "s3", "EAGER_SERVICE_LOADING": "1", "GATEWAY_LISTEN": f"127.0.0.1:{port}", "DNS_ADDRESS": "0"}
    wishes |= {"SKIP_SSL_CERT_DOWNLOAD": "1", "DISABLE_EVENTS": "1"}
    with TemporaryDirectory() as folder:
        command = [str(python), "-m", "localstack.runtime.main"]
        with _process(command, port, {**wishes, "FILESYSTEM_ROOT": folder}, path="/_localstack/health"):
            yield f"http://127.0.0.1:{port}", _OWNERS


SERVERS: Final[dict[str, tuple[str, Callable[[], AbstractContextManager[Running]]]]] = {
    "soundstage": ("Soundstage", soundstage),
    "swift": ("Swift 2.38.3", swift),
    "localstack": ("LocalStack 2026.3.0", localstack),
    "moto": ("moto 5.2.5", moto),
}


def environment(name: str, *wanted: str, base: str = sys.executable) -> Path:
    """The interpreter of an environment that holds a server; made when it is missing, and not committed."""
    folder = _ROOT / f".venv-peer-{name}"
    python = folder / "bin" / "python"
    stamp = folder / ".installed"
    if not stamp.exists():
        subprocess.run([base, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "-qq", "--disable-pip-version-check", *wanted], check=True)
        stamp.touch()
    return python


@contextmanager
def _process(
    command: list[str], port: int, wishes: dict[str, str] | None = None, *, path: str = "/"
) -> Iterator["subprocess.Popen[bytes]"]:
    """A server's process, from when it answers until it is ended."""
    environment, quiet = {**os.environ, **(wishes or {})}, subprocess.DEVNULL
    process = subprocess.Popen(command, env=environment, stdout=quiet, stderr=quiet)
    try:
        until = time.monotonic() + _READY_S
        while not _answers(f"http://127.0.0.1:{port}{path}"):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{command[0]} does not answer on port {port}")
            time.sleep(0.02)
        yield process
    finally:
        process.terminate()
        process.wait(30)


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=1):
            return True
    except HTTPError:
        return True
    except (URLError, OSError):
        return False
