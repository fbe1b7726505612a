"""Asked: what a run's services were asked, counted; one line for each."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from simulator.trace.event import Event

NAMES_MAX: Final = 6
_ASKED: Final = {"s3.request": "operation", "redis.command": "command", "http.request": "method"}
"""The kinds that tell what a service was asked, and the field with its word for it."""


class Asked:
    """Counts events; `lines` tells of each host what it was asked, and how often it refused."""

    def __init__(self) -> None:
        self._asked: dict[str, Counter[str]] = {}
        self._refused: Counter[str] = Counter()

    def see(self, event: Event) -> None:
        """Count one event."""
        word = _ASKED.get(event.kind)
        if word is not None:
            self._asked.setdefault(event.host, Counter())[str(event.fields.get(word) or "?")] += 1
        elif event.kind in ("s3.response", "http.response"):
            status = event.fields.get("status")
            self._refused[event.host] += isinstance(status, int) and status >= 400
        elif event.kind == "redis.reply":
            self._refused[event.host] += "error" in event.fields

    def lines(self) -> Iterator[str]:
        """`s3: 9 requests (UploadPart 6, PutObject 3), 1 refused`."""
        for host, counted in self._asked.items():
            told = ", ".join(f"{name} {count:,}" for name, count in counted.most_common(NAMES_MAX))
            if len(counted) > NAMES_MAX:
                told += f" and {len(counted) - NAMES_MAX} more"
            refused = f", {self._refused[host]:,} refused" if self._refused[host] else ""
            yield f"{host}: {counted.total():,} request{'s' * (counted.total() > 1)} ({told}){refused}"
