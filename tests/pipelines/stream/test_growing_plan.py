"""A file that would be more than 10,000 parts of the first size is far fewer: parts grow by steps while it grows.

The first size is tiny here: some hundred kilobytes are to it what a hundred gigabytes are to 8 MiB. Parts are sent
while the file grows over three steps of the plan, the worker dies on the way, and the next one finds all of them.
"""

import asyncio

import pytest

from pipelines.stream.plan import PARTS_MAX, PartPlan
from tests.support.stories.stream_world import Board, Site, policy, told

pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored in. <coroutine object AbstractConnection.disconnect")

PLAN = PartPlan(40)
PARTS = 3_400
SIZE = PLAN.offset(PARTS) + 1
DATA = b"".join(number.to_bytes(4, "big") for number in range(SIZE // 4 + 1))[:SIZE]


async def story(site: Site) -> None:
    for start in range(0, SIZE, SIZE // 5):
        await site.write("lobby.mp4", DATA[start : start + SIZE // 5])
        await asyncio.sleep(4)


@pytest.mark.slow
def test_a_file_of_more_than_ten_thousand_first_sizes_is_uploaded_whole_after_a_death_on_the_way() -> None:
    assert PARTS_MAX * PLAN.base_bytes < SIZE

    seen = told(story, board=Board(policy=policy(part_base_bytes=PLAN.base_bytes), die_at=5_000))

    assert seen.board.deaths[0] in {"upload_part", "rec_part"}
    assert list(seen.site.objects.values()) == [DATA]
    (version,) = [versions[-1] for versions in seen.site.s3.store.buckets["films"].versions.values()]
    assert [part.size for part in version.parts] == [PLAN.size(n) for n in range(1, PARTS)] + [1]
    assert seen.calls("UploadPart") <= PARTS + 4, "parts that were there are not sent again"
    assert seen.calls("ListParts") >= 4


def test_a_file_that_not_even_ten_thousand_parts_hold_fails_and_says_so() -> None:
    plan = PartPlan(1)

    async def too_large(site: Site) -> None:
        await site.write("lobby.mp4", bytes(plan.bytes_max + 1))

    seen = told(too_large, board=Board(policy=policy(part_base_bytes=plan.base_bytes)))

    assert seen.site.statuses() == {"lobby.0": "too_large"}
    assert seen.site.objects == {}
    assert seen.site.open_uploads == []
