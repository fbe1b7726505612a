"""docs/fidelity.md: what the simulated services cover, from the tables they work by and the counts of peers' suites."""

from pathlib import Path
from typing import Final

from tests.fidelity.redis_tables import redis
from tests.fidelity.s3_tables import s3

PAGE: Final = Path(__file__).parents[2] / "docs/fidelity.md"

_INTRODUCTION: Final = """\
# Fidelity

How far the simulated services are to be believed. Written by `scripts/peer-s3 --page` from the tables that the services
work by and from counts that were recorded; do not edit.
"""


def page() -> str:
    """The whole page, as Markdown."""
    return "\n".join([_INTRODUCTION, s3(), redis()])
