"""Hosting: what services need that run as programs of simulated hosts.

    s3 = host_s3(world.host("s3"))                          # from services.s3.hosted: port 9000, credentials test/test
    redis = host_redis(world.host("redis"))                 # from services.redis.hosted: port 6379, files on its disk
    s3.troubles.on("reply-lost:operation=UploadPart,times=1")
    s3.host.crash()                                         # and boot(): it comes back with what it had answered

What they tell becomes events of their host. A service that was cut or that ended is started again after a second.
"""

from collections.abc import Callable
from pathlib import PurePosixPath
from random import Random

from simulator.services.trouble import Surface, Switchboard, Trouble
from simulator.world.disk.settings import ext4
from simulator.world.host import Host


def switchboard(host: Host, known: Surface, given: Switchboard | tuple[Trouble | str, ...]) -> Switchboard:
    """The troubles of a service on a host, which outlive its program; chance is drawn for this host alone."""
    if isinstance(given, Switchboard):
        board = given
    else:
        drawn = host.world.engine.choices.bytes(16, stream="service", site=host.name)
        board = Switchboard(known, rng=Random(drawn), tell=telling(host))
        for trouble in given:
            board.on(trouble)
    host.boards.append(board)
    return board


def telling(host: Host) -> Callable[..., None]:
    """Where a service tells what it does: events of its host."""

    def tell(kind: str, **fields: object) -> None:
        host.emit(kind, **fields)

    return tell


def make_folder(host: Host, folder: str) -> None:
    """Make a folder on the host's disk; where there is none, the host gets one, as most machines have it."""
    if not any(folder == point or folder.startswith(f"{point.rstrip('/')}/") for point in host.files.points):
        host.mount(folder, settings=ext4())
        return
    for path in (*reversed(PurePosixPath(folder).parents), PurePosixPath(folder)):
        try:
            host.files.mkdir(str(path), "/", 0o755)
        except OSError:
            continue
    host.files.sync()
