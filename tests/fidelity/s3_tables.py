"""S3 on the fidelity page: from the table that the model dispatches by, its errors, settings and personalities."""

from typing import Final

from msgspec import structs

from simulator.services.s3.errors import ERRORS
from simulator.services.s3.operations import OPERATIONS, REFUSED_HEADERS
from simulator.services.s3.settings import PERSONALITIES, Settings
from tests.contract.s3.arms import NAMES
from tests.contract.s3.deviations import SWIFT
from tests.fidelity import counts
from tests.fidelity.known import S3API
from tests.fidelity.suites import section
from tests.fidelity.tables import table, words

_LIMITS: Final = ("_max", "_min", "_ns")

_INTRODUCTION: Final = """\
## S3

What is not covered is refused: 501 `NotImplemented`, and the message names the operation, header or parameter. Nothing
is accepted that has no effect. Signatures are checked: version 4 in headers, links, chunks and trailers, version 2 in
headers and links. All credentials of one server belong to one account. [More about it](reference/s3.md).
"""

_SUITE: Final = """\
`test/s3api` of OpenStack Swift 2.38.3, played by `scripts/peer-s3`; 208 of its tests sign as version 2 did. What needs
two accounts or TLS is skipped for all."""


def s3() -> str:
    """Everything about S3."""
    suite = section(counts.S3API, "Swift's own S3 tests", _SUITE, S3API)
    parts = [_INTRODUCTION, suite, _contract(), _covered(), _refused(), _errors(), _limits(), _personalities()]
    return "\n".join(part for part in parts if part)


def _contract() -> str:
    rows = [[name, f"`{value}`"] for name, value in SWIFT.items()]
    return (
        f"### The contract\n\n{len(NAMES)} stories of what AWS answers, in `tests/contract/s3/`, are told to our S3, in"
        " simulation and over\nsockets, and to OpenStack Swift 2.38.3. Ours keeps them all; Swift keeps most, and where"
        " it is known not to, its own\nanswer is demanded.\n\n"
        f"<details><summary>{len(SWIFT)} observations of Swift</summary>\n\n{table(['observation', 'Swift'], rows)}\n"
        "</details>\n"
    )


def _covered() -> str:
    rows = []
    for operation in OPERATIONS.values():
        if operation.verdict == "covered":
            headers = [name.removeprefix("x-amz-") for name in operation.headers]
            headers += ["meta-*"] if operation.metadata else []
            rows.append([operation.name, words(operation.parameters), words(headers), operation.note or "covered"])
    deviating = sum(row[3] != "covered" for row in rows)
    text = (
        f"### Operations covered\n\n{len(rows)} operations, {deviating} of them with a restriction that is named."
        " Conditional headers, `range` and those that\ndescribe a body are standard and not listed.\n\n"
    )
    return text + table(["operation", "parameters", "x-amz- headers", "how far"], rows)


def _refused() -> str:
    names = [operation.name for operation in OPERATIONS.values() if operation.verdict == "refused"]
    rows = [[f"`{header}{'*' if header.endswith('-') else ''}`", what] for header, what in REFUSED_HEADERS.items()]
    text = f"### Operations refused\n\n{len(names)} operations are known by name and refused: {', '.join(names)}.\n\n"
    return text + "Headers that are refused wherever they appear:\n\n" + table(["header", "asks for"], rows)


def _errors() -> str:
    rows = [[f"`{code}`", str(status)] for code, (status, _) in ERRORS.items()]
    return f"### Errors\n\n{len(rows)} codes, with AWS's status, words and XML.\n\n" + table(
        ["code", "status"], rows, numbers=1
    )


def _limits() -> str:
    usual = structs.asdict(Settings())
    rows = [[f"`{name}`", f"{value:,}"] for name, value in usual.items() if name.endswith(_LIMITS)]
    return "### Limits\n\nEach is a setting.\n\n" + table(["setting", "usually"], rows, numbers=1)


def _personalities() -> str:
    aws, rows = structs.asdict(PERSONALITIES["aws"]), []
    for name, personality in PERSONALITIES.items():
        changed = [f"`{key}={value}`" for key, value in structs.asdict(personality).items() if value != aws[key]]
        rows.append([name, " ".join(text for text in changed if not text.startswith("`name="))])
    text = "### Personalities\n\nKnown deviations of real servers, to be switched on (`--personality NAME`).\n\n"
    return text + table(["personality", "otherwise than AWS"], rows)
