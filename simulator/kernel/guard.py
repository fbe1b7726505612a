"""The leak alarm: what would reach the real machine past every door is refused by name, where it is called.

CPython announces what it is about to do by audit events. Doors stand before most of it, so that an event of the real
act means that somebody came round the door: a C extension, a function that a door forgot, a new version of Python.
One hook, for the life of the interpreter, looks at every event that is raised inside a simulated process.

`EVENTS` says for each event which of three it is:

    allowed     touches nothing outside the interpreter, or only reads what programs are to read as it is
    simulated   raised by Python code above our doors; what it then calls is simulated
    refused     the real act: `Unsupported`, with the name and the line of the program, and `guard.refused` in the trace

Kernel code that has to reach the machine does so under `outside()`, where the hook is silent.
"""

import copy
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from simulator.errors import Unsupported
from simulator.kernel.callsite import where
from simulator.kernel.hashes import address
from simulator.kernel.state import here

ALLOWED: Final = "allowed"
SIMULATED: Final = "simulated"
REFUSED: Final = "refused"

_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


@dataclass(frozen=True)
class Rule:
    """What is to be done with one event, and why."""

    event: str
    verdict: str
    why: str
    only_if: Callable[[tuple[Any, ...]], bool] | None = None
    """Refuse only where this says so of the event's arguments."""


def _writes(args: tuple[Any, ...]) -> bool:
    flags = args[2] if len(args) > 2 else 0
    return isinstance(flags, int) and bool(flags & _WRITING)


def _needs_a_file(args: tuple[Any, ...]) -> bool:
    return os.fsdecode(args[0] or "") not in ("", ":memory:") if args and not hasattr(args[0], "cursor") else True


def _maps_a_file(args: tuple[Any, ...]) -> bool:
    return bool(args) and args[0] != -1


def _rules(verdict: str, why: str, events: str, only_if: Callable[[tuple[Any, ...]], bool] | None = None) -> list[Rule]:
    return [Rule(event, verdict, why, only_if) for event in events.split()]


