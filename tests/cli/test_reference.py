"""The reference page names every command, option, limit and exit code that there is."""

import argparse
import dataclasses
from pathlib import Path

import pytest

from simulator.cli.grammar import parser
from simulator.explore.perturbed import PERTURBATIONS
from simulator.harness.outcome import EXIT_CODES
from simulator.harness.program import MOUNTS
from simulator.kernel.limits import Limits

DOCS = Path(__file__).parent.parent.parent / "docs"
PAGE = (DOCS / "reference" / "cli.md").read_text()


def commands() -> dict[str, argparse.ArgumentParser]:
    (actions,) = [action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)]
    return dict(actions.choices)


@pytest.mark.parametrize("name", commands())
def test_every_command_and_option_is_told(name: str) -> None:
    actions = [action for action in commands()[name]._actions if action.help is not argparse.SUPPRESS]
    options = [option for action in actions for option in action.option_strings if option not in ("-h", "--help")]

    assert f"`{name}" in PAGE
    assert not [option for option in options if f"`{option}" not in PAGE]


def test_every_limit_is_told() -> None:
    assert not [field.name for field in dataclasses.fields(Limits) if f"| `{field.name}` |" not in PAGE]


def test_every_exit_code_is_told() -> None:
    assert not [status for status, code in EXIT_CODES.items() if f"| {code} | {status} |" not in PAGE]


def test_every_perturbation_and_default_disk_is_told() -> None:
    check, execute = (DOCS / "guide" / "check.md").read_text(), (DOCS / "guide" / "exec.md").read_text()

    assert not [name for name in PERTURBATIONS if f"| `{name}` |" not in check]
    assert not [path for path in MOUNTS if f"`{path}`" not in execute]
