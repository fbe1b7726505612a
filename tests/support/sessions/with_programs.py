"""Sessions with other programs, by `subprocess` and what it is made of."""

# What returns nothing is told as well: that it went through.
# mypy: disable-error-code="func-returns-value"

import errno
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from subprocess import DEVNULL, PIPE, STDOUT, Popen
from typing import Any

from tests.support.sessions.telling import MUCH, attempt, ready


def running(root: str) -> Iterator[object]:
    done = subprocess.run(["say-words", "one", "two words", "drei\u00df"], capture_output=True, text=True)
    yield done.returncode, done.stdout, done.stderr, repr(done)
    yield subprocess.check_output(["say-words", b"bytes"]), subprocess.call(["say-words"])
    yield attempt(subprocess.run, ["end-with", "number", "3"], check=True)
    yield attempt(subprocess.run, ["say-words", "a\0b"]), attempt(subprocess.run, ["say-words", 3])


def amounts(root: str) -> Iterator[object]:
    body = os.urandom(1000) * (MUCH // 1000)
    done = subprocess.run(["copy-input"], input=body, capture_output=True)
    yield done.returncode, done.stdout == body, done.stderr
    yield len(subprocess.run(["print-much", str(MUCH)], stdout=PIPE).stdout)
    child = Popen(["print-much", str(MUCH)], stdout=PIPE)
    assert child.stdout is not None
    yield len(child.stdout.read(10)), child.poll(), len(child.stdout.read()), child.wait(), child.stdout.close()
    lines = Popen(["upper-lines"], stdin=PIPE, stdout=PIPE, text=True, bufsize=1)
    assert lines.stdin is not None
    assert lines.stdout is not None
    for word in ("one", "two"):
        lines.stdin.write(f"{word}\n")
        yield lines.stdout.readline()
    yield lines.communicate("three\nfour"), lines.returncode


def statuses(root: str) -> Iterator[object]:
    for words in (
        ("number", "0"), ("number", "3"), ("number", "256"), ("number", "-1"), ("text",), ("return", "5"), ("nothing",),
        ("at once",), ("signal", "9"), ("signal", "15"), ("signal", "10"), ("signal", "17"), ("signal", "13"),
    ):  # fmt: skip
        done = subprocess.run(["end-with", *words], capture_output=True, text=True)
        yield words, done.returncode, done.stdout, done.stderr
    failed = subprocess.run(["end-with", "error"], capture_output=True, text=True)
    yield failed.returncode, failed.stderr.splitlines()[0], failed.stderr.splitlines()[-1]


def endings(root: str) -> Iterator[object]:
    for act in (Popen.terminate, Popen.kill, lambda child: child.send_signal(signal.SIGUSR1)):
        child = ready("sleep-long")
        yield child.poll(), act(child), child.wait(), child.poll(), act(child), child.communicate()
    child = ready("sleep-long", stderr=PIPE)
    child.send_signal(signal.SIGINT)
    told = child.communicate()[1].decode()
    yield child.returncode, told.strip().splitlines()[-1]
    child = ready("stop-in-order")
    child.terminate()
    yield child.communicate(), child.returncode
    child = ready("ignore-term")
    child.terminate()
    yield attempt(child.wait, 0.1)
    yield child.kill(), child.wait(), child.communicate()
    child = ready("sleep-unready")
    yield child.kill(), child.communicate(), child.returncode


def time_outs(root: str) -> Iterator[object]:
    try:
        subprocess.run(["sleep-long"], stdout=PIPE, timeout=0.5)
    except subprocess.TimeoutExpired as late:
        yield late.timeout, late.output, late.cmd
    child = Popen(["sleep-for", "0.3"], stdout=PIPE)
    yield child.poll(), attempt(child.wait, 0.01), attempt(child.communicate, timeout=0.01)
    yield child.communicate(timeout=30), child.wait(timeout=0), child.returncode


def absences(root: str) -> Iterator[object]:
    plain, folder = f"{root}/plain", f"{root}/folder"
    with open(plain, "w") as file:
        file.write("not a program")
    os.mkdir(folder)
    yield attempt(Popen, ["no-such-program"]), attempt(Popen, ["no/such/program"]), attempt(Popen, "no-such-program -x")
    yield _short(attempt(Popen, [plain]), root), _short(attempt(Popen, [folder]), root)
    os.chmod(plain, 0o755)
    yield _short(attempt(Popen, [plain]), root), _short(attempt(Popen, [f"{plain}/x"]), root)
    yield _short(attempt(Popen, ["say-words"], cwd=f"{root}/none"), root)
    yield _short(attempt(Popen, ["say-words"], cwd=plain), root)
    yield attempt(Popen, ["say-words"], env={"PATH": root}), attempt(Popen, ["no-such"], stdout=PIPE, stdin=PIPE)
    yield (
        shutil.which("no-such-program"),
        os.path.basename(shutil.which("say-words") or ""),
        shutil.which("plain", path=root) == plain,
    )


def _short(value: object, root: str) -> object:
    return json.loads(json.dumps(value).replace(root, "ROOT"))


def worlds(root: str) -> Iterator[object]:
    os.environ["INHERITED"] = "from above"
    inner = f"{root}/inner"
    os.mkdir(inner)

    def run(**options: Any) -> object:
        return _short(subprocess.check_output(["show-world"], text=True, **options).splitlines(), root)

    yield run(cwd=inner), run(cwd=inner, env={**os.environ, "GIVEN": "by hand"})
    yield run(cwd=inner, env={"PATH": os.environ["PATH"], "GIVEN": "", "\u00fc": "x"})
    before = os.getcwd()
    os.chdir(root)
    yield run(), run(cwd="inner"), os.chdir(before)
    del os.environ["INHERITED"]
    yield run(cwd=inner)


def streams(root: str) -> Iterator[object]:
    yield subprocess.run(["copy-input"], stdin=DEVNULL, stdout=PIPE).stdout
    yield subprocess.run(["speak-twice"], stdout=PIPE, stderr=STDOUT).stdout
    yield subprocess.run(["speak-twice"], stdout=DEVNULL, stderr=PIPE).stderr
    path = f"{root}/output"
    with open(path, "wb") as file:
        file.write(b"before\n")
        file.flush()
        yield subprocess.call(["speak-twice"], stdout=file, stderr=STDOUT), file.tell()
    with open(path, "rb") as file:
        yield subprocess.check_output(["copy-input"], stdin=file), file.tell()
    first = Popen(["say-words", "a", "b"], stdout=PIPE)
    second = Popen(["upper-lines"], stdin=first.stdout, stdout=PIPE)
    assert first.stdout is not None
    first.stdout.close()
    yield second.communicate(), first.wait(), second.wait()
    reading, writing = os.pipe()
    done = subprocess.run(["write-to", str(writing)], pass_fds=[writing], stdout=PIPE)
    yield done.stdout, os.read(reading, 100), os.get_inheritable(writing)
    done = subprocess.run(["write-to", str(writing)], stdout=PIPE)
    yield int(done.stdout) == errno.EBADF, os.close(writing), os.read(reading, 1), os.close(reading)


def broken_pipes(root: str) -> Iterator[object]:
    child = Popen(["close-input"], stdin=PIPE, stdout=PIPE)
    assert child.stdin is not None
    assert child.stdout is not None
    yield child.stdout.readline(), attempt(child.stdin.write, b"x" * MUCH), attempt(child.stdin.close)
    yield child.wait(), child.stdout.close()
    child = Popen(["close-input"], stdin=PIPE, stdout=PIPE)
    yield child.communicate(b"x" * MUCH), child.returncode
    child = Popen(["print-much", str(MUCH)], stdout=PIPE, stderr=PIPE)
    assert child.stdout is not None
    assert child.stderr is not None
    yield child.stdout.close(), child.wait() != 0, b"BrokenPipeError" in child.stderr.read(), child.stderr.close()


def waiting(root: str) -> Iterator[object]:
    yield attempt(os.wait), attempt(os.waitpid, -1, os.WNOHANG), attempt(os.waitpid, 999_999, 0)
    child = ready("sleep-long")
    yield (
        os.waitpid(child.pid, os.WNOHANG),
        os.waitpid(-1, os.WNOHANG),
        attempt(os.waitid, os.P_PID, 999_999, os.WEXITED),
    )
    yield os.kill(child.pid, 0), os.kill(child.pid, signal.SIGTERM)
    found = os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert found is not None
    yield found.si_pid == child.pid, found.si_status, found.si_code == os.CLD_KILLED, found.si_signo == signal.SIGCHLD
    yield os.kill(child.pid, 0), _status(os.waitpid(child.pid, 0), child.pid), attempt(os.kill, child.pid, 0)
    yield child.poll(), child.communicate()
    waits: list[Callable[[int], tuple[int, int]]] = [
        lambda pid: os.wait(),
        lambda pid: os.wait3(0)[:2],
        lambda pid: os.wait4(pid, 0)[:2],
    ]
    for wait in waits:
        child = Popen(["end-with", "number", "4"])
        yield _status(wait(child.pid), child.pid), child.wait()
    yield attempt(os.kill, 999_999, 15), attempt(os.kill, os.getpid(), 999), attempt(os.waitpid, -1, 1 << 20)


def _status(found: tuple[int, int], pid: int) -> object:
    return found[0] == pid, os.waitstatus_to_exitcode(found[1]), os.WIFEXITED(found[1]), os.WIFSIGNALED(found[1])


def kin(root: str) -> Iterator[object]:
    def look(**options: Any) -> object:
        child = Popen(["show-kin"], stdout=PIPE, text=True, **options)
        pid, parent, group, session = map(int, child.communicate()[0].split())
        mine = os.getpgid(0), os.getsid(0)
        return pid == child.pid, parent == os.getpid(), group == pid, session == pid, (group, session) == mine

    yield look(), look(start_new_session=True), look(process_group=0)
    group = ready("sleep-long", process_group=0)
    other = ready("sleep-long", process_group=group.pid)
    yield os.getpgid(other.pid) == group.pid, os.killpg(group.pid, signal.SIGTERM)
    yield group.wait(), other.wait(), group.communicate(), other.communicate(), attempt(os.killpg, group.pid, 0)


def spawned(root: str) -> Iterator[object]:
    reading, writing = os.pipe()
    actions = [
        (os.POSIX_SPAWN_DUP2, writing, 1),
        (os.POSIX_SPAWN_CLOSE, reading),
        (os.POSIX_SPAWN_OPEN, 0, "/dev/null", 0, 0),
    ]
    pid = os.posix_spawnp("say-words", ["say-words", "spawned"], os.environ, file_actions=actions)
    yield (
        os.close(writing),
        os.read(reading, 100),
        os.read(reading, 100),
        _status(os.waitpid(pid, 0), pid),
        os.close(reading),
    )
    yield attempt(os.posix_spawn, "/no/such/program", ["x"], {}), attempt(os.posix_spawnp, "no-such-program", ["x"], {})
    where = shutil.which("say-words")
    assert where is not None
    yield subprocess.run([where, "by its path"], close_fds=False, stdout=PIPE).stdout
