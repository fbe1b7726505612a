"""What our S3 fails of a peer's suite, and why that is right: what AWS does there instead, by the name of the test."""

from collections.abc import Mapping
from typing import Final

S3API: Final[Mapping[str, str]] = {}
