"""Ports of the machine that nobody listens on."""

import socket


def free_ports(count: int) -> list[int]:
    """All are held until the last is found, so that they differ."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(each.getsockname()[1]) for each in held]
    for each in held:
        each.close()
    return ports


def free_port() -> int:
    (port,) = free_ports(1)
    return port
