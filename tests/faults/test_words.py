"""Every fault of the vocabulary can be written down and read back; what is not one is refused by name."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import simulator.faults as faults
from simulator.errors import Misuse
from simulator.faults import Fault, Kill, Partition, Plan, ServiceTrouble, SlowLink, TimedFault
from simulator.faults.words import VOCABULARY, fault_data, fault_from
from simulator.faults.written import FILE_BYTES_MAX, plan_from, read_plan, write_plan

names = st.text(max_size=12)
values: dict[Any, st.SearchStrategy[Any]] = {
    str: names,
    int: st.integers(-(2**60), 2**60),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
}


def _any_of(made: type) -> st.SearchStrategy[Fault]:
    fields = {field.name: values[field.type] for field in dataclasses.fields(made)}
    return st.builds(made, **fields)


any_fault = st.one_of([_any_of(made) for made in VOCABULARY.values()])
any_timed = st.builds(TimedFault, st.integers(0, 10**15), st.integers(0, 10**15), any_fault)
any_plan = st.lists(any_timed, max_size=5).map(lambda found: Plan(tuple(sorted(found, key=lambda timed: timed.at_ns))))


@given(any_fault)
def test_what_is_written_is_what_is_read(fault: Fault) -> None:
    assert fault_from(fault_data(fault)) == fault


@given(any_plan)
def test_a_plan_comes_back_from_a_header_and_from_a_file(plan: Plan) -> None:
    assert plan_from(plan.as_data()) == plan

    import tempfile

    with tempfile.NamedTemporaryFile("w", suffix=".toml", encoding="utf-8") as file:
        file.write(write_plan(plan))
        file.flush()
        assert read_plan(file.name) == plan


def test_every_fault_that_the_package_offers_has_a_word() -> None:
    offered = {getattr(faults, name) for name in faults.__all__}
    kinds = {one for one in offered if dataclasses.is_dataclass(one) and hasattr(one, "begin")}

    assert kinds == set(VOCABULARY.values())


def test_a_file_reads_as_a_person_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(
        "[[fault]]\nat_s = 2.5\nlasts_s = 1\nkind = 'kill'\nhost = 'worker'\n"
        "[[fault]]\nat_s = 1\nlasts_s = 0.25\nkind = 'slow-link'\none = 'a'\nother = 'b'\nby_s = 2\n"
    )

    assert read_plan(str(path)) == Plan(
        (
            TimedFault(1_000_000_000, 250_000_000, SlowLink("a", "b", 2.0)),
            TimedFault(2_500_000_000, 1_000_000_000, Kill("worker")),
        )
    )


@dataclasses.dataclass(frozen=True)
class Own:
    """A fault that somebody wrote for himself."""

    host: str

    def begin(self, world: object) -> None: ...


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ({}, "without a kind"),
        ({"kind": 7}, "without a kind"),
        ({"kind": "kil", "host": "a"}, "no fault of kind 'kil'"),
        ({"kind": "kill"}, "needs host"),
        ({"kind": "kill", "host": 7}, "host of a kill is 7, not a text"),
        ({"kind": "kill", "host": "a", "when": "now"}, "no field 'when'"),
        ({"kind": "slow-link", "one": "a", "other": "b", "by_s": True}, "not a number"),
        ({"kind": "reset", "one": "a", "other": "b", "one_in": 1.5}, "not a whole number"),
        (fault_data(Own("a")), "a fault of no known kind"),
    ],
)
def test_what_is_no_fault_is_refused_by_name(data: dict[str, Any], why: str) -> None:
    with pytest.raises(Misuse, match=why):
        fault_from(data)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("kill worker", "is not TOML"),
        ("\x00", "is not TOML"),
        ("seed = 7", "a row of .* tables"),
        ("fault = 7", "a row of .* tables"),
        ("fault = [7]", "fault 1: it is no table"),
        ("[[fault]]\nkind='kill'\nhost='a'\nat_s=-1", "at is -1"),
        ("[[fault]]\nkind='kill'\nhost='a'\nat_s=nan", "at is nan"),
        ("[[fault]]\nkind='kill'\nhost='a'\nlasts_s=1e300", "lasts is 1e[+]300"),
        ("[[fault]]\nkind='kill'\nhost='a'\nlasts_s='long'", "lasts is 'long'"),
        ("#" * (FILE_BYTES_MAX + 1), "file_bytes_max"),
    ],
)
def test_what_is_no_plan_is_refused_with_its_place(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(text)

    with pytest.raises(Misuse, match=why):
        read_plan(str(path))


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="cannot be read: No such file"):
        read_plan(str(tmp_path / "none.toml"))


def test_defaults_are_not_written() -> None:
    assert fault_data(Partition("a", "b")) == {"kind": "partition", "one": "a", "other": "b"}
    assert fault_data(ServiceTrouble("s3", "late:seconds=2")) == {
        "kind": "service", "host": "s3", "trouble": "late:seconds=2",
    }  # fmt: skip
