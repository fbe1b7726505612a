"""The network of a simulated world: hosts, links, connections, datagrams and names.

| module      | what lives there                                                            |
|-------------|-----------------------------------------------------------------------------|
| `network`   | all hosts and links; partitions, holds, power                               |
| `stack`     | one host's view: what the kernel's sockets talk to                          |
| `link`      | one direction between two hosts: latency, bandwidth, faults                 |
| `profile`   | what a link is like when nothing is wrong                                   |
| `wire`      | one direction of one connection: order, retransmission, silence             |
| `endpoint`  | one end of a connection: its owner, arrivals, ends and resets               |
| `stream`    | the same, written to and read from: window, bytes, errors                   |
| `dial`      | an attempt to connect                                                       |
| `listener`  | where it arrives, and waits to be accepted                                  |
| `datagram`  | UDP                                                                         |
| `bindings`  | who holds which port                                                        |
| `names`     | DNS                                                                         |
| `address`   | what IP addresses mean                                                      |
| `attempt`   | what the gate is asked, and may answer                                      |
| `netstat`   | inspection                                                                  |
| `timeline`  | what all this needs of the engine                                           |
"""

from simulator.world.network.attempt import Attempt, Delay, Fail, Gate, Lose, Verdict
from simulator.world.network.network import Network
from simulator.world.network.profile import IDEAL, LAN, LOOPBACK, WAN, LinkProfile
from simulator.world.network.stack import HostStack

__all__ = [
    "IDEAL",
    "LAN",
    "LOOPBACK",
    "WAN",
    "Attempt",
    "Delay",
    "Fail",
    "Gate",
    "HostStack",
    "LinkProfile",
    "Lose",
    "Network",
    "Verdict",
]
