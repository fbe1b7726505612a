"""A ledger remembers what sweeps found, says how that stands after another one, and survives its own damage."""

from pathlib import Path

import pytest

from simulator.errors import Misuse
from simulator.explore import ledger as module
from simulator.explore.ledger import FILE, Ledger, open_ledger
from simulator.explore.record import Record

BUG = "violated: a bug"


def swept(
    folder: Path, outcomes: dict[int, str], *, subject: str = "shop", code: str = "c1", digests: str = "d"
) -> Ledger:
    """A sweep in which the seeds that violate something do so."""
    ledger = open_ledger(folder, subject)
    ledger.begin(began="2026-03-04 05:06:07", provenance={"commit": "1fa2"}, code=code)
    for seed, violates in outcomes.items():
        status = "violated" if violates else "passed"
        ledger.add(
            Record(number=seed, subject=0, seed=seed, status=status, signature=violates, digest=f"{digests}{seed}")
        )
    return ledger


def told(folder: Path, outcomes: dict[int, str], **given: str) -> dict[str, str]:
    ledger = swept(folder, outcomes, **given)
    return {one.signature: one.state for one in ledger.end(why="all seeds played", seeds=len(outcomes), real_s=0.1)}


def changed(folder: Path, outcomes: dict[int, str], **given: str) -> list[int]:
    ledger = swept(folder, outcomes, **given)
    ledger.end(why="all seeds played", seeds=len(outcomes), real_s=0.1)
    return ledger.changed


def test_what_is_found_first_is_new_then_ongoing_and_resolved_when_its_seeds_pass(tmp_path: Path) -> None:
    assert told(tmp_path, {1: "", 2: BUG}) == {BUG: "new"}
    assert told(tmp_path, {2: BUG}) == {BUG: "ongoing"}
    assert told(tmp_path, {2: ""}) == {BUG: "resolved"}
    assert told(tmp_path, {2: ""}) == {}
    assert told(tmp_path, {3: BUG}) == {BUG: "new"}


def test_a_finding_whose_seeds_were_not_played_is_neither(tmp_path: Path) -> None:
    told(tmp_path, {1: BUG, 2: BUG})

    assert told(tmp_path, {7: ""}) == {BUG: "not seen"}
    assert told(tmp_path, {1: ""}) == {BUG: "not seen"}, "seed 2 may still show it"
    assert told(tmp_path, {1: "", 2: ""}) == {BUG: "resolved"}


def test_the_next_sweep_knows_which_seeds_to_play_again(tmp_path: Path) -> None:
    told(tmp_path, dict.fromkeys(range(10), BUG) | {50: "violated: another", 51: ""})

    assert open_ledger(tmp_path, "shop").again() == [0, 1, 2, 50]


def test_it_says_since_when(tmp_path: Path) -> None:
    told(tmp_path, {1: ""})
    told(tmp_path, {2: BUG})

    (one,) = swept(tmp_path, {2: BUG}).end(why="", seeds=1, real_s=0)

    assert (one.since, one.commit, one.seeds) == (2, "1fa2", (2,))


def test_another_subject_in_the_same_file_has_a_history_of_its_own(tmp_path: Path) -> None:
    told(tmp_path, {1: BUG})

    assert told(tmp_path, {1: BUG}, subject="shop sync=False") == {BUG: "new"}
    assert open_ledger(tmp_path, "shop").again() == [1]


def test_a_seed_that_tells_another_story_with_the_same_code_is_told(tmp_path: Path) -> None:
    told(tmp_path, {1: "", 2: ""})

    assert changed(tmp_path, {1: "", 2: ""}, digests="other") == [1, 2]


def test_with_other_code_it_may(tmp_path: Path) -> None:
    told(tmp_path, {1: ""})

    assert changed(tmp_path, {1: ""}, code="c2", digests="other") == []


def test_damaged_lines_are_told_and_skipped(tmp_path: Path) -> None:
    told(tmp_path, {1: "", 2: BUG})
    path = tmp_path / FILE
    lines = path.read_bytes().splitlines()
    path.write_bytes(
        b"\n".join([*lines[:2], b"\xff\xfe nonsense", b'{"seed":"x"}', b"[" * 9999, *lines[2:]]) + b'\n{"see'
    )

    ledger = open_ledger(tmp_path, "shop")

    assert len(ledger.damages) == 4
    assert ledger.damages[0].startswith(f"{path}, line 3: ")
    assert ledger.again() == [2]


def test_half_a_last_line_does_not_spoil_the_first_of_the_next_sweep(tmp_path: Path) -> None:
    told(tmp_path, {2: BUG})
    with open(tmp_path / FILE, "ab") as file:
        file.write(b'{"seed":3,"outc')

    told(tmp_path, {2: BUG})

    assert len(open_ledger(tmp_path, "shop").damages) == 1


def test_when_it_is_long_the_seeds_that_never_failed_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LEDGER_LINES_MAX", 50)
    told(tmp_path, dict.fromkeys(range(60), "") | {60: BUG})
    told(tmp_path, {60: ""})

    assert told(tmp_path, {61: ""}) == {}, "that it was resolved is not forgotten"
    assert len((tmp_path / FILE).read_bytes().splitlines()) < 12


def test_a_sweep_that_fills_it_goes_on_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEDGER_LINES_MAX", 10)

    ledger = swept(tmp_path, dict.fromkeys(range(100), "") | {100: BUG})

    assert [one.state for one in ledger.end(why="", seeds=101, real_s=1)] == ["new"]
    assert ledger.unwritten == 81
    assert open_ledger(tmp_path, "shop").again() == [100]


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(Misuse, match="cannot be written"):
        swept(tmp_path / "file" / "ledger", {})


def test_two_sweeps_do_not_write_it_at_once(tmp_path: Path) -> None:
    first = swept(tmp_path, {})

    with pytest.raises(Misuse, match="another sweep writes"):
        swept(tmp_path, {})
    first.end(why="", seeds=0, real_s=0)
    assert told(tmp_path, {1: ""}) == {}
