"""OpenStack Swift's own S3 tests as a judge: fetched from PyPI, played against any server, counted.

They are kept beside the real S3 (`.venv-real-s3`, which is not committed), run there in a process of their own, and
speak to a server through boto3 and raw requests. What needs two accounts, or TLS, is skipped.
"""

import subprocess
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from xml.etree import ElementTree

from tests.support.real_s3 import HOME, REGION

SUITE: Final = "swift-2.38.3"
_NEEDS: Final = ("boto3", "awscrt", "requests", "pytest>=8", "pytest-subtests", "pytest-timeout", "pytest-xdist")
_TEST_S: Final = 120


@dataclass(frozen=True, kw_only=True)
class Users:
    """Who the suite may ask as: two owners of accounts; a server that knows one only gets him twice."""

    first: tuple[str, str]
    second: tuple[str, str]


@dataclass(kw_only=True)
class Tally:
    """What one run of the suite counted, by module; a failure is named with the first line of its complaint."""

    modules: dict[str, dict[str, int]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    skips: dict[str, str] = field(default_factory=dict)

    @property
    def total(self) -> dict[str, int]:
        return {word: sum(counts[word] for counts in self.modules.values()) for word in _WORDS}

    def see(self, name: str, word: str, why: str) -> None:
        module = name.partition(".")[0]
        counts = self.modules.setdefault(module, dict.fromkeys(_WORDS, 0))
        counts[word] += 1
        if word != "passed":
            (self.failures if word == "failed" else self.skips)[name] = why


_WORDS: Final = ("passed", "failed", "skipped")


def fetch() -> Path:
    """The folder of the suite, unpacked, and what it imports; both are fetched when they are missing."""
    folder = HOME / "suite"
    if not (folder / SUITE / "test" / "s3api").exists():
        pip = [str(HOME / "bin" / "python"), "-m", "pip", "-qq", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", *_NEEDS], check=True)
        name, _, version = SUITE.partition("-")
        asked = [f"{name}=={version}", "--no-deps", "--no-binary", name, "--dest", str(folder)]
        subprocess.run([*pip, "download", *asked], check=True)
        with tarfile.open(folder / f"{SUITE}.tar.gz") as packed:
            packed.extractall(folder, filter="data")
    return folder / SUITE


def play(url: str, users: Users, *, only: Sequence[str] = (), jobs: int = 1) -> Tally:
    """Run the suite against the server at `url`."""
    folder = fetch()
    with TemporaryDirectory() as scratch:
        settings, report = Path(scratch) / "test.conf", Path(scratch) / "report.xml"
        settings.write_text("\n".join([
            "[s3api_test]", f"endpoint = {url}", f"region = {REGION}", "s3_acl_tests_enabled = False",
            f"access_key1 = {users.first[0]}", f"secret_key1 = {users.first[1]}",
            f"access_key2 = {users.second[0]}", f"secret_key2 = {users.second[1]}", "",
        ]))  # fmt: skip
        command = [str(HOME / "bin" / "python"), "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=line"]
        command += [
            "-n",
            str(jobs),
            f"--timeout={_TEST_S}",
            f"--junitxml={report}",
            "-k",
            " or ".join(only),
            "test/s3api",
        ]
        subprocess.run(
            command,
            cwd=folder,
            env={"PATH": "/usr/bin:/bin", "SWIFT_TEST_CONFIG_FILE": str(settings)},
            stdout=subprocess.DEVNULL,
            check=False,
        )
        return read(report)


def read(report: Path, *, prefix: str = "test.s3api.") -> Tally:
    """The counts of a report in JUnit's form. What failed once, in the test or around it, failed."""
    tally, seen = Tally(), dict[str, tuple[str, str]]()
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        module = case.get("classname", "").removeprefix(prefix)
        name, word, why = f"{module}.{case.get('name')}", "passed", ""
        for child in case:
            if child.tag in ("failure", "error"):
                word, why = "failed", (child.get("message") or "").splitlines()[0][:200]
            elif child.tag == "skipped":
                word, why = "skipped", child.get("message") or ""
        if seen.get(name, ("passed", ""))[0] != "failed":
            seen[name] = word, why
    for name, (word, why) in seen.items():
        tally.see(name, word, why)
    return tally
