"""One tape of draws: lanes do not disturb one another, zero is tame, and a tape always plays."""

import json
import pickle
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import Diverged, LimitReached, Misuse
from simulator.kernel.choices import BOUND_MAX, Choices
from simulator.kernel.tape import Draw, Tape

Question = tuple[str, str, str, int]

questions = st.tuples(
    st.sampled_from(["link", "disk"]),
    st.sampled_from(["worker", "s3"]),
    st.sampled_from(["delay", "error"]),
    st.integers(1, 1000),
)
seeds = st.integers(0, 2**64)


def draw(choices: Choices, *asked: Question) -> list[int]:
    return [choices.draw(bound, stream=stream, site=site, label=label) for stream, site, label, bound in asked]


DELAY = ("link a-b", "worker", "delay", 100)
ERROR = ("disk", "worker", "error", 2)


# -- a seed ------------------------------------------------------------------------------------------------------


def test_an_extra_draw_under_one_label_leaves_the_others_alone() -> None:
    plain = draw(Choices.from_seed(7), DELAY)
    after = draw(Choices.from_seed(7), ERROR, DELAY)

    assert after[1:] == plain


@given(seeds, st.lists(questions, max_size=20), st.lists(questions, max_size=20))
def test_the_order_across_lanes_does_not_matter(seed: int, asked: list[Question], extra: list[Question]) -> None:
    lanes = {question[:3] for question in asked}
    others = [question for question in extra if question[:3] not in lanes]
    alone, among = Choices.from_seed(seed), Choices.from_seed(seed)

    plain = draw(alone, *asked)
    mixed: list[int] = []
    for question in asked:
        draw(among, *others)
        mixed += draw(among, question)

    assert mixed == plain


def test_a_stream_and_a_site_that_join_to_the_same_letters_are_two_lanes() -> None:
    one = draw(Choices.from_seed(7), *[("ab", "c", "x", 1 << 40)] * 4)
    other = draw(Choices.from_seed(7), *[("a", "bc", "x", 1 << 40)] * 4)

    assert one != other


def test_the_draws_of_a_known_seed_are_known_numbers() -> None:
    # Stated, not computed: tapes and seeds must mean the same on every Python version and machine.
    assert draw(Choices.from_seed(7), *[DELAY] * 5, ERROR, ("x", "y", "z", BOUND_MAX)) == [
        4,
        34,
        0,
        26,
        1,
        0,
        19047007119696718,
    ]
    assert Choices.from_seed(7).bytes(8, stream="uuid", site="worker").hex() == "da4c29026d189811"


@given(seeds, st.integers(1, BOUND_MAX))
def test_a_draw_is_below_its_bound(seed: int, bound: int) -> None:
    assert all(0 <= value < bound for value in draw(Choices.from_seed(seed), *[("a", "b", "c", bound)] * 5))


def test_draws_are_spread_evenly() -> None:
    values = draw(Choices.from_seed(1), *[("a", "b", "c", 10)] * 10_000)

    assert all(900 < values.count(value) < 1100 for value in range(10))


def test_neighbouring_lanes_and_seeds_are_unrelated() -> None:
    first = {draw(Choices.from_seed(seed), ("a", "b", "c", 1 << 50))[0] for seed in range(200)}
    lanes = {draw(Choices.from_seed(0), ("a", f"{n}", "c", 1 << 50))[0] for n in range(200)}

    assert len(first) == len(lanes) == 200


def test_a_seed_is_a_whole_number() -> None:
    with pytest.raises(Misuse, match="a seed is a whole number, not '7'"):
        Choices.from_seed("7")  # type: ignore[arg-type]


@pytest.mark.parametrize("bound", [0, -1])
def test_a_draw_from_nothing_names_the_question(bound: int) -> None:
    for choices in (Choices.from_seed(7), Choices.replay(Tape())):
        with pytest.raises(Misuse, match=r"disk / worker / error: there is nothing to choose from"):
            choices.draw(bound, stream="disk", site="worker", label="error")


def test_a_draw_from_too_much_is_refused() -> None:
    with pytest.raises(Misuse, match="beyond"):
        draw(Choices.from_seed(7), ("a", "b", "c", BOUND_MAX + 1))


def test_the_number_of_draws_has_a_limit_with_a_name() -> None:
    for choices in (Choices.from_seed(7, draws_max=3), Choices.replay(Tape(), draws_max=3)):
        draw(choices, DELAY, DELAY, DELAY)
        with pytest.raises(LimitReached, match="draws_max reached: 3, last at link a-b / worker / delay") as caught:
            draw(choices, DELAY)
        assert caught.value.limit == "draws_max"
        assert choices.drawn == 3


# -- what is built on a draw -------------------------------------------------------------------------------------


def test_a_tape_of_nothing_gives_the_tamest_answers() -> None:
    here = Choices.replay(Tape()).at(stream="disk", site="worker")

    assert here.draw(10, label="n") == 0
    assert here.chance(9, 10, label="fails") is False
    assert here.between(5, 9, label="delay") == 5
    assert here.pick(["calm", "storm"], label="weather") == "calm"
    assert here.shuffle_order(5, label="order") == [0, 1, 2, 3, 4]


