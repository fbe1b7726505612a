"""Identity: what a program may learn about the machine it runs on, and is told about its host instead.

Every host is a plain Linux machine of one kind, so that a run is the same wherever it is simulated: its name is its
own, all else is written here. Programs run as root. What a program may set (limits, niceness) it can read back, and it
changes nothing. Pids, users and groups are with `subprocesses/`, processors with `threads/`, host names with `names`.
"""

import grp
import os
import platform
import pwd
import resource
import sys
from collections.abc import Callable
from errno import EINVAL, ENOTTY
from typing import Any, Final

from simulator.errors import Unsupported
from simulator.kernel.interpose import redirect
from simulator.kernel.interpose.late import after_import
from simulator.kernel.interpose.threads.machine import PROCESSORS
from simulator.kernel.process import Process
from simulator.kernel.state import here, running_engine

_SYSTEM: Final = ("Linux", "6.1.0", "#1 SMP PREEMPT_DYNAMIC", "x86_64")
_LIBC: Final = ("glibc", "2.36")
_RELEASE_FILE: Final = {"NAME": "Linux", "ID": "linux", "PRETTY_NAME": "Linux"}
_PAGE_BYTES: Final = 4096
_MEMORY_BYTES: Final = 8 << 30
_SYSCONF: Final = {
    "SC_NPROCESSORS_CONF": PROCESSORS,
    "SC_NPROCESSORS_ONLN": PROCESSORS,
    "SC_PAGESIZE": _PAGE_BYTES,
    "SC_PAGE_SIZE": _PAGE_BYTES,
    "SC_PHYS_PAGES": _MEMORY_BYTES // _PAGE_BYTES,
    "SC_AVPHYS_PAGES": _MEMORY_BYTES // _PAGE_BYTES // 2,
    "SC_CLK_TCK": 100,
    "SC_OPEN_MAX": 4096,
}
_USERS: Final = [
    pwd.struct_passwd(("root", "x", 0, 0, "root", "/root", "/bin/sh")),
    pwd.struct_passwd(("user", "x", 1000, 1000, "user", "/home/user", "/bin/sh")),
    pwd.struct_passwd(("nobody", "x", 65534, 65534, "nobody", "/nonexistent", "/usr/sbin/nologin")),
]
_GROUPS: Final = [
    grp.struct_group(("root", "x", 0, [])),
    grp.struct_group(("user", "x", 1000, [])),
    grp.struct_group(("nogroup", "x", 65534, [])),
]
_UNLIMITED: Final = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
_LIMITS: Final = {resource.RLIMIT_NOFILE: (4096, 4096), resource.RLIMIT_STACK: (8 << 20, resource.RLIM_INFINITY)}
_RESIDENT_KB: Final = 65_536  # What a small program needs; memory is not simulated.


def _process() -> Process:
    process = here.process
    assert process is not None
    return process


# --- the system ---------------------------------------------------------------------------------------------


def uname() -> os.uname_result:
    system, release, version, machine = _SYSTEM
    return os.uname_result((system, _process().host.name, release, version, machine))


def sysconf(name: str | int, /) -> int:
    for known, value in _SYSCONF.items():
        if name in (known, os.sysconf_names.get(known)):
            return value
    raise Unsupported(f"os.sysconf({name!r})", "what the machine answers would leak into the run")


def _platform(aliased: bool = False, terse: bool = False) -> str:
    system, release, _, machine = _SYSTEM
    libc = "".join(_LIBC)
    return f"{system}-{release}-with-{libc}" if terse else f"{system}-{release}-{machine}-with-{libc}"


def _platform_uname() -> platform.uname_result:
    return platform.uname_result(*uname()[:5])


def no_terminal(*args: object) -> Any:
    """Standard streams are never terminals here."""
    raise OSError(ENOTTY, os.strerror(ENOTTY))


# --- users --------------------------------------------------------------------------------------------------


def _entry(table: list[Any], field: str, wanted: object, said: str) -> Any:
    for entry in table:
        if getattr(entry, field) == wanted:
            return entry
    raise KeyError(f"{said}: {wanted!r}" if isinstance(wanted, str) else f"{said}: {wanted}")


_DATABASES: Final[dict[Any, Callable[..., Any]]] = {
    pwd.getpwnam: lambda name: _entry(_USERS, "pw_name", name, "getpwnam(): name not found"),
    pwd.getpwuid: lambda uid: _entry(_USERS, "pw_uid", uid, "getpwuid(): uid not found"),
    pwd.getpwall: lambda: list(_USERS),
    grp.getgrnam: lambda name: _entry(_GROUPS, "gr_name", name, "getgrnam(): name not found"),
    grp.getgrgid: lambda id: _entry(_GROUPS, "gr_gid", id, "getgrgid(): gid not found"),  # noqa: A006
    grp.getgrall: lambda: list(_GROUPS),
}


def become(*ids: Any) -> None:
    """`setuid` and its kin: programs are root and remain it, whatever they drop."""
    if any(number not in (0, -1) for number in ids if isinstance(number, int)):
        raise Unsupported("os.setuid", "programs run as root; permissions of users are not simulated")


# --- the environment ----------------------------------------------------------------------------------------


def putenv(name: Any, value: Any, /) -> None:
    """What `os.environ[name] = value` calls beneath; the process's own table already has it."""
    if b"=" in os.fsencode(name):
        raise ValueError("illegal environment variable name")


def unsetenv(name: Any, /) -> None:
    if not os.fsencode(name) or b"=" in os.fsencode(name):
        raise OSError(EINVAL, os.strerror(EINVAL))


