"""The same program, unchanged, does its work in virtual time: recorders beside it, S3 and Redis of the simulator."""

import json
from pathlib import Path

import pytest

from tests.support.command import ROOT, soundstage

PROGRAM = '''\
"""Recorders, in a thread of the very process, and the worker: then a look at what is in the bucket."""
import asyncio, hashlib, os, random, runpy, signal, sys, threading, time
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session

PLAIN = AioConfig(user_agent="test")  # botocore's own lists features in the order of a set.

FILMS = {{"plain": 12_000_000, "short": 15_863, "empty": 0, "patched": 9_000_000}}


def record() -> None:
    time.sleep(2)
    for name, size in FILMS.items():
        with open(f"/media/{{name}}.mp4", "wb", buffering=0) as file:
            for _ in range(4):
                file.write(random.randbytes(size // 4))
                time.sleep(random.uniform(0.5, 3))
            if name == "patched":
                file.seek(41)
                file.write(b"abc")
    os.rename("/media/short.mp4", "/media/renamed.mp4")
    time.sleep({wait})
    os.kill(os.getpid(), signal.SIGTERM)


async def make() -> None:
    async with get_session().create_client("s3", config=PLAIN) as s3:
        await s3.create_bucket(Bucket="films")


async def look() -> None:
    async with get_session().create_client("s3", config=PLAIN) as s3:
        found = (await s3.list_objects_v2(Bucket="films")).get("Contents", [])
        for each in found:
            body = await (await s3.get_object(Bucket="films", Key=each["Key"]))["Body"].read()
            if not each["Key"].endswith(".json"):
                name = each["Key"].partition(".")[0]
                path = f"/media/{{'renamed' if name == 'short' else name}}.mp4"
                print(name, len(body), body == open(path, "rb").read())
        print("uploads", (await s3.list_multipart_uploads(Bucket="films")).get("Uploads", []))


asyncio.run(make())
threading.Thread(target=record, daemon=True).start()
sys.argv[1:] = ["stream", "--watch", "/media", "--bucket", "films", "--log-format", "json"]
try:
    runpy.run_module("pipelines", run_name="__main__", alter_sys=True)
except SystemExit as end:
    print("ended", end.code)
asyncio.run(look())
'''


def played(folder: Path, *words: str, wait: int = 90) -> tuple[list[str], str]:
    """What the program printed in the end, and the digest of the run."""
    (folder / "recorded.py").write_text(PROGRAM.format(wait=wait))
    done = soundstage("exec", "--json", *words, "recorded.py", cwd=folder, PYTHONPATH=str(ROOT))
    told = done.json
    assert told["status"] == "passed", done.err[-3000:]
    lines = [line for line in done.err.splitlines() if not line.startswith("{")]
    return lines, told["digest"]


@pytest.mark.parametrize("seed", ["1", "2"])
def test_recordings_become_objects_in_virtual_time(tmp_path: Path, seed: str) -> None:
    lines, _ = played(tmp_path, "--seed", seed)

    assert lines == ["ended 0", "patched 9000000 True", "plain 12000000 True", "short 15860 True", "uploads []"]


def test_a_seed_tells_its_story_again(tmp_path: Path) -> None:
    assert played(tmp_path, "--seed", "3") == played(tmp_path, "--seed", "3")


def test_faults_of_services_change_nothing_of_what_is_stored(tmp_path: Path) -> None:
    faults = (
        "s3.throttled:chance=0.2",
        "s3.reply-lost:chance=0.1",
        "s3.error-in-200:times=2",
        "redis.reply-lost:chance=0.02",
    )
    words = [word for fault in faults for word in ("--fault", fault)]

    lines, _ = played(tmp_path, "--seed", "4", *words, wait=600)

    assert lines == ["ended 0", "patched 9000000 True", "plain 12000000 True", "short 15860 True", "uploads []"]


def test_the_program_runs_as_a_module_and_says_what_is_wrong(tmp_path: Path) -> None:
    done = soundstage(
        "exec", "--quiet", "-m", "pipelines", "stream", "--watch", "/nowhere", "--bucket", "films", cwd=tmp_path
    )

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: --watch /nowhere: there is no such folder")


def test_the_doctor_examines_a_simulated_machine(tmp_path: Path) -> None:
    done = soundstage(
        "exec", "--quiet", "-m", "pipelines", "stream", "doctor", "--json", "--bucket", "films", cwd=tmp_path
    )

    found = {each["name"]: each for each in json.loads(done.out)["findings"]}
    assert (done.code, found["bucket"]["how"], found["S3"]["how"], found["ffprobe"]["how"]) == (1, "failed", "ok", "ok")
