"""Program for an environment of its own: fakeredis' TCP server on a port, with the INFO that redis-py's suite reads."""

import sys

from fakeredis import TcpFakeServer  # type: ignore[import-not-found]
from fakeredis._commands import command  # type: ignore[import-not-found]
from fakeredis._socket._fakesocket import FakeSocket  # type: ignore[import-not-found]

_INFO = b"# Server\r\nredis_version:7.0.15\r\narch_bits:64\r\n# Cluster\r\ncluster_enabled:0\r\n"


def info(self: object, *sections: bytes) -> bytes:
    return _INFO


FakeSocket.info = info
command(name="INFO", fixed=(), repeat=(bytes,))(info)
TcpFakeServer(("127.0.0.1", int(sys.argv[1])), server_type="redis", server_version=(7, 0)).serve_forever()
