"""Pages of the documentation: what is in them, and their examples as somebody would run them.

A fenced block is run by its language. Directly above it, a comment may say otherwise:

    <!-- file: fetch.py -->       not run: saved under that name for the blocks below
    <!-- not run: why -->         left alone
    <!-- exit: 1 -->              ends with that code; without it, 0 is expected

| language | what happens                                                                                       |
|----------|------------------------------------------------------------------------------------------------------|
| `sh`     | run by bash; a `text` block that follows is what it prints, `...` standing for any lines or words    |
| `python` | run as a program; by doctest if it begins with `>>>`, by pytest if it holds tests                    |
| others   | left alone                                                                                           |

The blocks of a page share a folder with a copy of `examples/` and `scripts/`, so that files go from one to the next.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 180
_FENCE = re.compile(r"^( *)(`{3,})(\S*)[^\n]*\n(.*?)^ *\2`* *$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"<!-- *(file|not run|exit): *(.*?) *-->\s*\Z")
_CHANGING = (
    (re.compile(r"\b[0-9a-f]{32}\b|(?<= )[0-9a-f]{12}\b"), "DIGEST"),
    (re.compile(r" in \d+\.\d+ s real( \([\d,]+ times as fast\))?|\d+\.\d+s(?= *=*$)", re.MULTILINE), " QUICKLY"),
    (re.compile(r"[\d,]+ events\b"), "SOME events"),
    (re.compile(r"events  [\d,]+, [\d,]+ draws"), "events  SOME draws"),
    (re.compile(r"(?<=[sd]) +[\d,]+(?=  DIGEST)"), " SOME"),
    (re.compile(r"\(event [\d,]+, "), "(event SOME, "),
    (re.compile(r"<\d+ (?=[\d.]+s )|because of \d+"), "SOME"),
    (re.compile(r"CPython [\d.]+"), "CPython SOME"),
    (re.compile(r"[ \t]+$", re.MULTILINE), ""),
)


@dataclass(frozen=True)
class Block:
    """A fenced block, and what the comment above it says."""

    page: Path
    line: int
    language: str
    text: str
    file: str = ""
    left_alone: str = ""
    code: int = 0
    expected: str = ""  # What it prints, if the page shows that.

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def runs(self) -> bool:
        return self.language in ("sh", "python") and not self.left_alone and not self.file


def pages() -> list[Path]:
    """Every page that people read."""
    top = [ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CHANGELOG.md")]
    return top + sorted((ROOT / "docs").rglob("*.md")) + [ROOT / "tests/README.md"]


def blocks(page: Path) -> list[Block]:
    """The blocks of a page, in order; the output that follows a command belongs to it."""
    return list(_blocks(page, page.read_text(encoding="utf-8")))


def _blocks(page: Path, text: str) -> Iterator[Block]:
    found = list(_FENCE.finditer(text))
    for number, match in enumerate(found):
        after = found[number + 1] if number + 1 < len(found) else None
        follows = after is not None and after[3] == "text" and not text[match.end() : after.start()].strip()
        said = _COMMENT.search(text[: match.start()].rstrip(" "))
        what, value = (said[1], said[2]) if said else ("", "")
        yield Block(
            page=page,
            line=text.count("\n", 0, match.start()) + 1,
            language=match[3],
            text=match[4],
            file=value if what == "file" else "",
            left_alone=value if what == "not run" else "",
            code=int(value) if what == "exit" else 0,
            expected=after[4] if follows and after is not None and match[3] == "sh" else "",
        )


class Desk:
    """Where the examples of one page are tried."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._shims = folder / "desk", folder / "bin"
        self._shims.mkdir()
        for name in ("examples", "scripts"):
            shutil.copytree(ROOT / name, self.folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        activate = self.folder / ".venv/bin/activate"
        activate.parent.mkdir(parents=True)
        activate.touch()
        plugin = "" if entry_points(group="pytest11", name="soundstage") else "-p simulator.pytest_plugin"
        self._shim("python", '"$@"')
        self._shim("soundstage", '-m simulator "$@"')
        self._shim("pytest", f'-m pytest -p no:cacheprovider {plugin} "$@"')

    def _shim(self, name: str, words: str) -> None:
        shim = self._shims / name
        shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" {words}\n')
        shim.chmod(0o755)

    def try_out(self, block: Block) -> str:
        """Run a block; returns what is wrong with it, in words, or nothing."""
        if block.file:
            place = self.folder / block.file
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(block.text)
        if not block.runs:
            return ""
        done = subprocess.run(
            self._command(block), cwd=self.folder, env=self._environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT_S, check=False,
        )  # fmt: skip
        said = done.stdout.decode("utf-8", "replace")
        if done.returncode != block.code:
            return f"{block.place} ended with {done.returncode}, not {block.code}:\n{said}"
        if block.expected and not alike(block.expected, said):
            return f"{block.place} printed\n{said}\nbut the page says\n{block.expected}"
        return ""

    def _command(self, block: Block) -> list[str]:
        if block.language == "sh":
            return ["bash", "-e", "-c", block.text]
        tests = re.search(r"^(async )?def test_", block.text, re.MULTILINE)
        program = self.folder / f"{'test_' if tests else ''}block_{block.line}.py"
        doctest = block.text.lstrip().startswith(">>>")
        program.write_text(f'r"""\n{block.text}"""\n' if doctest else block.text)
        if tests:
            return [str(self._shims / "pytest"), "-q", program.name]
        return [sys.executable, *(["-m", "doctest"] if doctest else []), program.name]

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST", "VIRT"))}
        path = f"{self._shims}{os.pathsep}{kept.get('PATH', '')}"
        found = f"{ROOT}{os.pathsep}{self.folder / 'examples'}"
        return kept | {"PATH": path, "PYTHONPATH": found, "SOUNDSTAGE_PYTHON": sys.executable, "NO_COLOR": "1"}


def alike(expected: str, said: str) -> bool:
    """Whether an output is the one that was promised, but for what differs each time."""
    pattern = "".join(map(_pattern, _settled(expected).splitlines()))
    return re.fullmatch(pattern, _settled(said)) is not None


def _pattern(line: str) -> str:
    if line.strip() == "...":
        return r"(?:.*\n)*?"
    return ".*".join(re.escape(part) for part in line.split("...")) + r"\n"


def _settled(text: str) -> str:
    text = text.strip("\n") + "\n"
    for changing, instead in _CHANGING:
        text = changing.sub(instead, text)
    return text
