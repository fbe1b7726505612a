"""The catalogue: one file, one claim. Each also teaches how a world is set up and what can go wrong in it.

python -m simulator list
python -m simulator run lease-under-pause --seeds 100
"""

import importlib
import pkgutil

from simulator.harness.scenario import Scenario, registered


def catalogue() -> dict[str, Scenario]:
    """Every scenario of this package, by name; importing each file registers what it holds."""
    for found in pkgutil.walk_packages(__path__, f"{__name__}."):
        importlib.import_module(found.name)
    return {name: one for name, one in registered().items() if one.function.__module__.startswith(f"{__name__}.")}
