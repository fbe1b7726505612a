"""Progress: how many entries a group has been given and how many it still lacks, as far as that can be known.

Counting is certain while nothing was deleted ahead of the group; trimming takes from the start and does no harm.
"""

from simulator.services.redis.values.groups import UNKNOWN, Group
from simulator.services.redis.values.streams import Stream


def position(stream: Stream, number: int) -> int:
    """How many entries were ever added up to an id, or UNKNOWN."""
    if not stream.added:
        return 0
    if not stream.length and number <= stream.last_id:
        return stream.added
    if number == stream.last_id:
        return stream.added
    if number > stream.last_id:
        return UNKNOWN
    first = stream.first_id
    if not stream.max_deleted_id or stream.max_deleted_id < first:
        if number < first:
            return stream.added - stream.length
        if number == first:
            return stream.added - stream.length + 1
    return UNKNOWN


def has_gaps(stream: Stream, start: int) -> bool:
    """Whether an entry was deleted at this id or later, and behind one that is still there."""
    return bool(stream.length and stream.max_deleted_id) and max(start, stream.first_id) <= stream.max_deleted_id


def advance(stream: Stream, group: Group, number: int) -> None:
    """Note that a group was given an entry beyond what it had read."""
    if group.read != UNKNOWN and not has_gaps(stream, number):
        group.read += 1
    elif stream.added:
        group.read = position(stream, number)
    group.last_id = number


def lag(stream: Stream, group: Group) -> int | None:
    """How many entries the group still lacks, or None where nobody can know."""
    if not stream.added:
        return 0
    if group.read != UNKNOWN and not has_gaps(stream, group.last_id):
        return stream.added - group.read
    read = position(stream, group.last_id)
    return None if read == UNKNOWN else stream.added - read
