"""A worker that is killed again and again, while files grow under it, loses none of them."""

import pytest

from tests.soak.soak import Plan, soak


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_nothing_is_lost_under_kills(workers: int) -> None:
    report = soak(Plan(files=4, minutes=0.35, kill_every_s=4.0, workers=workers, seed=workers))

    assert report.losses == ()
    assert (report.uploads_left, report.failed) == (0, 0), report.words()
    assert report.streams >= 4
    assert report.kills >= 1
