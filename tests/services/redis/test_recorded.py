"""Every command of a data type answers what Redis 7.0.15 answered when the stories were recorded.

So does a real one now.
"""

import pytest

from tests.support.real_redis import ABSENT, RealRedis, installed
from tests.support.redis_answers import OurArm, RealArm
from tests.support.redis_record import STORIES, Line, story, told


def _drawn(line: Line) -> bool:
    """Whether the answer is left to chance."""
    words = line.text.split()
    return words[0] == "SRANDMEMBER" and words[1] != "missing" and words[2:] != ["5"]


def _compare(name: str, resp: int, answers: list[str]) -> None:
    for line, answer in zip(story(name), answers, strict=True):
        if not _drawn(line):
            assert answer == (line.resp2 if resp == 2 else line.resp3), line.text


@pytest.mark.parametrize("resp", [2, 3])
@pytest.mark.parametrize("name", STORIES)
def test_ours_answers_as_recorded(name: str, resp: int) -> None:
    _compare(name, resp, told(OurArm(), name, resp))


@pytest.mark.real
@pytest.mark.skipif(not installed(), reason=ABSENT)
def test_a_real_one_still_does() -> None:
    with RealRedis() as server:
        for name in STORIES:
            for resp in (2, 3):
                real = RealArm(server.port)
                _compare(name, resp, told(real, name, resp))
                real.close()
