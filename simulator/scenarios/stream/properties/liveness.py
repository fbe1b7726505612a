"""Liveness: what is owed at the end, when faults and writers have stopped for long enough."""

from dataclasses import dataclass, field
from typing import Any, Final

from simulator.oracles.fold import Oracle, OracleFactory
from simulator.scenarios.stream.properties.fold import TERMINAL, Fold, Step, number
from simulator.scenarios.stream.published import FINAL
from simulator.trace.event import Event

_BACKOFF_CAP_MS: Final = 60_000
_NS: Final = 10**9


@dataclass
class _AllComeToAnEnd(Fold):
    name: str = "L1 L10 every stream is completed or failed in the end"

    def finish(self) -> str | None:
        for name, stream in self.streams.items():
            status = stream.meta.get("status")
            if stream.meta and status not in TERMINAL:
                return f"{name} is {status}/{stream.meta.get('phase')}"
        return None


def all_come_to_an_end() -> Oracle:
    return _AllComeToAnEnd()


@dataclass
class _EveryFileHasItsObject(Fold):
    name: str = "L2 L5 S5 in the end the newest object of every file is what the file holds"

    def other(self, event: Event) -> str | None:
        if event.kind != "note" or event.fields.get("text") != FINAL:
            return None
        data: dict[str, Any] = event.fields["data"]
        if data["same"]:
            return None
        return f"{data['path']} ({data['size']} bytes) has {data['objects']} objects, and the newest is not like it"


def every_file_has_its_object() -> Oracle:
    return _EveryFileHasItsObject()


@dataclass
class _NothingIsLeft(Fold):
    name: str = "L4 no upload of ours is open in the end, and none waits to be aborted"
    begun: int = 0
    ended: set[str] = field(default_factory=set)
    seen: dict[str, str] = field(default_factory=dict)

    def step(self, step: Step) -> str | None:
        upload = step.now.meta.get("upload_id", "")
        if upload:
            self.seen[upload] = step.name
        return None

    def other(self, event: Event) -> str | None:
        fields = event.fields
        if event.kind == "note" and fields.get("text") == "s3.published":
            self.ended.add(str(fields["data"]["upload"]))
        elif (event.kind == "s3.response" and fields.get("operation") == "AbortMultipartUpload") or (
            event.kind == "s3.response" and fields.get("code") == "NoSuchUpload"
        ):
            self.ended.add(str(fields.get("upload")))
        return None

    def finish(self) -> str | None:
        if self.queue:
            return f"{len(self.queue)} uploads wait to be aborted: {self.queue[0]}"
        denied = {"access_denied", "no_such_bucket"}
        for upload, name in self.seen.items():
            reason = self.streams[name].meta.get("reason") if name in self.streams else ""
            if upload not in self.ended and reason not in denied:
                return f"an upload of {name} was neither completed nor aborted"
        return None


def nothing_is_left() -> Oracle:
    return _NothingIsLeft()


@dataclass
class _RetriesAreBounded(Fold):
    name: str = "L7 nothing is put off for longer than the cap"

    def step(self, step: Step) -> str | None:
        put_off_ms = number(step.now.meta, "next_retry_at") - step.now_ms
        changed = step.now.meta.get("next_retry_at") != step.before.meta.get("next_retry_at")
        late = changed and step.now_ms and put_off_ms > _BACKOFF_CAP_MS
        return f"it is put off by {put_off_ms} ms" if late else None


def retries_are_bounded() -> Oracle:
    return _RetriesAreBounded()


@dataclass
class _FinalizedSoon(Fold):
    name: str = "L3 what is idle is completed within the idle time, a check, the settling time and the work"
    within_s: float = 20.0
    written_ns: dict[str, int] = field(default_factory=dict)

    def other(self, event: Event) -> str | None:
        if event.kind == "fs.write":
            self.written_ns[str(event.fields["path"])] = event.at_ns
        return None

    def step(self, step: Step) -> str | None:
        if not step.turned("status", "completed"):
            return None
        path = step.now.meta.get("path", "")
        took_s = (step.at_ns - self.written_ns.get(path, step.at_ns)) / _NS
        return f"{path} was completed {took_s:.1f} s after its last write" if took_s > self.within_s else None


def finalized_within(seconds: float) -> OracleFactory:
    """For scenarios without faults."""
    return lambda: _FinalizedSoon(within_s=seconds)


@dataclass
class _TakenUpSoon(Fold):
    name: str = "L6 L8 what a dead worker left has an owner again before long"
    within_s: float = 40.0
    died_ns: int = -1
    left: dict[str, str] = field(default_factory=dict)

    def other(self, event: Event) -> str | None:
        if event.kind == "proc.exit" and str(event.fields.get("name", "")).startswith("stream"):
            self.died_ns = event.at_ns
            self.left = {
                name: stream.meta.get("owner", "")
                for name, stream in self.streams.items()
                if stream.meta.get("status") not in TERMINAL
            }
        if self.died_ns >= 0 and self.left and event.at_ns - self.died_ns > self.within_s * _NS:
            return f"{next(iter(self.left))} is nobody's, {self.within_s:g} s after its worker died"
        return None

    def step(self, step: Step) -> str | None:
        if step.now.meta.get("owner") != self.left.get(step.name) or step.now.meta.get("status") in TERMINAL:
            self.left.pop(step.name, None)
        return None


def taken_up_within(seconds: float) -> OracleFactory:
    """For scenarios in which workers die and services do not."""
    return lambda: _TakenUpSoon(within_s=seconds)
