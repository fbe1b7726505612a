"""The house stays tidy: every file of the repository keeps the rules that can be checked by looking at it."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[1]

# Past these a file or a function is no longer read, only searched (design: 150 and 30, a smell at 400 and 70).
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70

# A module is named after what it holds; these names hold anything.
GRAB_BAGS = {"base", "common", "helper", "helpers", "manager", "managers", "misc", "shared", "util", "utils"}

# Written in pieces, so that this file does not find itself.
PRIVATE = {
    "a folder of one machine": re.compile("/(?:ro" + r"ot|Users)/[.\w]|/ho" + r"me/\w+/\.|/tmp/(?:venv|br" + r"ief)"),
    "a private key": re.compile("-----BEGIN [A-Z ]*PRIV" + "ATE KEY-----"),
    "an access key": re.compile(
        r"\b(?:AKIA|ASIA)(?!IOSFODNN7EXAMPLE)[0-9A-Z]{16}\b|\bgh[pousr]_\w{30,}|\bxox[abp]-\w{10}"
    ),
}

# What decides does not act: modules of these names, in these places, may import neither the loop nor the world.
SANS_IO_NAMES = {"machine", "model"}
SANS_IO_PLACES = ("pipelines.", "simulator.services.")
DOORS = {"anyio", "asyncio", "selectors", "simulator.kernel", "simulator.world", "socket", "subprocess", "threading"}


@cache
def tracked() -> tuple[Path, ...]:
    """Every file of the repository, or of the tree when it is no repository (an unpacked archive)."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        names = [Path(name) for name in listed.stdout.split("\0") if name]
    else:
        names = [path.relative_to(ROOT) for path in ROOT.rglob("*") if not re.search(r"/\.|__pycache__", str(path))]
    return tuple(name for name in sorted(names) if (ROOT / name).is_file())


def python_files(*tops: str) -> list[Path]:
    return [name for name in tracked() if name.suffix == ".py" and (not tops or name.parts[0] in tops)]


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("name", python_files(), ids=str)
def test_a_python_file_is_short_says_what_it_is_and_has_short_functions(name: Path) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    tree = ast.parse(text)

    lines = text.count("\n")
    assert lines <= FILE_LINES_MAX, f"{name} has {lines} lines, more than {FILE_LINES_MAX}: split it by what it holds"
    assert ast.get_docstring(tree), f"{name} has no docstring: its first line says what the module is"
    for function in functions(tree):
        length = (function.end_lineno or 0) - function.lineno + 1
        assert length <= FUNCTION_LINES_MAX, f"{name}:{function.lineno} {function.name} has {length} lines"


def test_no_module_is_a_grab_bag() -> None:
    found = [
        str(name)
        for name in python_files("simulator", "pipelines", "benchmarks")
        if GRAB_BAGS & {part.removesuffix(".py") for part in name.parts}
        # The one shared place of the pipelines is foreseen by the architecture, and small.
        and name.parts[:2] != ("pipelines", "common")
    ]

    assert not found, f"named after nothing in particular: {found}"


def test_no_file_names_a_machine_or_holds_a_secret() -> None:
    found = []
    for name in tracked():
        try:
            text = (ROOT / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{name}: {what}: {hit[0]}" for what, pattern in PRIVATE.items() if (hit := pattern.search(text))]

    assert not found, "\n".join(found)


def test_every_script_can_be_executed() -> None:
    scripts = [name for name in tracked() if name.parts[0] in {"scripts", ".ci"} and not name.suffix]

    assert scripts
    assert [name for name in scripts if not (ROOT / name).stat().st_mode & 0o100] == []


def test_decisions_are_numbered_without_gaps() -> None:
    pages = [name.name for name in tracked() if name.parts[:2] == ("docs", "decisions")]
    numbers = [page[:4] for page in pages if page[0].isdigit()]

    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]


def test_modules_that_decide_open_no_door() -> None:
    graph = grimp.build_graph("simulator", "pipelines", include_external_packages=True, cache_dir=None)

    modules = [name for name in graph.modules if name.rpartition(".")[2] in SANS_IO_NAMES]
    deciders = sorted(name for name in modules if name.startswith(SANS_IO_PLACES))

    assert {name.rpartition(".")[2] for name in deciders} == SANS_IO_NAMES
    for module in deciders:
        imported = graph.find_upstream_modules(module) | graph.find_modules_directly_imported_by(module)
        doors = {name for name in imported if any(name == door or name.startswith(f"{door}.") for door in DOORS)}
        assert not doors, f"{module} only decides, but imports {sorted(doors)}"


@pytest.mark.acceptance
@pytest.mark.parametrize("name", python_files("simulator", "pipelines"), ids=str)
def test_every_module_imports_on_this_python(name: Path) -> None:
    if name.name == "__main__.py":
        pytest.skip("importing it would run it")
    parts = name.with_suffix("").parts

    module = import_module(".".join(parts[:-1] if parts[-1] == "__init__" else parts))

    assert module.__name__ in sys.modules