class _Bytes(type(os.environ)):  # type: ignore[misc]
    """`os.environb`: bytes of the same table as `os.environ`, whichever process it belongs to now."""

    @property
    def _data(self) -> Any:
        return os.environ._data  # type: ignore[attr-defined]


# --- limits and use of resources ----------------------------------------------------------------------------


def getrlimit(which: int, /) -> tuple[int, int]:
    if not 0 <= which < 16:
        raise ValueError("invalid resource specified")
    found: tuple[int, int] = _process().shelf.get("rlimits", {}).get(which, _LIMITS.get(which, _UNLIMITED))
    return found


def setrlimit(which: int, limits: Any, /) -> None:
    getrlimit(which)
    soft, hard = limits
    _process().shelf.setdefault("rlimits", {})[which] = (soft, hard)


def prlimit(pid: int, which: int, limits: Any = None, /) -> tuple[int, int]:
    if pid not in (0, _process().pid):
        raise Unsupported("resource.prlimit", "of another process")
    before = getrlimit(which)
    if limits is not None:
        setrlimit(which, limits)
    return before


def getrusage(who: int, /) -> resource.struct_rusage:
    spun_s = _process().shelf.get("spun_ns", 0) / 1e9 if who != resource.RUSAGE_CHILDREN else 0.0
    return resource.struct_rusage((spun_s, 0.0, _RESIDENT_KB, *[0] * 13))


def nice(by: int, /) -> int:
    shelf = _process().shelf
    shelf["nice"] = value = max(-20, min(19, shelf.get("nice", 0) + by))
    return int(value)


def setpriority(which: int, who: int, priority: int) -> None:
    _process().shelf["nice"] = max(-20, min(19, priority))


DOORS: Final[dict[str, Callable[..., Any]]] = {
    "uname": uname,
    "sysconf": sysconf,
    "getlogin": lambda: "root",
    "getloadavg": lambda: (0.0, 0.0, 0.0),
    "get_terminal_size": no_terminal,
    "ttyname": no_terminal,
    "tcgetpgrp": no_terminal,
    "tcsetpgrp": no_terminal,
    "putenv": putenv,
    "unsetenv": unsetenv,
    "nice": nice,
    "getpriority": lambda which, who: int(_process().shelf.get("nice", 0)),
    "setpriority": setpriority,
    "sched_yield": lambda: running_engine().give_way(),
    "sched_setaffinity": lambda pid, mask: None,
    "sched_getscheduler": lambda pid: os.SCHED_OTHER,
    "getgrouplist": lambda user, group: [group],
    **dict.fromkeys(
        ("setuid", "seteuid", "setreuid", "setresuid", "setgid", "setegid", "setregid", "setresgid"), become
    ),
    "setgroups": lambda groups: become(*groups),
    "initgroups": lambda user, group: become(group),
}
"""The functions of `os`."""

RESOURCE: Final[dict[str, Callable[..., Any]]] = {
    "getrlimit": getrlimit,
    "setrlimit": setrlimit,
    "prlimit": prlimit,
    "getrusage": getrusage,
    "getpagesize": lambda: _PAGE_BYTES,
}


def install() -> None:
    """Redirect what tells of the machine."""
    for module, doors in ((os, DOORS), (resource, RESOURCE)):
        for name, simulated in doors.items():
            builtin = getattr(module, name, None)
            if builtin is not None and redirect.original(builtin) is builtin:
                redirect.inside(builtin, simulated)
    for builtin, simulated in _DATABASES.items():
        redirect.inside(builtin, simulated)
    os.environb.__class__ = _Bytes
    _install_platform()
    redirect.inside(input, _input)
    after_import("termios", _refuse_terminals)
    after_import("_curses", _refuse_terminals)


def _install_platform() -> None:
    told: dict[str, Callable[..., Any]] = {
        "uname": _platform_uname,
        "platform": _platform,
        "processor": lambda: "",
        "libc_ver": lambda *args, **options: _LIBC,
        "freedesktop_os_release": lambda: dict(_RELEASE_FILE),
    }
    for name, simulated in told.items():
        redirect.function(platform, name, _telling(simulated))


def _telling(simulated: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def make(real: Callable[..., Any]) -> Callable[..., Any]:
        def told(*args: Any, **options: Any) -> Any:
            return real(*args, **options) if here.process is None else simulated(*args, **options)

        return told

    return make


def _input(prompt: object = "", /) -> str:
    """`input`, which would look for the machine's terminal behind descriptor 0."""
    sys.stdout.write(str(prompt))
    sys.stdout.flush()
    line = sys.stdin.readline()
    if not line:
        raise EOFError("EOF when reading a line")
    return line.removesuffix("\n")


def _refuse_terminals(module: Any) -> None:
    """Descriptors 0 to 2 may be the user's terminal; a program gets the answer that they are none."""
    for name in (
        "tcgetattr",
        "tcsetattr",
        "tcsendbreak",
        "tcdrain",
        "tcflush",
        "tcflow",
        "tcgetwinsize",
        "tcsetwinsize",
    ):
        builtin = getattr(module, name, None)
        if builtin is not None:
            redirect.inside(builtin, lambda *args: _raise(module.error(ENOTTY, os.strerror(ENOTTY))))
    for name in ("initscr", "setupterm"):
        builtin = getattr(module, name, None)
        if builtin is not None:
            redirect.inside(builtin, lambda *args, name=name, **options: _raise(module.error(f"{name}: no terminal")))


def _raise(error: Exception) -> None:
    raise error
