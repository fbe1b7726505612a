"""All sessions with programs, pipes and signals; run as a module, it tells them as JSON lines: the real arm."""

import json
import sys
import tempfile

from tests.support.sessions import with_loops, with_pipes, with_programs, with_signals
from tests.support.sessions.telling import Part, tell

PARTS: tuple[Part, ...] = (
    with_programs.running,
    with_programs.amounts,
    with_programs.statuses,
    with_programs.endings,
    with_programs.time_outs,
    with_programs.absences,
    with_programs.worlds,
    with_programs.streams,
    with_programs.broken_pipes,
    with_programs.waiting,
    with_programs.kin,
    with_programs.spawned,
    with_pipes.pipes,
    with_pipes.pipe_files,
    with_pipes.pipe_threads,
    with_pipes.polls,
    with_pipes.selected,
    with_pipes.poll_waits,
    with_signals.handlers,
    with_signals.interruptions,
    with_signals.masks,
    with_signals.wake_up,
    with_signals.children_end,
    with_loops.loop_children,
    with_loops.loop_protocols,
    with_loops.loop_pipes,
    with_loops.loop_signals,
    with_loops.runners,
)


def main() -> None:
    """Tell all parts, or those of the given names."""
    wanted = sys.argv[1:]
    for part in PARTS:
        if not wanted or part.__name__ in wanted:
            with tempfile.TemporaryDirectory() as root:
                sys.stdout.write(json.dumps([part.__name__, tell(part, root)]) + "\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
