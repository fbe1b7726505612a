"""What programs noted in their logs during a run."""

from typing import Any

from simulator.harness.run import Run


def noted(run: Run, host: str) -> list[tuple[str, dict[str, Any]]]:
    """The log records of a host's programs, in order: message and data."""
    events = run.trace.of("log", host=host).events
    return [(event.fields["message"], event.fields.get("data", {})) for event in events]
