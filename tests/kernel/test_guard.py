"""What gets past the doors is refused by name, at the line of the program; and every audit event has its verdict."""

import _socket
import fcntl
import io
import mmap
import os
import re
import sqlite3
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulator import simulate
from simulator.errors import Unsupported
from simulator.kernel import guard
from simulator.kernel.interpose import closed, install, redirect
from simulator.kernel.state import outside
from tests.support.inside import simulated, told

install()

# The table of audit events in the documentation of CPython, 3.11 to 3.13.
_TABLE = """
_thread.start_joinable_thread _thread.start_new_thread array.__new__ builtins.breakpoint builtins.id builtins.input
builtins.input/result code.__new__ compile cpython.PyInterpreterState_Clear cpython.PyInterpreterState_New
cpython._PySys_ClearAuditHooks cpython.run_command cpython.run_file cpython.run_interactivehook cpython.run_module
cpython.run_startup cpython.run_stdin ctypes.addressof ctypes.call_function ctypes.cdata ctypes.cdata/buffer
ctypes.create_string_buffer ctypes.create_unicode_buffer ctypes.dlopen ctypes.dlsym ctypes.dlsym/handle
ctypes.get_errno ctypes.get_last_error ctypes.set_errno ctypes.set_exception ctypes.set_last_error ctypes.string_at
ctypes.wstring_at ensurepip.bootstrap exec fcntl.fcntl fcntl.flock fcntl.ioctl fcntl.lockf ftplib.connect
ftplib.sendcmd function.__new__ gc.get_objects gc.get_referents gc.get_referrers glob.glob glob.glob/2
http.client.connect http.client.send imaplib.open imaplib.send import marshal.dumps marshal.load marshal.loads
mmap.__new__ msvcrt.get_osfhandle msvcrt.locking msvcrt.open_osfhandle nntplib.connect nntplib.putline
object.__delattr__ object.__getattr__ object.__setattr__ open os.add_dll_directory os.chdir os.chflags os.chmod
os.chown os.exec os.fork os.forkpty os.fwalk os.getxattr os.kill os.killpg os.link os.listdir os.listdrives
os.listmounts os.listvolumes os.listxattr os.lockf os.mkdir os.posix_spawn os.putenv os.remove os.removexattr
os.rename os.rmdir os.scandir os.setxattr os.spawn os.startfile os.startfile/2 os.symlink os.system os.truncate
os.unsetenv os.utime os.walk pathlib.Path.glob pathlib.Path.rglob pdb.Pdb pickle.find_class poplib.connect
poplib.putline pty.spawn resource.prlimit resource.setrlimit setopencodehook shutil.chown shutil.copyfile
shutil.copymode shutil.copystat shutil.copytree shutil.make_archive shutil.move shutil.rmtree shutil.unpack_archive
signal.pthread_kill smtplib.connect smtplib.send socket.__new__ socket.bind socket.connect socket.getaddrinfo
socket.gethostbyaddr socket.gethostbyname socket.gethostname socket.getnameinfo socket.getservbyname
socket.getservbyport socket.sendmsg socket.sendto socket.sethostname sqlite3.connect sqlite3.connect/handle
sqlite3.enable_load_extension sqlite3.load_extension subprocess.Popen sys._current_exceptions sys._current_frames
sys._getframe sys._getframemodulename sys.addaudithook sys.excepthook sys.set_asyncgen_hooks_finalizer
sys.set_asyncgen_hooks_firstiter sys.setprofile sys.settrace sys.unraisablehook syslog.closelog syslog.openlog
syslog.setlogmask syslog.syslog telnetlib.Telnet.open telnetlib.Telnet.write tempfile.mkdtemp tempfile.mkstemp
time.sleep urllib.Request webbrowser.open winreg.ConnectRegistry winreg.CreateKey winreg.DeleteKey
winreg.DeleteValue winreg.DisableReflectionKey winreg.EnableReflectionKey winreg.EnumKey winreg.EnumValue
winreg.ExpandEnvironmentStrings winreg.LoadKey winreg.OpenKey winreg.OpenKey/result winreg.PyHKEY.Detach
winreg.QueryInfoKey winreg.QueryReflectionKey winreg.QueryValue winreg.SaveKey winreg.SetValue _winapi.CreateFile
_winapi.CreateJunction _winapi.CreateNamedPipe _winapi.CreatePipe _winapi.CreateProcess _winapi.OpenProcess
_winapi.TerminateProcess ctypes.PyObj_FromPtr
"""
DOCUMENTED = _TABLE.split()


