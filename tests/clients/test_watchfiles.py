"""Unmodified watchfiles tells each host of its own disk alone."""

from simulator import run
from tests.support.noted import noted
from tests.support.stories.folders import folders


def test_a_watcher_sees_its_own_hosts_disk() -> None:
    found = run(folders, seed=3)

    assert found.outcome.passed, found.outcome.message
    assert _paths(noted(found, "left")) == ["/media/a.mp4", "/media/a.copy", "/media/b.mp4", "/media/b.copy"]
    assert _paths(noted(found, "right")) == ["/media/c.mp4"]


def _paths(told: list[tuple[str, dict[str, str]]]) -> list[str]:
    """The files in the order in which they were first seen."""
    return list(dict.fromkeys(data["path"] for what, data in told if what == "seen"))
