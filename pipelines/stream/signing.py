"""Signing: requests are dated by S3's clock where the machine's is wrong.

S3 refuses what is dated more than a quarter of an hour from its own time. Its answer says what time it is there; from
then on that is the date of what this client signs.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

from botocore.auth import AUTH_TYPE_MAPS, S3SigV4Auth

NAME: Final = "s3v4-at-their-time"
_WHAT_IT_REPLACES: Final = {"v4", "s3v4"}
"""botocore says `v4` here, and means `s3v4` for S3."""
_OFFSET: Final = "seconds_ahead"
_FORMAT: Final = "%Y%m%dT%H%M%SZ"


class _AtTheirTime(S3SigV4Auth):  # type: ignore[misc]  # botocore comes without types, so its classes are Any.
    """SigV4 with a date that is put right before anything is made of it."""

    def _modify_request_before_signing(self, request: Any) -> None:
        ahead_s = request.context.get(_OFFSET, 0.0)
        here = datetime.strptime(request.context["timestamp"], _FORMAT)
        request.context["timestamp"] = (here + timedelta(seconds=ahead_s)).strftime(_FORMAT)
        super()._modify_request_before_signing(request)


AUTH_TYPE_MAPS[NAME] = _AtTheirTime


class ServersTime:
    """How far S3's clock is ahead of ours, as far as we were told."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def register(self, client: Any) -> None:
        """Have a client sign by it."""
        client.meta.events.register("choose-signer.s3", self._choose)

    def _choose(self, signature_version: Any, context: dict[str, Any], **_: Any) -> str | None:
        if signature_version not in _WHAT_IT_REPLACES or not self.ahead_s:
            return None
        context[_OFFSET] = self.ahead_s
        return NAME

    def learn(self, date: str) -> None:
        """The date of an answer."""
        try:
            there = parsedate_to_datetime(date)
        except (TypeError, ValueError):
            return
        self.ahead_s = (there - datetime.now(UTC)).total_seconds()
