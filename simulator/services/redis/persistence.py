"""Persistence: the append-only file and snapshots, in Redis' own formats, written and synced as Redis does.

Rules.

1. What commands changed is appended before anyone is answered (`before_replies`); with `appendfsync always` it is
   synced as well, with `everysec` within a second, with `no` when the system likes.
2. A snapshot is written beside and moved into place; so is the base of an append-only file that is rewritten.
3. A start loads the append-only file when `appendonly` is on, else the snapshot. A tail that was cut off is cut away
   (`aof-load-truncated`), a transaction without its end included. Meanwhile, and for `loading_s`, clients hear LOADING.
4. A file that cannot be written makes writing commands fail (MISCONF), until it can. With `always` nobody can be
   answered any more: the server gives up, as Redis does.
"""

import os
from typing import TYPE_CHECKING, Any, Final

from simulator.services.redis import files
from simulator.services.redis.encoder import encode_command
from simulator.services.redis.loading import Loading
from simulator.services.redis.rdb import snapshot
from simulator.services.redis.reply import Error
from simulator.services.redis.settings import VERSION

if TYPE_CHECKING:
    from simulator.services.redis.server import Server

SYNC_S: Final = 1.0
UNSAVED: Final = Error(
    "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that may"
    " modify the data set are disabled, because this instance is configured to report errors during writes if RDB"
    " snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB"
    " error."
)


