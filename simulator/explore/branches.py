"""Branches: which ways through chosen files were taken, told by the interpreter itself (Python 3.12 and later).

    branches = Branches(["uploader.py"])
    branches.begin()
    ...                       a run
    branches.end()            {"branch: uploader.py:12 in send, 44->46"}

Other code runs as fast as ever: the interpreter is told at the first branch of each place that nobody wants to know.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from types import CodeType
from typing import Any, Final

from simulator.errors import Misuse
from simulator.kernel.callsite import short
from simulator.kernel.state import outside

_TOOL: Final = "soundstage"


def can() -> bool:
    """Whether this Python tells of branches."""
    return sys.version_info >= (3, 12)


class Branches:
    """Watches the files of a list, and those in its folders."""

    def __init__(self, paths: Sequence[str]) -> None:
        if not can():
            raise Misuse(
                "branches are counted with sys.monitoring, which Python 3.11 does not have",
                hint="sweep with Python 3.12 or later, or without --branches",
            )
        self._files, self._folders = set[str](), tuple[str, ...]()
        for path in paths:
            real = os.path.realpath(path)
            if os.path.isdir(real):
                self._folders += (os.path.join(real, ""),)
            elif os.path.isfile(real):
                self._files.add(real)
            else:
                raise Misuse(f"--branches {path}: there is no such file or folder")
        self._taken: dict[int, tuple[CodeType, set[tuple[int, int]]]] = {}
        self._lines: dict[CodeType, dict[int, int]] = {}
        self._wanted: dict[str, bool] = {}
        self._begun = False
        self._kinds: tuple[int, ...] = ()

    def begin(self) -> None:
        """Forget what was seen, and watch."""
        self._taken.clear()
        if self._begun:
            return
        self._begun = True
        monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
        tool = monitoring.COVERAGE_ID
        if monitoring.get_tool(tool) is not None:
            raise Misuse(f"{monitoring.get_tool(tool)} counts branches already", hint="only one can do so in a process")
        monitoring.use_tool_id(tool, _TOOL)
        disable, taken = monitoring.DISABLE, self._taken

        def branch(code: CodeType, offset: int, target: int) -> Any:
            seen = taken.get(id(code))
            if seen is None:
                if not self._wants(code.co_filename):
                    return disable
                seen = taken[id(code)] = code, set()
            seen[1].add((offset, target))
            return None

        events = monitoring.events
        if sys.version_info >= (3, 14):
            kinds = events.BRANCH_LEFT, events.BRANCH_RIGHT
        else:
            kinds = (events.BRANCH,)
        for kind in kinds:
            monitoring.register_callback(tool, kind, branch)
        monitoring.set_events(tool, sum(kinds))
        self._kinds = kinds

    def end(self) -> set[str]:
        """What was seen since `begin`."""
        return {feature for code, ways in list(self._taken.values()) for feature in self._told(code, ways)}

    def stop(self) -> None:
        """Watch no more."""
        if not self._begun:
            return
        monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
        monitoring.set_events(monitoring.COVERAGE_ID, 0)
        for kind in self._kinds:
            monitoring.register_callback(monitoring.COVERAGE_ID, kind, None)
        monitoring.free_tool_id(monitoring.COVERAGE_ID)
        self._begun = False

    def _wants(self, file: str) -> bool:
        found = self._wanted.get(file)
        if found is None:
            with outside():
                real = os.path.realpath(file)
            found = self._wanted[file] = real in self._files or real.startswith(self._folders or ("\0",))
        return found

    def _told(self, code: CodeType, ways: set[tuple[int, int]]) -> Iterator[str]:
        lines = self._lines.get(code)
        if lines is None:
            lines = self._lines[code] = {
                offset: line
                for start, end, line in code.co_lines()
                if line is not None
                for offset in range(start, end, 2)
            }
        for offset, target in ways:
            if offset in lines:
                where = f"{short(code.co_filename)}:{lines[offset]} in {code.co_qualname}"
                yield f"branch: {where}, {offset}->{target}"
