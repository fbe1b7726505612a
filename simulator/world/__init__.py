"""The world: what programs believe in.

| module        | what lives there                                                     |
|---------------|------------------------------------------------------------------------|
| `world`       | hosts, network, gate and time in one place                             |
| `host`        | a machine: disks, clock, programs; crash, boot, terminate, pause       |
| `service`     | a program on a host over all its runs; restart policies                |
| `gate`        | the one place where faults answer                                      |
| `wall`        | a host's wall clock: skew, drift, jumps                                |
| `network/`    | names, links, connections                                              |
| `disk/`       | inodes, durability, change notification                                |
| `executables` | the programs installed on a host                                       |
"""
