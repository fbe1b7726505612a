"""Data: a run as one JSON object, for programs that start ours."""

from typing import Any

from simulator.harness.run import Run
from simulator.trace.diff import Difference
from simulator.trace.event import Event


def run_data(run: Run, *, real_s: float, trace: str = "", again: str = "") -> dict[str, Any]:
    """What `--json` prints of a run."""
    outcome, footer = run.outcome, run.trace.footer
    found: dict[str, Any] = {
        "name": run.name,
        "seed": run.seed,
        "params": run.params,
        "status": str(outcome.status),
        "message": outcome.message,
        "violations": [
            {"oracle": one.oracle, "text": one.text, "event": one.seq or None, "at_ns": one.at_ns}
            for one in outcome.violations
        ],
        "faults": [str(fault) for fault in run.plan.faults],
        "virtual_ns": run.now_ns,
        "real_s": round(real_s, 3),
        "events": footer.events if footer is not None else len(run.trace),
        "draws": len(run.tape),
        "digest": run.digest,
    }
    if outcome.exit_code is not None:
        found["exit_code"] = outcome.exit_code
    if footer is not None and footer.cut:
        found["trace_cut"] = run.trace.ending or "the recording stopped before the run did"
    if trace:
        found["trace"] = trace
    if again:
        found["replay"] = again
    return found


def event_data(event: Event) -> dict[str, Any]:
    """An event as its line in a trace has it."""
    found = {"seq": event.seq, "at_ns": event.at_ns, "host": event.host, "kind": event.kind, "fields": event.fields}
    return found | ({"cause": event.cause} if event.cause is not None else {})


def difference_data(found: Difference) -> dict[str, Any]:
    """Where two traces part, if they do."""
    data: dict[str, Any] = {"equal": not found, "events": found.events}
    if found:
        data |= {
            "kind": found.kind,
            "event": found.seq,
            "field": found.field,
            "place": found.place,
            "left": found.left_value,
            "right": found.right_value,
            "where": found.where,
        }
    data["headers"] = [{"name": one.name, "left": one.left, "right": one.right} for one in found.headers]
    return data
