"""What a client is told to work with, and how it is run."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.error import HTTPError
from urllib.request import urlopen

_COMMAND_S: Final = 300


class Failed(Exception):
    """A client did not do its work: what was found."""


@dataclass(frozen=True, kw_only=True)
class Work:
    """Servers, credentials, the clients' environment and a scratch folder."""

    s3_url: str
    redis_url: str
    access_key: str
    secret_key: str
    clients: Path
    scratch: Path

    def run(self, *command: str | Path, given: str | None = None, **environment: str) -> str:
        """Run a client's command; what it wrote to stdout."""
        base = {"PATH": f"{self.clients / 'bin'}:{os.environ['PATH']}", "HOME": str(self.scratch), "LC_ALL": "C.UTF-8"}
        base |= {"AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret_key}
        base |= {
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.s3_url,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        words = [str(word) for word in command]
        done = subprocess.run(
            words, env=base | environment, input=given, capture_output=True, text=True, timeout=_COMMAND_S, check=False
        )
        if done.returncode:
            raise Failed(f"{' '.join(words)}: exit status {done.returncode}\n{done.stdout[-800:]}{done.stderr[-800:]}")
        return done.stdout

    def folder(self, name: str) -> Path:
        made = self.scratch / name
        made.mkdir(parents=True, exist_ok=True)
        return made


def expect(what: str, got: object, wanted: object) -> None:
    if got != wanted:
        raise Failed(f"{what}: {got!r:.300}, expected {wanted!r:.300}")


def follow(link: str) -> bytes:
    """What stands behind a presigned link, fetched without any credentials."""
    try:
        with urlopen(link, timeout=60) as answer:
            body: bytes = answer.read()
    except HTTPError as refused:
        raise Failed(f"the link {link}: {refused.code} {refused.read().decode()[:300]}") from None
    return body
