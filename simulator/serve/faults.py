"""Faults: `--fault`, `--slow` and `--flaky`, handed to the services that know them.

--fault reply-lost:operation=UploadPart,times=1        every service that knows the kind
--fault s3.late:seconds=2                              this one
"""

from collections.abc import Sequence

from simulator.errors import Misuse
from simulator.serve.service import Offer
from simulator.services.trouble import Trouble, checked, parse


def troubles_of(
    offers: Sequence[Offer], *, faults: Sequence[str], slow_s: float | None, flaky: float | None
) -> dict[str, tuple[str, ...]]:
    """The troubles of each service by its name; `Misuse` for those that nobody knows."""
    found: dict[str, list[str]] = {offer.name: [] for offer in offers}
    for text in faults:
        for offer, spec in _takers(offers, text):
            found[offer.name].append(str(checked(parse(spec), offer.surface)))
    for offer in offers:
        if slow_s:
            found[offer.name].append(str(Trouble(kind=offer.slow, seconds=slow_s)))
        if flaky:
            # Each is drawn by itself; so many pass them all.
            each = 1 - (1 - flaky) ** (1 / len(offer.flaky))
            found[offer.name] += [str(Trouble(kind=kind, chance=each)) for kind in offer.flaky]
    return {name: tuple(troubles) for name, troubles in found.items()}


def _takers(offers: Sequence[Offer], text: str) -> list[tuple[Offer, str]]:
    name, dot, rest = text.partition(".")
    named = [offer for offer in offers if dot and offer.name == name]
    if named:
        return [(named[0], rest)]
    kind = text.partition(":")[0].strip()
    takers = [(offer, text) for offer in offers if kind in offer.surface]
    if takers:
        return takers
    if len(offers) == 1:
        return [(offers[0], text)]  # Its own surface says best what is wrong.
    known = sorted({kind for offer in offers for kind in offer.surface})
    raise Misuse(f"no service knows the trouble {kind!r}", hint=f"there are {', '.join(known)}")


def listing(offers: Sequence[Offer]) -> str:
    """All kinds of trouble, for `--faults`."""
    lines: list[str] = []
    for offer in offers:
        lines.append(f"{offer.name}:")
        width = max(map(len, offer.surface))
        lines += [
            f"  {kind.name:{width}}  {kind.doc}" + (f" [{kind.parameters}]" if kind.defaults else "")
            for kind in offer.surface.values()
        ]
    lines.append("all take operation=GLOB, key=GLOB, chance=0.2, times=N, skip=N")
    return "\n".join(lines)
