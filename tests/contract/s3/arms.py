"""All stories, and how a test tells one to a server over real sockets."""

import asyncio
from collections.abc import Mapping
from typing import Final

from tests.contract.s3.contract import Server, Story, name_of, tell
from tests.contract.s3.stories import (
    buckets,
    checksums,
    conditions,
    copies,
    listings,
    multipart,
    objects,
    signatures,
    tags,
    versions,
    wire,
)

_MODULES: Final = (
    buckets, objects, conditions, copies, listings, multipart, checksums, versions, tags, signatures, wire
)  # fmt: skip
STORIES: Final[tuple[Story, ...]] = tuple(story for module in _MODULES for story in module.STORIES)
NAMES: Final = tuple(map(name_of, STORIES))


def told_over_sockets(story: Story, server: Server, deviations: Mapping[str, object]) -> str:
    """What did not hold, a line each."""
    return "\n".join(asyncio.run(tell(story, server, deviations)))
