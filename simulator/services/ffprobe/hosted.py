"""An ffprobe on a simulated host, with its troubles: `ffprobe = host_ffprobe(world.host("worker"))`.

ffprobe.troubles.on("hangs:times=1")                    # the next one never ends
ffprobe.troubles.on("half:key=*lobby*")                 # of some files it prints half an answer, and is killed
ffprobe.troubles.on("missing")                          # uninstalled, until off() or clear()
"""

from simulator.services.ffprobe.troubles import FFPROBE_SURFACE, is_missing, troubled
from simulator.services.hosting import switchboard
from simulator.services.trouble import Switchboard, Trouble
from simulator.world.host import Host

NAME = "ffprobe"


class HostedFfprobe:
    """An ffprobe that a host has, and its troubles."""

    def __init__(self, host: Host, troubles: Switchboard | tuple[Trouble | str, ...]) -> None:
        self.host = host
        self.troubles = board = switchboard(host, FFPROBE_SURFACE, troubles)
        host.executables.install(NAME, troubled(board))
        host.executables.hide(NAME, lambda: is_missing(board))

    def __repr__(self) -> str:
        return f"<ffprobe on {self.host.name}: {self.troubles}>"


def host_ffprobe(host: Host, *, troubles: Switchboard | tuple[Trouble | str, ...] = ()) -> HostedFfprobe:
    """Install ffprobe on a host, in the place of one that is there."""
    return HostedFfprobe(host, troubles)
