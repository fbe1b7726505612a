"""The module `random`: every process draws from generators of its own.

    random.random() and its like     the generator of the process, `process.random`
    Random(), seeded by nobody       in each process another, seeded from the lane of the place that made it
    Random(7)                        the real Mersenne numbers; one that a module makes when it is imported begins anew
                                     with its seed in each process

The last two matter because modules are shared: aiohttp makes a generator when it is imported, and a run must not go
on where the last one has stopped, nor one host shift the numbers of another. Such a generator becomes a `_Shared`:
its class is exchanged, and what it does is done by a generator of the process. A class made from `Random` in a program
keeps its state to itself, and is only seeded from the run.
"""

import _random
import gc
import random
from collections.abc import Callable
from functools import partial
from struct import pack
from typing import Any, Final, cast
from weakref import ref

from simulator.kernel import importing
from simulator.kernel.callsite import where
from simulator.kernel.hashes import address
from simulator.kernel.interpose import redirect
from simulator.kernel.state import here

_SEED_BYTES: Final = 32  # More than anybody can guess; the generator spreads it.
_KEY: Final = "_shared"  # In a shared generator's dictionary: where it was made, and whether it was given a seed.
_SEEDS_MAX: Final = 1000
_OTHER_SEEDS: Final = (1234, 12345, 123456, 31337, 0xC0FFEE, 0xDEADBEEF, *range(2000, 2031))
"""Seeds that people give. A generator from before the installation shows no other sign of having been given one."""

Taken = Callable[[int, str], bytes]
_taken: Taken

_real_seed: Final[Any] = _random.Random.seed
_real_getstate: Final[Any] = _random.Random.getstate
_real_setstate: Final[Any] = _random.Random.setstate
_real_init: Final[Any] = _random.Random.__init__
_real_random: Final[Any] = _random.Random.random
_real_getrandbits: Final[Any] = _random.Random.getrandbits
_hidden: Final[Any] = cast(Any, random)._inst
"""The generator behind the functions of the module."""


class _Shared(random.Random):
    """A generator that each process has its own of; outside of simulations it is what it was."""

    __slots__ = ()

    def random(self) -> float:
        process, own = here.process, _own(self)
        value = cast(float, _real_random(own))
        if process is not None:
            process.engine.absorb("random", pack("<d", value))
        return value

    def getrandbits(self, k: int, /) -> int:
        process, own = here.process, _own(self)
        value = cast(int, _real_getrandbits(own, k))
        if process is not None:
            process.engine.absorb("random", b"%x" % value)
        return value

    @property
    def gauss_next(self) -> float | None:
        """The second of a pair of normal numbers, kept for the next call."""
        return cast("float | None", _own(self).__dict__.get("gauss_next"))

    @gauss_next.setter
    def gauss_next(self, value: float | None) -> None:
        (_existing(self) or self).__dict__["gauss_next"] = value

    def __reduce__(self) -> Any:
        return random.Random, (), self.getstate()


def _existing(generator: Any) -> Any:
    """The current process's generator behind a shared one; None where there is none yet, or no process."""
    process = here.process
    if process is None or importing.depth:
        return None
    if generator is _hidden:
        return process.random
    found = process.shelf.get("generators", {}).get(address(generator))
    return None if found is None else found[0]


def _own(generator: Any) -> Any:
    """The generator that does the work of this one here."""
    process = here.process
    if process is None or type(generator) is not _Shared:
        return generator
    table = process.shelf.get("generators")
    if table is None:
        table = process.shelf["generators"] = {}
    if importing.depth:
        return _of_imports(table)
    if generator is _hidden:
        return process.random
    key = address(generator)
    found = table.get(key)
    if found is None:
        # The end of the shared one calls `table.pop(key, reference)`.
        found = table[key] = (_begun(generator), ref(generator, partial(table.pop, key)))
    return found[0]


