"""What a program learns about its machine is its host's, the same wherever it is simulated."""

import datetime as dt
import getpass
import grp
import locale
import os
import platform
import pwd
import resource
import shutil
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import pytest

from simulator.kernel.interpose import install
from tests.support.inside import fresh, told

install()


def everything() -> Any:
    return {
        "pid": (os.getpid(), os.getppid(), os.getuid(), os.getgid(), os.getgroups()),
        "names": (socket.gethostname(), platform.node(), os.uname(), platform.platform(), platform.uname()),
        "libraries": (platform.libc_ver(), platform.processor(), platform.freedesktop_os_release()),
        "user": (getpass.getuser(), os.getlogin(), pwd.getpwuid(0), grp.getgrgid(0), os.path.expanduser("~root")),
        "size": (os.cpu_count(), os.sched_getaffinity(0), os.getloadavg(), os.sysconf("SC_PAGE_SIZE")),
        "terminal": (shutil.get_terminal_size(), sys.stdin.isatty(), os.isatty(1)),
        "use": (resource.getrusage(resource.RUSAGE_SELF), resource.getrlimit(resource.RLIMIT_NOFILE)),
        "node": uuid.getnode(),
        "environment": sorted(os.environ),
        "locale": (locale.setlocale(locale.LC_ALL), locale.getpreferredencoding(), locale.localeconv()),
        "zone": (time.tzname, time.timezone, dt.datetime.fromtimestamp(0).isoformat(), time.localtime(0)[:6]),
    }


def test_hosts_of_one_name_are_the_same_in_every_run() -> None:
    assert told(everything, env={"USER": "ada"}) == told(everything, env={"USER": "ada"}, seed=9)


@pytest.mark.parametrize(
    "machine",
    [
        {"TZ": "America/New_York", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "USER": "eve"},
        {"TZ": "Asia/Tokyo", "LANG": "de_DE.ISO-8859-1", "HOME": "/nowhere", "COLUMNS": "7", "LOGNAME": "bob"},
    ],
)
def test_what_the_user_of_the_machine_has_set_does_not_matter(machine: dict[str, str], tmp_path: Path) -> None:
    source = Path(__file__).read_text().partition("def everything")[2].partition("\n\n\n")[0]
    imports = (
        "import datetime as dt, getpass, grp, locale, os, platform, pwd, resource, shutil, socket, sys, time, uuid\n"
    )
    program = f"from typing import Any\n{imports}def everything{source}\nprint(everything())\n"

    assert fresh(program, tmp_path, env=machine).said == fresh(program, tmp_path).said


def test_a_hosts_name_is_its_own() -> None:
    names = told(lambda: (socket.gethostname(), os.uname().nodename, platform.node()), host="lobby")

    assert names == ("lobby", "lobby", "lobby")


def test_the_real_environment_is_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTER", "1")

    def program() -> Any:
        os.environ["INNER"] = "2"
        os.putenv("HIDDEN", "3")
        os.environb[b"BYTES"] = b"4"
        seen = os.getenv("OUTER"), os.environ["BYTES"], os.environb[b"INNER"]
        del os.environ["BYTES"]
        return seen, b"BYTES" in os.environb

    assert told(program) == ((None, "4", b"2"), False)
    assert os.environ["OUTER"] == "1"
    assert not {"INNER", "HIDDEN", "BYTES"} & os.environ.keys()
    shown = subprocess.run(["env"], capture_output=True, text=True, check=True).stdout
    assert "INNER=" not in shown
    assert "HIDDEN=" not in shown


@pytest.mark.parametrize(("machine", "shown"), [("America/New_York", ("EST", 19)), ("UTC", ("UTC", 0))])
def test_local_time_is_that_of_the_process(
    machine: str, shown: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", machine)
    time.tzset()

    def program() -> Any:
        first = (
            time.tzname[0],
            time.localtime(0).tm_hour,
            dt.datetime.fromtimestamp(0).hour,
            time.mktime((1970, 1, 2) + (0,) * 6),
        )
        os.environ["TZ"] = "Europe/Rome"
        time.tzset()
        return first, time.tzname[0], time.localtime(0).tm_hour

    try:
        assert told(program) == (("UTC", 0, 0, 86400.0), "CET", 1)
        assert told(program, env={"TZ": "Asia/Tokyo"}) == (("JST", 9, 9, 54000.0), "CET", 1)
        assert (time.tzname[0], time.localtime(0).tm_hour) == shown
    finally:
        monkeypatch.undo()
        time.tzset()


def test_only_the_plain_locales_are_installed() -> None:
    outer = locale.setlocale(locale.LC_ALL)

    def program() -> Any:
        accepted = [locale.setlocale(locale.LC_ALL, name) for name in ("C", "C.UTF-8", "", "C.utf8")]
        with pytest.raises(locale.Error):
            locale.setlocale(locale.LC_ALL, "de_DE.UTF-8")
        return accepted, locale.setlocale(locale.LC_NUMERIC), sorted("bAa", key=locale.strxfrm)

    assert told(program) == (["C", "C.UTF-8", "C.UTF-8", "C.UTF-8"], "C.UTF-8", ["A", "a", "b"])
    assert locale.setlocale(locale.LC_ALL) == outer


def test_limits_that_a_program_sets_are_its_own() -> None:
    outer, outer_niceness = resource.getrlimit(resource.RLIMIT_NOFILE), os.nice(0)

    def program() -> Any:
        resource.setrlimit(resource.RLIMIT_NOFILE, (100, 200))
        return resource.getrlimit(resource.RLIMIT_NOFILE), os.nice(5), os.nice(0)

    assert told(program) == ((100, 200), 5, 5)
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == outer
    assert os.nice(0) == outer_niceness


def test_input_reads_the_programs_own() -> None:
    def program() -> str:
        try:
            return input("name? ")
        except EOFError as error:
            return f"end: {error}"

    assert told(program) == "end: EOF when reading a line"
