"""Faults: what can go wrong, as values; a plan, as data; and who carries it out.

A menu says which faults a scenario may meet. `plan(choices, menu, ...)` draws from it, before the run and
as a pure function: the same seed, the same plan. The conductor lets each fault begin and end at its time.

| module      | what lives there                                                  |
|-------------|---------------------------------------------------------------------|
| `fault`     | what a fault is                                                     |
| `network`   | partitions, held and slow links, resets                             |
| `disk`      | errors, full disks, lost and torn writes, slow disks                |
| `process`   | power cycles, kills, terminations, pauses                           |
| `clock`     | jumps, drift                                                        |
| `crash`     | a crash in the midst of the n-th effect; `effects` counts them       |
| `service`   | troubles of simulated S3s, Redises, ffprobes and APIs               |
| `words`     | the closed vocabulary; `written`: plans as files                     |
| `plan`      | menu and choices in, timed faults out                               |
| `conductor` | carries a plan out, and heals                                       |
"""

from simulator.faults.clock import ClockDrift, ClockJump
from simulator.faults.crash import CrashAt
from simulator.faults.disk import DiskFails, DiskFull, LostWrites, SlowDisk
from simulator.faults.fault import Fault
from simulator.faults.network import Held, Partition, Reset, SlowLink
from simulator.faults.plan import MenuItem, Plan, TimedFault, may, plan
from simulator.faults.process import Kill, Pause, PowerCycle, Terminate
from simulator.faults.service import ServiceTrouble

__all__ = [
    "ClockDrift",
    "ClockJump",
    "CrashAt",
    "DiskFails",
    "DiskFull",
    "Fault",
    "Held",
    "Kill",
    "LostWrites",
    "MenuItem",
    "Partition",
    "Pause",
    "Plan",
    "PowerCycle",
    "Reset",
    "ServiceTrouble",
    "SlowDisk",
    "SlowLink",
    "Terminate",
    "TimedFault",
    "may",
    "plan",
]
