"""A child is a process of the simulated host: it lives by the host's programs, its disks, its power and its clock."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from simulator.errors import Stuck, Unsupported
from simulator.kernel.children import INIT
from tests.support.processes import OneHost
from tests.support.small_programs import PROGRAMS


@pytest.fixture
def stage() -> OneHost:
    made = OneHost()
    made.host.mount("/data")
    made.host.env["PATH"] = "/usr/bin"
    for name, program in PROGRAMS.items():
        made.host.executables.install(name, program)
    return made


def append_ticks() -> None:
    """A program: write a line to the host's disk every second, ten times."""
    for number in range(10):
        with open("/data/ticks", "a") as file:
            file.write(f"{number} {os.getppid()}\n")
        time.sleep(1)


# --- programs ---------------------------------------------------------------------------------------------


def test_only_what_is_installed_on_the_host_can_be_found_or_run(stage: OneHost) -> None:
    def main() -> object:
        with pytest.raises(FileNotFoundError):
            Popen(["ls"])
        with pytest.raises(FileNotFoundError):
            Popen([sys.executable, "-c", "pass"])
        return shutil.which("ls"), shutil.which("say-words"), os.access("/bin/ls", os.F_OK), os.listdir("/sbin")

    assert stage.run(main) == (None, "/usr/bin/say-words", False, [])


def test_a_host_without_a_shell_says_so_as_a_machine_without_one(stage: OneHost) -> None:
    def main() -> object:
        with pytest.raises(FileNotFoundError) as missing:
            subprocess.run("echo hi", shell=True)
        with pytest.raises(FileNotFoundError):
            asyncio.run(asyncio.create_subprocess_shell("echo hi"))
        return missing.value.filename, os.system("echo hi")

    assert stage.run(main) == ("/bin/sh", 127 << 8)


def test_an_installed_shell_gets_the_command_line(stage: OneHost) -> None:
    stage.host.executables.install("sh", lambda: print(sys.argv[1:]), path="/bin/sh")

    def main() -> object:
        status = os.system("in the open")
        with os.popen("a | b") as pipe:
            told = pipe.read()
        return told, subprocess.check_output("c d", shell=True, text=True), status

    assert stage.run(main) == ("['-c', 'a | b']\n", "['-c', 'c d']\n", 0)
    assert stage.output[1].decode() == "['-c', 'in the open']\n"


@pytest.mark.parametrize(
    ("door", "act"),
    [
        ("subprocess.Popen(preexec_fn=...)", lambda: Popen(["say-words"], preexec_fn=print)),
        ("subprocess.Popen(user=...)", lambda: Popen(["say-words"], user=1)),
        ("os.execv", lambda: os.execv("/usr/bin/say-words", ["say-words"])),
        ("os.fork", os.fork),
    ],
)
def test_what_runs_between_fork_and_exec_is_refused_by_name(
    stage: OneHost, door: str, act: Callable[[], object]
) -> None:
    def main() -> str:
        with pytest.raises(Unsupported) as refused:
            act()
        return refused.value.door

    assert stage.run(main) == door
    assert stage.trace.of("guard.refused")[0].fields["door"] == door


def test_a_pidfd_is_refused_as_by_an_older_kernel(stage: OneHost) -> None:
    def main() -> object:
        with pytest.raises(OSError, match="Function not implemented"):
            os.pidfd_open(os.getpid())
        return os.getpid()

    assert stage.run(main) == 1000


# --- time, output, trace ------------------------------------------------------------------------------------


def test_waiting_for_a_child_takes_virtual_time_only(stage: OneHost) -> None:
    def main() -> float:
        begun = time.monotonic()
        subprocess.run(["sleep-for", "86400"], stdout=PIPE)
        return time.monotonic() - begun

    assert 86_400 <= stage.run(main) < 86_400.1


def test_children_started_together_finish_in_another_order_for_another_seed() -> None:
    def order(seed: int) -> list[int]:
        stage = OneHost(seed=seed)
        stage.host.executables.install("end-with", PROGRAMS["end-with"])

        def main() -> list[int]:
            for number in range(8):
                os.posix_spawnp("end-with", ["end-with", "number", str(number)], {})
            return [os.waitstatus_to_exitcode(os.wait()[1]) for _ in range(8)]

        return stage.run(main)

    assert order(1) == order(1)
    assert len({tuple(order(seed)) for seed in range(6)}) > 1


def test_what_a_child_prints_on_inherited_streams_is_its_own_in_the_trace(stage: OneHost) -> None:
    def main() -> int:
        return subprocess.call(["speak-twice"])

    assert stage.run(main) == 0
    assert (bytes(stage.output[1]), bytes(stage.output[2])) == (b"out\n", b"err\n")
    child = stage.trace.of("sub.start")[0].fields["child"]
    assert [event.fields["pid"] for event in stage.trace.of("proc.stdout")] == [child]


