"""Policy: the numbers of the protocol, in one frozen value. Settings fill it; nothing else reads settings."""

from dataclasses import dataclass
from typing import Final

from pipelines.stream.checksums import ALGORITHMS, NONE
from pipelines.stream.plan import MIB, PartPlan

DAY_S: Final = 86_400.0


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Where streams go, how long to wait for what, and how much to do at once."""

    bucket: str
    root: str = ""
    """The directory that is watched; object keys hold paths relative to it."""
    prefix: str = ""
    """Before every object key."""
    redis_prefix: str = ""
    """Before every Redis key; in a cluster it holds a hash tag."""

    part_base_bytes: int = 8 * MIB
    """The size of the first thousand parts; see `plan`."""
    idle_timeout_s: float = 60.0
    """A file that did not change for so long is taken to be whole."""
    settle_s: float = 2.0
    """Two looks at a file that agree are at least so far apart before it is believed."""
    clock_tolerance_s: float = 2.0
    """If the wall clock and the monotonic one disagree by more, every stream waits its idle time anew."""
    touch_every_s: float = 1.0
    """A growing file's activity is written to Redis at most so often."""
    salvage: bool = False
    """Whether what was uploaded of a file that vanished is completed (and marked `short`) instead of failed."""

    lease_ttl_s: float = 30.0
    """A worker that is silent for so long loses its streams; renewed every third of it."""

    parts_in_flight: int = 4
    """Of one stream."""
    requests_in_flight: int = 32
    """Uploads of one worker, all streams together; throttling lowers it for a while."""
    memory_bytes: int = 256 * MIB
    """What parts may hold in memory, all streams together."""
    part_memory_bytes: int = 16 * MIB
    """Larger parts are streamed from the file, which is then read twice."""

    call_tries_max: int = 4
    """One request to S3 is tried so often before the stream is put off."""
    backoff_base_s: float = 0.25
    backoff_cap_s: float = 60.0
    """The longest wait before a stream is tried again."""
    retry_count_max: int = 720
    """A stream that made no progress in so many tries fails; at the cap that is half a day."""
    denied_count_max: int = 3
    """Refusals (AccessDenied, NoSuchBucket) in a row before the stream fails."""

    checksum: str = "crc32"
    """What parts bear besides their MD5, where the server keeps it: an algorithm of `checksums`, or none."""
    complete_size: bool = True
    """Complete says how long the object must be (MpuObjectSize), for servers that check it."""
    complete_condition: bool = True
    """Complete must not replace an object (If-None-Match), for servers that know it."""
    doubt_s: float = 5.0
    """No Complete so soon after a part of which we do not know whether it is still under way."""
    replicas: int = 0
    """An intent waits for so many Redis replicas, best effort."""
    replicas_timeout_s: float = 1.0

    completed_ttl_s: float = 7 * DAY_S
    """How long Redis remembers a completed stream after its file was last seen."""
    failed_ttl_s: float = 30 * DAY_S
    abort_every_s: float = 30.0
    """How often the abort queue is worked off."""
    sweep_every_s: float = 3600.0
    """How often the bucket is searched for uploads that nobody refers to."""

    def __post_init__(self) -> None:
        PartPlan(self.part_base_bytes)
        if self.checksum not in (*ALGORITHMS, NONE):
            raise ValueError(f"checksum is {self.checksum!r}, and must be one of {', '.join((*ALGORITHMS, NONE))}")
        for name in ("settle_s", "lease_ttl_s", "backoff_base_s", "abort_every_s", "sweep_every_s"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is {getattr(self, name)}, and must be above 0")
        for name in ("parts_in_flight", "requests_in_flight", "call_tries_max", "retry_count_max", "memory_bytes"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}, and must be 1 or more")
        if self.idle_timeout_s < self.settle_s:
            raise ValueError(f"idle_timeout_s ({self.idle_timeout_s}) is below settle_s ({self.settle_s})")

    @property
    def plan(self) -> PartPlan:
        return PartPlan(self.part_base_bytes)
