"""Films as ffmpeg makes them: recipes, and recordings of what the real ffprobe says of them.

A recording is the film with its pictures and sounds wiped (probing reads the headers alone) and ffprobe's answer to the
whole one. `python -m tests.support.films` makes them anew with the machine's ffmpeg.
"""

import json
import shutil
import subprocess
import tempfile
import zlib
from pathlib import Path
from typing import Any, Final

from simulator.services.ffprobe.boxes import walk

FOLDER: Final = Path(__file__).resolve().parents[1] / "services" / "ffprobe" / "films"
VERSION: Final = "ffprobe version 5.1"
"""The release whose words are imitated; others differ in a field here and there."""

_PICTURE: Final = "-f lavfi -i testsrc2=size=160x90:rate=25:duration=1"
_SOUND: Final = "-f lavfi -i sine=frequency=440:duration=1"
_H264: Final = "-c:v libx264 -preset veryfast"
_AAC: Final = "-c:a aac -b:a 64k"
RECIPES: Final = {
    "plain": f"{_PICTURE} {_SOUND} {_H264} {_AAC}",
    "faststart": f"{_PICTURE} {_SOUND} {_H264} {_AAC} -movflags +faststart",
    "fragmented": f"{_PICTURE} {_SOUND} {_H264} {_AAC} -movflags frag_keyframe+empty_moov",
    "silent": f"{_PICTURE} -c:v libx264 -preset ultrafast -profile:v baseline",
    "blind": f"{_SOUND} {_AAC} -ac 2",
    "hevc": f"{_PICTURE} {_SOUND} -c:v libx265 -tag:v hvc1 -x265-params log-level=none {_AAC}",
    "vp9": f"{_PICTURE} {_SOUND} -c:v libvpx-vp9 -c:a libopus",
    "mpeg4": f"{_PICTURE} {_SOUND} -c:v mpeg4 -c:a libmp3lame -ac 2",
    "tagged": f"{_PICTURE} {_SOUND} {_H264} -r 30000/1001 -bf 0 {_AAC} -metadata title=Lobby "
    "-metadata creation_time=2026-01-02T03:04:05Z -metadata:s:a:0 language=deu",
    "rotated": "-i {silent} -c copy -metadata:s:v rotate=90",
}
ASKED: Final = ("-v", "error", "-show_format", "-show_streams", "-of", "json")


def _has_ffmpeg() -> bool:
    if shutil.which("ffmpeg") is None or shutil.which("ffprobe") is None:
        return False
    return subprocess.run(["ffprobe", "-version"], capture_output=True, text=True).stdout.startswith(VERSION)


HAS_FFMPEG: Final = _has_ffmpeg()


def make(name: str, folder: Path) -> Path:
    """A film by its recipe, made by ffmpeg."""
    path = folder / f"{name}.mp4"
    words = RECIPES[name].split()
    if "{silent}" in words:
        words[words.index("{silent}")] = str(make("silent", folder))
    command = ["ffmpeg", "-y", "-v", "error", "-threads", "1", *words, str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path


def real_answer(path: Path, *asked: str) -> subprocess.CompletedProcess[str]:
    """What the machine's ffprobe says, in the file's folder, of its bare name."""
    return subprocess.run(["ffprobe", *asked, path.name], cwd=path.parent, capture_output=True, text=True)


def recorded(name: str) -> tuple[bytes, dict[str, Any]]:
    """A film's headers in their places, and what the real ffprobe said of the film."""
    answer: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return zlib.decompress((FOLDER / f"{name}.mp4.zlib").read_bytes()), answer


def wiped(film: bytes) -> bytes:
    """A film without what is in its mdat boxes."""
    body = bytearray(film)
    for box in walk(lambda at, size: film[at : at + size], 0, len(film)):
        if box.kind == "mdat":
            body[box.body : box.end] = bytes(box.end - box.body)
    return bytes(body)


def main() -> None:
    """Record every film."""
    with tempfile.TemporaryDirectory() as folder:
        for name in RECIPES:
            path = make(name, Path(folder))
            answer = real_answer(path, *ASKED)
            (FOLDER / f"{name}.json").write_text(answer.stdout)
            (FOLDER / f"{name}.mp4.zlib").write_bytes(zlib.compress(wiped(path.read_bytes()), 9))


if __name__ == "__main__":
    main()
