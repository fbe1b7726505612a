"""Several things at once: workers that are frozen, a Redis that forgets its last writes, and trouble drawn by seed."""

import asyncio
import random

import pytest

from tests.support.stories.stream_world import Board, Site, Told, policy, told

# redis-py is killed in the midst of closing a connection; on a machine nobody would be there to say so.
pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored in. <coroutine object AbstractConnection.disconnect")

DATA = bytes(range(256)) * 10


def latest(seen: Told) -> dict[str, bytes]:
    """The last revision of every film that was published."""
    found: dict[str, tuple[int, int, bytes]] = {}
    for meta in seen.board.metas.values():
        if meta.status == "completed":
            name, _, life = meta.id.partition(".")
            generation, _, rev = life.rpartition("-")[2].partition(".")
            found[name] = max(found.get(name, (0, 0, b"")), (int(generation), int(rev), seen.site.objects[meta.key]))
    return {name: data for name, (_, _, data) in found.items()}


def test_a_worker_that_was_frozen_longer_than_its_lease_does_no_harm_when_it_wakes() -> None:
    async def story(site: Site) -> None:
        await site.write("lobby.mp4", DATA[:1500])
        await asyncio.sleep(2)
        other = site.second_worker()
        site.worker.pause()
        await site.write("lobby.mp4", DATA[1500:2300])
        await asyncio.sleep(12)
        site.worker.resume()
        await site.write("lobby.mp4", DATA[2300:2560])
        await site.until_over(1)
        other.stop()

    seen = told(story)

    assert list(seen.site.objects.values()) == [DATA]
    assert seen.site.statuses() == {"lobby.0": "completed"}


@pytest.mark.slow
@pytest.mark.parametrize("skip", range(0, 26, 2))
def test_a_redis_that_forgets_its_last_writes_loses_no_recording(skip: int) -> None:
    async def story(site: Site) -> None:
        for start in range(0, len(DATA), 512):
            await site.write("lobby.mp4", DATA[start : start + 512])
            await asyncio.sleep(1)
        await site.write("lobby.mp4", b"mdat", at=41)
        await site.until_over(1)
        site.board.forget_done = True
        await asyncio.sleep(3)

    seen = told(story, faults=(f"redis.failover:operation=EVALSHA,times=1,skip={skip}",), standby_lag_s=2.5)

    assert latest(seen) == {"lobby": DATA[:41] + b"mdat" + DATA[45:]}
    assert seen.site.open_uploads == []


CHANCES = (
    "s3.reply-lost:chance=0.04",
    "s3.reset-after:chance=0.05",
    "s3.error-after:chance=0.05",
    "s3.late:chance=0.04,seconds=7",
    "s3.throttled:chance=0.1",
    "s3.error-in-200:chance=0.2",
    "redis.reset-after:chance=0.03",
    "redis.reply-lost:chance=0.02",
    "redis.restart:chance=0.005",
    "redis.twice:chance=0.05",
)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_whatever_comes_together_every_file_is_published(seed: int) -> None:
    films: dict[str, bytes] = {}

    async def record(site: Site, name: str, chance: random.Random) -> None:
        data, at = films[name], 0
        while at < len(data):
            step = chance.randrange(1, 900)
            await site.write(f"{name}.mp4", data[at : at + step])
            at += step
            await asyncio.sleep(chance.uniform(0.1, 4.0))
        if chance.random() < 0.5:
            patch = chance.randbytes(min(4, len(data)))
            await site.write(f"{name}.mp4", patch, at=0)
            films[name] = patch + data[len(patch) :]
        if chance.random() < 0.3:
            await asyncio.sleep(chance.uniform(0, 30))
            late = chance.randbytes(100)
            await site.write(f"{name}.mp4", late)
            films[name] += late

    async def story(site: Site) -> None:
        # Made within the run: one that was drawn from before the first run of a process would tell another story in it.
        chance = random.Random(f"story {seed}")
        films.update({f"cam{n}": chance.randbytes(chance.randrange(1, 4000)) for n in range(4)})
        other = site.second_worker()
        recorders = [asyncio.create_task(record(site, name, chance)) for name in films]
        for _ in range(3):
            await asyncio.sleep(chance.uniform(1, 15))
            chance.choice([site.worker, other]).kill()
        await asyncio.gather(*recorders)
        site.s3.troubles.clear()
        site.redis.troubles.clear()
        await asyncio.sleep(1)
        other.stop()
        site.board.forget_done = True

    faults = tuple(random.Random(f"faults {seed}").sample(CHANCES, 4))
    seen = told(story, seed=seed, faults=faults, board=Board(policy=policy(backoff_cap_s=2.0)))

    assert latest(seen) == films, (faults, seen.site.statuses())
    assert seen.site.open_uploads == []
