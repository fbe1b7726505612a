"""Find: a scenario by the words that name it.

echo-under-partition       one of the catalogue
tests/broken.py            the only scenario of a file
tests/broken.py:lost_ack   one of several, by its own name or its function's
shop.scenarios:lost_ack    the same in a module
"""

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterable
from types import ModuleType
from typing import Final

from simulator.cli import options
from simulator.errors import Misuse, SoundstageError
from simulator.harness.scenario import Scenario
from simulator.harness.session import error_text
from simulator.scenarios import catalogue

DEFAULT: Final = "recordings-survive"
"""What `run` plays when it is not told what."""

DEFAULT_SEED: Final = 2171
"""With which seed it plays that: the worker is killed thrice, Redis once, S3 throttles, answers of both are lost."""


def find(spec: str) -> Scenario:
    """The scenario that `spec` names; what cannot be found is answered with what is near."""
    place, _, name = spec.partition(":")
    if place.endswith(".py"):
        return _pick(_load_file(place), name, place)
    known = catalogue()
    if spec in known:
        return known[spec]
    if ":" in spec or "." in spec:
        return _pick(_load_module(place), name, place)
    if os.path.exists(f"{spec}.py"):
        raise Misuse(f"there is no scenario {spec!r}", hint=f"for the file, say {spec}.py")
    return options.unknown("scenario", spec, known)


def is_catalogued(scenario: Scenario) -> bool:
    """Whether its name alone finds it again."""
    return catalogue().get(scenario.name) is scenario


def is_program(subject: str) -> bool:
    """Whether a file is a plain program and holds no scenario; it is read, not run, to find out."""
    if not subject.endswith(".py"):
        return False
    if not os.path.isfile(subject):
        raise Misuse(f"there is no file {subject}", hint="is the path right?")
    with open(subject, encoding="utf-8", errors="replace") as file:
        return not any(line.lstrip().startswith("@scenario") for line in file)


def _load_file(path: str) -> ModuleType:
    if not os.path.isfile(path):
        raise Misuse(f"there is no file {path}", hint="name a Python file that holds a scenario")
    spec = importlib.util.spec_from_file_location(f"_scenario_{os.path.basename(path)[:-3]}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    folder = os.path.dirname(os.path.abspath(path))
    if folder not in sys.path:
        sys.path.insert(0, folder)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except SoundstageError:
        raise
    except Exception as error:
        raise Misuse(f"{path} cannot be imported: {error_text(error)}") from None
    return module


def _load_module(name: str) -> ModuleType:
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        return importlib.import_module(name)
    except SoundstageError:
        raise
    except ModuleNotFoundError as error:
        raise Misuse(f"there is no module {error.name or name}", hint="`list` shows the scenarios there are") from None
    except Exception as error:
        raise Misuse(f"{name} cannot be imported: {error_text(error)}") from None


def _pick(module: ModuleType, name: str, place: str) -> Scenario:
    found = [value for value in vars(module).values() if isinstance(value, Scenario)]
    own = [one for one in found if one.function.__module__ == module.__name__] or found
    if not own:
        raise Misuse(f"{place} holds no scenario", hint="make one: @scenario() above an async function of a world")
    if name:
        named = [one for one in own if name in _names(one)]
        if not named:
            options.unknown("scenario", name, _all_names(own))
        return named[0]
    if len(own) > 1:
        raise Misuse(f"{place} holds {len(own)} scenarios", hint=f"name one: {place}:{own[0].name}")
    return own[0]


def _names(scenario: Scenario) -> tuple[str, str]:
    return scenario.name, scenario.function.__name__


def _all_names(scenarios: Iterable[Scenario]) -> list[str]:
    return [scenario.name for scenario in scenarios]
