"""A real S3 to compare with: OpenStack Swift with its S3 API, on one node, all of it in a scratch folder.

`scripts/real-s3` installs it. Four servers make it up (proxy, account, container, object), found by one another
through ring files; they need no root, no memcached and no configuration outside the folder.
"""

import os
import pwd
import socket
import subprocess
import time
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tests.support.ports import free_ports

HOME: Final = Path(os.environ.get("SOUNDSTAGE_REAL_S3") or Path(__file__).parents[2] / ".venv-real-s3")
ABSENT: Final = "OpenStack Swift is not installed: scripts/real-s3 installs it"
REGION: Final = "us-east-1"

# Account and user, with a secret; the second is of another account, the third may own nothing.
USERS: Final = (("test:tester", "testing"), ("alt:tester", "testing2"), ("test:guest", "testing3"))

_STORES: Final = ("account", "container", "object")
_READY_S: Final = 60.0
_STOP_S: Final = 10.0
_FILTERS: Final = (
    "catch_errors gatekeeper healthcheck cache listing_formats s3api tempauth "
    "bulk copy slo dlo versioned_writes symlink"
)

# What Swift's interpreter runs to make the rings: one device of one node, no replicas.
_RINGS: Final = """
import sys
from swift.common.ring import RingBuilder
for pair in sys.argv[2:]:
    kind, port = pair.split("=")
    ring = RingBuilder(part_power=2, replicas=1, min_part_hours=0)
    ring.add_dev(dict(id=0, region=1, zone=1, ip="127.0.0.1", port=int(port), device="disk", weight=1.0))
    ring.rebalance()
    ring.get_ring().save(sys.argv[1] + "/" + kind + ".ring.gz")
"""


def installed() -> bool:
    """Whether there is a Swift to start."""
    return (HOME / "bin" / "swift-proxy-server").exists()


class RealS3:
    """Swift, started in a folder on free ports; `url` answers when the `with` block begins."""

    access_key, secret_key = USERS[0]

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []
        self.ports = dict(zip(("proxy", *_STORES), free_ports(4), strict=True))
        self.url = f"http://127.0.0.1:{self.ports['proxy']}"

    def __enter__(self) -> Self:
        self._write_settings()
        stores = [f"{kind}={self.ports[kind]}" for kind in _STORES]
        subprocess.run([HOME / "bin" / "python", "-I", "-c", _RINGS, str(self.folder), *stores], check=True)
        for kind in self.ports:
            command = [HOME / "bin" / f"swift-{kind}-server", self.folder / f"{kind}.conf"]
            with (self.folder / f"{kind}.log").open("wb") as log:
                self.processes.append(subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT))
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _wait_until_ready(self) -> None:
        until = time.monotonic() + _READY_S
        for kind, port in self.ports.items():
            while not _answers(port):
                ended = any(process.poll() is not None for process in self.processes)
                if ended or time.monotonic() > until:
                    logs = "\n".join(path.read_text() for path in sorted(self.folder.glob("*.log")))
                    raise RuntimeError(f"Swift's {kind} server does not answer\n{logs}")
                time.sleep(0.02)

    def _write_settings(self) -> None:
        disk = self.folder / "disks" / "disk"
        disk.mkdir(parents=True)
        self._write("swift.conf", [
            "[swift-hash]", "swift_hash_path_suffix = contract",
            "[storage-policy:0]", "name = only", "default = yes",
        ])  # fmt: skip
        for kind in _STORES:
            self._write(f"{kind}.conf", [
                *self._common(kind), f"devices = {disk.parent}", "mount_check = false", "fallocate_reserve = 0",
                "[pipeline:main]", f"pipeline = {kind}-server", f"[app:{kind}-server]", f"use = egg:swift#{kind}",
            ])  # fmt: skip
        users = [f"user_{name.replace(':', '_')} = {secret} .admin" for name, secret in USERS[:2]]
        users += [f"user_{name.replace(':', '_')} = {secret}" for name, secret in USERS[2:]]
        wishes = {
            "s3api": [f"location = {REGION}", "s3_acl = false", "storage_domain = localhost"],
            "tempauth": users,
            "versioned_writes": ["allow_object_versioning = true"],
            "cache": ["memcache_servers ="],
        }
        text = [*self._common("proxy"), "[pipeline:main]", f"pipeline = {_FILTERS} proxy-server"]
        text += ["[app:proxy-server]", "use = egg:swift#proxy", "account_autocreate = true"]
        text += ["allow_account_management = true"]
        for name in _FILTERS.split():
            text += [f"[filter:{name}]", f"use = egg:swift#{'memcache' if name == 'cache' else name}"]
            text += wishes.get(name, [])
        self._write("proxy.conf", text)

    def _common(self, kind: str) -> list[str]:
        user = pwd.getpwuid(os.getuid()).pw_name
        where = ["bind_ip = 127.0.0.1", f"bind_port = {self.ports[kind]}", f"swift_dir = {self.folder}"]
        return ["[DEFAULT]", *where, f"user = {user}", "workers = 0", "log_level = WARNING"]

    def _write(self, name: str, lines: list[str]) -> None:
        (self.folder / name).write_text("\n".join(lines) + "\n")


def _answers(port: int) -> bool:
    try:
        with closing(socket.create_connection(("127.0.0.1", port), 0.2)):
            return True
    except OSError:
        return False
