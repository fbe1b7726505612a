"""Scenarios: what a run is about. One function, one claim.

    @scenario(faults=[may(Partition("client", "server"))], oracles=[no_unhandled_errors])
    async def echo_survives(world: World, *, clients: int = 3) -> None:
        \"\"\"Every request is answered once the partition is over.\"\"\"
        ...
        await world.settle()
        assert ...

The docstring's first line is the claim, the keyword-only parameters are what `--param` sets. The
function runs on a host of its own, `stage`, that no fault reaches.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, get_type_hints

from simulator.errors import Misuse
from simulator.faults.plan import MenuItem
from simulator.oracles.fold import OracleFactory

_REGISTRY: Final[dict[str, "Scenario"]] = {}
_TRUE: Final = {"1", "true", "yes", "on"}
_FALSE: Final = {"0", "false", "no", "off"}


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A claim, the function that shows it, the faults it may meet, and what must hold throughout."""

    name: str
    claim: str
    function: Callable[..., Awaitable[None]]
    menu: tuple[MenuItem, ...] = ()
    oracles: tuple[OracleFactory, ...] = ()
    horizon_s: float = 60.0  # Faults begin within so many seconds of the drive.
    settle_s: float = 600.0  # After healing, nothing may be owed for longer than this.
    defaults: tuple[tuple[str, Any], ...] = ()

    def parameters(self, given: Mapping[str, str | Any]) -> dict[str, Any]:
        """The parameters of a run: the defaults, and what was given, of the right type."""
        known = dict(self.defaults)
        for name in given:
            if name not in known:
                names = ", ".join(known) or "none"
                raise Misuse(f"{self.name} has no parameter {name!r}", hint=f"its parameters: {names}")
        hints = get_type_hints(self.function) if given else {}
        return known | {name: _typed(name, value, hints.get(name, type(known[name]))) for name, value in given.items()}


def scenario(
    *,
    faults: Sequence[MenuItem] = (),
    oracles: Sequence[OracleFactory] = (),
    horizon_s: float = 60.0,
    settle_s: float = 600.0,
    name: str | None = None,
) -> Callable[[Callable[..., Awaitable[None]]], Scenario]:
    """Make a scenario of an async function of a world, and register it under its name."""

    def make(function: Callable[..., Awaitable[None]]) -> Scenario:
        claim = (inspect.getdoc(function) or "").partition("\n")[0]
        found = name or function.__name__.replace("_", "-")
        if not claim:
            raise Misuse(f"scenario {found!r} claims nothing: the first line of its docstring is the claim")
        parameters = [p for p in inspect.signature(function).parameters.values() if p.kind is p.KEYWORD_ONLY]
        lacking = [p.name for p in parameters if p.default is p.empty]
        if lacking:
            raise Misuse(f"parameters of scenario {found!r} need defaults: {', '.join(lacking)}")
        made = Scenario(
            name=found,
            claim=claim,
            function=function,
            menu=tuple(faults),
            oracles=tuple(oracles),
            horizon_s=horizon_s,
            settle_s=settle_s,
            defaults=tuple((p.name, p.default) for p in parameters),
        )
        _REGISTRY[found] = made
        return made

    return make


def registered() -> dict[str, Scenario]:
    """Every scenario that has been imported, by name."""
    return dict(sorted(_REGISTRY.items()))


def _typed(name: str, value: Any, kind: Any) -> Any:
    """A parameter from the command line as the type of its default."""
    if not isinstance(value, str) or kind is str:
        return value
    try:
        if kind is bool:
            if value.lower() in _TRUE | _FALSE:
                return value.lower() in _TRUE
            raise ValueError(value)
        return kind(value)
    except (TypeError, ValueError):
        raise Misuse(f"parameter {name}={value!r} is not a valid {getattr(kind, '__name__', kind)}") from None
