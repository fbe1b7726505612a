"""What ours fails of a peer's suite, and why that is right or must wait, by the name of the test."""

from collections.abc import Mapping
from typing import Final

S3API: Final[Mapping[str, str]] = {}
REDIS_PY: Final[Mapping[str, str]] = {}
