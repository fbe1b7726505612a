"""Experiments with watchfiles, as on real machines: each does something to a folder and tells what was reported.

Nothing here knows whether the folder, the clock and the Rust core are real.
"""

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from watchfiles import awatch

SETTLE_S = 0.3
"""Longer than two steps and whatever a real inotify thread needs."""

Act = Callable[[Path], Awaitable[None]]


async def reported(root: Path, act: Act, *, watched: Path | None = None, **options: Any) -> list[str]:
    """All changes that are reported while `act` works in `root`, sorted; and the error that ended the watch, if any."""
    stop, ready = asyncio.Event(), asyncio.Event()
    told: set[str] = set()

    async def watch() -> None:
        watching = awatch(
            watched or root, step=20, debounce=200, rust_timeout=60, yield_on_timeout=True, stop_event=stop,
            watch_filter=None, **options,
        )  # fmt: skip
        try:
            async for changes in watching:
                ready.set()
                told.update(f"{change.name} {os.path.relpath(path, root)}" for change, path in changes)
        except BaseExceptionGroup as group:
            told.add(f"error {type(group.exceptions[0]).__name__}")

    task = asyncio.create_task(watch())
    await ready.wait()
    await act(root)
    await asyncio.sleep(SETTLE_S)
    stop.set()
    await task
    return sorted(told)


async def written(root: Path) -> None:
    (root / "a").write_bytes(b"1")
    await asyncio.sleep(SETTLE_S)
    (root / "a").write_bytes(b"12")


async def opened_and_read(root: Path) -> None:
    (root / "old").read_bytes()
    os.close(os.open(root / "old", os.O_WRONLY))


async def attributes(root: Path) -> None:
    os.chmod(root / "old", 0o600)
    os.utime(root / "tree" / "leaf", (1, 1))


async def truncated(root: Path) -> None:
    os.truncate(root / "old", 0)


async def renamed(root: Path) -> None:
    os.rename(root / "old", root / "new")


async def deleted_and_made_again(root: Path) -> None:
    os.unlink(root / "old")
    (root / "old").write_bytes(b"again")


async def replaced(root: Path) -> None:
    (root / "tmp").write_bytes(b"new")
    os.replace(root / "tmp", root / "old")


async def folder_renamed(root: Path) -> None:
    os.rename(root / "tree", root / "wood")
    await asyncio.sleep(SETTLE_S)
    (root / "wood" / "late").write_bytes(b"x")


async def folder_moved_in(root: Path) -> None:
    outside = root.parent / "outside"
    (outside / "deep").mkdir(parents=True)
    (outside / "deep" / "file").write_bytes(b"x")
    os.rename(outside, root / "inside")
    await asyncio.sleep(SETTLE_S)
    (root / "inside" / "deep" / "file").write_bytes(b"xy")


async def folder_moved_out(root: Path) -> None:
    away = root.parent / "away"
    os.rename(root / "tree", away)
    await asyncio.sleep(SETTLE_S)
    (away / "leaf").write_bytes(b"unheard")
    shutil.rmtree(away)


async def new_folder_then_file(root: Path) -> None:
    (root / "fresh").mkdir()
    await asyncio.sleep(SETTLE_S)
    (root / "fresh" / "file").write_bytes(b"x")


async def tree_removed(root: Path) -> None:
    shutil.rmtree(root / "tree")


async def root_made_again(root: Path) -> None:
    shutil.rmtree(root)
    await asyncio.sleep(SETTLE_S)
    root.mkdir()
    (root / "unheard").write_bytes(b"x")


async def root_renamed(root: Path) -> None:
    moved = root.parent / "moved"
    os.rename(root, moved)
    await asyncio.sleep(SETTLE_S)
    (moved / "under the old name").write_bytes(b"x")


async def bad_name(root: Path) -> None:
    open(os.fsencode(root) + b"/\xff", "wb").close()


async def hard_link(root: Path) -> None:
    os.link(root / "old", root.parent / "twin")
    await asyncio.sleep(SETTLE_S)
    (root.parent / "twin").write_bytes(b"unheard")
    os.unlink(root.parent / "twin")


async def symlink_to_folder(root: Path) -> None:
    target = root.parent / "elsewhere"
    target.mkdir()
    os.symlink(target, root / "pointer")
    await asyncio.sleep(SETTLE_S)
    (target / "unheard").write_bytes(b"x")
    shutil.rmtree(target)


async def many(root: Path) -> None:
    for number in range(200):
        (root / f"{number:03}").touch()


EXPERIMENTS: dict[str, tuple[Act, dict[str, Any]]] = {
    act.__name__: (act, {})
    for act in (
        written, opened_and_read, attributes, truncated, renamed, deleted_and_made_again, replaced, folder_renamed,
        folder_moved_in, folder_moved_out, new_folder_then_file, tree_removed, root_made_again, root_renamed, bad_name,
        hard_link, symlink_to_folder, many,
    )
}  # fmt: skip
EXPERIMENTS |= {
    "flat": (new_folder_then_file, {"recursive": False}),
    "one file replaced": (replaced, {"watched": "old"}),
    "one file written": (truncated, {"watched": "old"}),
}


async def experiment(name: str, top: Path) -> list[str]:
    """Run one experiment in a fresh folder `top/root`."""
    act, options = EXPERIMENTS[name]
    root = top / "root"
    (root / "tree" / "twig").mkdir(parents=True)
    (root / "old").write_bytes(b"old")
    (root / "tree" / "leaf").write_bytes(b"leaf")
    watched = root / options["watched"] if "watched" in options else None
    rest = {key: value for key, value in options.items() if key != "watched"}
    return await reported(root, act, watched=watched, **rest)
