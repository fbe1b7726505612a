"""Unmodified ffmpeg-python starts the ffprobe of the host on which it runs, and of no other."""

from simulator import run
from tests.support.noted import noted
from tests.support.stories.films import films


def test_a_film_is_probed_by_the_program_of_its_host() -> None:
    found = run(films, seed=3)

    assert found.outcome.passed, found.outcome.message
    complaint = "/media/empty.mp4: Invalid data found when processing input"
    assert noted(found, "with") == [("probed", {"both": ["1000", complaint], "about_s": 2})]
    assert noted(found, "without") == []
