"""The public names are few, documented, and what the package's example says is true."""

import doctest
import inspect
import subprocess
import sys

import pytest

import simulator


def test_the_example_of_the_package_runs() -> None:
    failed, tried = doctest.testmod(simulator)

    assert (failed, tried > 10) == (0, True)


@pytest.mark.parametrize("name", simulator.__all__)
def test_each_public_name_exists_and_says_what_it_is(name: str) -> None:
    assert inspect.getdoc(getattr(simulator, name))


def test_a_name_that_is_not_there_is_missing_in_the_usual_words() -> None:
    with pytest.raises(AttributeError, match="module 'simulator' has no attribute 'nothing'"):
        simulator.nothing  # noqa: B018


def test_importing_the_package_imports_nothing_of_it() -> None:
    code = "import sys, simulator; print([name for name in sys.modules if name.startswith('simulator.')])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_a_script_that_simulates_keeps_its_own_names() -> None:
    code = "from simulator import simulate\nMARK = 1\nasync def program(): return MARK\n"

    done = subprocess.run(
        [sys.executable, "-c", code + "print(simulate(program).value, simulate(program).value, MARK)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert done.stdout == "1 1 1\n"
