"""Children: who started whom, who has ended and was not waited for yet, and process groups.

A child that ends leaves its status with its parent until the parent waits for it; until then its pid exists.
When a parent ends first, its children go on: they belong to init, and nobody waits for them.
"""

import asyncio
import posixpath
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from simulator.kernel.descriptors import Description
from simulator.kernel.process import Process
from simulator.kernel.threads import WaitQueue

if TYPE_CHECKING:
    from simulator.kernel.ports import Executable

INIT: Final = 1
"""The pid of the parent of whoever has none."""

_PID_MAX: Final = 1 << 22


@dataclass
class Family:
    """What one process is to others: its children, its group, its session."""

    process: Process
    group: int
    session: int
    living: dict[int, Process] = field(default_factory=dict)
    ended: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Status and group of each child that nobody waited for yet, by pid, in the order of their ends."""
    ends: WaitQueue = field(default_factory=WaitQueue)
    watchers: dict[int, Callable[[], object]] = field(default_factory=dict)
    """Who wants to know that a child has ended, by pid; called once, from the kernel."""
    failed: int = 0

    def groups(self) -> dict[int, int]:
        """Every child that one may wait for, with its group: the ended ones first."""
        found = {pid: group for pid, (_, group) in self.ended.items()}
        return found | {pid: family(child).group for pid, child in self.living.items()}

    def fail(self, status: int) -> int:
        """Note a child that ended before it executed anything; such pids come from the far end."""
        self.failed += 1
        pid = _PID_MAX - self.failed
        self.ended[pid] = (status, self.group)
        return pid


def family(process: Process) -> Family:
    """The family of a process; a first process leads a group and a session of its own."""
    found: Family | None = process.shelf.get("family")
    if found is None:
        found = process.shelf["family"] = Family(process, process.pid, process.pid)
        process.on_end.append(lambda code: _orphan(found))
    return found


def status_of(code: int) -> int:
    """The wait status of an exit code: what `os.waitstatus_to_exitcode` turns back."""
    return code << 8 if code >= 0 else -code


def spawn(
    parent: Process,
    program: "Executable",
    *,
    argv: Sequence[str],
    env: Mapping[str, str],
    cwd: str,
    descriptors: Mapping[int, Description],
    group: int | None = None,
    session: bool = False,
) -> Process:
    """Start an installed program as a child; it runs when it is loaded, which takes some of its `start_max_ns`.

    `group` None is the parent's, 0 a new one.
    """
    engine, host = parent.engine, parent.host
    name = posixpath.basename(program.path)
    child = Process(
        engine, host, name=name, argv=list(argv), env=dict(env), cwd=cwd, parent=parent, descriptors=descriptors
    )
    for signum, handler in parent.signal_handlers.items():
        if handler == signal.SIG_IGN:  # Handlers end with the program that had them; ignoring is inherited.
            child.signal_handlers[signum] = signal.SIG_IGN
    child.signal_mask = set(parent.signal_mask)
    if "umask" in parent.shelf:
        child.shelf["umask"] = parent.shelf["umask"]
    mine, of_child = family(parent), family(child)
    of_child.group = mine.group if group is None else group or child.pid
    of_child.session = child.pid if session else mine.session
    mine.living[child.pid] = child
    child.on_end.append(lambda code: _ended(child, code))
    engine.emit("sub.start", host=host.name, pid=parent.pid, child=child.pid, argv=list(argv), cwd=cwd)
    bound = program.start_max_ns
    delay_ns = engine.choices.draw(bound, stream="subprocess", site=child.site, label="start") if bound else 0
    engine.call_after(delay_ns, _begin, child, program.main)
    return child


def _begin(child: Process, main: Callable[[], object]) -> None:
    if child.alive:
        child.start(lambda: _run(main))


def _run(main: Callable[[], object]) -> None:
    """What a script does whose last line is `sys.exit(main())`; a coroutine gets a loop."""
    result = main()
    if asyncio.iscoroutine(result):
        result = asyncio.run(result)
    if result is not None:
        raise SystemExit(result)


def _ended(child: Process, code: int) -> None:
    """Tell the parent, if there still is one."""
    parent = child.parent
    child.engine.emit("sub.exit", host=child.host.name, child=child.pid, code=code)
    if parent is None or not parent.alive:
        return
    mine = family(parent)
    mine.living.pop(child.pid, None)
    handler = parent.signal_handlers.get(signal.SIGCHLD, signal.SIG_DFL)
    if handler != signal.SIG_IGN:  # Who ignores the signal wants no statuses either.
        mine.ended[child.pid] = (status_of(code), family(child).group)
    watcher = mine.watchers.pop(child.pid, None)
    if watcher is not None:
        watcher()
    mine.ends.wake_all()
    if callable(handler) and not isinstance(handler, signal.Handlers):
        parent.signal(signal.SIGCHLD)


def _orphan(mine: Family) -> None:
    for child in mine.living.values():
        child.parent = None
    mine.living.clear()
    mine.ended.clear()
    mine.watchers.clear()


def find_process(asking: Process, pid: int) -> Process | None:
    """The living process of that pid on the same host."""
    processes = asking.engine.processes
    index = pid - processes[0].pid  # Pids are given in the order of this list.
    if not 0 <= index < len(processes):
        return None
    found = processes[index]
    return found if found.alive and found.host is asking.host else None


def members(asking: Process, group: int) -> list[Process]:
    """The living processes of a group on the same host, in the order in which they were started."""
    return [
        process
        for process in asking.engine.processes
        if process.alive and process.host is asking.host and family(process).group == group
    ]
