"""What ours fails of a peer's suite, and why that is right or must wait, by the name of the test."""

from collections.abc import Mapping
from typing import Final

S3API: Final[Mapping[str, str]] = {}
_NEWER: Final = "Redis 7.0 fails it as well: it wants the ACL log of a later version"
_OTHER_PORT: Final = "Redis fails it as well: it wants a server on port 6379, whatever the suite is told"
REDIS_PY: Final[Mapping[str, str]] = {
    "test_commands.TestRedisCommands.test_acl_log[pool]": _NEWER,
    "test_commands.TestRedisCommands.test_acl_log[single]": _NEWER,
    "test_connection.test_connect_with_retries": "Redis fails it as well: it mocks what is not called",
    "test_connection_pool.TestConnectionPool.test_max_connections": _OTHER_PORT,
    "test_connection_pool.TestConnectionPool.test_multiple_connections": _OTHER_PORT,
    "test_connection_pool.TestConnectionPool.test_reuse_previously_released_connection": _OTHER_PORT,
}
