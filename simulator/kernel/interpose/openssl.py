"""OpenSSL: what it draws by itself (keys, nonces, the random part of a hello) comes from the run as well.

Its generator can be exchanged for a set of C functions, which here are Python's by way of ctypes. So the bytes
of a TLS connection between simulated programs are the same for the same seed. Libraries that bring an OpenSSL
of their own, such as `cryptography`, are not reached.
"""

import _ssl
import atexit
import ctypes
from collections.abc import Callable
from typing import Any, Final

from simulator.kernel.interpose import redirect
from simulator.kernel.state import here

_Bytes = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
_Status = ctypes.CFUNCTYPE(ctypes.c_int)


class _Method(ctypes.Structure):
    """OpenSSL's RAND_METHOD."""

    _fields_ = (
        ("seed", ctypes.c_void_p),
        ("bytes", ctypes.c_void_p),
        ("cleanup", ctypes.c_void_p),
        ("add", ctypes.c_void_p),
        ("pseudorand", ctypes.c_void_p),
        ("status", ctypes.c_void_p),
    )


_kept: Final[list[object]] = []
"""What OpenSSL points to."""


def install(draw: Callable[[int], bytes]) -> None:
    """Let OpenSSL, and the functions of `ssl`, take bytes from `draw` in a simulated process."""
    for name in ("RAND_bytes", "RAND_pseudo_bytes"):
        builtin = getattr(_ssl, name, None)
        if builtin is not None:
            redirect.inside(builtin, _drawing(name, draw))
    redirect.inside(_ssl.RAND_add, lambda data, entropy, /: None)
    redirect.inside(_ssl.RAND_status, lambda: True)
    _exchange(draw)


def _drawing(name: str, draw: Callable[[int], bytes]) -> Callable[..., Any]:
    def drawn(count: int, /) -> Any:
        if count < 0:
            raise ValueError("num must be positive")
        return draw(count) if name == "RAND_bytes" else (draw(count), True)

    return drawn


def _exchange(draw: Callable[[int], bytes]) -> None:
    """Give OpenSSL another generator; one that was built without that possibility keeps its own."""
    try:
        library = ctypes.CDLL(_ssl.__file__)  # Finds what the module is linked to.
        get, put = library.RAND_get_rand_method, library.RAND_set_rand_method
    except (AttributeError, OSError):
        return
    get.restype, put.argtypes = ctypes.POINTER(_Method), (ctypes.POINTER(_Method),)
    before = get()
    stock = before.contents
    real = _Bytes(stock.bytes)

    def fill(buffer: int, count: int) -> int:
        if here.process is None:
            return int(real(buffer, count))
        try:
            ctypes.memmove(buffer, draw(count), count)
        except BaseException:  # C code must hear of it by the answer; a program that is gone gets none.
            return 0
        return 1

    bytes_, status = _Bytes(fill), _Status(lambda: 1)
    method = _Method(
        seed=stock.seed,
        bytes=ctypes.cast(bytes_, ctypes.c_void_p),
        cleanup=None,
        add=stock.add,
        pseudorand=ctypes.cast(bytes_, ctypes.c_void_p),
        status=ctypes.cast(status, ctypes.c_void_p),
    )
    _kept.extend((library, real, bytes_, status, method))
    put(ctypes.byref(method))
    atexit.register(put, before)  # The library ends after the interpreter, which takes these functions with it.
