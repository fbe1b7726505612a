"""Check: a run depends on its scenario and its seed and on nothing else. Shown, not claimed.

Each seed plays once in a plain fresh interpreter, and once in each perturbed one. All must give the same
digest, outcome and output. Where they do not, both play again with every value and call site recorded
(clocks, entropy, payloads), and the first difference is told.
"""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

from simulator.errors import Misuse
from simulator.explore.perturbed import Interpreter, perturbed, plain
from simulator.trace.diff import Difference, diff_files
from simulator.trace.reader import TraceError

TIMEOUT_S: Final = 600.0
"""A run that takes longer in real time than this counts as hung; `spin_s` ends most of them before."""

_PLAIN: Final = "plain"


@dataclass(frozen=True)
class Subject:
    """What is checked: the words of a command line that plays it, and where its paths are relative to."""

    words: tuple[str, ...]  # Without seed, trace and output options.
    program: tuple[str, ...]  # What follows the options.
    folder: str


@dataclass(frozen=True)
class Finding:
    """A perturbation under which a seed told another story."""

    seed: int
    perturbation: str
    text: str
    difference: Difference | None = None


@dataclass
class Checked:
    """What a check came to."""

    seeds: int = 0
    runs: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether nothing differed."""
        return not self.findings


@dataclass(frozen=True)
class _Played:
    code: int
    output: str  # A checksum of what the program printed.
    data: dict[str, Any]
    trace: str
    said: str


def check(
    subject: Subject,
    *,
    seeds: Sequence[int],
    perturbations: Sequence[str],
    workers: int | None = None,
    progress: Callable[[int, Checked], object] = lambda seed, checked: None,
) -> Checked:
    """Play each seed in fresh interpreters and compare; `progress` hears of each seed."""
    checked = Checked()
    folder = tempfile.mkdtemp(prefix="soundstage-check-")
    try:
        with ThreadPoolExecutor(workers or os.cpu_count()) as pool:
            work = [(seed, pool.submit(_Seed(subject, seed, folder).compare, perturbations)) for seed in seeds]
            try:
                for seed, future in work:
                    status, findings = future.result()
                    checked.seeds += 1
                    checked.runs += 1 + len(perturbations)
                    checked.statuses[status] = checked.statuses.get(status, 0) + 1
                    checked.findings += findings
                    progress(seed, checked)
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return checked


class _Seed:
    """One seed in all its interpreters."""

    def __init__(self, subject: Subject, seed: int, folder: str) -> None:
        self._subject, self._seed, self._folder = subject, seed, folder
        self._elsewhere = os.path.join(folder, f"elsewhere-{seed}")
        os.mkdir(self._elsewhere)

    def compare(self, perturbations: Sequence[str]) -> tuple[str, list[Finding]]:
        """The outcome of the plain run, and which perturbations changed the story."""
        base = self._play(_PLAIN)
        findings = [found for name in perturbations if (found := self._compare(base, name)) is not None]
        self._forget(base)
        return str(base.data.get("status", "?")), findings

    def _compare(self, base: _Played, name: str) -> Finding | None:
        other = self._play(name)
        try:
            if (base.code, base.output, base.data.get("digest")) == (
                other.code,
                other.output,
                other.data.get("digest"),
            ):
                return None
            text, difference = self._explain(base, other, name)
            return Finding(self._seed, name, text, difference)
        finally:
            self._forget(other)

    def _explain(self, base: _Played, other: _Played, name: str) -> tuple[str, Difference | None]:
        """The first difference in words, from the traces if these show it."""
        try:
            found = diff_files(base.trace, other.trace)
            if found:  # Once more, with call sites and with every value that was handed out.
                first, second = self._play(_PLAIN, detail=True), self._play(name, detail=True)
                found = diff_files(first.trace, second.trace) or found
        except TraceError as error:
            return f"a trace cannot be read: {error}", None
        if found:
            return found.text(left=_PLAIN, right=name), found
        if base.output != other.output:
            return "the events are equal, what the program printed is not", None
        return f"the events are equal, the ends are not: exit code {base.code} and {other.code}", None

    def _interpreter(self, name: str) -> Interpreter:
        base = plain(self._subject.folder)
        return base if name == _PLAIN else perturbed(base, name, self._seed, elsewhere=self._elsewhere)

    def _play(self, name: str, *, detail: bool = False) -> _Played:
        trace = os.path.join(self._folder, f"{self._seed}-{name}{'-detail' if detail else ''}.jsonl")
        words = [*self._subject.words, "--seed", str(self._seed), "--trace", trace, "--json"]
        words += ["--detail"] if detail else []
        interpreter = self._interpreter(name)
        try:
            done = subprocess.run(
                interpreter.command([*words, *self._subject.program]),
                cwd=interpreter.cwd,
                env=dict(interpreter.env),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Misuse(f"seed {self._seed} under {name} took longer than {TIMEOUT_S:g} real seconds") from None
        return _Played(
            done.returncode, _checksum(done.stderr), _data(done), trace, done.stderr.decode("utf-8", "replace")
        )

    def _forget(self, played: _Played) -> None:
        for path in _with_detail(played.trace):
            if os.path.exists(path):
                os.unlink(path)


def _with_detail(trace: str) -> Iterator[str]:
    yield trace
    yield trace.removesuffix(".jsonl") + "-detail.jsonl"


def _data(done: "subprocess.CompletedProcess[bytes]") -> dict[str, Any]:
    """The JSON that the run printed; a run that could not begin is the user's to mend."""
    lines = done.stdout.splitlines()
    try:
        found = json.loads(lines[-1])
    except (IndexError, ValueError):
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise Misuse("\n".join(line.removeprefix("error: ") for line in said[-6:]) or "the run said nothing") from None
    return found if isinstance(found, dict) else {}


def _checksum(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
