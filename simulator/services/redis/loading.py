"""Loading: what a server does first: bring back what its files hold, and what a replica does with its first copy."""

import os
from typing import TYPE_CHECKING

from simulator.errors import Misuse
from simulator.services.redis import files
from simulator.services.redis.rdb import snapshot
from simulator.services.redis.rdb.lzf import BadData
from simulator.services.redis.registry import find
from simulator.services.redis.session import Session

if TYPE_CHECKING:
    from simulator.services.redis.server import Server


class Loading:
    """The part of persistence that reads."""

    def __init__(self, server: "Server") -> None:
        self._server = server
        self.loading = False
        self.changes = 0
        """Since the last snapshot."""
        self.last_save_ms = server.now_ns() // 1_000_000
        self.load_keys = self.load_expired = 0
        self.aof_bytes = self.aof_base_bytes = 0
        self._manifest: files.Manifest | None = None
        self._file: int | None = None

    def rewrite(self) -> None:
        """Write the append-only file anew."""
        raise NotImplementedError

    def pretend_loading(self, seconds: float) -> None:
        """Answer LOADING for a while."""
        raise NotImplementedError

    def _open(self, path: str) -> None:
        raise NotImplementedError

    @property
    def on(self) -> bool:
        """Whether there are files at all."""
        return self._server.settings.persistent

    def _path(self, name: str) -> str:
        folder: str = self._server.config["dir"]
        return os.path.join(folder, self._server.config[name])

    def start(self) -> None:
        """Load what was kept."""
        if not self.on:
            return
        began = self._server.wake()
        self.loading = True
        self._server.keyspace.ignores_expiry = True
        try:
            found = self._load_appended() if self._server.config["appendonly"] else self._load_snapshot()
        except BadData as bad:
            raise Misuse(f"Redis cannot load what is in {self._server.config['dir']!r}: {bad}") from None
        finally:
            self._server.keyspace.ignores_expiry = False
            self.loading = False
        self.changes, self.last_save_ms = 0, began
        self._server.upkeep.forget_sizes()
        self._server.upkeep.plan_round()
        if self._server.replication.standby is not None:
            self._server.replication.standby.copy()
        if found and self._server.settings.loading_s:
            self.pretend_loading(self._server.settings.loading_s)
        self._server.upkeep.guard()

    def _load_snapshot(self) -> bool:
        data = files.read(self._path("dbfilename"))
        if data is None:
            return False
        self._take(data, drops_expired=True)
        return True

    def _take(self, data: bytes, *, drops_expired: bool) -> None:
        """Put what a snapshot holds into the databases."""
        keyspace, functions = self._server.keyspace, self._server.scripting.functions
        for entry in snapshot.read(data, keyspace.limits):
            if isinstance(entry, bytes):
                functions.load(entry, replace=True)
                continue
            if drops_expired and entry.expires_at_ms is not None and entry.expires_at_ms < keyspace.now_ms:
                self.load_expired += 1
                continue
            if entry.database >= len(keyspace.databases):
                raise BadData(f"database {entry.database}, beyond the parameter databases")
            database = keyspace.databases[entry.database]
            database.put(entry.key, entry.value)
            if entry.expires_at_ms is not None:
                database.expire_at(entry.key, entry.expires_at_ms)
            self.load_keys += 1

    def take(self, data: bytes) -> None:
        """Replace everything by what a snapshot holds: a replica's first copy."""
        self._server.keyspace.clear()
        self._take(data, drops_expired=False)
        self._server.upkeep.forget_sizes()
        self._server.tracking.flushed()
        if self._file is not None:
            self.rewrite()

    def _load_appended(self) -> bool:
        folder, name = self._path("appenddirname"), self._server.config["appendfilename"]
        manifest = files.Manifest(folder, name)
        if not manifest.read():
            self.rewrite()
            return False
        self._manifest = manifest
        session = self._loader()
        if manifest.base is not None:
            self._replay(os.path.join(folder, manifest.base[0]), session, last=False)
        for part, _ in manifest.parts:
            self._replay(os.path.join(folder, part), session, last=part == manifest.parts[-1][0])
        if not manifest.parts:
            number = manifest.next_number()
            manifest.parts.append((f"{name}.{number}.incr.aof", number))
        path = os.path.join(folder, manifest.parts[-1][0])
        self._open(path)
        manifest.write()
        self.aof_bytes = sum(
            os.path.getsize(os.path.join(folder, part))
            for part, _ in (*manifest.parts, *([manifest.base] if manifest.base else []))
        )
        self.aof_base_bytes = os.path.getsize(os.path.join(folder, manifest.base[0])) if manifest.base else 0
        return bool(len(self._server.keyspace))

    def _loader(self) -> Session:
        server = self._server
        session = Session(0, server.keyspace.databases[0], server.acl.default, now_ms=server.keyspace.now_ms)
        session.kind = "loader"
        return session

    def _replay(self, path: str, session: Session, *, last: bool) -> None:
        """Carry out what a file holds."""
        data = files.read(path)
        if data is None:
            raise BadData(f"{os.path.basename(path)} is missing")
        if data.startswith(b"REDIS"):
            self._take(data, drops_expired=False)
            return
        session.db = self._server.keyspace.databases[0]
        try:
            found = files.commands(data)
        except files.Tail as tail:
            if not (tail.cut and last and self._server.config["aof-load-truncated"]):
                raise BadData(f"{os.path.basename(path)}: {tail.args[0]} after {tail.good_bytes} bytes") from None
            os.truncate(path, tail.good_bytes)
            found = tail.args[1]
        for argv in found:
            self.apply(session, argv)

    def apply(self, session: Session, argv: list[bytes]) -> None:
        """Carry out a command that needs no permission and gets no answer."""
        command = find(argv[0])
        if command is not None and command.subcommands and len(argv) > 1:
            command = command.subcommands.get(argv[1].upper())
        if command is None or command.handler is None:
            raise BadData(f"the unknown command {argv[0][:64]!r}")
        self._server.run(session, command, argv, self._server.keyspace.now_ms, may_block=False)
