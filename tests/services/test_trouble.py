"""Troubles are values that print as they are written, meet whom they name, and are refused when nobody knows them."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import Misuse
from simulator.services.http.troubles import HTTP_SURFACE
from simulator.services.trouble import PARAMETERS, Switchboard, Trouble, checked, kind_of_trouble, parse, surface

SURFACE = surface(
    kind_of_trouble("late", "It comes late.", seconds=5.0),
    kind_of_trouble("failover", "It is taken over.", count=3, code="READONLY"),
)


def board(*troubles: str, seed: int = 0) -> Switchboard:
    made = Switchboard(SURFACE, rng=random.Random(seed))
    for trouble in troubles:
        made.on(trouble)
    return made


def kinds(met: tuple[Trouble, ...]) -> list[str]:
    return [trouble.kind for trouble in met]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("late", Trouble(kind="late")),
        ("late:operation=Put*,times=1", Trouble(kind="late", operation="Put*", times=1)),
        ("late:seconds=200ms", Trouble(kind="late", seconds=0.2)),
        ("late: seconds = 2m , chance=20%", Trouble(kind="late", seconds=120.0, chance=0.2)),
        ("x:at_byte=64k,bytes_per_s=1MiB", Trouble(kind="x", at_byte=65536, bytes_per_s=1 << 20)),
        ("x:at-byte=5", Trouble(kind="x", at_byte=5)),
        (r"x:key=a\,b=c,code=Slow", Trouble(kind="x", key="a,b=c", code="Slow")),
        ("x:operation=GET /v1/*,skip=3", Trouble(kind="x", operation="GET /v1/*", skip=3)),
    ],
)
def test_a_trouble_is_read_from_its_text(text: str, expected: Trouble) -> None:
    assert parse(text) == expected


words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1)


@given(
    operation=words,
    key=words,
    times=st.none() | st.integers(1, 99),
    skip=st.integers(0, 99),
    status=st.none() | st.integers(400, 599),
    at_byte=st.none() | st.integers(0, 1 << 40),
    chance=st.sampled_from([0.0, 0.25, 0.5, 1.0]),
    answer=st.sampled_from([None, "first", "last"]),
)
def test_what_a_trouble_prints_reads_as_the_same_trouble(**fields: Any) -> None:
    trouble = Trouble(kind="any", **fields)

    assert parse(str(trouble)) == trouble


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("layte", "unknown kind of trouble 'layte'", "did you mean 'late'"),
        ("late:second=3", "unknown parameter 'second'", "did you mean 'seconds'"),
        ("late:status=500", "'late' takes no status", "seconds=5 (s)"),
        ("late:seconds=soon", "seconds in 'late:seconds=soon' is not a number: 'soon'", "KIND:name=value"),
        ("late:times=0", "times of 'late' is 0, not 1 or more", ""),
        ("late:chance=120%", "chance of 'late' is 1.2, not from 0 to 1", ""),
        ("late:seconds=nan", "seconds in 'late:seconds=nan' is not a number: 'nan'", ""),
        ("late:times=1.5", "times in 'late:times=1.5' is not a number: '1.5'", ""),
        ("late:operation", "'operation' in 'late:operation' is not name=value", ""),
        ("late:times=1,times=2", "times is given twice", ""),
        ("failover:answer=both", "answer of 'failover' is 'both', not first or last", ""),
    ],
)
def test_what_nobody_knows_is_refused_with_what_is_known(text: str, said: str, hint: str) -> None:
    with pytest.raises(Misuse) as caught:
        board().on(text)

    assert said in str(caught.value)
    assert hint in caught.value.hint


def test_a_trouble_takes_the_defaults_of_its_kind() -> None:
    assert checked(Trouble(kind="failover", count=1), SURFACE) == Trouble(kind="failover", count=1, code="READONLY")


def test_a_trouble_meets_the_operations_and_keys_it_names() -> None:
    met = board("late:operation=Upload*,key=films/*.mp4")

    assert kinds(met.meet("UploadPart", "films/a.mp4")) == ["late"]
    assert met.meet("PutObject", "films/a.mp4") == ()
    assert met.meet("UploadPart", "films/a.mov") == ()


def test_the_first_pass_then_so_many_are_met_then_it_is_over() -> None:
    met = board("late:skip=2,times=3")

    assert [len(met.meet("Get", "")) for _ in range(8)] == [0, 0, 1, 1, 1, 0, 0, 0]
    assert met.hits == {1: 3}


def test_chance_is_drawn_from_the_services_own_generator() -> None:
    one, same, other = (board("late:chance=30%", seed=seed) for seed in (7, 7, 8))

    drawn = [[len(each.meet("Get", "")) for _ in range(400)] for each in (one, same, other)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert 80 < sum(drawn[0]) < 160


def test_troubles_are_switched_off_by_number_or_all_at_once() -> None:
    met = board("late", "failover", "late:key=x")
    met.off(1)

    assert kinds(met.meet("Get", "x")) == ["failover", "late"]
    met.clear()
    assert met.meet("Get", "x") == ()
    met.off(1)
    with pytest.raises(Misuse, match="no trouble number 9"):
        met.off(9)


def test_each_hit_is_told() -> None:
    told: list[tuple[str, dict[str, object]]] = []
    met = Switchboard(SURFACE, tell=lambda kind, **fields: told.append((kind, fields)))
    met.on(Trouble(kind="late", seconds=1.5))
    met.meet("Get", "a/b")

    expected = {"fault": "late:seconds=1.5", "operation": "Get", "target": "a/b", "verdict": "late"}
    assert told == [("fault.hit", expected)]


def test_every_parameter_of_a_surface_has_a_unit_and_every_kind_a_sentence() -> None:
    for name, kind in HTTP_SURFACE.items():
        assert kind.name == name
        assert kind.doc.endswith("."), name
        assert all(parameter in PARAMETERS for parameter in kind.defaults)
        checked(Trouble(kind=name), HTTP_SURFACE)
