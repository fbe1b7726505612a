"""TLS runs over simulated connections, checks certificates, and gives equal digests for equal seeds."""

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

import pytest
import trustme

from tests.support.hosts import Hosts

KINDS = [trustme.KeyType.RSA, trustme.KeyType.ECDSA]
Contexts = tuple[ssl.SSLContext, ssl.SSLContext]


def contexts(kind: trustme.KeyType = trustme.KeyType.ECDSA, name: str = "server") -> Contexts:
    """A server's context and a client's that trusts it."""
    authority = trustme.CA(key_type=kind)
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert(name, key_type=kind).configure_cert(server)
    authority.configure_trust(client)
    return server, client


def saved(kind: trustme.KeyType) -> Callable[[], Contexts]:
    """Contexts made anew, of one and the same certificate."""
    authority = trustme.CA(key_type=kind)
    certificate = authority.issue_cert("server", key_type=kind)

    def make() -> Contexts:
        server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
        certificate.configure_cert(server)
        authority.configure_trust(client)
        return server, client

    return make


def serving(context: ssl.SSLContext | None) -> Any:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.readline()).upper())
        await writer.drain()
        writer.close()

    async def serve() -> None:
        await asyncio.start_server(handle, "0.0.0.0", 443, ssl=context)
        await asyncio.sleep(1000)

    return serve


def asking(context: ssl.SSLContext, body: bytes = b"hello\n") -> Any:
    async def ask() -> bytes:
        await asyncio.sleep(1)
        reader, writer = await asyncio.open_connection("server", 443, ssl=context)
        writer.write(body)
        answer = await reader.read()
        writer.close()
        return answer

    return ask


@pytest.mark.parametrize("kind", KINDS, ids=["rsa", "ecdsa"])
def test_client_and_server_talk_over_tls(kind: trustme.KeyType) -> None:
    server, client = contexts(kind)

    assert Hosts().run(client=asking(client), server=serving(server)) == b"HELLO\n"


def test_a_certificate_for_another_name_is_refused() -> None:
    server, client = contexts(name="somebody-else")

    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        Hosts().run(client=asking(client), server=serving(server))


def test_an_unknown_authority_is_refused() -> None:
    server, _ = contexts()

    with pytest.raises(ssl.SSLCertVerificationError, match=r"unable to get local issuer|self-signed"):
        Hosts().run(client=asking(ssl.create_default_context()), server=serving(server))


def test_a_server_that_speaks_no_tls_is_an_error() -> None:
    _, client = contexts()

    with pytest.raises((ssl.SSLError, ConnectionError)):
        Hosts().run(client=asking(client), server=serving(None))


@pytest.mark.parametrize("kind", KINDS, ids=["rsa", "ecdsa"])
def test_equal_seeds_give_equal_digests_and_other_seeds_others(kind: trustme.KeyType) -> None:
    # Twelve runs: an ECDSA signature is a byte longer or shorter every other time, when OpenSSL draws for itself.
    make = saved(kind)

    def digest(seed: int) -> str:
        server, client = make()  # Not shared by runs: OpenSSL keeps state in keys.
        hosts = Hosts(seed=seed)
        hosts.run(client=asking(client), server=serving(server))
        return hosts.digest()

    assert len({digest(0) for _ in range(12)}) == 1
    assert digest(1) != digest(0)


def test_ciphertext_has_sizes_and_no_checksums_in_the_trace() -> None:
    server, client = contexts()
    hosts = Hosts()

    hosts.run(client=asking(client), server=serving(server))

    assert hosts.recorder is not None
    sent = [event.fields for event in hosts.recorder.trace() if event.kind == "net.send"]
    assert {fields["checksum"] for fields in sent} == {""}
    assert all(fields["bytes"] > 0 for fields in sent)


def test_a_connection_can_be_upgraded() -> None:
    server_context, client_context = contexts()

    async def upgrade(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readline() == b"STARTTLS\n"
        writer.write(b"go ahead\n")
        await writer.drain()
        await writer.start_tls(server_context)
        writer.write((await reader.readline()).upper())
        await writer.drain()
        writer.close()

    async def serve() -> None:
        await asyncio.start_server(upgrade, "0.0.0.0", 25)
        await asyncio.sleep(1000)

    async def client() -> list[bytes]:
        await asyncio.sleep(1)
        reader, writer = await asyncio.open_connection("server", 25)
        writer.write(b"STARTTLS\n")
        plain = await reader.readline()
        await writer.start_tls(client_context, server_hostname="server")
        writer.write(b"now in secret\n")
        secret = await reader.readline()
        writer.close()
        return [plain, secret]

    hosts = Hosts()
    assert hosts.run(client=client, server=serve) == [b"go ahead\n", b"NOW IN SECRET\n"]

    assert hosts.recorder is not None
    checksums = [event.fields["checksum"] for event in hosts.recorder.trace() if event.kind == "net.send"]
    assert all(checksums[:2])
    assert not any(checksums[2:])


def test_large_bodies_are_held_back_under_tls_too() -> None:
    server_context, client_context = contexts()
    sent = [0]

    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(256):
            writer.write(bytes(64 << 10))
            await writer.drain()
            sent[0] += 64 << 10
        writer.close()

    async def serve() -> None:
        await asyncio.start_server(pour, "0.0.0.0", 443, ssl=server_context)
        await asyncio.sleep(1000)

    async def client() -> tuple[int, int]:
        await asyncio.sleep(1)
        reader, writer = await asyncio.open_connection("server", 443, ssl=client_context)
        await asyncio.sleep(60)
        held, got = sent[0], 0
        while part := await reader.read(1 << 20):
            got += len(part)
        writer.close()
        return held, got

    held, got = Hosts(traced=False).run(client=client, server=serve)

    assert 0 < held < 4 << 20
    assert got == 16 << 20
