"""Where the CPU goes when an unmodified aiobotocore talks to our S3 in simulation: to the client's library, or to us.

Samples of the running stack are taken by CPU time; each belongs to the innermost frame that is either ours or of the
client's libraries, so that the standard library counts for whoever called it.
"""

import asyncio
import json
import signal
import subprocess
import sys
from collections import Counter
from time import process_time
from types import FrameType
from typing import Any, Final

from simulator.kernel.choices import Choices
from simulator.kernel.engine import Engine
from simulator.kernel.interpose import install
from simulator.services.s3.program import S3Server, serve_s3
from simulator.world.world import World

_EVERY_S: Final = 0.001
_PAIRS: Final = 400
_REPEATS: Final = 3
_WARM: Final = 30
_BODY: Final = b"k" * 1024


def measure_in_simulation() -> dict[str, Any]:
    """The least disturbed of some repetitions, each in an interpreter of its own."""
    command = [sys.executable, "-m", "benchmarks.services.simulated"]
    runs = [subprocess.run(command, check=True, capture_output=True, text=True).stdout for _ in range(_REPEATS)]
    return min((json.loads(run) for run in runs), key=lambda found: float(found["cpu_s"]))


def small_calls(pairs: int) -> dict[str, Any]:
    """Put and get 1 KiB, over and over: pairs per CPU second, and the share of the CPU that is not the library's."""
    import aiobotocore.session
    from aiobotocore.config import AioConfig

    install()
    engine = Engine(choices=Choices.from_seed(0))
    world = World(engine)
    world.host("s3").run(serve_s3, S3Server())
    taken: list[float] = []
    samples: Counter[str] = Counter()

    async def main() -> None:
        session = aiobotocore.session.get_session()
        async with session.create_client(
            "s3",
            endpoint_url="http://s3:9000",
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=AioConfig(s3={"addressing_style": "path"}),
        ) as s3:
            await s3.create_bucket(Bucket="bench")
            await _pairs(s3, _WARM)
            with _Sampling(samples):
                began = process_time_outside()
                await _pairs(s3, pairs)
                taken.append(process_time_outside() - began)
        engine.stop()

    world.host("client").run(lambda: asyncio.run(main()))
    engine.run()
    (cpu_s,) = taken
    return {"pairs": pairs, "cpu_s": cpu_s, "share_outside": samples["ours"] / max(1, samples.total())}


async def _pairs(s3: Any, count: int) -> None:
    for number in range(count):
        await s3.put_object(Bucket="bench", Key=f"small/{number % 64}", Body=_BODY)
        answer = await s3.get_object(Bucket="bench", Key=f"small/{number % 64}")
        assert await answer["Body"].read() == _BODY


def process_time_outside() -> float:
    """The machine's own CPU clock, from within a program that is given another."""
    from simulator.kernel.state import outside

    with outside():
        return process_time()


class _Sampling:
    """Takes samples while the `with` block runs."""

    def __init__(self, samples: Counter[str]) -> None:
        self._samples = samples

    def __enter__(self) -> None:
        from simulator.kernel.state import outside

        with outside():
            self._before = signal.signal(signal.SIGPROF, self._take)
            signal.setitimer(signal.ITIMER_PROF, _EVERY_S, _EVERY_S)

    def __exit__(self, *error: object) -> None:
        from simulator.kernel.state import outside

        with outside():
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, self._before)

    def _take(self, number: int, frame: FrameType | None) -> None:
        while frame is not None:
            name = frame.f_code.co_filename
            if "/simulator/" in name:
                self._samples["ours"] += 1
                return
            if "site-packages" in name or "/benchmarks/" in name:
                self._samples["client's"] += 1
                return
            frame = frame.f_back
        self._samples["ours"] += 1  # a turn of the loop, between two callbacks


if __name__ == "__main__":
    print(json.dumps(small_calls(_PAIRS)))
