"""Whatever happens to a folder and to its events, every recording in it is found: on a disk, and in simulation."""

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Protocol

import pytest

from pipelines.stream.folder import Names, is_recording, scan
from pipelines.stream.watcher import Hint, Watcher
from tests.support.processes import OneHost

PERIOD_S = 3.0
PATIENCE_S = 30.0


class Found:
    """A consumer of hints: what it has come to know of, and why it looked."""

    def __init__(self, root: Path, *, period_s: float = PERIOD_S) -> None:
        self.root = root
        self.watcher = Watcher(str(root), rescan_period_s=period_s)
        self.names: set[str] = set()
        self.looked_at: list[str] = []
        self.advices: list[str] = []

    def take(self, hint: Hint) -> None:
        if hint.advice:
            self.advices.append(hint.advice)
        self.looked_at += hint.paths
        seen = [path for path in hint.paths if is_recording(path, Names())] + scan(hint.folders, Names()).files
        self.names |= {os.path.relpath(path, self.root) for path in seen}

    async def until(self, enough: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not enough():
                await asyncio.sleep(0.05)

    async def advised(self, advice: str) -> None:
        await self.until(lambda: advice in self.advices)


async def following(found: Found, act: Callable[[Found], Awaitable[None]]) -> None:
    """Follow a folder while something is done to it."""

    async def take() -> None:
        async with aclosing(found.watcher.hints()) as hints:
            async for hint in hints:
                found.take(hint)

    follower = asyncio.create_task(take())
    try:
        await act(found)
    finally:
        follower.cancel()
        await asyncio.wait({follower})


class Play(Protocol):
    """Plays a story with a folder, in one of both worlds; what was found in the end."""

    def __call__(self, act: Callable[[Found], Awaitable[None]], *, period_s: float = PERIOD_S) -> Found: ...


@pytest.fixture(params=["simulated", "real"])
def play(request: pytest.FixtureRequest, tmp_path: Path) -> Play:
    def run(act: Callable[[Found], Awaitable[None]], root: Path, period_s: float) -> Found:
        root.mkdir(exist_ok=True)
        found = Found(root, period_s=period_s)
        asyncio.run(following(found, act))
        return found

    def play(act: Callable[[Found], Awaitable[None]], *, period_s: float = PERIOD_S) -> Found:
        if request.param == "real":
            return run(act, tmp_path / "media", period_s)
        one = OneHost()
        one.host.mount("/media")
        return one.run(lambda: run(act, Path("/media/in"), period_s))

    return play


def test_what_was_there_before_and_what_comes_later_is_found(play: Play) -> None:
    async def act(found: Found) -> None:
        (found.root / "before.mp4").write_bytes(b"x")
        await found.advised("start")
        (found.root / "later.mp4").write_bytes(b"x")
        await found.until(lambda: len(found.names) == 2)

    assert play(act, period_s=1000).names == {"before.mp4", "later.mp4"}


def test_a_growing_file_is_told_of_again_and_again(play: Play) -> None:
    async def act(found: Found) -> None:
        await found.advised("start")
        with open(found.root / "a.mp4", "ab", buffering=0) as file:
            for _ in range(4):
                file.write(b"x")
                await asyncio.sleep(1.0)

    found = play(act, period_s=1000)

    assert len(found.looked_at) >= 3
    assert {os.path.basename(path) for path in found.looked_at} == {"a.mp4"}


def test_files_of_new_folders_are_found_though_nothing_tells_of_them(play: Play) -> None:
    async def act(found: Found) -> None:
        await found.advised("start")
        for number in range(40):
            folder = found.root / str(number) / "deep"
            folder.mkdir(parents=True)
            (folder / "a.mp4").write_bytes(b"x")
        await found.until(lambda: len(found.names) == 40)

    assert "new-directory" in play(act, period_s=4).advices


def test_events_that_the_kernel_had_no_room_for_are_made_up_for_by_reading() -> None:
    many = 17_000  # inotify keeps 16,384 notices of what nobody reads.

    async def act(found: Found) -> None:
        await found.advised("start")
        for number in range(many):
            os.mknod(found.root / f"{number}.mp4")  # All in one step: the watch has no turn meanwhile.
        await asyncio.sleep(1.5)
        told.append(len(found.names))
        await found.until(lambda: len(found.names) == many)

    told: list[int] = []
    one = OneHost()
    one.host.mount("/media")

    def main() -> None:
        found = Found(Path("/media"), period_s=5)
        asyncio.run(following(found, act))

    one.run(main)

    assert told[0] < many


def test_a_folder_that_is_moved_in_is_read(play: Play) -> None:
    async def act(found: Found) -> None:
        await found.advised("start")
        outside = found.root.parent / "outside"
        outside.mkdir()
        (outside / "a.mp4").write_bytes(b"x")
        outside.rename(found.root / "moved")
        await found.until(lambda: "moved/a.mp4" in found.names)

    assert "period" not in play(act, period_s=1000).advices


def test_a_root_that_is_removed_and_made_again_is_watched_again(play: Play) -> None:
    async def act(found: Found) -> None:
        await found.advised("start")
        shutil.rmtree(found.root)
        await found.until(lambda: not found.watcher.root_there)
        found.root.mkdir()
        (found.root / "at-once.mp4").write_bytes(b"x")
        await found.advised("root-back")
        (found.root / "later.mp4").write_bytes(b"x")
        await found.until(lambda: len(found.names) == 2)

    assert play(act, period_s=1000).names == {"at-once.mp4", "later.mp4"}


def test_a_root_that_is_exchanged_for_another_is_noticed(play: Play) -> None:
    async def act(found: Found) -> None:
        await found.advised("start")
        other = found.root.parent / "other"
        other.mkdir()
        found.root.rename(found.root.parent / "old")
        other.rename(found.root)
        await found.advised("root-back")
        (found.root / "new.mp4").write_bytes(b"x")
        await found.until(lambda: "new.mp4" in found.names)

    play(act, period_s=1000)


def test_a_name_that_is_not_utf_8_breaks_the_watch_and_not_the_watcher(play: Play) -> None:
    async def act(found: Found) -> None:
        await found.advised("start")
        odd = os.path.join(os.fsencode(found.root), b"\xff.mp4")
        with open(odd, "wb") as file:
            file.write(b"x")
        await found.until(lambda: "\udcff.mp4" in found.names)
        await found.until(lambda: "trouble" in found.advices and found.watcher.degraded is None)
        (found.root / "later.mp4").write_bytes(b"x")
        await found.until(lambda: "later.mp4" in found.names)

    play(act, period_s=1000)


def test_links_are_not_followed_and_names_are_chosen(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (tmp_path / "in" / "deep").mkdir(parents=True)
    outside.mkdir()
    for path in (outside / "a.mp4", tmp_path / "in" / "b.mp4", tmp_path / "in" / "deep" / "c.mp4"):
        path.write_bytes(b"x")
    (tmp_path / "in" / "link.mp4").symlink_to(outside / "a.mp4")
    (tmp_path / "in" / "folder").symlink_to(outside)
    (tmp_path / "in" / ".hidden.mp4").write_bytes(b"x")
    (tmp_path / "in" / "d.txt").write_bytes(b"x")
    os.mkfifo(tmp_path / "in" / "pipe.mp4")

    found = scan([str(tmp_path / "in"), str(tmp_path / "gone")], Names(("*.mp4",), (".*",)))

    assert [os.path.relpath(path, tmp_path) for path in found.files] == ["in/b.mp4", "in/deep/c.mp4"]
    assert found.unreadable == []


def test_without_inotify_the_folder_is_read_often(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object, **__: object) -> None:
        raise OSError("OS file watch limit reached.")

    monkeypatch.setattr("pipelines.stream.watcher.awatch", none)

    async def act(found: Found) -> None:
        await found.until(lambda: found.watcher.degraded is not None)
        (found.root / "a.mp4").write_bytes(b"x")
        await found.until(lambda: "a.mp4" in found.names)

    assert play(act, period_s=1000).watcher.degraded == "OSError: OS file watch limit reached."
