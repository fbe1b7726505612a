"""What every test gets: reproducible examples, and an environment that does not depend on who runs it."""

import os

import hypothesis
import pytest

# The machines that run tests vary in speed, so no example has a deadline. In CI the examples are the same for
# every run of the same code: a failure there belongs to the change, and is searched for at desks.
hypothesis.settings.register_profile("desk", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "desk")


@pytest.fixture(autouse=True)
def _no_colour_and_no_wishes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Text that tests compare is plain, and what a user has set for himself stays outside."""
    monkeypatch.setenv("NO_COLOR", "1")
    for name in list(os.environ):
        if name.startswith("SOUNDSTAGE_"):
            monkeypatch.delenv(name)
