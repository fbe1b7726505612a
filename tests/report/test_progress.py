"""Progress shows virtual time on a terminal, and nothing anywhere else."""

import io

import pytest

from simulator.kernel.choices import Choices
from simulator.kernel.engine import Engine
from simulator.report import progress
from simulator.report.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def an_engine() -> Engine:
    engine = Engine(choices=Choices.from_seed(1))
    engine.now_ns = 90_000_000_000
    return engine


def test_a_terminal_follows_virtual_time_and_is_left_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_QUIET_S", 0.0)
    terminal = Terminal()
    shown = Progress(terminal, name="ticks 3")

    look = shown.watch(an_engine())
    assert look is not None
    look()
    shown.close()

    assert "ticks 3  virtual 1m30s" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_a_short_run_shows_nothing() -> None:
    terminal = Terminal()
    shown = Progress(terminal)

    look = shown.watch(an_engine())
    assert look is not None
    look()
    shown.close()

    assert terminal.getvalue() == ""


def test_what_is_no_terminal_gets_nothing() -> None:
    assert Progress(io.StringIO()).watch(an_engine()) is None
