"""All stories, and how a test tells one to a server over real sockets."""

import asyncio
from typing import Final

from tests.contract.redis.contract import Story, name_of, tell
from tests.contract.redis.stories import together, values, wire

STORIES: Final[tuple[Story, ...]] = (*values.STORIES, *together.STORIES, *wire.STORIES)
NAMES: Final = tuple(map(name_of, STORIES))


def tell_over_sockets(story: Story, url: str, protocol: int) -> None:
    """Tell it; raises what the story found wrong."""
    host, _, port = url.removeprefix("redis://").partition("/")[0].rpartition(":")
    asyncio.run(tell(story, host=host, port=int(port), protocol=protocol))
