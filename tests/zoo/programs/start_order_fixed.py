"""A sender and its greeting start together; the greeting needs what the sender prepares."""

import asyncio

from patience import patiently, redis_client


class Sender:
    """Sends messages under a name."""

    def __init__(self, redis):
        self.redis, self.name = redis, None

    async def prepare(self):
        """Say who we are."""
        self.name = "sender"
        await patiently(self.redis.set, "sender", self.name)

    async def greet(self):
        """Say hello."""
        await patiently(self.redis.rpush, "hello", self.name)


async def main():
    async with redis_client() as redis:
        sender = Sender(redis)
        async with asyncio.TaskGroup() as group:
            prepared = group.create_task(sender.prepare())
            await prepared
            group.create_task(sender.greet())
        assert await patiently(redis.lrange, "hello", 0, 0) == ["sender"]


asyncio.run(main())
