"""Threads speak TLS over simulated sockets as they do on a machine: `SSLContext.wrap_socket` in virtual time."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any

import pytest
import trustme

from tests.support.processes import OneHost, run_in_process

AUTHORITY = trustme.CA()


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("localhost").configure_cert(context)
    return context


def client_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context


def with_echo_server(client: Callable[[int], Any]) -> Any:
    """What a client in a thread returns that has an echo server on a loop."""
    context = server_context()

    async def main() -> Any:
        async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
            writer.close()

        server = await asyncio.start_server(echo, "127.0.0.1", 0, ssl=context)
        async with server:
            return await asyncio.to_thread(client, server.sockets[0].getsockname()[1])

    return run_in_process(lambda: asyncio.run(main()))


def test_a_blocking_client_talks_to_a_server_of_asyncio() -> None:
    trusted = client_context()

    def client(port: int) -> tuple[Any, ...]:
        with socket.create_connection(("127.0.0.1", port)) as plain:
            with trusted.wrap_socket(plain, server_hostname="localhost") as sock:
                sock.sendall(b"hello")
                return sock.recv(100), sock.version(), bool(sock.getpeercert()), type(sock).__name__

    assert with_echo_server(client) == (b"hello", "TLSv1.3", True, "SSLSocket")


def test_more_than_the_window_holds_goes_through_both_ways() -> None:
    trusted, body = client_context(), bytes(range(256)) * 8000

    def client(port: int) -> bool:
        sock = trusted.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="localhost")
        got = bytearray()

        def read() -> None:
            while len(got) < len(body):
                got.extend(sock.recv(65536))

        reader = threading.Thread(target=read)
        reader.start()
        for at in range(0, len(body), 50_000):
            sock.sendall(body[at : at + 50_000])
        reader.join()
        sock.close()
        return bytes(got) == body

    assert with_echo_server(client)


def test_a_certificate_that_nobody_trusts_ends_the_handshake_on_both_sides() -> None:
    def client(port: int) -> str:
        sock = socket.create_connection(("127.0.0.1", port))
        with pytest.raises(ssl.SSLCertVerificationError) as caught:
            ssl.create_default_context(cadata=trustme.CA().cert_pem.bytes().decode()).wrap_socket(
                sock, server_hostname="localhost"
            )
        return str(caught.value.verify_message)

    assert "certificate" in with_echo_server(client)


def test_a_time_out_passes_in_virtual_time() -> None:
    trusted = client_context()

    def main() -> float:
        import time

        silent = socket.create_server(("127.0.0.1", 0))
        sock = socket.create_connection(silent.getsockname(), timeout=30)
        with pytest.raises(TimeoutError, match="The handshake operation timed out"):
            trusted.wrap_socket(sock, server_hostname="localhost")
        silent.close()
        return round(time.monotonic(), 3)

    assert run_in_process(main) == 30.0


def test_a_socket_that_must_not_wait_says_what_it_wants() -> None:
    trusted, context = client_context(), server_context()

    def main() -> list[str]:
        one, other = socket.socketpair()
        one.setblocking(False)
        client = trusted.wrap_socket(one, server_hostname="localhost", do_handshake_on_connect=False)
        said = []
        with pytest.raises(ssl.SSLWantReadError):
            client.do_handshake()

        def serve() -> None:
            server = context.wrap_socket(other, server_side=True)
            server.sendall(b"x" * 1_000_000)
            said.append(server.recv(10).decode())
            while server.recv(65536):
                continue
            with server.unwrap() as plain:
                said.append(plain.recv(10).decode())

        thread = threading.Thread(target=serve)
        thread.start()
        client.settimeout(5)
        client.do_handshake()
        client.settimeout(0)
        while True:
            try:
                client.write(b"y" * 100_000)
            except ssl.SSLWantWriteError:
                break
        said.append("full")
        client.settimeout(5)
        size = 0
        while size < 1_000_000:
            size += len(client.recv(65536))
        with client.unwrap() as plain:
            plain.sendall(b"plain text")
        thread.join()
        return said

    assert run_in_process(main) == ["full", "yyyyyyyyyy", "plain text"]


def test_only_the_size_of_what_is_encrypted_is_recorded() -> None:
    trusted, context = client_context(), server_context()

    def digest() -> str:
        host = OneHost(seed=1)

        def main() -> None:
            one, other = socket.socketpair()

            def serve() -> None:
                with context.wrap_socket(other, server_side=True) as server:
                    server.sendall(server.recv(100))

            thread = threading.Thread(target=serve)
            thread.start()
            with trusted.wrap_socket(one, server_hostname="localhost") as client:
                client.sendall(b"secret")
                assert client.recv(100) == b"secret"
            thread.join()

        host.run(main)
        sends = host.trace.of("net.send")
        assert len(sends) > 4
        assert all(not event.fields["checksum"] for event in sends)
        return host.recorder.finish("passed").digest

    assert digest() == digest()
