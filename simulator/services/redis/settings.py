"""Settings: what a server is started with, beyond Redis' own parameters."""

from dataclasses import dataclass, field
from typing import Final

from simulator.services.trouble import Switchboard, Trouble

VERSION: Final = "7.0.15"
PORT: Final = 6379


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How one Redis is to be.

    `parameters` are Redis' own, by their names in redis.conf: `{"appendonly": "yes", "dir": "/var/lib/redis"}`. Without
    `dir` nothing is read or written: what it holds is gone when it ends.
    """

    parameters: dict[str, str] = field(default_factory=dict)
    host: str = "0.0.0.0"
    port: int = PORT
    persistent: bool = False
    """Whether it reads and writes the files of `dir`: the append-only file, and snapshots at the save points."""
    loading_s: float = 0.0
    """How long it answers LOADING after a start that found something to load."""
    replica_of: tuple[str, int] | None = None
    """The master that it copies."""
    replica_lag_s: float = 0.0
    """How long what the master said takes until it is carried out here."""
    standby_lag_s: float | None = None
    """How far a replica behind the same address lags, to which the trouble `failover` goes; None for none."""
    prove_scripts: bool = False
    """Whether every script is run twice, and a `redis.script` event tells of those that change more the second time."""
    script_steps_max: int = 50_000_000
    """After so many steps of Lua a script that never ends is ended."""
    trace_commands: bool = True
    """Whether every command is told as an event."""
    config_file: str = ""
    """Where CONFIG REWRITE writes; empty for nowhere."""
    troubles: tuple[Trouble | str, ...] | Switchboard = ()
    """Troubles that are on from the start, as the command line takes them; or a switchboard of the caller's own."""
