"""Stories of commands with a real server's answers, one file for each family, and the reading of them.

A file holds the commands as one would type them into redis-cli. Below each stands what Redis 7.0.15 answered, for
RESP2 and, where that is something else, for RESP3. To record anew, after adding commands:

    python -m tests.support.redis_record
"""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.real_redis import RealRedis
from tests.support.redis_answers import OurArm, RealArm, Tree

FOLDER = Path(__file__).parents[1] / "services" / "redis" / "recorded"
STORIES = tuple(sorted(path.stem for path in FOLDER.glob("*.txt")))


@dataclass(frozen=True)
class Line:
    """One command, as it is written, and what is answered in both protocols."""

    text: str
    resp2: str
    resp3: str

    @property
    def command(self) -> list[bytes]:
        return [word.encode().decode("unicode_escape").encode("latin-1") for word in shlex.split(self.text)]


def story(name: str) -> Iterator[Line]:
    """The lines of a file."""
    lines = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    at = 0
    while at < len(lines):
        text, answers = lines[at], []
        at += 1
        while at < len(lines) and lines[at].startswith("    "):
            answers.append(lines[at].strip())
            at += 1
        yield Line(text, answers[0] if answers else "", answers[-1] if answers else "")


def told(arm: OurArm | RealArm, name: str, resp: int) -> list[str]:
    """What a server answers to a story."""
    arm.ask("FLUSHALL")
    arm.ask("HELLO", resp)
    arm.ask("SELECT", 0)
    return [shown(arm.ask(*line.command)) for line in story(name)]


def shown(answer: Tree) -> str:
    return repr(answer)


def main() -> None:
    with RealRedis() as server:
        real = RealArm(server.port)
        for name in STORIES:
            both = zip(story(name), told(real, name, 2), told(real, name, 3), strict=True)
            lines = []
            for line, resp2, resp3 in both:
                lines += [line.text, f"    {resp2}", *([f"    {resp3}"] if resp3 != resp2 else [])]
            (FOLDER / f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        real.close()


if __name__ == "__main__":
    main()
