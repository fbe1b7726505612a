"""Faults of disks: errors, no space, writes that are lost although acknowledged, slowness."""

from dataclasses import dataclass
from errno import EIO, ENOSPC
from typing import Any, Final

from simulator.faults.fault import End, known
from simulator.world.disk.verdict import Verdict
from simulator.world.gate import Act
from simulator.world.world import World

_NS: Final = 10**9
_GROWING: Final = frozenset({"fs.write", "fs.allocate", "fs.mkdir", "fs.symlink"})
_SYNCED: Final = frozenset({"fs.write", "fs.fsync", "fs.truncate"})


@dataclass(frozen=True)
class DiskFails:
    """Reads, writes and syncs under a path fail with EIO, one time in `one_in`."""

    host: str
    path: str = "/"
    one_in: int = 1

    def __str__(self) -> str:
        return f"I/O errors on {self.host}:{self.path}" + (f", one in {self.one_in}" if self.one_in > 1 else "")

    def begin(self, world: World) -> End:
        kinds = _SYNCED | {"fs.read"}

        def judge(act: Act) -> Any:
            hit = act.host == self.host and act.kind in kinds and _under(self.path, act.target)
            return Verdict(errno=EIO) if hit and _strikes(world, self.one_in, act, "EIO") else None

        return _ruled(world, self.host, str(self), judge)


@dataclass(frozen=True)
class DiskFull:
    """Whatever needs space fails with ENOSPC."""

    host: str
    path: str = "/"

    def __str__(self) -> str:
        return f"no space on {self.host}:{self.path}"

    def begin(self, world: World) -> End:
        def judge(act: Act) -> Any:
            hit = act.host == self.host and act.kind in _GROWING and _under(self.path, act.target)
            return Verdict(errno=ENOSPC) if hit else None

        return _ruled(world, self.host, str(self), judge)


@dataclass(frozen=True)
class LostWrites:
    """The disk acknowledges writes and syncs that it never stores: firmware that lies."""

    host: str
    path: str = "/"
    one_in: int = 4

    def __str__(self) -> str:
        return f"lost writes on {self.host}:{self.path}, one in {self.one_in}"

    def begin(self, world: World) -> End:
        def judge(act: Act) -> Any:
            hit = act.host == self.host and act.kind in _SYNCED and _under(self.path, act.target)
            return Verdict(lost=True) if hit and _strikes(world, self.one_in, act, "lost") else None

        return _ruled(world, self.host, str(self), judge)


@dataclass(frozen=True)
class SlowDisk:
    """Everything on the disk takes longer."""

    host: str
    by_s: float
    path: str = "/"

    def __str__(self) -> str:
        return f"disk {self.host}:{self.path} slower by {self.by_s:g} s"

    def begin(self, world: World) -> End:
        verdict = Verdict(latency_ns=round(self.by_s * _NS))

        def judge(act: Act) -> Any:
            hit = act.host == self.host and act.kind.startswith("fs.") and _under(self.path, act.target)
            return verdict if hit else None

        return _ruled(world, self.host, str(self), judge)


def _under(path: str, target: str) -> bool:
    """Whether a path is this one or lies below it."""
    return f"{target}/".startswith(f"{path.rstrip('/')}/")


def _strikes(world: World, one_in: int, act: Act, label: str) -> bool:
    """Whether it happens this time. Zero, the tamest draw, is no."""
    if one_in <= 1:
        return True
    site = f"{act.host} {act.kind}"
    return world.engine.choices.draw(one_in, stream="disk faults", site=site, label=label) == one_in - 1


def _ruled(world: World, host: str, name: str, judge: Any) -> End:
    known(world, host)
    rule = world.gate.add(name, judge)
    return lambda: world.gate.lift(rule)
