"""Makes the samples anew with the machine's ffmpeg, asks its ffprobe about each, and writes the manifest.

    scripts/media-samples                 all of them
    scripts/media-samples --check         only says which would come out otherwise, and changes nothing

The answers are those of ffprobe 5.1; another release is refused. The same machine makes the same bytes; the floating
point arithmetic of another processor may make others, which is no reason to exchange them.
"""

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import ffmpeg

from media_samples.recipes import BITEXACT, CUTS, FILMS, SAMPLES, Film

FOLDER: Final = Path(__file__).resolve().parent
ASKED: Final = ("-v", "error", "-show_format", "-show_streams", "-of", "json")
RELEASE: Final = "ffprobe version 5.1"
_SIZE: Final = "160x90"


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="scripts/media-samples", description=__doc__, allow_abbrev=False)
    parser.add_argument("--check", action="store_true", help="say what would differ, and change nothing")
    chosen = parser.parse_args(words)
    if not is_installed():
        sys.stderr.write(f"media-samples: needs ffmpeg and {RELEASE}\n")
        return 1
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_all(folder)
        differing = [path.name for path in sorted(folder.iterdir()) if not _is_as_before(path)]
        for name in differing:
            sys.stdout.write(f"{name}\n")
            if not chosen.check:
                shutil.copyfile(folder / name, FOLDER / name)
    return int(bool(differing) and chosen.check)


def is_installed() -> bool:
    """Whether this machine has ffmpeg, and ffprobe of the release whose words are recorded."""
    if shutil.which("ffmpeg") is None or shutil.which("ffprobe") is None:
        return False
    done = subprocess.run(["ffprobe", "-version"], capture_output=True, text=True, check=True)
    return done.stdout.startswith(RELEASE)


def make_all(folder: Path) -> None:
    """Every sample, what ffprobe says of each, and the manifest."""
    manifest = {}
    for name, film in FILMS.items():
        _film(folder, name, film)
    for name, cut in CUTS.items():
        (folder / f"{name}.mp4").write_bytes(cut.made((folder / f"{cut.of}.mp4").read_bytes() if cut.of else b""))
    for name, sample in SAMPLES.items():
        path = folder / f"{name}.mp4"
        body = path.read_bytes()
        _write(folder / f"{name}.json", answer(path))
        manifest[path.name] = {
            "shows": sample.shows,
            **({"of": f"{sample.of}.mp4"} if sample.of else {}),
            "bytes": len(body),
            "sha256": hashlib.sha256(body).hexdigest(),
        }
    _write(folder / "manifest.json", manifest)


def answer(path: Path, *asked: str) -> dict[str, Any]:
    """What the machine's ffprobe says of a file by its bare name; without addresses, which differ in every run."""
    command = ["ffprobe", *(asked or ASKED), path.name]
    done = subprocess.run(
        command, cwd=path.parent, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    return {"exit": done.returncode, "stderr": without_addresses(done.stderr), "stdout": json.loads(done.stdout)}


def without_addresses(text: str) -> str:
    return re.sub(r"@ 0x[0-9a-f]+\]", "@ 0x]", text)


def _film(folder: Path, name: str, film: Film) -> None:
    tracks = []
    if film.of:
        tracks.append(ffmpeg.input(str(folder / f"{film.of}.mp4")))
    if film.picture and not film.of:
        tracks.append(
            ffmpeg.input(f"{film.picture}=size={_SIZE}:rate={film.rate}:duration={film.seconds}", f="lavfi").video
        )
    if not film.of:
        tones = [f"sine=frequency={hertz}:duration={film.seconds}" for hertz in film.tones]
        tracks += [ffmpeg.input(tone, f="lavfi").audio for tone in tones]
    options = {**(BITEXACT if film.bitexact else {"threads": 1}), **film.options}
    made = ffmpeg.output(*tracks, str(folder / f"{name}.mp4"), **options)
    made.global_args("-v", "error", "-nostdin").run(quiet=True)


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _is_as_before(path: Path) -> bool:
    before = FOLDER / path.name
    return before.is_file() and before.read_bytes() == path.read_bytes()


if __name__ == "__main__":
    sys.exit(main())
