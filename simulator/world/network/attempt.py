"""Attempt: what somebody is about to do on the network, as the gate is asked; and what the gate may answer.

The gate is a callable set on the `Network`; faults are rules behind it. No answer means that all goes well.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Attempt:
    """One act on the network: `net.connect`, `net.send`, `net.datagram` or `dns.query`, and between whom."""

    kind: str
    source: str
    target: str
    port: int = 0
    bytes: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Delay:
    """It happens later."""

    delay_ns: int


@dataclass(frozen=True, slots=True)
class Fail:
    """It fails with an errno: a connect, a datagram; a send resets its connection whatever the number."""

    errno: int


@dataclass(frozen=True, slots=True)
class Lose:
    """The packet never arrives: a connect tries again, a send is retransmitted, a datagram is gone."""


Verdict: TypeAlias = Delay | Fail | Lose
Gate: TypeAlias = Callable[[Attempt], Verdict | None]
