"""States: what must hold of the state of each stream, whatever happens."""

import json
from dataclasses import dataclass, field
from hashlib import md5
from typing import Final

from simulator.oracles.fold import Oracle
from simulator.scenarios.stream.properties.fold import TERMINAL, Fold, Step, number

_STEPS: Final = {
    "": {"active"},
    "active": {"active", "pending_completion", "failed"},
    "pending_completion": {"active", "pending_completion", "completed", "failed"},
    "completed": {"completed"},
    "failed": {"failed"},
}
_PHASES: Final = {
    "": {"init"},
    "init": {"init", "uploading", "draining", "publishing", "aborting", "done"},
    "uploading": {"uploading", "init", "draining", "publishing", "aborting", "done"},
    "draining": {"draining", "init", "uploading", "committing", "publishing", "aborting", "done"},
    "committing": {"committing", "init", "publishing", "aborting", "done"},
    "publishing": {"publishing", "done"},
    "aborting": {"aborting", "publishing", "done"},
    "done": {"done"},
}


_GRANT: Final = frozenset({"owner", "epoch", "grant", "lease_until"})
"""What a lease consists of."""


@dataclass
class _OneSet(Fold):
    name: str = "S1 each stream is in exactly the set that its status names"

    def step(self, step: Step) -> str | None:
        status = step.now.meta.get("status")
        if status is None or step.now.sets == (status,):
            return None
        return f"its status is {status}, and it is in {list(step.now.sets) or 'no set'}"


def one_set() -> Oracle:
    return _OneSet()


@dataclass
class _OneSetInTheEnd(_OneSet):
    name: str = "S1 in the end each stream is in exactly the set that its status names"

    def step(self, step: Step) -> str | None:
        return None

    def finish(self) -> str | None:
        for name, stream in self.streams.items():
            status = stream.meta.get("status")
            if status is not None and stream.sets != (status,):
                return f"the status of {name} is {status}, and it is in {list(stream.sets) or 'no set'}"
        return None


def one_set_in_the_end() -> Oracle:
    """For scenarios in which somebody else moves streams from set to set."""
    return _OneSetInTheEnd()


@dataclass
class _LawfulSteps(Fold):
    name: str = "S2 states follow each other as the protocol says, and what is over stays over"
    revives: bool = False

    def step(self, step: Step) -> str | None:
        if step.rollback or not step.now.meta:
            return None
        for name, table in (("status", _STEPS), ("phase", _PHASES)):
            then, now = step.before.meta.get(name, ""), step.now.meta.get(name, "")
            if self.revives and step.before.meta.get("status") == "failed":
                continue
            if now not in table.get(then, ()):
                return f"its {name} went from {then or 'nothing'} to {now}"
        return None


def lawful_steps() -> Oracle:
    return _LawfulSteps()


def lawful_steps_and_revivals() -> Oracle:
    """The same where an operator takes up what has failed."""
    return _LawfulSteps(revives=True)


def plan_of(meta: dict[str, str], n: int) -> tuple[int, int]:
    """Where part n begins and how large it is when full."""
    base = int(meta["part_plan"].partition("-")[2])
    block, rest = divmod(n - 1, 1000)
    return base * (1000 * ((1 << block) - 1) + (rest << block)), base << block


@dataclass
class _PartsFollowThePlan(Fold):
    name: str = "S6 each recorded part is the range that its number stands for, and only the last is short"

    def step(self, step: Step) -> str | None:
        for key in step.told.get("parts", {}):
            n = int(key)
            if n not in step.now.parts:
                continue
            offset, size, etag = step.now.parts[n]
            begin, full = plan_of(step.now.meta, n)
            if offset != begin or size > full:
                return f"part {n} is recorded as {size} bytes from {offset}, not {full} from {begin}"
            if size < full and any(other > n for other in step.now.parts):
                return f"part {n} is short ({size} bytes), and not the last"
            if etag.strip('"') != etag:
                return f"the ETag of part {n} is kept with its quotes"
        return None


def parts_follow_the_plan() -> Oracle:
    return _PartsFollowThePlan()


@dataclass
class _BytesSent(Fold):
    name: str = "S7 bytes_sent is the sum of the parts that follow each other from the first"

    def step(self, step: Step) -> str | None:
        if not step.now.meta:
            return None
        sent = n = 0
        while n + 1 in step.now.parts and step.now.parts[n + 1][0] == sent:
            n += 1
            sent += step.now.parts[n][1]
        told = number(step.now.meta, "bytes_sent")
        if told != sent and step.now.meta.get("status") not in TERMINAL:
            return f"bytes_sent is {told}, and parts 1 to {n} hold {sent}"
        return None


def bytes_sent_is_the_sum() -> Oracle:
    return _BytesSent()