_TABLE: Final[Iterable[Rule]] = (
    *_rules(
        ALLOWED,
        "Python at work on itself",
        """array.__new__ builtins.breakpoint builtins.id code.__new__ compile exec function.__new__ import
        marshal.dumps marshal.load marshal.loads object.__delattr__ object.__getattr__ object.__setattr__
        pickle.find_class gc.get_objects gc.get_referents gc.get_referrers monitoring.CodeLike
        sys._current_exceptions sys._current_frames sys._getframe sys._getframemodulename sys.addaudithook
        sys.excepthook sys.monitoring.register_callback sys.set_asyncgen_hooks_finalizer
        sys.set_asyncgen_hooks_firstiter sys.set_asyncgen_hook_finalizer sys.set_asyncgen_hook_firstiter sys.setprofile
        sys.settrace sys.unraisablehook cpython.PyInterpreterState_Clear cpython.PyInterpreterState_New
        cpython._PySys_ClearAuditHooks cpython.run_command cpython.run_file cpython.run_interactivehook
        cpython.run_module cpython.run_startup cpython.run_stdin pdb.Pdb setopencodehook""",
    ),
    *_rules(
        ALLOWED,
        "C code that a program calls by hand; what it does there is its own affair, and documented",
        """ctypes.PyObj_FromPtr ctypes.addressof ctypes.call_function ctypes.cdata ctypes.cdata/buffer
        ctypes.create_string_buffer ctypes.create_unicode_buffer ctypes.dlopen ctypes.dlsym ctypes.dlsym/handle
        ctypes.get_errno ctypes.get_last_error ctypes.seh_exception ctypes.set_errno ctypes.set_exception
        ctypes.set_last_error ctypes.string_at ctypes.wstring_at""",
    ),
    *_rules(
        ALLOWED,
        "reads what lies outside the mounts, as programs may",
        "os.getxattr os.listdir os.listxattr os.scandir",
    ),
    *_rules(
        SIMULATED,
        "Python code; the files that it then touches are the host's",
        """ensurepip.bootstrap glob.glob glob.glob/2 os.fwalk os.walk pathlib.Path.glob pathlib.Path.rglob
        pathlib.Path.walk shutil.chown shutil.copyfile shutil.copymode shutil.copystat shutil.copytree
        shutil.make_archive shutil.move shutil.rmtree shutil.unpack_archive tempfile.mkdtemp tempfile.mkstemp""",
    ),
    *_rules(
        SIMULATED,
        "Python code; the sockets and programs that it then uses are the host's",
        """builtins.input builtins.input/result ftplib.connect ftplib.sendcmd http.client.connect http.client.send
        imaplib.open imaplib.send nntplib.connect nntplib.putline poplib.connect poplib.putline pty.spawn
        smtplib.connect smtplib.send subprocess.Popen telnetlib.Telnet.open telnetlib.Telnet.write urllib.Request
        webbrowser.open""",
    ),
    *_rules(REFUSED, "it would write to the real disk", "open", _writes),
    *_rules(
        REFUSED,
        "it would change the real disk",
        """os.chdir os.chflags os.chmod os.chown os.link os.lockf os.mkdir os.remove os.removexattr os.rename os.rmdir
        os.setxattr os.symlink os.truncate os.utime""",
    ),
    *_rules(REFUSED, "the database would be a real file; use :memory:", "sqlite3.connect", _needs_a_file),
    *_rules(ALLOWED, "follows sqlite3.connect", "sqlite3.connect/handle"),
    *_rules(
        REFUSED, "an extension of SQLite reaches what it likes", "sqlite3.enable_load_extension sqlite3.load_extension"
    ),
    *_rules(REFUSED, "files are not mapped into memory here", "mmap.__new__", _maps_a_file),
    *_rules(REFUSED, "it is a real descriptor", "fcntl.fcntl fcntl.flock fcntl.ioctl fcntl.lockf"),
    *_rules(
        REFUSED,
        "it would use the real network",
        """socket.__new__ socket.bind socket.connect socket.getaddrinfo socket.gethostbyaddr socket.gethostbyname
        socket.gethostname socket.getnameinfo socket.getservbyname socket.getservbyport socket.sendmsg socket.sendto
        socket.sethostname""",
    ),
    *_rules(
        REFUSED,
        "it would be a real thread, which nobody orders",
        "_thread.start_new_thread _thread.start_joinable_thread",
    ),
    *_rules(
        REFUSED,
        "it would be a real process",
        "os.exec os.fork os.forkpty os.posix_spawn os.spawn os.startfile os.startfile/2 os.system",
    ),
    *_rules(REFUSED, "it would reach a real process", "os.kill os.killpg signal.pthread_kill sys.remote_exec"),
    *_rules(REFUSED, "it would change this interpreter's environment", "os.putenv os.unsetenv"),
    *_rules(REFUSED, "it would change this interpreter's limits", "resource.prlimit resource.setrlimit"),
    *_rules(REFUSED, "it would wait in real time", "time.sleep"),
    *_rules(
        REFUSED, "it would write to the machine's log", "syslog.closelog syslog.openlog syslog.setlogmask syslog.syslog"
    ),
    *_rules(
        REFUSED,
        "Windows is not simulated",
        """msvcrt.get_osfhandle msvcrt.locking msvcrt.open_osfhandle os.add_dll_directory os.listdrives os.listmounts
        os.listvolumes winreg.ConnectRegistry winreg.CreateKey winreg.DeleteKey winreg.DeleteValue
        winreg.DisableReflectionKey winreg.EnableReflectionKey winreg.EnumKey winreg.EnumValue
        winreg.ExpandEnvironmentStrings winreg.LoadKey winreg.OpenKey winreg.OpenKey/result winreg.PyHKEY.Detach
        winreg.QueryInfoKey winreg.QueryReflectionKey winreg.QueryValue winreg.SaveKey winreg.SetValue
        _winapi.CreateFile _winapi.CreateJunction _winapi.CreateNamedPipe _winapi.CreatePipe _winapi.CreateProcess
        _winapi.OpenProcess _winapi.TerminateProcess""",
    ),
)

EVENTS: Final[dict[str, Rule]] = {rule.event: rule for rule in _TABLE}
"""Every audit event of CPython 3.11 to 3.13, and what is done with it inside a simulated process."""

_refusing: Final[dict[str, Rule]] = {rule.event: rule for rule in _TABLE if rule.verdict == REFUSED}


def refuse(door: str, why: str, *, hint: str = "") -> NoReturn:
    """Refuse a door by name, at the program's line that came to it."""
    engine, process = here.engine, here.process
    assert engine is not None
    if process is not None and process.gone:
        engine.bar()
    place = where(sys._getframe(1))
    engine.emit("guard.refused", door=door, why=why, where=place)
    raise Unsupported(door, f"{why}; called at {place}", hint=hint)


def _look(event: str, args: tuple[Any, ...], rules: dict[str, Rule] = _refusing) -> None:
    """The hook."""
    if here.process is None:
        return
    rule = rules.get(event)
    if rule is not None and (rule.only_if is None or rule.only_if(args)):
        told = f" {args[0]!r}" if args and isinstance(args[0], str | bytes) else ""
        refuse(f"{event}{told[:200]}", rule.why)


_installed = False


def install() -> None:
    """Set the alarm, once for the life of the interpreter: Python knows no way to take an audit hook back."""
    global _installed
    if not _installed:
        _installed = True
        sys.addaudithook(_look)
        # `id` announces itself, which with a hook costs ten times as much as the answer: `deepcopy` would take
        # twice as long. A global of the module goes before the builtin.
        vars(copy)["id"] = address
