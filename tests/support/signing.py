"""A signer of Signature Version 4, written apart from the code that checks it: requests, presigned URLs, chunks."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from simulator.services.http.message import Request

Pairs = list[tuple[str, str]]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass(kw_only=True)
class Signer:
    """Signs as an SDK does, at a time of its own."""

    access_key: str = "test"
    secret_key: str = "test"
    token: str = ""
    region: str = "us-east-1"
    now_s: int = 0
    host: str = "localhost:9000"

    @property
    def date(self) -> str:
        return datetime.fromtimestamp(self.now_s, UTC).strftime("%Y%m%dT%H%M%SZ")

    @property
    def scope(self) -> str:
        return f"{self.date[:8]}/{self.region}/s3/aws4_request"

    def hmac(self, text: str) -> str:
        key = f"AWS4{self.secret_key}".encode()
        for word in self.scope.split("/"):
            key = hmac.new(key, word.encode(), hashlib.sha256).digest()
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()

    def _signature(self, method: str, target: str, headers: Pairs, payload: str, date: str) -> str:
        path, _, query = target.partition("?")
        pairs = sorted((part if "=" in part else f"{part}=").split("=", 1) for part in query.split("&") if part)
        canonical_query = "&".join(f"{name}={value}" for name, value in pairs)
        lines = "".join(f"{name.lower()}:{value}\n" for name, value in headers)
        names = ";".join(name.lower() for name, _ in headers)
        canonical = f"{method}\n{path}\n{canonical_query}\n{lines}\n{names}\n{payload}"
        return self.hmac(f"AWS4-HMAC-SHA256\n{date}\n{self.scope}\n{sha256(canonical.encode())}")

    def signed(
        self,
        method: str,
        target: str,
        *,
        headers: Pairs | None = None,
        body: bytes | None = None,
        payload: str = "",
        dated: bool = True,
    ) -> Request:
        """A request whose header is signed; the payload's digest is that of the body unless it is given."""
        payload = payload or sha256(body or b"")
        given: Pairs = [("Host", self.host), ("X-Amz-Content-SHA256", payload), *(headers or [])]
        date = self.date
        if dated:
            given.append(("X-Amz-Date", date))
        else:
            stamp = datetime.strptime(dict(given)["Date"], "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
            self.now_s = int(stamp.timestamp())
            date = self.date
        if self.token:
            given.append(("X-Amz-Security-Token", self.token))
        given.sort(key=lambda pair: pair[0].lower())
        signature = self._signature(method, target, given, payload, date)
        names = ";".join(name.lower() for name, _ in given)
        authorization = (
            f"AWS4-HMAC-SHA256 Credential={self.access_key}/{self.scope}, SignedHeaders={names}, Signature={signature}"
        )
        request = Request(method, target, [*given, ("Authorization", authorization)], [body] if body else [])
        request.length = len(body) if body is not None else None
        return request

    def presigned(
        self,
        method: str,
        target: str,
        *,
        expires_s: int | str = 900,
        headers: Pairs | None = None,
        body: bytes | None = None,
    ) -> Request:
        """A request whose URL is signed."""
        given: Pairs = sorted([("Host", self.host), *(headers or [])], key=lambda pair: pair[0].lower())
        query = [
            "X-Amz-Algorithm=AWS4-HMAC-SHA256",
            f"X-Amz-Credential={quote(f'{self.access_key}/{self.scope}', safe='')}",
            f"X-Amz-Date={self.date}",
            f"X-Amz-Expires={expires_s}",
            f"X-Amz-SignedHeaders={quote(';'.join(name.lower() for name, _ in given), safe='')}",
        ]
        if self.token:
            query.append(f"X-Amz-Security-Token={quote(self.token, safe='')}")
        target = f"{target}{'&' if '?' in target else '?'}{'&'.join(query)}"
        payload = {name.lower(): value for name, value in given}.get("x-amz-content-sha256", "UNSIGNED-PAYLOAD")
        signature = self._signature(method, target, given, payload, self.date)
        request = Request(method, f"{target}&X-Amz-Signature={signature}", given, [body] if body else [])
        request.length = len(body) if body is not None else None
        return request

    # --- chunks -----------------------------------------------------------------------------------------

    def chunk_signature(self, previous: str, data: bytes) -> str:
        text = f"AWS4-HMAC-SHA256-PAYLOAD\n{self.date}\n{self.scope}\n{previous}\n{sha256(b'')}\n{sha256(data)}"
        return self.hmac(text)

    def trailer_signature(self, previous: str, trailers: bytes) -> str:
        text = f"AWS4-HMAC-SHA256-TRAILER\n{self.date}\n{self.scope}\n{previous}\n{sha256(trailers)}"
        return self.hmac(text)


def signature_of(request: Request) -> str:
    return (request.get("authorization") or "").rpartition("Signature=")[2]