@dataclass
class _EpochsOnlyGrow(Fold):
    name: str = "S14 an epoch never goes back, and one owner gets each only once"
    granted: dict[str, set[tuple[str, int]]] = field(default_factory=dict)

    def step(self, step: Step) -> str | None:
        if not step.now.meta:
            return None
        owners = [(meta.get("owner", ""), number(meta, "epoch")) for meta in (step.before.meta, step.now.meta)]
        granted = self.granted.setdefault(step.name, set())
        if step.rollback or owners[0] == owners[1] or not step.before.meta:
            self.granted[step.name] = {owners[1]}  # What Redis has forgotten it may grant again.
            return None
        if owners[1][1] <= owners[0][1]:
            return f"epoch {owners[1][1]} was granted after {owners[0][1]}"
        if owners[1] in granted:
            return f"{owners[1][0]} got epoch {owners[1][1]} a second time"
        granted.add(owners[1])
        return None


def epochs_only_grow() -> Oracle:
    return _EpochsOnlyGrow()


@dataclass
class _OneLease(Fold):
    name: str = "S15 a stream changes hands only when its lease is over"

    def step(self, step: Step) -> str | None:
        before, now = step.before.meta.get("owner", ""), step.now.meta.get("owner", "")
        held_until = step.told.get("held_until_ms")
        if step.rollback or not before or before == now or not now or held_until is None:
            return None
        if int(held_until) > step.now_ms:
            return f"{now} took it {int(held_until) - step.now_ms} ms before the lease of {before} was over"
        return None


def one_lease() -> Oracle:
    return _OneLease()


@dataclass
class _OwnersOnly(Fold):
    name: str = "S13 a caller to whom the stream does not belong changes nothing of it"

    def step(self, step: Step) -> str | None:
        by, before = step.told.get("by"), step.before.meta
        if by is None or step.rollback or not before:
            return None
        caller, owner = (by[0], int(by[1])), (before.get("owner", ""), number(before, "epoch"))
        changed = set(step.told.get("changed", {})) | ({"parts"} if "parts" in step.told else set())
        if not caller[1]:  # Anyone may take it when its lease is over (S15), and take up what is over.
            changed = changed - _GRANT if before.get("status") not in TERMINAL else set()
        elif caller == owner:
            return None
        if not changed:
            return None
        who = f"{caller[0] or 'nobody'} (epoch {caller[1]})"
        return f"{who} changed {', '.join(sorted(changed))}, and it was {owner[0]}'s (epoch {owner[1]})"


def owners_only() -> Oracle:
    return _OwnersOnly()


@dataclass
class _IntentsAddUp(Fold):
    name: str = "S18 what is promised is the whole file: sizes, digests and the ETag agree"
    opaque: bool = False

    def step(self, step: Step) -> str | None:
        meta, text = step.now.meta, step.now.meta.get("intent", "")
        if not text or text == step.before.meta.get("intent") or step.rollback:
            return None
        intent = json.loads(text)
        parts = [step.now.parts.get(n) for n in range(1, len(intent["etags"]) + 1)]
        if None in parts or [part[2] for part in parts if part] != intent["etags"]:
            return "the promise names other parts than are recorded"
        size = sum(part[1] for part in parts if part)
        salvaged = number(meta, "size_seen") > size and number(meta, "short") == 1
        if size != intent["size"] or (size != number(meta, "size_seen") and not salvaged):
            return f"promised are {intent['size']} bytes in parts of {size}, the file had {meta.get('size_seen')}"
        digest = md5(bytes.fromhex("".join(intent["etags"])), usedforsecurity=False).hexdigest()
        if intent["etag"] != f"{digest}-{len(parts)}" and not (self.opaque and not intent["etag"]):
            return f"the promised ETag {intent['etag']} is not that of its parts"
        return None


def intents_add_up() -> Oracle:
    return _IntentsAddUp()


def intents_add_up_without_digests() -> Oracle:
    """For servers whose ETags are no digests: a promise then says nothing of the object's."""
    return _IntentsAddUp(opaque=True)


@dataclass
class _ActivityOnlyGrows(Fold):
    name: str = "S20 last_activity_at never goes back within an attempt, and is never in Redis' future"

    def step(self, step: Step) -> str | None:
        before, now = step.before.meta, step.now.meta
        then_ms, now_ms = number(before, "last_activity_at"), number(now, "last_activity_at")
        if step.rollback or not now or then_ms == now_ms:
            return None
        if before.get("attempt") == now.get("attempt") and now_ms < then_ms:
            return f"last_activity_at went back by {then_ms - now_ms} ms"
        if step.now_ms and now_ms > step.now_ms:
            return f"last_activity_at is {now_ms - step.now_ms} ms ahead of Redis' clock"
        return None


def activity_only_grows() -> Oracle:
    return _ActivityOnlyGrows()