class Persistence(Loading):
    """The files of one server."""

    def __init__(self, server: "Server") -> None:
        super().__init__(server)
        self._why = ""
        self.saving = False
        self.last_save_good = self.last_write_good = True
        self.saves = self.rewrites = 0
        self._buffer: list[bytes] = []
        self._database = -1
        self._unsynced = False
        self._sync_timer: Any = None
        self._save_timer: Any = None
        self._loading_timer: Any = None

    @property
    def complaint(self) -> Error | None:
        """What writing commands are told when nothing can be kept."""
        if not self.unsaved:
            return None
        return UNSAVED if self.last_write_good else Error(f"MISCONF Errors writing to the AOF file: {self._why}")

    @property
    def unsaved(self) -> bool:
        """Whether writing must fail because nothing can be kept."""
        refuses = self._server.config["stop-writes-on-bgsave-error"] and bool(self._server.config["save"])
        return self.on and ((not self.last_save_good and refuses) or not self.last_write_good)

    # ---------------------------------------------------------------- what commands changed

    def changed(self, count: int) -> None:
        """Count changes since the last snapshot."""
        if self.loading and self._file is None:
            return
        self.changes += count
        if self.on:
            self.plan_save()

    def append(self, database: int, argv: list[bytes]) -> None:
        """Put a command to what will be appended."""
        if self._file is None:
            return
        if database != self._database:
            self._buffer.append(encode_command([b"SELECT", b"%d" % database]))
            self._database = database
        self._buffer.append(encode_command(argv))

    def before_replies(self) -> None:
        """Write what was put there, and sync it if it must be."""
        if not self._buffer or self._file is None:
            return
        data = b"".join(self._buffer)
        policy = self._server.config["appendfsync"]
        try:
            self._write(data)
            self._buffer.clear()
            self.aof_bytes += len(data)
            if policy == "always":
                os.fsync(self._file)
            elif policy == "everysec":
                self._plan_sync()
            good = True
        except OSError as error:
            good = False
            self._why = error.strerror or str(error)
            if policy == "always":
                self._server.give_up(error)
                return
        if good != self.last_write_good:
            self.last_write_good = good
            self._server.upkeep.guard()
        self._rewrite_if_grown()

    def _write(self, data: bytes) -> None:
        assert self._file is not None
        view = memoryview(data)
        while view:
            view = view[os.write(self._file, view) :]

    def _plan_sync(self) -> None:
        self._unsynced = True
        if self._sync_timer is None:
            self._sync_timer = self._server.later(SYNC_S, self._sync)

    def _sync(self) -> None:
        self._sync_timer = None
        if self._file is not None and self._unsynced:
            self._unsynced = False
            try:
                os.fsync(self._file)
            except OSError:
                self.last_write_good = False
                self._server.upkeep.guard()

    # ---------------------------------------------------------------- the append-only file

    def switched(self) -> None:
        """CONFIG SET appendonly: begin or end the file."""
        if not self.on:
            return
        if self._server.config["appendonly"] and self._file is None:
            self.rewrite()
        elif not self._server.config["appendonly"]:
            self._close()

    def rewrite(self) -> None:
        """Write the base anew and begin an empty file behind it."""
        if not self.on:
            return
        folder, name = self._path("appenddirname"), self._server.config["appendfilename"]
        os.makedirs(folder, exist_ok=True)
        files.sync_folder(self._server.config["dir"])
        old = self._manifest or files.Manifest(folder, name)
        number = old.next_number()
        fresh = files.Manifest(folder, name)
        as_rdb = self._server.config["aof-use-rdb-preamble"]
        fresh.base = (f"{name}.{number}.base.{'rdb' if as_rdb else 'aof'}", number)
        base = self._snapshot() if as_rdb else self._as_commands()
        files.replace(os.path.join(folder, fresh.base[0]), base)
        self._close()
        fresh.parts = [(f"{name}.{number}.incr.aof", number)]
        self._open(os.path.join(folder, fresh.parts[0][0]))
        files.sync_folder(folder)
        fresh.write()
        for gone, _ in (*([old.base] if old.base else []), *old.parts):
            if gone not in (fresh.base[0], fresh.parts[0][0]):
                _remove(os.path.join(folder, gone))
        self._manifest, self.rewrites = fresh, self.rewrites + 1
        self.aof_base_bytes = self.aof_bytes = len(base)

    def _rewrite_if_grown(self) -> None:
        percent, least = (
            self._server.config["auto-aof-rewrite-percentage"],
            self._server.config["auto-aof-rewrite-min-size"],
        )
        grown = (self.aof_bytes - self.aof_base_bytes) * 100 >= max(1, self.aof_base_bytes) * percent
        if percent and self.aof_bytes > least and grown and self.last_write_good:
            self.rewrite()

    def _open(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        self._database, self._unsynced = -1, False

    def _close(self) -> None:
        if self._file is not None:
            if self._unsynced:
                os.fsync(self._file)
            os.close(self._file)
        self._file, self._unsynced = None, False
        self._buffer.clear()

    def _as_commands(self) -> bytes:
        """Return what the server holds as commands that make it."""
        from simulator.services.redis.rdb.dump import dump, payload

        parts = []
        for database in self._server.keyspace.databases:
            if len(database.data):
                parts.append(encode_command([b"SELECT", b"%d" % database.index]))
            for key, value in database.data.items():
                when_ms = database.expires.get(key, 0)
                packed = payload(*dump(value))
                parts.append(encode_command([b"RESTORE", key, b"%d" % when_ms, packed, b"ABSTTL"]))
        return b"".join(parts)

    # ---------------------------------------------------------------- snapshots

    def _snapshot(self) -> bytes:
        server = self._server
        aux = {"redis-ver": VERSION, "redis-bits": "64", "ctime": str(server.keyspace.now_ms // 1000), "aof-base": "0"}
        libraries = [library.code for library in server.scripting.functions.libraries.values()]
        return snapshot.written(server.keyspace, libraries, aux=aux, checksum=server.config["rdbchecksum"])

    def image(self) -> bytes:
        """Return a snapshot: what a replica gets first."""
        return self._snapshot()

    def save(self) -> bool:
        """Write a snapshot; whether it went well."""
        self.saving = False
        if self.on:
            try:
                files.replace(self._path("dbfilename"), self._snapshot())
                self.last_save_good = True
            except OSError:
                self.last_save_good = False
                self._server.upkeep.guard()
                return False
        self.changes, self.last_save_ms, self.saves = 0, self._server.keyspace.now_ms, self.saves + 1
        self._server.upkeep.guard()
        return True

    def save_soon(self) -> None:
        """BGSAVE: write a snapshot once the present command is over."""
        self.saving = True
        self._server.statistics.forks += 1
        self._server.later(0, self._save_later)

    def _save_later(self) -> None:
        if self.saving:
            self._server.wake()
            self.save()

    def plan_save(self) -> None:
        """Set the timer for the next snapshot, when a save point was reached."""
        if self._save_timer is not None or not self.on:
            return
        points = [seconds for seconds, changes in self._server.config["save"] if self.changes >= changes]
        if points:
            now_ms = self._server.keyspace.now_ms
            due_ms = self.last_save_ms + min(points) * 1000 + 1
            self._save_timer = self._server.later(max(0.0, (due_ms - now_ms) / 1000), self._save_point)

    def _save_point(self) -> None:
        self._save_timer = None
        now_ms = self._server.wake()
        for seconds, changes in self._server.config["save"]:
            if self.changes >= changes and now_ms - self.last_save_ms >= seconds * 1000:
                self.save_soon()
                return
        self.plan_save()

    # ---------------------------------------------------------------- the end

    def end(self, save: bool | None) -> bool:
        """Keep what is to be kept before the end; false when that failed and the end must wait."""
        self.before_replies()
        if self.on and (save or (save is None and self._server.config["save"])) and not self.save():
            return False
        self._close()
        return True

    def write_config(self) -> None:
        """CONFIG REWRITE."""
        lines = [f"{name} {value or chr(34) * 2}" for name, value in self._server.config.changed()]
        files.replace(self._server.settings.config_file, ("\n".join(lines) + "\n").encode())

    # ---------------------------------------------------------------- troubles

    def pretend_loading(self, seconds: float) -> None:
        """Answer LOADING for a while."""
        self.loading = True
        self._server.upkeep.guard()
        if self._loading_timer is not None:
            self._loading_timer.cancel()
        self._loading_timer = self._server.later(seconds, self._loaded)

    def _loaded(self) -> None:
        self.loading, self._loading_timer = False, None
        self._server.upkeep.guard()

    def lose_memory(self) -> None:
        """End as a killed process does: what was not written is lost, everything held in memory is gone."""
        self._buffer.clear()
        self._unsynced = False
        if self._file is not None:
            os.close(self._file)
        self._file = None
        for timer in (self._sync_timer, self._save_timer, self._loading_timer):
            if timer is not None:
                timer.cancel()
        self._sync_timer = self._save_timer = self._loading_timer = None
        self.loading = self.saving = False

    def restart(self, seconds: float) -> None:
        """Be killed and start again after a while."""
        self._server.restart(seconds)


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
