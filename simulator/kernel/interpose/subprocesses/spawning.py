"""Starting programs: what `subprocess`, `os.posix_spawn` and `os.system` end in.

`subprocess` itself runs as it is: it makes pipes, calls `fork_exec`, and reads from one of the pipes whether
the program could be executed. What that call does in the child between fork and exec is done here at once.
"""

import os
import posixpath
import stat
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from errno import EACCES, EINVAL, ENOENT, ENOEXEC, ENOTDIR
from typing import Any, Final

from simulator.errors import Unsupported
from simulator.kernel.children import family, spawn, status_of
from simulator.kernel.descriptors import Description
from simulator.kernel.interpose import redirect
from simulator.kernel.interpose.signals import error
from simulator.kernel.interpose.subprocesses import waiting
from simulator.kernel.ports import OutsideMounts
from simulator.kernel.process import Process
from simulator.kernel.state import here, running_engine, running_thread

_NOT_EXECUTED: Final = 255  # The exit status of a child whose program could not be executed.
_SHELL: Final = "/bin/sh"
_WORDS: Final = subprocess.Popen._execute_child.__code__.co_consts  # type: ignore[attr-defined]
_NO_FOLDER: Final = "noexec:chdir" if "noexec:chdir" in _WORDS else "noexec"
"""How a child says that it has no such working directory; Python 3.13 tells it from other failures."""

_CLOSE_FROM: Final = getattr(os, "POSIX_SPAWN_CLOSEFROM", None)  # From Python 3.13 on.


def _process() -> Process:
    return running_thread().process


# --- _posixsubprocess.fork_exec ---------------------------------------------------------------------------


def fork_exec(*args: Any) -> int:
    """Start a program for `subprocess.Popen`; 23 arguments on every Python from 3.11 to 3.13."""
    argv, candidates, close_fds, kept, cwd, env_list, *rest = args
    p2cread, _, _, c2pwrite, _, errwrite, _, errpipe = rest[:8]
    _, new_session, group, gid, gids, uid, umask, preexec_fn = rest[8:16]
    _refuse(preexec_fn=preexec_fn, group=gid, extra_groups=gids, user=uid)
    process = _process()
    words = _words(argv)
    env = _environment(process) if env_list is None else _pairs(env_list)
    try:
        folder = _folder(process, cwd)
    except OSError as failed:
        return _fail(process, errpipe, f"OSError:{failed.errno:X}:{_NO_FOLDER}")
    descriptors = _inherited(process, close_fds=bool(close_fds), kept=kept)
    for number, given in ((0, p2cread), (1, c2pwrite), (2, errwrite)):
        if given != -1:
            descriptors[number] = process.fds[given]
    descriptors.pop(errpipe, None)  # Closed by a successful exec.
    try:
        program = _search(process, [os.fsdecode(candidate) for candidate in candidates], folder)
    except OSError as failed:
        process.engine.emit("sub.start", argv=words, pid=process.pid, error=type(failed).__name__)
        return _fail(process, errpipe, f"OSError:{failed.errno:X}:")
    child = spawn(
        process,
        program,
        argv=words,
        env=env,
        cwd=folder,
        descriptors=descriptors,
        group=0 if new_session else None if group == -1 else group,
        session=bool(new_session),
    )
    if umask != -1:
        child.shelf["umask"] = umask
    return child.pid


def _refuse(**options: Any) -> None:
    for name, value in options.items():
        if value is not None:
            raise _refusal(f"subprocess.Popen({name}=...)", "nothing runs between fork and exec")


def _refusal(door: str, why: str, *, hint: str = "") -> Unsupported:
    running_engine().emit("guard.refused", door=door)
    return Unsupported(door, why, hint=hint)


def _words(argv: Iterable[Any]) -> list[str]:
    words = [os.fsdecode(os.fsencode(word)) for word in argv]
    if any("\0" in word for word in words):
        raise ValueError("embedded null byte")
    return words


def _pairs(env_list: Iterable[bytes]) -> dict[str, str]:
    """An environment from `NAME=value` entries."""
    split = [os.fsdecode(entry).partition("=") for entry in env_list]
    return {name: value for name, _, value in split}


def _environment(process: Process) -> dict[str, str]:
    """What a child inherits that is given no environment of its own."""
    data: Mapping[bytes, bytes] = process.environ
    return {os.fsdecode(name): os.fsdecode(value) for name, value in data.items()}


def _folder(process: Process, cwd: Any) -> str:
    """The working directory of a child, which must be one."""
    with suppress(FileNotFoundError):  # It may have been removed; it is the working directory all the same.
        os.getcwd()  # Which may have been renamed since it was entered.
    if cwd is None:
        return process.cwd
    if not stat.S_ISDIR(os.stat(cwd).st_mode):
        raise error(ENOTDIR)
    return posixpath.normpath(posixpath.join(process.cwd, os.fsdecode(cwd)))


def _inherited(process: Process, *, close_fds: bool, kept: Iterable[int]) -> dict[int, Description]:
    """The descriptors that a child has before its standard streams are put in place."""
    numbers = {number for number, _ in process.fds if number <= 2 or not close_fds}
    numbers = {number for number in numbers if number <= 2 or process.fds.inheritable(number)} | set(kept)
    return {number: process.fds[number] for number in sorted(numbers)}