def test_the_trace_tells_of_a_childs_start_and_end(stage: OneHost) -> None:
    def main() -> None:
        subprocess.run(["end-with", "number", "4"], cwd="/data")
        with pytest.raises(FileNotFoundError):
            Popen(["nothing"])

    stage.run(main)

    start, failed = stage.trace.of("sub.start")
    assert start.fields["argv"] == ["end-with", "number", "4"]
    assert start.fields["cwd"] == "/data"
    assert failed.fields["error"] == "FileNotFoundError"
    ended = stage.trace.of("sub.exit")[0]
    assert (ended.fields["child"], ended.fields["code"]) == (start.fields["child"], 4)


def test_a_child_that_never_ends_is_named_in_the_stuck_report(stage: OneHost) -> None:
    stage.host.executables.install("waits", lambda: signal.pause())

    with pytest.raises(Stuck) as stuck:
        stage.run(lambda: Popen(["waits"]).wait())

    told = str(stuck.value)
    assert "waitpid(1001)" in told
    assert "signal.pause" in told


# --- life and death -----------------------------------------------------------------------------------------


def test_children_outlive_a_parent_that_ends_and_belong_to_init(stage: OneHost) -> None:
    stage.host.executables.install("append-ticks", append_ticks)

    def main() -> None:
        os.posix_spawnp("append-ticks", ["append-ticks"], {})
        time.sleep(2.5)

    service = stage.start(main)
    stage.play()

    assert service.exit_codes == [0]
    lines = _read(stage, "/data/ticks").splitlines()
    assert [line.split()[1] for line in lines] == ["1000"] * 3 + [str(INIT)] * 7


def test_children_outlive_a_parent_that_is_killed(stage: OneHost) -> None:
    stage.host.executables.install("append-ticks", append_ticks)

    def main() -> None:
        os.posix_spawnp("append-ticks", ["append-ticks"], {})
        time.sleep(2.5)
        os.kill(os.getpid(), signal.SIGKILL)

    service = stage.start(main)
    stage.play()

    assert service.exit_codes == [-9]
    assert len(_read(stage, "/data/ticks").splitlines()) == 10


def test_a_power_cut_ends_every_process_of_the_host(stage: OneHost) -> None:
    stage.host.executables.install("append-ticks", append_ticks)

    def main() -> None:
        os.posix_spawnp("append-ticks", ["append-ticks"], {})
        time.sleep(100)

    stage.start(main)
    stage.engine.call_at(3_500_000_000, stage.host.crash)
    stage.play()

    assert stage.host.processes == []
    assert stage.engine.now_ns < 5_000_000_000


def test_a_stopped_child_goes_on_where_it_was(stage: OneHost) -> None:
    def main() -> object:
        child = Popen(["sleep-for", "1"], stdout=PIPE)
        time.sleep(0.5)
        child.send_signal(signal.SIGSTOP)
        time.sleep(10)
        stopped = child.poll()
        child.send_signal(signal.SIGCONT)
        begun = time.monotonic()
        return stopped, child.communicate()[0], time.monotonic() - begun < 1

    assert stage.run(main) == (None, b"slept\n", True)


def test_a_stopped_child_can_be_killed(stage: OneHost) -> None:
    def main() -> int:
        child = Popen(["sleep-for", "1"])
        child.send_signal(signal.SIGSTOP)
        child.kill()
        return child.wait()

    assert stage.run(main) == -9


def test_the_end_of_a_process_closes_its_ends_of_pipes(stage: OneHost) -> None:
    def main() -> object:
        child = Popen(["sleep-long"], stdin=PIPE, stdout=PIPE)
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdout.readline()
        child.kill()
        rest = child.stdout.read()
        with pytest.raises(BrokenPipeError):
            child.stdin.write(b"x" * 100_000)
        return rest, child.wait()

    assert stage.run(main) == (b"", -9)


def test_processes_of_other_hosts_cannot_be_signalled(stage: OneHost) -> None:
    stage.world.host("other").run(lambda: time.sleep(1), name="elsewhere")

    def main() -> int:
        me = os.getpid()
        found = 0
        for pid in range(1000, 1010):
            if pid != me:
                try:
                    os.kill(pid, 0)
                    found += 1
                except ProcessLookupError:
                    continue
        return found

    assert stage.run(main) == 0


def _read(stage: OneHost, path: str) -> str:
    return stage.run(lambda: Path(path).read_text())