def test_every_documented_event_has_a_verdict_and_a_reason() -> None:
    assert [event for event in DOCUMENTED if event not in guard.EVENTS] == []
    assert {rule.verdict for rule in guard.EVENTS.values()} == {guard.ALLOWED, guard.SIMULATED, guard.REFUSED}
    assert all(rule.why for rule in guard.EVENTS.values())


def test_every_event_that_this_pythons_library_raises_has_a_verdict() -> None:
    library = Path(sysconfig.get_path("stdlib"))
    sources = [path for path in library.rglob("*.py") if not {"site-packages", "test", "idlelib"} & set(path.parts)]
    found = {
        event
        for path in sources
        for event in re.findall(r"sys\.audit\(\s*[\"']([\w./]+)", path.read_text(encoding="utf-8", errors="replace"))
    }

    assert found
    assert found - guard.EVENTS.keys() == set()


def test_a_refused_event_is_refused_inside_and_only_there() -> None:
    rules = [rule for rule in guard.EVENTS.values() if rule.verdict == guard.REFUSED and rule.only_if is None]
    assert rules
    for rule in rules:
        sys.audit(rule.event)
        run = simulated(lambda event=rule.event: sys.audit(event))  # type: ignore[misc]
        assert f"{rule.event} is not simulated" in run.outcome.message
        refusals = run.trace.of("guard.refused").events
        assert [event.fields["door"] for event in refusals] == [rule.event]


def test_an_allowed_event_passes() -> None:
    def program() -> None:
        for rule in guard.EVENTS.values():
            if rule.verdict != guard.REFUSED:
                sys.audit(rule.event)
        sys.audit("some.library.of.its.own", 1)

    told(program)


LEAKS: dict[str, Callable[[], Any]] = {
    "os.execv": lambda: os.execv("/bin/true", ["true"]),
    "os.fork": os.fork,
    "os.openpty": os.openpty,
    "os.memfd_create": lambda: os.memfd_create("x"),
    "os.sched_setparam": lambda: os.sched_setparam(0, os.sched_param(0)),
    "sqlite3.connect": lambda: sqlite3.connect("/tmp/real.db"),
    "mmap.__new__": lambda: mmap.mmap(os.open("/etc/passwd", os.O_RDONLY), 0, access=mmap.ACCESS_READ),
    "socket.__new__": lambda: _socket.socket(),
    "open": lambda: redirect.original(os.open)("/tmp/leak", os.O_WRONLY | os.O_CREAT),
    "os.remove": lambda: redirect.original(os.remove)("/tmp/leak"),
    "io.FileIO": lambda: io.FileIO("/tmp/leak", "w"),
}


@pytest.mark.parametrize("door", LEAKS)
def test_a_leak_is_refused_by_name_and_place(door: str) -> None:
    async def leak() -> None:
        LEAKS[door]()

    run = simulate(leak)

    assert run.outcome.message.startswith(door), run.outcome
    assert "is not simulated" in run.outcome.message
    assert not os.path.exists("/tmp/leak")


def test_the_refusal_names_the_line_of_the_program_and_is_an_event() -> None:
    def program() -> str:
        try:
            os.openpty()
        except Unsupported as error:
            return str(error)
        return ""

    run = simulated(program)

    assert run.value is not None
    assert re.search(r"called at test_guard\.py:\d+ in .*program$", run.value)
    assert run.trace.of("guard.refused").count() == 1


def test_what_only_looks_dangerous_is_left_alone() -> None:
    def program() -> Any:
        with sqlite3.connect(":memory:") as database, mmap.mmap(-1, 10) as memory:
            return database.execute("select 1").fetchone(), len(memory)

    assert told(program) == ((1,), 10)


def test_kernel_code_reaches_the_machine_under_outside(tmp_path: Path) -> None:
    def program() -> None:
        with outside():
            (tmp_path / "written").write_text("by the kernel")

    told(program)

    assert (tmp_path / "written").read_text() == "by the kernel"


def test_no_system_call_is_left_open() -> None:
    """Each function of `os` in C is redirected, or harmless, or closed."""
    open_still = [
        name
        for name, value in vars(os).items()
        if type(value) is type(len) and value.__module__ == "posix" and redirect.original(value) is value
    ]

    assert set(open_still) <= closed.HARMLESS


def test_nothing_is_a_device() -> None:
    def program() -> str:
        try:
            fcntl.ioctl(0, 0x5401)
        except OSError as error:
            return os.strerror(error.errno or 0)
        return ""

    assert told(program) == "Inappropriate ioctl for device"