def test_a_chance_is_taken_as_often_as_it_says() -> None:
    here = Choices.from_seed(3).at(stream="disk", site="worker")

    assert 180 < sum(here.chance(1, 5, label="fails") for _ in range(1000)) < 220


def test_a_certainty_draws_nothing() -> None:
    choices = Choices.from_seed(3)
    here = choices.at(stream="disk", site="worker")

    assert here.chance(0, 5, label="fails") is False
    assert here.chance(5, 5, label="fails") is True
    assert choices.drawn == 0


@given(seeds, st.integers(0, 30))
def test_a_shuffled_order_holds_every_place_once(seed: int, count: int) -> None:
    order = Choices.from_seed(seed).shuffle_order(count, stream="a", site="b", label="c")

    assert sorted(order) == list(range(count))


def test_every_order_can_come() -> None:
    here = Choices.from_seed(3).at(stream="a", site="b")

    assert len({tuple(here.shuffle_order(3, label="c")) for _ in range(200)}) == 6


def test_a_tamer_draw_is_a_tamer_order() -> None:
    tape = Tape(tuple(Draw("a", "b", "c", bound, value) for bound, value in ((4, 2), (3, 0), (2, 0))))

    assert Choices.replay(tape).shuffle_order(4, stream="a", site="b", label="c") == [2, 0, 1, 3]


# -- bytes and forks ---------------------------------------------------------------------------------------------


def test_bytes_follow_from_seed_stream_and_site_and_are_absorbed_but_not_on_the_tape() -> None:
    absorbed: list[tuple[str, bytes]] = []
    choices = Choices.from_seed(7, absorb=lambda label, data: absorbed.append((label, data)))

    first, second = (choices.bytes(16, stream="uuid", site="worker") for _ in range(2))

    assert len({first, second, choices.bytes(16, stream="uuid", site="s3")}) == 3
    assert absorbed[:2] == [("uuid/worker", first), ("uuid/worker", second)]
    assert len(choices.tape) == 0


@given(seeds, st.lists(st.integers(0, 400), max_size=8))
def test_a_replay_hands_out_the_same_bytes(seed: int, counts: list[int]) -> None:
    recorded = Choices.from_seed(seed)
    handed = [recorded.bytes(count, stream="urandom", site="worker") for count in counts]
    replayed = Choices.replay(recorded.tape)

    assert [replayed.bytes(count, stream="urandom", site="worker") for count in counts] == handed
    assert [len(data) for data in handed] == counts


def test_a_megabyte_of_entropy_is_no_burden() -> None:
    assert len(set(Choices.from_seed(7).bytes(1 << 20, stream="urandom", site="worker"))) == 256


def test_a_fork_has_draws_and_a_tape_of_its_own() -> None:
    parent = Choices.from_seed(7)
    child, twin, other = parent.fork("workload"), parent.fork("workload"), parent.fork("plan")

    assert draw(child, *[DELAY] * 5) == draw(twin, *[DELAY] * 5) != draw(other, *[DELAY] * 5)
    assert parent.drawn == 0


# -- replay ------------------------------------------------------------------------------------------------------


@given(seeds, st.lists(questions, max_size=30))
def test_a_tape_answers_each_lane_as_recorded_in_any_order_across_lanes(seed: int, asked: list[Question]) -> None:
    recorded = Choices.from_seed(seed)
    draw(recorded, *asked)
    lanes = sorted(asked, key=lambda question: question[:3])  # stable: the order within each lane stays

    replayed = Choices.replay(recorded.tape)
    values = draw(replayed, *lanes)

    by_lane = sorted(recorded.tape.draws, key=lambda made: made[:3])
    assert values == [made.value for made in by_lane]
    assert replayed.match().exact


@given(seeds, seeds, st.lists(questions, max_size=30), st.lists(questions, max_size=30))
def test_a_tape_may_go_on_from_another_seed_which_begins_where_each_lane_of_the_tape_ends(
    seed: int, then: int, asked: list[Question], more: list[Question]
) -> None:
    recorded = Choices.from_seed(seed)
    answers = draw(recorded, *asked)

    continued = Choices.replay(replace(recorded.tape, then=then))

    assert draw(continued, *asked) == answers
    assert draw(continued, *more) == draw(Choices.from_seed(then), *more)
    assert (continued.match().matched, continued.match().missing) == (len(asked), len(more))
    again = Choices.replay(continued.tape)
    assert draw(again, *asked, *more) == [made.value for made in continued.tape.draws]
    assert continued.bytes(9, stream="a", site="b") == Choices.from_seed(seed).bytes(9, stream="a", site="b")


