"""Every source of randomness follows from the seed; explicit seeds stay what they are everywhere."""

import _random
import email.utils
import os
import random
import secrets
import ssl
import tempfile
import uuid
from collections.abc import Callable, Iterator
from os import urandom
from pathlib import Path
from random import Random
from random import random as draw
from typing import Any

import pytest

from simulator.kernel.interpose import install
from simulator.world.world import World
from tests.support.inside import fresh, simulated, told

install()

SOURCES: dict[str, Callable[[], Any]] = {
    "random.random": random.random,
    "random imported by name": draw,
    "random.choice": lambda: random.choice(range(10**9)),
    "random.gauss": lambda: [random.gauss(0, 1), random.gauss(0, 1)],
    "random.getrandbits": lambda: random.getrandbits(64),
    "random.randbytes": lambda: random.randbytes(8),
    "random.shuffle": lambda: random.sample(range(100), 100),
    "Random()": lambda: Random().random(),
    "Random(None)": lambda: Random(None).random(),
    "_random.Random()": lambda: _random.Random().random(),
    "random.seed()": lambda: (random.seed(), random.random()),
    "SystemRandom": lambda: random.SystemRandom().random(),
    "secrets": lambda: [secrets.token_hex(8), secrets.randbelow(10**12), secrets.choice("abcdefghijkl")],
    "os.urandom": lambda: [os.urandom(8), urandom(8)],
    "os.getrandom": lambda: os.getrandom(8),
    "/dev/urandom": lambda: device(),
    "uuid1": lambda: str(uuid.uuid1()),
    "uuid1 of a node": lambda: str(uuid.uuid1(node=1)),
    "uuid4": lambda: str(uuid.uuid4()),
    "message id": lambda: email.utils.make_msgid(domain="example.org"),
    "temporary name": lambda: tempfile.mkstemp()[1],
    "ssl.RAND_bytes": lambda: ssl.RAND_bytes(8),
    "a TLS hello": lambda: hello(),
}


def device() -> bytes:
    with open("/dev/urandom", "rb", buffering=0) as file:
        return file.read(8)


