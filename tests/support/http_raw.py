"""A client that sends what it is told, byte by byte, and reads answers strictly."""

import asyncio
from dataclasses import dataclass, field


@dataclass
class Answer:
    """An answer as it came; `whole` is false when the connection ended within it."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    whole: bool = True
    trailers: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return self.body.decode()


class Raw:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def to(cls, host: str, port: int) -> "Raw":
        return cls(*await asyncio.open_connection(host, port))

    async def __aenter__(self) -> "Raw":
        return self

    async def __aexit__(self, *error: object) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except OSError:
            pass

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def ask(self, data: bytes, method: str = "") -> Answer:
        self.send(data)
        return await self.answer(method or data.split(b" ")[0].decode("latin-1"))

    async def get(self, path: str = "/", *headers: str) -> Answer:
        return await self.ask(request("GET", path, *headers))

    async def answer(self, method: str = "GET") -> Answer:
        """The next answer; 100s are answers as well."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        line, *fields = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        version, status, _ = line.split(" ", 2)
        assert version == "HTTP/1.1", line
        headers = {name.lower(): value for name, value in (one.split(": ", 1) for one in fields)}
        assert len(headers) == len(fields), f"a header is there twice: {fields}"
        answer = Answer(int(status), headers)
        if method == "HEAD" or answer.status in {204, 304} or answer.status < 200:
            return answer
        try:
            await self._body(answer)
        except asyncio.IncompleteReadError as error:
            answer.body += error.partial
            answer.whole = False
        return answer

    async def _body(self, answer: Answer) -> None:
        if "transfer-encoding" in answer.headers:
            assert "content-length" not in answer.headers
            while size := int((await self.reader.readuntil(b"\r\n")).strip(), 16):
                answer.body += await self.reader.readexactly(size)
                assert await self.reader.readexactly(2) == b"\r\n"
            while (line := await self.reader.readuntil(b"\r\n")) != b"\r\n":
                name, value = line.decode().strip().split(": ")
                answer.trailers[name.lower()] = value
        elif "content-length" in answer.headers:
            answer.body = await self.reader.readexactly(int(answer.headers["content-length"]))
        else:
            answer.body = await self.reader.read()

    async def closed(self) -> bytes:
        """What is still sent until the other side closes; `ConnectionResetError` if it resets."""
        return await self.reader.read()


def request(method: str, path: str = "/", *headers: str, body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: api", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