def _search(process: Process, candidates: Sequence[str], folder: str) -> Any:
    """The first candidate that can be executed; else the first failure that is not absence, or the last of those."""
    failure, last = 0, ENOENT
    for candidate in candidates:
        path = posixpath.join(folder, candidate)
        found = process.host.executables.find(path)
        if found is not None:
            return found
        last = _why_not(process, path)
        if last not in (ENOENT, ENOTDIR):
            failure = failure or last
    raise error(failure or last)


def _why_not(process: Process, path: str) -> int:
    """What executing a path fails with that no program lies at: the host's own files cannot be executed."""
    files = process.host.files
    if files is None:
        return ENOENT
    try:
        mode = files.stat(path, "/").st_mode
    except OutsideMounts:
        return ENOENT  # Whatever the machine has there is no program of the host's.
    except OSError as failed:
        return failed.errno or ENOENT
    return ENOEXEC if stat.S_ISREG(mode) and mode & 0o111 else EACCES


def _fail(process: Process, errpipe: int, message: str) -> int:
    """Say why, in the words that `subprocess` expects on its pipe, and leave a child that has ended already."""
    process.fds[errpipe].write(message.encode())
    return family(process).fail(status_of(_NOT_EXECUTED))


# --- os.posix_spawn ---------------------------------------------------------------------------------------


def _posix_spawn(candidates: Sequence[str], argv: Any, env: Any, **options: Any) -> int:
    process = _process()
    _refuse(scheduler=options.get("scheduler"), resetids=options.get("resetids") or None)
    words = _words(argv)
    if not words:
        raise ValueError("posix_spawn: argv must not be empty")
    # Without an environment of its own the child inherits, from Python 3.13 on.
    inherits = env is None
    pairs = _environment(process) if inherits else {os.fsdecode(name): os.fsdecode(env[name]) for name in env}
    folder = _folder(process, None)
    program = _search(process, candidates, folder)
    opened: list[int] = []  # Here, for the child; given back when it has them.
    session = bool(options.get("setsid"))
    try:
        child = spawn(
            process,
            program,
            argv=words,
            env=pairs,
            cwd=folder,
            descriptors=_acted_upon(process, options.get("file_actions") or (), opened),
            group=0 if session else options.get("setpgroup"),
            session=session,
        )
    finally:
        for number in opened:
            process.fds.close(number)
    return child.pid


def _acted_upon(process: Process, actions: Iterable[Any], opened: list[int]) -> dict[int, Description]:
    """The child's descriptors after the file actions: open, close, dup2, closefrom, in their order."""
    found = _inherited(process, close_fds=False, kept=())
    every = dict(process.fds)
    for kind, *rest in actions:
        if kind == os.POSIX_SPAWN_CLOSE:
            found.pop(rest[0], None)
        elif kind == os.POSIX_SPAWN_DUP2:
            source, target = rest
            if source not in every and source not in found:
                raise error(EINVAL)
            found[target] = found.get(source) or every[source]
        elif kind == _CLOSE_FROM:
            found = {number: given for number, given in found.items() if number < rest[0]}
        else:
            target, path, flags, mode = rest
            opened.append(os.open(path, flags, mode))
            found[target] = process.fds[opened[-1]]
    return found


def posix_spawn(path: Any, argv: Any, env: Any, /, **options: Any) -> int:
    try:
        return _posix_spawn([os.fsdecode(path)], argv, env, **options)
    except OSError as failed:
        failed.filename = path
        raise


def posix_spawnp(path: Any, argv: Any, env: Any, /, **options: Any) -> int:
    name = os.fsdecode(path)
    candidates = [name] if "/" in name else [posixpath.join(folder, name) for folder in os.get_exec_path()]
    try:
        return _posix_spawn(candidates, argv, env, **options)
    except OSError as failed:
        failed.filename = path
        raise


# --- shells and exec ----------------------------------------------------------------------------------------


def system(command: Any) -> int:
    """Run a line by the host's shell, if one is installed; else what the C library answers without one."""
    if _process().host.executables.find(_SHELL) is None:
        return status_of(127)
    pid = posix_spawn(_SHELL, ["sh", "-c", command], os.environ)
    return waiting.waitpid(pid, 0)[1]


def _refused(name: str) -> Callable[..., Any]:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise _refusal(f"os.{name}", "a program cannot be exchanged", hint="start one by subprocess instead")

    return refuse


class _Unburied(list[Any]):
    """`subprocess._active` for each process apart: the children that nobody waited for.

    The list belongs to the interpreter, but a process that polls another's children would find none.
    """

    def _mine(self) -> list[Any] | None:
        process = here.process
        return None if process is None else process.shelf.setdefault("unburied", [])

    def append(self, popen: Any) -> None:
        mine = self._mine()
        super().append(popen) if mine is None else mine.append(popen)

    def remove(self, popen: Any) -> None:
        mine = self._mine()
        super().remove(popen) if mine is None else mine.remove(popen)

    def __getitem__(self, index: Any) -> Any:
        mine = self._mine()
        return super().__getitem__(index) if mine is None else mine[index]


REFUSED: Final = ("execv", "execve")


def install() -> None:
    import _posixsubprocess

    redirect.inside(_posixsubprocess.fork_exec, fork_exec)
    redirect.inside(os.posix_spawn, posix_spawn)
    redirect.inside(os.posix_spawnp, posix_spawnp)
    redirect.inside(os.system, system)
    for name in REFUSED:
        redirect.inside(getattr(os, name), _refused(name))
    active = subprocess._active  # type: ignore[attr-defined]
    subprocess._active = _Unburied(active)  # type: ignore[attr-defined]
