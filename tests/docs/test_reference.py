"""What the reference pages say of options, limits, exit codes and faults is what the code says."""

import argparse
import dataclasses
import inspect
import re
from collections.abc import Iterator

import pytest

from simulator import faults, oracles
from simulator.cli.grammar import parser
from simulator.explore.perturbed import PERTURBATIONS
from simulator.faults import MenuItem, Plan, TimedFault
from simulator.harness.outcome import EXIT_CODES
from simulator.kernel.limits import Limits
from simulator.oracles import generic
from tests.support.pages import ROOT


def page(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def commands() -> dict[str, argparse.ArgumentParser]:
    (found,) = [action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)]
    return dict(found.choices)


def options() -> Iterator[tuple[str, str]]:
    for name, command in commands().items():
        for action in command._actions:
            for option in action.option_strings:
                if option.startswith("--") and option != "--help" and action.help != argparse.SUPPRESS:
                    yield name, option


@pytest.mark.parametrize(("command", "option"), list(options()))
def test_every_option_is_on_the_page_of_the_command_line(command: str, option: str) -> None:
    text = page("docs/reference/cli.md")

    assert f"`{command}" in text
    assert re.search(rf"`{option}\b", text), f"{option} of {command} is not documented"


def test_every_option_on_the_page_exists() -> None:
    known = {option for _, option in options()} | {"--version", "--help"}
    told = set(re.findall(r"`(--[a-z0-9-]+)", page("docs/reference/cli.md")))

    assert told - known == set()


def test_every_limit_is_listed() -> None:
    text = page("docs/reference/cli.md")

    assert [field.name for field in dataclasses.fields(Limits) if f"| `{field.name}` |" not in text] == []


@pytest.mark.parametrize("path", ["docs/reference/cli.md", "README.md"])
def test_every_exit_code_is_listed_with_its_meaning(path: str) -> None:
    text = page(path)

    assert [code for status, code in EXIT_CODES.items() if not re.search(rf"\| {code} \|.*{status}", text)] == []


@pytest.mark.parametrize("path", ["docs/reference/cli.md", "docs/guide/check.md"])
def test_every_perturbation_is_named(path: str) -> None:
    text = page(path)

    assert [name for name in PERTURBATIONS if f"`{name}`" not in text] == []


def is_fault(value: object) -> bool:
    return isinstance(value, type) and dataclasses.is_dataclass(value) and value not in (MenuItem, Plan, TimedFault)


def signature(fault: type) -> str:
    """A fault as the table writes it: its fields, with their defaults."""
    fields = inspect.signature(fault).parameters.values()
    told = (field.name if field.default is field.empty else f"{field.name}={field.default!r}" for field in fields)
    return f"`{fault.__name__}({', '.join(told)})`"


def test_the_table_of_faults_is_the_vocabulary() -> None:
    exported = [getattr(faults, name) for name in faults.__all__]
    expected = [signature(fault) for fault in exported if is_fault(fault)]
    told = re.findall(r"^\| (`[A-Z]\w+\(.*?\)`) \|", page("docs/guide/faults.md"), re.MULTILINE)

    assert sorted(told) == sorted(expected)


def test_every_ready_made_oracle_is_listed() -> None:
    made = inspect.getmembers(oracles, lambda value: getattr(value, "__module__", "") == generic.__name__)
    text = page("docs/guide/scenarios.md")

    assert [name for name, _ in made if f"oracles.{name}" not in text] == []
