"""CPython's own asyncio test suite, test by test, each in a simulation of its own.

The tests are the machine's (`test.test_asyncio`), unmodified. That some do not apply is said in `exclusions`.
"""

import sys
import unittest
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, Literal

from tests.cpython.stage import Performance, perform

MODULES: Final = (
    "base_events", "buffered_proto", "context", "eager_task_factory", "events", "futures", "futures2", "locks",
    "pep492", "protocols", "queues", "runners", "sendfile", "server", "sock_lowlevel", "ssl", "sslproto", "staggered",
    "streams", "subprocess", "taskgroups", "tasks", "threads", "timeouts", "transports", "unix_events", "waitfor",
)  # fmt: skip
"""Of `test.test_asyncio`. Left out: what tests another loop from inside, with mocks for its selector or proactor
(`selector_events`, `proactor_events`), and what is of another system (`windows_events`, `windows_utils`)."""

Verdict = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True)
class Told:
    """What became of one test."""

    name: str  # MODULE.CLASS.TEST
    verdict: Verdict
    why: str = ""
    digest: str = ""


@dataclass
class Gathered(unittest.TestResult):
    """Collects what unittest says of one test."""

    complaints: list[str] = field(default_factory=list)
    skips: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def addError(self, test: Any, err: Any) -> None:
        self.complaints.append(self._exc_info_to_string(err, test))  # type: ignore[attr-defined]

    addFailure = addError

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:
        if err is not None:
            self.addError(test, err)

    def addSkip(self, test: Any, reason: str) -> None:
        self.skips.append(reason)

    def addUnexpectedSuccess(self, test: Any) -> None:
        self.complaints.append("unexpected success")


def available() -> bool:
    """Whether this Python has its test suite; Debian's needs libpython3-testsuite."""
    try:
        return find_spec("test.test_asyncio") is not None
    except ModuleNotFoundError:
        return False


def modules() -> list[str]:
    """The modules of the suite that this Python has and that apply."""
    return [name for name in MODULES if find_spec(f"test.test_asyncio.test_{name}") is not None]


def tests_of(module: str) -> list[unittest.TestCase]:
    """The tests of one module, which is imported by a simulated program, as under `exec`."""
    found: list[unittest.TestCase] = []
    broken: list[str] = []

    def load() -> None:
        try:
            imported = import_module(f"test.test_asyncio.test_{module}")
        except unittest.SkipTest as skip:
            broken.append(str(skip))
            return
        found.extend(_cases(unittest.defaultTestLoader.loadTestsFromModule(imported)))

    performance = perform(load, name="load")
    if broken or not performance.outcome.passed:
        raise RuntimeError(f"test_{module} cannot be imported: {broken} {performance.outcome} {performance.output}")
    return found


def name_of(test: unittest.TestCase) -> str:
    """MODULE.CLASS.TEST, without what all of them begin with."""
    return test.id().removeprefix("test.test_asyncio.test_")


def play(test: unittest.TestCase) -> Told:
    """Run one test, with the fixtures of its class and module, as the only program of a world."""
    test = type(test)(test._testMethodName)  # It keeps state, and may be played before and after.
    result = Gathered()

    def main() -> None:
        unittest.TestSuite([test]).run(result)

    performance = perform(main, name="test")
    name = name_of(test)
    if result.complaints or not performance.outcome.passed:
        return Told(name, "failed", _why(result, performance), performance.digest)
    if result.skips:
        return Told(name, "skipped", result.skips[0], performance.digest)
    return Told(name, "passed", "", performance.digest)


def _why(result: Gathered, performance: Performance) -> str:
    told = [] if performance.outcome.passed else [str(performance.outcome)]
    return "\n".join([*told, *result.complaints, performance.output])


def _cases(suite: Any) -> Iterator[unittest.TestCase]:
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from _cases(item)
        else:
            yield item


def python() -> str:
    return ".".join(map(str, sys.version_info[:3]))
