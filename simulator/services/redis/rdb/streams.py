"""streams: the form of streams in RDB files. (Written when values/streams.py is there.)"""

from typing import Any

from simulator.services.redis.rdb.lzf import BadData
from simulator.services.redis.rdb.primitive import Source


def dump_stream(value: Any) -> tuple[int, bytes]:
    raise BadData(f"no form for {type(value).__name__}")


def restore_stream(source: Source, limits: Any, *, old: bool) -> Any:
    raise BadData("streams are not read yet")
