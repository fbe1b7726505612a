"""Ledger: what earlier sweeps of a subject found, in a file that people read and that survives its own damage.

    {"sweep":1,"subject":"echo-under-partition","began":"2026-03-04 05:06:07","commit":"1fa23...","code":"b1946ac9..."}
    {"seed":17,"outcome":"passed","digest":"1f0e..."}
    {"seed":18,"outcome":"violated","digest":"77aa...","violates":"violated: nothing is paid for twice: ..."}
    {"end":1,"why":"all seeds played","seeds":2,"real_s":0.3}

It is only ever appended to, a line for each seed as it comes. When it is longer than `ledger_lines_max`, the next sweep
leaves out of it the seeds that never failed; within one sweep they are left out from twice that length on. A line that
cannot be read is told and skipped.

| a finding is | when                                                                                       |
|--------------|--------------------------------------------------------------------------------------------|
| `new`        | it was found now, and was not open before                                                  |
| `ongoing`    | it was found now, and was open before                                                      |
| `resolved`   | it was open before, and every seed that showed it was played now and does not any more     |
| `not seen`   | it was open before, and not all of these seeds were played                                 |
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec

from simulator.errors import Misuse
from simulator.explore.record import Record

FILE: Final = "ledger.jsonl"
LEDGER_LINES_MAX: Final = 400_000
LINE_BYTES_MAX: Final = 1 << 16
SEEDS_KEPT_MAX: Final = 100
"""Of one open finding so many seeds are remembered."""
AGAIN_MAX: Final = 3
"""And so many of them are played again by the next sweep, before all others."""
DAMAGES_TOLD_MAX: Final = 3


class _Line(msgspec.Struct, omit_defaults=True, kw_only=True):
    """Any line; which fields it has says what it is."""

    sweep: int | None = None
    subject: str = ""
    began: str = ""
    commit: str = ""
    dirty: str = ""
    code: str = ""  # A checksum of the whole provenance: equal ones are equal code, Python and libraries.
    seed: int | None = None
    outcome: str = ""
    digest: str = ""
    violates: str = ""
    tape: bool = False  # The seed does not tell this story alone: see `guided`.
    end: int | None = None
    why: str = ""
    seeds: int = 0
    real_s: float = 0.0


@dataclass
class Open:
    """A finding that was open when the last sweep ended, and seeds that showed it."""

    signature: str
    seeds: list[int] = field(default_factory=list)
    since: int = 0  # The sweep that found it first.
    commit: str = ""  # And the commit then.


@dataclass(frozen=True)
class Told:
    """What a ledger says of one finding after a sweep."""

    signature: str
    state: str
    since: int
    commit: str = ""
    seeds: tuple[int, ...] = ()


class Ledger:
    """The history of one subject; made by `open_ledger`."""

    def __init__(self, folder: Path, subject: str) -> None:
        self.folder, self.subject = folder, subject
        self.sweeps = 0
        self.damages: list[str] = []
        self.open: dict[str, Open] = {}
        self.changed: list[int] = []  # Seeds that told another story with the same code.
        self._digests: dict[int, str] = {}  # Of the seeds played with `_code`.
        self._code = ""
        self._now: dict[str, list[int]] = {}
        self._alone: set[int] = set()  # Seeds that were played now, as they are.
        self._file: Any = None
        self._lines = 0
        self.trouble = ""
        self.unwritten = 0  # Seeds that passed when the file was full.

    # --- before a sweep -----------------------------------------------------------------------------

    def read(self) -> None:
        """Learn what is there."""
        path = self.folder / FILE
        if not path.exists():
            return
        mine, found = False, _Past()
        for line in self._readable(path):
            self._lines += 1
            if line.sweep is not None:
                self.sweeps = max(self.sweeps, line.sweep)
                found.settle(self.open)
                mine = line.subject == self.subject
                found = _Past(line.sweep, line.commit)
                if line.code != self._code and mine:
                    self._code, self._digests = line.code, {}
            elif mine and line.seed is not None:
                found.add(line)
                if not line.tape:
                    self._digests[line.seed] = line.digest
        found.settle(self.open)

    def _readable(self, path: Path) -> Iterator[_Line]:
        try:
            with open(path, "rb") as file:
                number = 0
                while raw := file.readline(LINE_BYTES_MAX):
                    number += 1
                    try:
                        yield msgspec.json.decode(raw, type=_Line)
                    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
                        self.damages.append(f"{path}, line {number}: {error}")
        except OSError as error:
            raise Misuse(f"the ledger {path} cannot be read: {error.strerror}") from None

    def again(self) -> list[int]:
        """Seeds that a sweep is to play first, to see whether they still fail."""
        return sorted({seed for one in self.open.values() for seed in one.seeds[:AGAIN_MAX]})

    def begin(self, *, began: str, provenance: Mapping[str, Any], code: str) -> None:
        """Open the file for a new sweep."""
        self.sweeps += 1
        if code != self._code:
            self._code, self._digests = code, {}
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if self._lines > LEDGER_LINES_MAX:
                self._compact()
            self._file = open(self.folder / FILE, "ab")  # noqa: SIM115  open as long as the sweep
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if self._file.tell() and not self._ends_with_a_line():
                self._file.write(b"\n")
        except BlockingIOError:
            self._file.close()
            raise Misuse(
                f"another sweep writes the ledger in {self.folder}", hint="name another with --ledger"
            ) from None
        except OSError as error:
            where = f"the ledger in {self.folder}"
            raise Misuse(
                f"{where} cannot be written: {error.strerror}", hint="name another folder with --ledger"
            ) from None
        self._write(
            _Line(
                sweep=self.sweeps,
                subject=self.subject,
                began=began,
                commit=str(provenance.get("commit", "")),
                dirty=str(provenance.get("dirty", "")),
                code=code,
            )
        )

    def _ends_with_a_line(self) -> bool:
        with open(self.folder / FILE, "rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"

    def _compact(self) -> None:
        """Leave out the seeds that passed: of old sweeps only what they found matters."""
        path, shorter = self.folder / FILE, self.folder / f"{FILE}.new"
        failed = {line.seed for line in self._readable(path) if line.violates}
        with open(shorter, "wb") as file:
            for line in self._readable(path):
                if line.seed is None or line.seed in failed:  # That one of these passes now resolves a finding.
                    file.write(msgspec.json.encode(line) + b"\n")
        os.replace(shorter, path)

    # --- while it goes on ---------------------------------------------------------------------------

    def add(self, record: Record) -> None:
        """Write down what became of a seed."""
        alone = not record.mutated
        violates = record.signature if record.failed else ""
        self._write(
            _Line(seed=record.seed, outcome=record.status, digest=record.digest, violates=violates, tape=not alone)
        )
        if record.failed:
            seeds = self._now.setdefault(record.signature, [])
            if len(seeds) < SEEDS_KEPT_MAX:
                seeds.append(record.seed)
        if alone:
            self._alone.add(record.seed)
            before = self._digests.get(record.seed)
            if before and record.digest and before != record.digest:
                self.changed.append(record.seed)

    def _write(self, line: _Line) -> None:
        self._lines += 1
        if self._lines > 2 * LEDGER_LINES_MAX and line.outcome == "passed":
            self.unwritten += 1
            return
        if self.trouble:
            return
        try:
            self._file.write(msgspec.json.encode(line) + b"\n")
            if line.seed is None or line.violates:
                self._file.flush()
        except OSError as error:  # A sweep goes on with a full disk: what it finds is worth more.
            self.trouble = f"the ledger ends early, for it cannot be written: {error.strerror}"

    def close(self) -> None:
        """Close the file; once is enough."""
        try:
            if self._file is not None:
                self._file.close()
        except OSError as error:
            self.trouble = self.trouble or f"the ledger ends early, for it cannot be written: {error.strerror}"

    # --- after it -----------------------------------------------------------------------------------

    def end(self, *, why: str, seeds: int, real_s: float) -> list[Told]:
        """Close, and say of every finding how it stands."""
        self._write(_Line(end=self.sweeps, why=why, seeds=seeds, real_s=round(real_s, 3)))
        self.close()
        told = []
        for signature, found in self._now.items():
            before = self.open.get(signature)
            state = "ongoing" if before is not None else "new"
            since, commit = (before.since, before.commit) if before is not None else (self.sweeps, "")
            told.append(Told(signature, state, since, commit, tuple(found)))
        for signature, one in self.open.items():
            if signature not in self._now:
                shown = one.seeds[:AGAIN_MAX]
                state = "resolved" if shown and self._alone.issuperset(shown) else "not seen"
                told.append(Told(signature, state, one.since, one.commit, tuple(one.seeds)))
        return told


class _Past:
    """One earlier sweep of the same subject, while its lines are read."""

    def __init__(self, number: int = 0, commit: str = "") -> None:
        self._number, self._commit = number, commit
        self._found: dict[str, list[int]] = {}
        self._alone: set[int] = set()

    def add(self, line: _Line) -> None:
        assert line.seed is not None
        if not line.tape:
            self._alone.add(line.seed)
        if line.violates:
            seeds = self._found.setdefault(line.violates, [])
            if len(seeds) < SEEDS_KEPT_MAX and not line.tape:
                seeds.append(line.seed)

    def settle(self, findings: dict[str, Open]) -> None:
        """What was open after this sweep."""
        for signature, seeds in self._found.items():
            one = findings.setdefault(signature, Open(signature, [], self._number, self._commit))
            one.seeds = sorted({*one.seeds, *seeds})[:SEEDS_KEPT_MAX]
        for signature, one in list(findings.items()):
            if signature not in self._found and one.seeds and self._alone.issuperset(one.seeds[:AGAIN_MAX]):
                del findings[signature]


def open_ledger(folder: str | os.PathLike[str], subject: str) -> Ledger:
    """The ledger of a subject in a folder, with what it knows."""
    ledger = Ledger(Path(folder), subject)
    ledger.read()
    return ledger
