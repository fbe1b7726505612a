"""docs/fidelity.md: what the simulated services cover, from the tables they work by and the counts of peers' suites."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec import structs

from simulator.services.s3.errors import ERRORS
from simulator.services.s3.operations import OPERATIONS, REFUSED_HEADERS, Operation
from simulator.services.s3.settings import PERSONALITIES, Settings
from tests.contract.s3.arms import STORIES
from tests.contract.s3.contract import name_of
from tests.contract.s3.deviations import SWIFT
from tests.fidelity import counts
from tests.fidelity.known import S3API

PAGE: Final = Path(__file__).parents[2] / "docs/fidelity.md"
_OURS: Final = "soundstage"
_LIMITS: Final = ("_max", "_min", "_ns")

_INTRODUCTION: Final = """\
# Fidelity

How far the simulated services are to be believed. Written by `scripts/peer-s3 --page` from the tables that the services
work by and from counts that `scripts/peer-s3 --write` recorded; do not edit.
"""

_S3: Final = """\
## S3

What is not covered is refused: 501 `NotImplemented`, and the message names the operation, header or parameter. Nothing
is accepted that has no effect. Signatures are checked: version 4 in headers, links, chunks and trailers, version 2 in
headers and links. All credentials of one server belong to one account.
"""


def page() -> str:
    """The whole page, as Markdown."""
    parts = [_INTRODUCTION, _S3, _peers(), _contract(), _covered(), _refused(), _errors(), _limits(), _personalities()]
    return "\n".join(part.rstrip() + "\n" for part in parts if part)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: int = 0) -> str:
    """A table, whose last `numbers` columns are numbers."""
    marks = ["---"] * (len(head) - numbers) + ["---:"] * numbers
    return "".join(f"| {' | '.join(line)} |\n" for line in (head, marks, *rows))


def _words(words: Iterable[str]) -> str:
    return " ".join(f"`{word}`" for word in sorted(words))


def _covered() -> str:
    rows = []
    for operation in OPERATIONS.values():
        if operation.verdict == "covered":
            headers = [name.removeprefix("x-amz-") for name in operation.headers]
            headers += ["meta-*"] if operation.metadata else []
            rows.append([operation.name, _words(operation.parameters), _words(headers), operation.note or "covered"])
    deviating = sum(row[3] != "covered" for row in rows)
    head = (
        f"### Operations covered\n\n{len(rows)} operations, {deviating} of them with a restriction that is named."
        " Conditional headers, `range` and those that describe a body are standard and not listed.\n\n"
    )
    return head + _table(["operation", "parameters", "x-amz- headers", "how far"], rows)


def _refused() -> str:
    names = [each.name for each in OPERATIONS.values() if _is_refused(each)]
    rows = [[f"`{header}{'*' if header.endswith('-') else ''}`", what] for header, what in REFUSED_HEADERS.items()]
    text = f"### Operations refused\n\n{len(names)} operations are known by name and refused: {', '.join(names)}.\n\n"
    return text + "Headers that are refused wherever they appear:\n\n" + _table(["header", "asks for"], rows)


def _is_refused(operation: Operation) -> bool:
    return operation.verdict == "refused"


def _errors() -> str:
    rows = [[f"`{code}`", str(status)] for code, (status, _) in ERRORS.items()]
    return f"### Errors\n\n{len(rows)} codes, with AWS's status, words and XML.\n\n" + _table(
        ["code", "status"], rows, numbers=1
    )


def _limits() -> str:
    usual, rows = Settings(), []
    for field in structs.fields(Settings):
        value = getattr(usual, field.name)
        if field.name.endswith(_LIMITS):
            rows.append([f"`{field.name}`", f"{value:,}"])
    return "### Limits\n\nEach is a setting.\n\n" + _table(["setting", "usually"], rows, numbers=1)


def _personalities() -> str:
    aws, rows = structs.asdict(PERSONALITIES["aws"]), []
    for name, personality in PERSONALITIES.items():
        changed = [f"`{key}={value}`" for key, value in structs.asdict(personality).items() if value != aws[key]]
        rows.append([name, " ".join(text for text in changed if not text.startswith("`name="))])
    text = "### Personalities\n\nKnown deviations of real servers, to be switched on (`--personality NAME`).\n\n"
    return text + _table(["personality", "otherwise than AWS"], rows)


def _contract() -> str:
    observed = "\n".join(f"- {name}: `{value}`" for name, value in SWIFT.items())
    return (
        f"### The contract\n\n{len(STORIES)} stories of what AWS answers (`tests/contract/s3/`: {_stories()}) are"
        " told to our S3, in simulation and over sockets, and to OpenStack Swift 2.38.3. Ours keeps them all; Swift"
        " keeps most, and where it is known not to, its own answer is demanded:\n\n<details><summary>"
        f"{len(SWIFT)} observations</summary>\n\n{observed}\n\n</details>\n"
    )


def _stories() -> str:
    return ", ".join(name_of(story) for story in STORIES)


def _peers() -> str:
    """Swift's suite: every server that it was played against, by module, and what ours fails."""
    found = counts.read()
    if not found:
        return ""
    servers: dict[str, Any] = found["servers"]
    names = sorted(servers, key=lambda name: (name != _OURS, -counts.total(servers[name], "passed")))
    modules = sorted({module for server in servers.values() for module in server["modules"]})
    rows = [[module, *(_cell(servers[name]["modules"].get(module)) for name in names)] for module in modules]
    rows.append(["**all**", *(f"**{_total(servers[name])}**" for name in names)])
    head = ["module", *(servers[name]["title"] for name in names)]
    text = (
        f"### Swift's own S3 tests\n\n`test/s3api` of {found['suite']}, played by `scripts/peer-s3` (208 of them sign"
        " as version 2 did). What needs two accounts or TLS is skipped for all. Passed of those not skipped:\n\n"
    )
    return text + _table(head, rows, numbers=len(names)) + _failures(servers.get(_OURS, {}).get("failures", []))


def _cell(module: dict[str, int] | None) -> str:
    return f"{module['passed']} of {module['passed'] + module['failed']}" if module else ""


def _total(server: dict[str, Any]) -> str:
    passed = counts.total(server, "passed")
    return f"{passed} of {passed + counts.total(server, 'failed')}"


def _failures(names: Sequence[str]) -> str:
    if not names:
        return "\nOurs fails none of them.\n"
    rows = [[f"`{name}`", S3API.get(name, "not yet explained")] for name in names]
    return "\nWhat ours fails, and why:\n\n" + _table(["test", "why"], rows)
