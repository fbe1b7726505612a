"""Workshop: what all the streams of one worker share. Open it, make processors with it, close it.

async with open_workshop(policy, access=S3Access(endpoint="http://s3:9000"), redis_url="redis://redis") as shop:
    processor = StreamProcessor("/media/lobby.mp4", shop)
"""

import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipelines.common.limiter import ByteBudget, Limiter
from pipelines.stream.clock import Clock
from pipelines.stream.janitor import Janitor
from pipelines.stream.lease import Leases
from pipelines.stream.policy import Policy
from pipelines.stream.publishing import Describe
from pipelines.stream.state import StreamState, connect
from pipelines.stream.store import S3Access, Store

if TYPE_CHECKING:
    from pipelines.stream.processor import StreamProcessor


def new_instance() -> str:
    """A name that no other run of the program has: machine, process, chance."""
    return f"{socket.gethostname()}-{os.getpid()}-{os.urandom(6).hex()}"


@dataclass
class Workshop:
    """The tools of a worker, and who holds which stream."""

    policy: Policy
    state: StreamState
    store: Store
    clock: Clock
    leases: Leases
    memory: ByteBudget
    instance: str
    describe: Describe | None = None
    grants: int = 0
    keepers: "dict[tuple[int, int], StreamProcessor]" = field(default_factory=dict)
    """Which processor of this worker holds the stream of an inode: a file that was renamed is met by another one."""
    whereabouts: Callable[[int, int], Awaitable[str | None]] | None = None
    """Where a file is now, by its device and inode: asked before one that left its path is taken to be gone."""

    def next_grant(self) -> str:
        """A word that says which call was granted a lease, so that a call that is made twice is granted one."""
        self.grants += 1
        return f"{self.instance}/{self.grants}"

    @property
    def limiter(self) -> Limiter:
        return self.store.limiter


@asynccontextmanager
async def open_workshop(
    policy: Policy,
    *,
    access: S3Access,
    redis_url: str,
    describe: Describe | None = None,
    instance: str = "",
    upkeep: bool = True,
) -> AsyncIterator[Workshop]:
    """A worker's workshop, with its leases renewed and (unless `upkeep` is off) its leftovers cleared meanwhile."""
    async with AsyncExitStack() as stack:
        redis = connect(redis_url)
        stack.push_async_callback(redis.aclose)
        state = StreamState(redis, prefix=policy.redis_prefix)
        store = await stack.enter_async_context(Store(policy, access))
        clock = Clock(tolerance_s=policy.clock_tolerance_s)
        leases = await stack.enter_async_context(Leases(state, clock, ttl_s=policy.lease_ttl_s))
        if upkeep:
            await stack.enter_async_context(Janitor(policy, state, store))
        yield Workshop(
            policy=policy,
            state=state,
            store=store,
            clock=clock,
            leases=leases,
            memory=ByteBudget(policy.memory_bytes),
            instance=instance or new_instance(),
            describe=describe,
        )
