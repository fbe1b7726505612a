"""Peers' suites on the fidelity page: what each server passed, by module, and what ours fails."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tests.fidelity import counts
from tests.fidelity.tables import table

_OURS: Final = "soundstage"


def section(file: Path, heading: str, introduction: str, reasons: Mapping[str, str]) -> str:
    """The counts kept in a file; nothing when none were taken yet."""
    found = counts.read(file)
    if not found:
        return ""
    servers: dict[str, Any] = found["servers"]
    names = sorted(servers, key=lambda name: (name != _OURS, -counts.total(servers[name], "passed")))
    modules = sorted({module for server in servers.values() for module in server["modules"]})
    rows = [[module, *(_cell(servers[name]["modules"].get(module)) for name in names)] for module in modules]
    rows.append(["**all**", *(f"**{_total(servers[name])}**" for name in names)])
    head = ["module", *(servers[name]["title"] for name in names)]
    text = f"### {heading}\n\n{introduction} Passed of those not skipped:\n\n"
    ours = servers.get(_OURS, {}).get("failures", [])
    return text + table(head, rows, numbers=len(names)) + _failures(ours, reasons)


def _cell(module: dict[str, int] | None) -> str:
    if module is None:
        return ""
    tried = module["passed"] + module["failed"]
    return f"{module['passed']} of {tried}" if tried else "all skipped"


def _total(server: dict[str, Any]) -> str:
    passed = counts.total(server, "passed")
    return f"{passed} of {passed + counts.total(server, 'failed')}"


def _failures(names: Sequence[str], reasons: Mapping[str, str]) -> str:
    if not names:
        return "\nOurs fails none of them.\n"
    rows = [[f"`{name}`", reasons.get(name, "not yet explained")] for name in names]
    return "\nWhat ours fails, and why:\n\n" + table(["test", "why"], rows)