def test_a_draw_that_the_tape_lacks_is_zero_and_the_rest_still_fits() -> None:
    recorded = Choices.from_seed(7)
    delays = draw(recorded, DELAY, DELAY)
    replayed = Choices.replay(recorded.tape)

    assert draw(replayed, DELAY, ERROR, DELAY, DELAY) == [delays[0], 0, delays[1], 0]

    match = replayed.match()
    assert (match.drawn, match.matched, match.missing, match.unused) == (4, 2, 2, 0)
    assert str(match) == "2 of 4 draws matched the tape, 2 missing"
    assert str(match.first) == "draw 2 (disk / worker / error, out of 2): the tape has no such draw"


def test_another_label_at_the_same_place_is_named() -> None:
    recorded = Choices.from_seed(7)
    draw(recorded, DELAY)
    replayed = Choices.replay(recorded.tape)
    draw(replayed, ("link a-b", "worker", "jitter", 100))

    assert str(replayed.match().first).endswith("the tape has another label here: delay")
    assert replayed.match().unused == 1


def test_another_bound_is_named_and_the_value_stays_below_it() -> None:
    tape = Tape((Draw("a", "b", "c", 100, 59), Draw("a", "b", "c", 100, 5)))
    replayed = Choices.replay(tape)

    assert draw(replayed, ("a", "b", "c", 10), ("a", "b", "c", 100)) == [9, 5]
    match = replayed.match()
    assert (match.matched, match.rebound, match.unused) == (1, 1, 0)
    assert str(match.first) == "draw 1 (a / b / c, out of 10): the tape has 59 out of 100"


def test_only_the_first_difference_is_kept() -> None:
    replayed = Choices.replay(Tape())
    draw(replayed, DELAY, ERROR)

    first = replayed.match().first
    assert first is not None
    assert (first.nth, first.label) == (0, "delay")


def test_a_match_that_must_be_exact_raises_where_it_is_not() -> None:
    recorded = Choices.from_seed(7)
    draw(recorded, DELAY)
    same, short, other = (Choices.replay(recorded.tape) for _ in range(3))
    draw(same, DELAY)
    draw(other, ERROR)

    same.match().verify()
    with pytest.raises(Diverged, match="1 recorded draws were not asked for"):
        short.match().verify()
    with pytest.raises(Diverged, match="disk / worker / error") as caught:
        other.match().verify()
    assert caught.value.hint


def test_what_a_replay_draws_is_a_tape_again() -> None:
    replayed = Choices.replay(Tape((Draw(*DELAY, 59),), seed=7))
    draw(replayed, DELAY, ERROR)

    assert replayed.tape == Tape((Draw(*DELAY, 59), Draw(*ERROR, 0)), seed=7)


# -- a tape as JSON ----------------------------------------------------------------------------------------------


@given(seeds, st.lists(questions, max_size=30))
def test_a_tape_goes_through_json_and_pickle(seed: int, asked: list[Question]) -> None:
    choices = Choices.from_seed(seed)
    draw(choices, *asked)
    tape = choices.tape

    assert Tape.from_json(json.loads(json.dumps(tape.to_json()))) == tape
    continued = replace(tape, then=seed)
    assert Tape.from_json(json.loads(json.dumps(continued.to_json()))) == continued
    assert pickle.loads(pickle.dumps(tape)) == tape


def test_a_tape_in_json_is_compact() -> None:
    choices = Choices.from_seed(7)
    draw(choices, *[DELAY] * 10_000)

    assert len(json.dumps(choices.tape.to_json(), separators=(",", ":"))) < 10 * 10_000


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (None, "NoneType, not an object"),
        ({}, "its seed is not a whole number"),
        ({"seed": True, "lanes": [], "draws": []}, "its seed is not a whole number"),
        ({"seed": 1, "then": "2", "lanes": [], "draws": []}, "its seed is not a whole number"),
        ({"seed": 1, "draws": []}, "it lacks lanes or draws"),
        ({"seed": 1, "lanes": [], "draws": [0]}, "it holds 1 numbers"),
        ({"seed": 1, "lanes": ["abc"], "draws": []}, "'abc' is not a lane"),
        ({"seed": 1, "lanes": [["a", "b", 3]], "draws": []}, "is not a lane"),
        ({"seed": 1, "lanes": [], "draws": [0, 5, 1]}, r"draw 1 is \[0, 5, 1\]"),
        ({"seed": 1, "lanes": [["a", "b", "c"]], "draws": [0, 5, 5]}, r"draw 1 is \[0, 5, 5\]"),
        ({"seed": 1, "lanes": [["a", "b", "c"]], "draws": [0, 5, True]}, r"draw 1 is \[0, 5, True\]"),
        ({"seed": 1, "lanes": [["a", "b", "c"]], "draws": [-1, 5, 0]}, r"draw 1 is \[-1, 5, 0\]"),
        ({"seed": 1, "lanes": [["a", "b", "c"]], "draws": [0.0, 5, 0]}, r"draw 1 is \[0.0, 5, 0\]"),
    ],
)
def test_what_is_not_a_tape_says_why(data: object, why: str) -> None:
    with pytest.raises(Misuse, match=why):
        Tape.from_json(data)
