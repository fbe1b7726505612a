"""The sockets of the kernel: what it needs from the world above, said as protocols.

`Host` is the whole of it: a process reaches files, network, programs and the wall clock through the
host it runs on. The floors above implement these; the kernel never imports them.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from os import stat_result, statvfs_result
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from simulator.kernel.descriptors import Description

if TYPE_CHECKING:
    from simulator.kernel.process import Process


class WallClock(Protocol):
    """A host's idea of the time of day."""

    def wall_ns(self, now_ns: int) -> int:
        """Nanoseconds since 1970 that this host believes in when virtual time is `now_ns`."""
        ...

    def set_wall_ns(self, now_ns: int, wall_ns: int) -> None:
        """What `clock_settime` does."""
        ...


class Executable(Protocol):
    """One installed program."""

    @property
    def path(self) -> str: ...

    @property
    def main(self) -> Callable[[], object]:
        """What it does, called in a process of its own."""
        ...

    @property
    def start_max_ns(self) -> int:
        """How long loading it may take."""
        ...


class Executables(Protocol):
    """The programs installed on a host."""

    def find(self, name: str) -> Executable | None:
        """An installed program, by bare name or by path."""
        ...

    def paths(self) -> Sequence[str]:
        """Where each installed program lies, such as /usr/bin/ffprobe."""
        ...


class Host(Protocol):
    """A machine of the simulated world, as its processes see it."""

    name: str
    files: Any
    network: "Network"
    executables: Executables
    wall: WallClock

    def inotify(self, on_ready: Callable[[], None]) -> Any:
        """A new inotify instance of this host's kernel."""
        ...

    def watch_lag_ns(self) -> int:
        """How long it takes this time until a watcher's thread reads its queue."""
        ...

    def after(self, delay_ns: int, callback: Callable[..., object], *args: object) -> object:
        """Call from the kernel, unless the power fails before."""
        ...

    def emit(self, kind: str, **fields: object) -> int:
        """Record an event of this host."""
        ...


# --- files ----------------------------------------------------------------------------------------------

Base = str | Description
"""What a relative path is relative to: an absolute path as text, or an open folder."""


class Listed(NamedTuple):
    """One name in a folder: its inode's number and mode, as a directory entry tells them."""

    name: str
    inode: int
    mode: int


class OutsideMounts(Exception):
    """A path leads outside every mount of its host; `text` is where (`text_to`: the second of two)."""

    def __init__(self, text: str, text_to: str | None = None) -> None:
        super().__init__(text)
        self.text, self.text_to = text, text_to


class FileSystem(Protocol):
    """A host's files. Every method on a path may raise `OSError` or `OutsideMounts`."""

    def is_outside(self, path: str) -> bool:
        """Whether an absolute path lies outside the mounts for certain; False also where only a walk can tell."""
        ...

    def above_mounts(self, path: str) -> list[str] | None:
        """For a folder that leads to a mount: the names in it on the way there; None for any other."""
        ...

    def disks(self) -> Mapping[str, object]:
        """What is mounted where."""
        ...

    def open(self, path: str, base: Base, flags: int, mode: int) -> Description: ...
    def stat(self, path: str, base: Base, *, follow: bool = True) -> stat_result: ...
    def access(self, path: str, base: Base, mode: int, *, follow: bool = True) -> bool: ...
    def listing(self, path: str, base: Base) -> list[Listed]: ...
    def mkdir(self, path: str, base: Base, mode: int) -> None: ...
    def rmdir(self, path: str, base: Base) -> None: ...
    def unlink(self, path: str, base: Base) -> None: ...
    def rename(self, path: str, base: Base, to: str, to_base: Base) -> None: ...
    def link(self, path: str, base: Base, to: str, to_base: Base, *, follow: bool = False) -> None: ...
    def symlink(self, target: str, path: str, base: Base) -> None: ...
    def readlink(self, path: str, base: Base) -> str: ...
    def chmod(self, path: str, base: Base, mode: int, *, follow: bool = True) -> None: ...
    def chown(self, path: str, base: Base, uid: int, gid: int, *, follow: bool = True) -> None: ...
    def utime(self, path: str, base: Base, times_ns: tuple[int, int] | None, *, follow: bool = True) -> None: ...
    def truncate(self, path: str, base: Base, size: int) -> None: ...
    def folder(self, path: str, base: Base) -> Description: ...
    def statvfs(self, path: str, base: Base) -> statvfs_result: ...
    def sync(self) -> None: ...


# --- network --------------------------------------------------------------------------------------------

