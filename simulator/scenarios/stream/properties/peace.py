"""Peace: what holds while nothing goes wrong. No byte is sent twice, and no more is asked than is needed."""

from dataclasses import dataclass, field

from simulator.oracles.fold import Oracle, OracleFactory
from simulator.scenarios.stream.properties.fold import Fold, answered
from simulator.trace.event import Event


@dataclass
class _NoByteTwice(Fold):
    name: str = "S22 no part is sent twice, and there are no more calls than parts and a few"
    calls_beside: int = 12
    sent: set[tuple[str, str, str]] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    calls: int = 0

    def other(self, event: Event) -> str | None:
        if event.kind == "s3.request" and event.fields.get("operation") != "HeadBucket":
            self.calls += 1
            self.keys.add(str(event.fields.get("key", "")).removesuffix(".json"))
        if not answered(event, "UploadPart"):
            return None
        fields = event.fields
        part = (str(fields.get("upload")), str(fields.get("part")), str(fields.get("checksum")))
        if part in self.sent:
            return f"part {part[1]} of {fields.get('key')} was sent twice with the same bytes"
        self.sent.add(part)
        return None

    def finish(self) -> str | None:
        most = len(self.sent) + self.calls_beside * len(self.keys)
        return (
            f"{self.calls} calls for {len(self.sent)} parts of {len(self.keys)} objects" if self.calls > most else None
        )


def no_byte_twice() -> Oracle:
    return _NoByteTwice()


@dataclass
class _PartsInFlight(Fold):
    name: str = "S23 no more parts are under way than the limit allows"
    parts_max: int = 4
    under_way: dict[str, int] = field(default_factory=dict)

    def other(self, event: Event) -> str | None:
        fields = event.fields
        if fields.get("operation") != "UploadPart":
            return None
        upload = str(fields.get("upload"))
        change = {"s3.request": 1, "s3.response": -1}.get(event.kind, 0)
        self.under_way[upload] = self.under_way.get(upload, 0) + change
        if self.under_way[upload] > self.parts_max:
            return f"{self.under_way[upload]} parts of {fields.get('key')} are under way"
        return None


def parts_in_flight(parts_max: int) -> OracleFactory:
    return lambda: _PartsInFlight(parts_max=parts_max)


@dataclass
class _FewConnections(Fold):
    name: str = "S23 no more connections are open than the limits allow, however many streams there are"
    open_max: dict[str, int] = field(default_factory=dict)
    conns: dict[int, str] = field(default_factory=dict)

    def other(self, event: Event) -> str | None:
        fields = event.fields
        if event.kind == "net.connect":
            service = str(fields["dst"]).partition(":")[0]
            self.conns[int(fields["conn"])] = service
            many = sum(each == service for each in self.conns.values())
            if many > self.open_max.get(service, many):
                return f"{many} connections to {service} are open"
        elif event.kind == "net.close":
            self.conns.pop(int(fields["conn"]), None)
        elif event.kind == "proc.exit" and str(fields.get("name", "")).startswith("stream"):
            self.conns.clear()  # What a dead worker had is closed with it.
        return None


def few_connections(**open_max: int) -> OracleFactory:
    """For one worker: so many to each service, by name."""
    return lambda: _FewConnections(open_max=open_max)


@dataclass
class _ScriptsRunTwice(Fold):
    name: str = "S21 a script that runs twice leaves what one run leaves"

    def other(self, event: Event) -> str | None:
        if event.kind != "redis.script" or not event.fields.get("changed"):
            return None
        return f"a second run of {str(event.fields.get('script'))[:40]} changed {event.fields['changed']}"


def scripts_run_twice() -> Oracle:
    """With `prove_scripts`, which lets the simulated Redis run every script a second time and compare."""
    return _ScriptsRunTwice()
