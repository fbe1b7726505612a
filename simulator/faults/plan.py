"""The plan: which faults strike when. A pure function of the choices and the menu, printed before the run.

Drawn the swarm way: each seed first draws which items of the menu are on at all, then how often and when
each strikes. Zero is the tamest answer everywhere, and all zeros are no faults.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from simulator.errors import Misuse
from simulator.faults.fault import Fault
from simulator.faults.words import fault_data
from simulator.kernel.choices import Choices

_NS: Final = 10**9
TIMES_MAX: Final = 100
_RAREST: Final = 16


@dataclass(frozen=True, kw_only=True)
class MenuItem:
    """A fault that may strike, how often at most, and how long it lasts."""

    faults: tuple[Fault, ...]  # One of these each time.
    times_max: int = 1
    lasts_s: tuple[float, float] = (0.1, 10.0)

    def __post_init__(self) -> None:
        if not self.faults or not 0 < self.times_max <= TIMES_MAX:
            raise Misuse(f"a menu item needs a fault and 1 to {TIMES_MAX} times; found {self!r}")
        if not 0 <= self.lasts_s[0] <= self.lasts_s[1]:
            raise Misuse(f"lasts_s is (shortest, longest); found {self.lasts_s!r}")


@dataclass(frozen=True)
class TimedFault:
    """A fault, when it begins after the drive has begun, and how long it lasts."""

    at_ns: int
    lasts_ns: int
    fault: Fault

    def __str__(self) -> str:
        return f"{self.at_ns / _NS:9.3f} s  {self.fault}, for {self.lasts_ns / _NS:.3f} s"


@dataclass(frozen=True)
class Plan:
    """The faults of one run in the order in which they begin."""

    faults: tuple[TimedFault, ...] = ()

    def __str__(self) -> str:
        return "\n".join(map(str, self.faults)) or "no faults"

    def as_data(self) -> list[dict[str, Any]]:
        """What goes into a trace's header; `written.plan_from` reads it back."""
        return [{"at_ns": one.at_ns, "lasts_ns": one.lasts_ns} | fault_data(one.fault) for one in self.faults]


def may(*faults: Fault, times_max: int = 1, lasts_s: tuple[float, float] = (0.1, 10.0)) -> MenuItem:
    """A menu item: one of these faults may strike up to `times_max` times."""
    return MenuItem(faults=faults, times_max=times_max, lasts_s=lasts_s)


def plan(choices: Choices, menu: Sequence[MenuItem], *, horizon_s: float, sparse: bool = False) -> Plan:
    """Draw a plan over the first `horizon_s` seconds of the drive.

    Of a `sparse` one each seed also draws how rare its faults are: a long menu would strike all the time otherwise.
    """
    one_in = 2
    if sparse and menu:
        one_in = _RAREST >> choices.draw(_RAREST.bit_length() - 1, stream="plan", site="menu", label="how many")
    drawn = [fault for number, item in enumerate(menu) for fault in _draw(choices, number, item, horizon_s, one_in)]
    return Plan(tuple(sorted(drawn, key=lambda fault: fault.at_ns)))


def _draw(choices: Choices, number: int, item: MenuItem, horizon_s: float, one_in: int) -> Iterable[TimedFault]:
    def draw(bound: int, label: str) -> int:
        return choices.draw(bound, stream="plan", site=f"item {number}", label=label)

    if draw(one_in, "on") != one_in - 1:
        return
    shortest, longest = item.lasts_s
    for _ in range(draw(item.times_max + 1, "times")):
        fault = item.faults[draw(len(item.faults), "which")]
        at_ns = draw(max(round(horizon_s * _NS), 1), "at")
        lasts_ns = round(shortest * _NS) + draw(round((longest - shortest) * _NS) + 1, "lasts")
        yield TimedFault(at_ns, lasts_ns, fault)