SocketAddress = tuple[str, int] | tuple[str, int, int, int] | str


class StreamEnd(Protocol):
    """One end of a connection."""

    local: SocketAddress
    remote: SocketAddress
    inbox: deque[bytes]
    idle: bool
    """Set by the owner when it looks; cleared when it is woken, so that it is woken once."""
    ended: bool
    """Whether an end, a reset or an error has come: a read will not wait any more."""
    on_gone: Callable[[], None]
    """Called once when the connection is over for this host, so that its port is free again."""

    def attach(
        self,
        wake: Callable[[], None],
        on_writable: Callable[[], None],
        wake_at: Callable[[int], object] | None = None,
    ) -> None:
        """Say who owns the end. The callables are called by the kernel; `wake_at` may go straight to a loop."""
        ...

    def send(self, data: bytes) -> int:
        """Take bytes; return how many, 0 when there is no room. `on_writable` follows when there is again."""
        ...

    def take(self, bytes_max: int) -> bytes | None:
        """The next bytes, b"" at the end, None when there is nothing yet; raises what a read raises."""
        ...

    def peek(self, bytes_max: int) -> bytes | None:
        """The same, and leave them there."""
        ...

    def notify(self) -> None: ...
    def readable(self) -> bool: ...
    def writable(self) -> bool: ...
    def await_writable(self) -> None: ...
    def room(self) -> int: ...
    def unread_bytes(self) -> int: ...
    def shut_write(self) -> None: ...
    def shut_read(self) -> None: ...
    def close(self, *, reset: bool = False) -> None: ...
    def take_error(self) -> int: ...
    def hung_up(self) -> bool: ...

    def encrypt(self) -> None:
        """From now on the bytes differ from run to run: let only their number count."""
        ...


class ListenerEnd(Protocol):
    """Where connections arrive."""

    local: SocketAddress

    def attach(self, wake: Callable[[], None]) -> None: ...
    def accept(self) -> StreamEnd | None: ...
    def readable(self) -> bool: ...
    def resize(self, backlog: int) -> None: ...
    def close(self) -> None: ...


class DialEnd(Protocol):
    """An attempt to connect."""

    local: tuple[Any, ...]

    def cancel(self) -> None: ...


class DatagramEnd(Protocol):
    """A bound datagram socket."""

    remote: tuple[Any, ...] | None

    @property
    def local(self) -> tuple[Any, ...]: ...

    def attach(self, wake: Callable[[], None]) -> None: ...
    def connect(self, remote: tuple[Any, ...] | None) -> None: ...
    def send(self, data: bytes, remote: tuple[Any, ...]) -> None: ...
    def take(self) -> tuple[bytes, tuple[Any, ...]] | None: ...
    def peek(self) -> tuple[bytes, tuple[Any, ...]] | None: ...
    def readable(self) -> bool: ...
    def take_error(self) -> int: ...
    def close(self) -> None: ...


class Lookup(Protocol):
    """What a name lookup comes to: addresses, or a getaddrinfo error, after a delay."""

    @property
    def addresses(self) -> tuple[str, ...]: ...
    @property
    def error(self) -> int: ...
    @property
    def delay_ns(self) -> int: ...


class Network(Protocol):
    """The network as one host has it."""

    addresses: tuple[str, ...]

    @property
    def hostname(self) -> str: ...

    def bind(
        self, transport: str, ip: str, port: int, *, reuse_address: bool, reuse_port: bool, v6_only: bool
    ) -> Any: ...
    def free(self, binding: Any) -> None: ...
    def listen(self, binding: Any, backlog: int, *, v6: bool) -> ListenerEnd: ...
    def dial(
        self, binding: Any, remote: tuple[Any, ...], done: Callable[[Any], None], *, v6: bool
    ) -> tuple[DialEnd, Any]:
        """Begin to connect; `done` gets a `StreamEnd` or an errno, later."""
        ...

    def datagram(self, binding: Any) -> DatagramEnd: ...
    def bind_unix(self, path: str) -> bool:
        """Take a path; False when somebody has it."""
        ...

    def listen_unix(self, path: str, backlog: int) -> ListenerEnd: ...
    def free_unix(self, path: str, listener: Any) -> None: ...
    def dial_unix(self, path: str) -> StreamEnd | None: ...
    def pair(self) -> tuple[StreamEnd, StreamEnd]: ...
    def source_ip(self, remote_ip: str) -> str: ...
    def lookup(self, name: str) -> Lookup: ...
    def name_of(self, ip: str) -> str | None: ...
