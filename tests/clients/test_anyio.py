"""Unmodified anyio: task groups, cancel scopes, worker threads and TCP work in virtual time."""

from simulator import run
from tests.support.noted import noted
from tests.support.stories.groups import groups


def test_anyio_ends_tasks_with_their_group_and_speaks_tcp() -> None:
    found = run(groups, seed=3)
    told = noted(found, "client")

    assert found.outcome.passed, found.outcome.message
    assert sorted(data["number"] for what, data in told if what == "counted") == [1, 10, 100]
    assert all(int(data["answer"]) == data["number"] for what, data in told if what == "counted")
    # In which order a group cancels its tasks is not promised.
    assert sorted(data["who"] for what, data in told if what == "cancelled") == ["alone", "first", "second"]
    assert [entry for entry in told if entry[0] not in ("counted", "cancelled")] == [
        ("moved on", {"caught": True}),
        ("failed", {"errors": ["on purpose"]}),
        ("streamed", {"seen": [0, 1, 2, 3, 4]}),
    ]
