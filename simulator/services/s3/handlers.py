"""Handlers: which function answers which operation."""

from collections.abc import Callable, Mapping
from typing import Final

from simulator.services.http.message import Response
from simulator.services.s3.call import Call

HANDLERS: Final[Mapping[str, Callable[[Call], Response]]] = {}
