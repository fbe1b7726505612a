"""Names the line of the program that is responsible for what happens now."""

import re
import sys
from pathlib import Path
from traceback import walk_tb
from types import CodeType, FrameType

_PACKAGE = str(Path(__file__).resolve().parent.parent)
_STDLIB = str(Path(sys.modules["os"].__file__ or "").resolve().parent)
_FILE = re.compile(r'File "(/[^"\n]{1,4096})"')
_FRAMES_MAX = 200  # A runaway recursion must not make the report of it slow.


def where(frame: FrameType | None = None) -> str:
    """`file.py:12 in function` of the innermost frame that is neither ours nor the standard library's."""
    at = frame if frame is not None else sys._getframe(1)
    fallback: FrameType | None = None
    step: FrameType | None = at
    for _ in range(_FRAMES_MAX):
        if step is None:
            break
        file = step.f_code.co_filename
        if not is_ours(file):
            fallback = fallback or step
            if not is_stdlib(file):
                return place(step.f_code, step.f_lineno)
        step = step.f_back
    return place(fallback.f_code, fallback.f_lineno) if fallback else "?"


def is_ours(file: str) -> bool:
    """Whether a file is part of the simulator below the scenarios."""
    return file.startswith(_PACKAGE) and "/scenarios/" not in file[len(_PACKAGE) :]


def is_stdlib(file: str) -> bool:
    """Whether a file belongs to the standard library, or is no file at all."""
    return file.startswith("<") or (file.startswith(_STDLIB) and "site-packages" not in file)


def is_own(file: str) -> bool:
    """Whether a file is the program's own: neither ours, nor the standard library's, nor installed beside it."""
    return not is_ours(file) and not is_stdlib(file) and "-packages/" not in file


def raised_at(error: BaseException) -> str:
    """The innermost line of the program's own that an error came through, or else of what it uses."""
    steps = [(frame.f_code, line) for frame, line in walk_tb(error.__traceback__)]
    known = [step for step in steps if not is_ours(step[0].co_filename)]
    own = [step for step in known if is_own(step[0].co_filename)] or known
    return place(*own[-1]) if own else ""


def place(code: CodeType, line: int) -> str:
    """A code position without the machine's directories."""
    return f"{short(code.co_filename)}:{line} in {code.co_qualname}"


def without_folders(text: str) -> str:
    """The program's words with the files in tracebacks named as `short` names them: folders are the machine's."""
    if 'File "/' not in text:
        return text
    return _FILE.sub(lambda found: f'File "{short(found[1])}"', text)


def short(file: str) -> str:
    """A file's name as its package sees it: what follows site-packages, or the last two parts."""
    for mark in ("site-packages/", "/lib/python"):
        _, found, rest = file.rpartition(mark)
        if found:
            return rest.partition("/")[2] if mark == "/lib/python" else rest
    return Path(file).name