def _of_imports(table: dict[int, Any]) -> Any:
    """What modules draw from while they are imported: in later runs they draw nothing, and must not be missed."""
    if 0 not in table:
        made: Any = _random.Random.__new__(random.Random)
        _real_seed(made, _fresh(""))
        made.gauss_next = None
        table[0] = (made,)
    return table[0][0]


def _begun(generator: Any) -> Any:
    """A process's own generator, at its beginning."""
    place, seeded = generator.__dict__[_KEY]
    made: Any = _random.Random.__new__(random.Random)
    if seeded:
        _real_setstate(made, _real_getstate(generator))
        made.gauss_next = generator.__dict__.get("gauss_next")
    else:
        _real_seed(made, _fresh(place))
        made.gauss_next = None
    return made


def _fresh(place: str) -> int:
    return int.from_bytes(_taken(_SEED_BYTES, f"Random {place}".rstrip()), "big")


def _share(generator: Any, place: str, *, seeded: bool) -> None:
    generator.__dict__[_KEY] = (place, seeded)
    generator.__class__ = _Shared


# --- below random.Random ------------------------------------------------------------------------------------


def _seed(self: Any, *args: Any) -> None:
    """`_random.Random.seed`: without an argument C code would ask the machine."""
    given = bool(args) and args[0] is not None
    process = here.process
    if self is _hidden:
        _real_seed(*((process.random, *(args if given else (_fresh(""),))) if process is not None else (self, *args)))
    elif type(self) not in (random.Random, _Shared):
        _real_seed(self, *(args if given or process is None else (_fresh(""),)))
    elif given:
        _seed_given(self, args)
    else:
        own = _existing(self)
        if own is not None:
            _real_seed(own, _fresh(self.__dict__[_KEY][0]))
        else:
            _real_seed(self)  # For those who use it outside of simulations.
            _share(self, where(), seeded=False)


def _seed_given(self: Any, args: tuple[Any, ...]) -> None:
    shared = type(self) is _Shared
    if shared and here.process is not None and not importing.depth:
        _real_seed(_own(self), *args)
        return
    _real_seed(self, *args)
    if shared or importing.depth:
        _share(self, "", seeded=True)


def _setstate(self: Any, state: Any) -> None:
    if type(self) is _Shared and self is not _hidden and (here.process is None or importing.depth):
        _real_setstate(self, state)
        _share(self, "", seeded=True)
    else:
        _real_setstate(_own(self), state)


def _begin(self: Any, *args: Any) -> None:
    """`_random.Random.__init__`, for those who use it without the class in Python."""
    if here.process is not None and (not args or args[0] is None):
        _seed(self)
    else:
        _real_init(self, *args)


def _draw() -> float:
    """`random.random`, which is bound to the class that the hidden generator had."""
    return cast(float, _hidden.random())


def _draw_bits(k: int, /) -> int:
    return cast(int, _hidden.getrandbits(k))


# --- installation -------------------------------------------------------------------------------------------


def install(taken: Taken) -> None:
    """Let the generators of a process take their seeds from `taken(count, lane)`."""
    global _taken
    _taken = taken
    redirect.redirect(random.random, _draw)
    redirect.redirect(random.getrandbits, _draw_bits)
    redirect.method(_random.Random, "seed", _seed)
    redirect.method(_random.Random, "getstate", lambda self: _real_getstate(_own(self)))
    redirect.method(_random.Random, "setstate", _setstate)
    redirect.slot(_random.Random, "__init__", _begin)
    _Shared.__module__, _Shared.__name__, _Shared.__qualname__ = "random", "Random", "Random"  # As it is told of.
    _hidden.__class__ = _Shared
    _share_existing()


def _share_existing() -> None:
    """Share what modules have made that were imported before."""
    found = [held for held in gc.get_objects() if type(held) is random.Random]
    if not found:
        return
    known = set()
    for seed in (*range(_SEEDS_MAX), *_OTHER_SEEDS):
        maker: Any = _random.Random(seed)
        known.add(_real_getstate(maker))
    for generator in found:
        _share(generator, "of before", seeded=_real_getstate(generator) in known)