def hello() -> bytes:
    """The first bytes of a TLS client: keys and a random part."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="example.org")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_repeats_for_a_seed_and_differs_for_another(name: str) -> None:
    first = told(SOURCES[name], seed=1)

    assert told(SOURCES[name], seed=1) == first
    assert told(SOURCES[name], seed=2) != first


@pytest.mark.parametrize("name", SOURCES)
def test_outside_a_simulation_a_source_is_what_it_was(name: str) -> None:
    if name == "temporary name":
        pytest.skip("makes a file")
    first = SOURCES[name]()

    told(SOURCES[name])

    assert SOURCES[name]() != first


def test_an_explicit_seed_gives_the_real_mersenne_numbers() -> None:
    def program() -> Any:
        random.seed(7)
        state = random.getstate()
        first = random.random(), Random(7).random(), _random.Random(7).random()
        random.setstate(state)
        return first, random.random(), draw() == first[0], random.gauss(0, 1)

    real = Random(7)
    expected = real.random(), real.random(), real.gauss(0, 1)

    first, again, same, normal = told(program)

    assert first == (expected[0],) * 3
    assert (again, same, normal) == (expected[0], False, expected[2])


def test_seeding_inside_leaves_the_outside_alone() -> None:
    state = random.getstate()

    told(lambda: (random.seed(7), random.gauss(0, 1)))

    assert random.getstate() == state


def test_one_host_draws_without_shifting_another() -> None:
    def drawn(extra: int) -> Any:
        from simulator import run, scenario

        seen: list[float] = []

        async def quiet() -> None:
            seen.extend([random.random(), urandom(1)[0]])

        async def loud() -> None:
            for _ in range(extra):
                random.random(), urandom(3), Random()

        @scenario()
        async def both(world: World) -> None:
            """Two programs draw."""
            world.host("loud").run(loud)
            await world.host("quiet").run(quiet).wait()

        assert run(both, seed=4).outcome.passed
        return seen

    assert drawn(0) == drawn(100)


def test_uuids_of_a_host_have_its_clock_and_address_and_are_never_alike() -> None:
    def program() -> Any:
        import time

        made = [uuid.uuid1() for _ in range(1000)]
        at_s = (made[0].time - 0x01B21DD213814000) / 1e7
        return len(set(made)), abs(at_s - time.time()) < 1, {one.node for one in made} == {uuid.getnode()}

    assert told(program) == (1000, True, True)


def test_wrong_arguments_are_refused_as_on_a_machine() -> None:
    def program() -> list[str]:
        found = []
        acts: list[Callable[[], Any]] = [
            lambda: os.urandom(-1),
            lambda: os.urandom("x"),  # type: ignore[arg-type]
            lambda: os.getrandom(-1),
            lambda: ssl.RAND_bytes(-1),
        ]
        for act in acts:
            try:
                act()
            except Exception as error:
                found.append(type(error).__name__)
        return found

    assert told(program) == program()


def test_what_is_handed_out_counts_in_the_digest(tmp_path: Path) -> None:
    quiet = fresh("import random; random.random()", tmp_path, seed=1)
    other = fresh("import random; random.random(); random.random()", tmp_path, seed=1)

    assert quiet.said == other.said == ""
    assert quiet.digest != other.digest


def test_temporary_names_begin_anew_in_every_run_and_process(tmp_path: Path) -> None:
    def program() -> Any:
        with tempfile.TemporaryDirectory() as folder, tempfile.NamedTemporaryFile() as file:
            return folder, file.name, tempfile.gettempdir()

    assert told(program) == told(program)
    assert told(lambda: tempfile.gettempdir(), env={"TMPDIR": "/var/tmp"}, mounts=("/var/tmp",)) == "/var/tmp"
    assert tempfile.gettempdir() != "/var/tmp"


# --- generators that modules hold ---------------------------------------------------------------------------

MODULE = """
import random, time, warnings, logging
unseeded = random.Random()
seeded = random.Random(4711)
late = random.Random()
late.seed(4712)
made_at = time.time()
token = random.random()
warnings.warn("old", DeprecationWarning)
logging.getLogger(__name__).warning("imported")
"""


@pytest.fixture(params=["imported outside", "imported by the first run"])
def module(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A library with generators of its own, fresh for the test."""
    import importlib
    import sys

    name = f"holder_{request.param.replace(' ', '_')}"
    folder = tmp_path / "site-packages"
    folder.mkdir()
    (folder / f"{name}.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(folder))
    if request.param == "imported outside":
        with pytest.warns(DeprecationWarning, match="old"):
            importlib.import_module(name)
    yield name
    sys.modules.pop(name, None)


def drawn_by_module(name: str) -> Any:
    import importlib

    held = importlib.import_module(name)
    return [getattr(held, each).random() for each in ("unseeded", "seeded", "late")], held.unseeded.gauss(0, 1)


def test_a_modules_generators_begin_anew_in_every_run(module: str) -> None:
    first = simulated(lambda: drawn_by_module(module), seed=1, mounts=())
    again = simulated(lambda: drawn_by_module(module), seed=1, mounts=())
    other = simulated(lambda: drawn_by_module(module), seed=2, mounts=())

    assert first.outcome.passed, first.outcome.message
    assert first.value == again.value != other.value
    assert first.value[0][1:] == other.value[0][1:] == [Random(4711).random(), Random(4712).random()]
    assert first.digest == again.digest


def test_a_modules_generators_are_not_shared_by_hosts(module: str) -> None:
    from simulator import run, scenario

    seen: dict[str, Any] = {}

    @scenario()
    async def both(world: World) -> None:
        """Two hosts use one module."""
        for name in ("one", "other"):

            async def program(name: str = name) -> None:
                seen[name] = drawn_by_module(module)

            await world.host(name).run(program).wait()

    assert run(both).outcome.passed
    assert seen["one"][0][0] != seen["other"][0][0]
    assert seen["one"][0][1:] == seen["other"][0][1:]


def test_outside_a_modules_generators_go_on_as_ever(module: str) -> None:
    told(lambda: drawn_by_module(module), mounts=())
    expected = Random(4711)

    first, second = drawn_by_module(module), drawn_by_module(module)

    assert first[0][0] != second[0][0]
    assert [first[0][1], second[0][1]] == [expected.random(), expected.random()]


def test_a_generator_that_a_program_makes_behaves_as_everywhere() -> None:
    def program() -> Any:
        import copy
        import pickle

        made = Random()
        state = made.getstate()
        first = [made.random(), made.gauss(0, 1), made.gauss(0, 1)]
        made.setstate(state)
        again = [made.random(), made.gauss(0, 1), made.gauss(0, 1)]
        twin, other = copy.deepcopy(made), pickle.loads(pickle.dumps(made))
        following = [made.random(), twin.random(), other.random()]
        made.seed(7)
        return first == again, len(set(following)), made.random(), isinstance(made, Random), repr(made)[:28]

    same, different, seeded, is_random, shown = told(program)
    assert (same, different, seeded, is_random) == (True, 1, Random(7).random(), True)
    assert shown.startswith("<random.Random object at 0x")
