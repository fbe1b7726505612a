"""`exec` runs a program as Python would run it, and ends as the program ends."""

from pathlib import Path

import pytest

from tests.support.command import soundstage

FOUND = (
    *("AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_SECRET_ACCESS_KEY", "REDIS_URL"),
    *("HOME", "LANG", "PATH", "TZ", "USER"),
)
"""The variables that a program finds."""


def program(folder: Path, text: str, name: str = "prog.py") -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return name


def test_an_hour_passes_at_once(tmp_path: Path) -> None:
    program(tmp_path, "import asyncio\nasyncio.run(asyncio.sleep(3600))\nprint('done')\n")

    done = soundstage("exec", "prog.py", cwd=tmp_path)

    assert (done.code, done.out) == (0, "done\n")
    assert "prog.py, seed 0: passed" in done.err
    assert "1h00m00s virtual" in done.err


def test_a_script_believes_that_python_started_it(tmp_path: Path) -> None:
    program(tmp_path, "where = 'beside the script'\n", "app/beside.py")
    program(
        tmp_path,
        "import os, sys, beside\n"
        "print(__name__, sys.argv, __spec__, __package__, os.path.basename(__file__))\n"
        "print(beside.where, sys.path[0] == os.path.dirname(__file__), sys.modules['__main__'].__file__ == __file__)\n"
        "print(os.getcwd() == os.path.dirname(sys.path[0]), sorted(os.environ))\n",
        "app/prog.py",
    )

    done = soundstage("exec", "app/prog.py", "-x", "--seed", "words", cwd=tmp_path)

    assert done.out.splitlines() == [
        "__main__ ['app/prog.py', '-x', '--seed', 'words'] None None prog.py",
        "beside the script True True",
        f"True {sorted(FOUND)}",
    ]


def test_a_module_believes_that_python_started_it(tmp_path: Path) -> None:
    program(tmp_path, "print('package', __name__)\n", "tool/__init__.py")
    program(
        tmp_path,
        "import os, sys\nfrom . import __name__ as parent\n"
        "print(__name__, __spec__.name, __package__, parent, os.path.basename(sys.argv[0]), sys.argv[1:])\n",
        "tool/__main__.py",
    )

    done = soundstage("exec", "--seed", "1", "-m", "tool", "--flag", "a", cwd=tmp_path)

    assert done.out.splitlines() == ["package tool", "__main__ tool.__main__ tool tool __main__.py ['--flag', 'a']"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("import sys; sys.exit(7)", 7),
        ("import sys; sys.exit('sorry')", 1),
        ("raise SystemExit", 0),
        ("1 / 0", 1),
        ("x = = 1", 1),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", 143),
        ("import asyncio\nasync def main(): raise SystemExit(3)\nasyncio.run(main())", 3),
    ],
)
def test_the_exit_code_is_the_programs_own(tmp_path: Path, text: str, code: int) -> None:
    program(tmp_path, text)

    assert soundstage("exec", "prog.py", cwd=tmp_path).code == code


def test_an_uncaught_error_is_told_once_and_shows_only_the_programs_lines(tmp_path: Path) -> None:
    program(tmp_path, "import asyncio\nasync def main():\n    raise ValueError('boom')\nasyncio.run(main())\n")

    done = soundstage("exec", "--quiet", "prog.py", cwd=tmp_path)

    assert done.err.count("ValueError: boom") == 1
    assert done.err.startswith("Traceback (most recent call last):\n")
    assert done.err.count('prog.py", line 3, in main') == 1
    assert "simulator" not in done.err


def test_the_environment_is_clean_and_what_is_given(tmp_path: Path) -> None:
    program(tmp_path, "import os; print({k: os.environ.get(k) for k in ('A', 'B', 'C', 'LANG')})")

    words = ("exec", "--env", "A=1", "--env", "LANG=de_DE.UTF-8", "--inherit-env", "B", "--quiet", "prog.py")
    done = soundstage(*words, cwd=tmp_path, B="2", C="3")

    assert done.out == "{'A': '1', 'B': '2', 'C': None, 'LANG': 'de_DE.UTF-8'}\n"


def test_the_default_disks_take_writes_and_the_machine_takes_none(tmp_path: Path) -> None:
    program(
        tmp_path,
        "for path in ('/tmp/a', '/media/a', '/var/lib/a', '/data/a', '/home/user/a', 'beside', '/etc/a'):\n"
        "    try:\n        open(path, 'w').write('x'); print(path, open(path).read())\n"
        "    except OSError as error:\n        print(path, error.errno)\n",
    )

    done = soundstage("exec", "--quiet", "prog.py", cwd=tmp_path)

    assert done.out.split() == [
        *("/tmp/a", "x", "/media/a", "x", "/var/lib/a", "x", "/data/a", "x", "/home/user/a", "x"),
        *("beside", "30", "/etc/a", "30"),
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["prog.py"]


def test_a_mount_holds_a_copy_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "films" / "deep").mkdir(parents=True)
    (tmp_path / "films" / "a.txt").write_text("first")
    (tmp_path / "films" / "deep" / "b.txt").write_text("second")
    program(
        tmp_path,
        "import os\nprint(open('/films/a.txt').read(), open('/films/deep/b.txt').read(), os.path.exists('/data'))\n"
        "open('/films/a.txt', 'w').write('changed'); print(sorted(os.listdir('/films')))\n",
    )

    done = soundstage("exec", "--quiet", "--mount", "/films=films", "prog.py", cwd=tmp_path)

    assert done.out.splitlines() == ["first second False", "['a.txt', 'deep']"]
    assert (tmp_path / "films" / "a.txt").read_text() == "first"


def test_reads_of_the_machine_pass_and_show_no_more_than_was_asked_for(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("a = 1")
    program(tmp_path, "import os; print(open('settings.toml').read(), os.listdir('/tmp'))")

    done = soundstage("exec", "--quiet", "prog.py", cwd=tmp_path)

    assert done.out == "a = 1 []\n"


def test_a_working_directory_may_lie_on_a_simulated_disk(tmp_path: Path) -> None:
    program(tmp_path, "import os; open('here', 'w').close(); print(os.getcwd(), os.listdir('.'))")

    done = soundstage("exec", "--quiet", "--cwd", "/data/work", tmp_path / "prog.py", cwd=tmp_path)

    assert done.out == "/data/work ['here']\n"


def test_output_passes_byte_by_byte_and_each_stream_by_itself(tmp_path: Path) -> None:
    program(
        tmp_path,
        "import sys, os\nsys.stdout.buffer.write(b'\\x41\\x00'); sys.stdout.flush(); os.write(1, b'raw\\n')\n"
        "print('to stderr', file=sys.stderr)\n",
    )

    done = soundstage("exec", "--quiet", "prog.py", cwd=tmp_path)

    assert (done.out, done.err) == ("A\0raw\n", "to stderr\n")


def test_stdin_is_empty(tmp_path: Path) -> None:
    program(tmp_path, "import sys; print(repr(sys.stdin.read()))")

    assert soundstage("exec", "--quiet", "prog.py", cwd=tmp_path).out == "''\n"


def test_json_leaves_stdout_to_one_object(tmp_path: Path) -> None:
    program(tmp_path, "print('words'); raise SystemExit(5)")

    done = soundstage("exec", "--json", "--seed", "3", "prog.py", cwd=tmp_path)

    assert done.err == "words\n"
    told = done.json
    assert (told["status"], told["exit_code"], told["seed"], done.code) == ("crashed", 5, 3, 5)
    assert told["digest"]


def test_the_seed_is_all_that_chance_depends_on(tmp_path: Path) -> None:
    program(tmp_path, "import random, uuid, os, time; print(random.random(), uuid.uuid4(), os.urandom(4), time.time())")

    one, again, other = (soundstage("exec", "--quiet", "--seed", s, "prog.py", cwd=tmp_path).out for s in "112")

    assert one == again
    assert not set(one.split()) & set(other.split())


def test_ffprobe_is_installed(tmp_path: Path) -> None:
    program(tmp_path, "import subprocess; print(subprocess.run(['ffprobe', '-v', 'error', '/tmp/none']).returncode)")

    assert soundstage("exec", "--quiet", "prog.py", cwd=tmp_path).out == "1\n"


def test_the_host_has_the_name_that_is_given(tmp_path: Path) -> None:
    program(tmp_path, "import socket; print(socket.gethostname())")

    assert soundstage("exec", "--quiet", "--host", "worker-1", "prog.py", cwd=tmp_path).out == "worker-1\n"


def test_a_program_in_a_mounted_folder_finds_its_neighbours(tmp_path: Path) -> None:
    program(tmp_path, "value = 5\n", "neighbour.py")
    program(tmp_path, "import neighbour; print(neighbour.value)\n")

    done = soundstage("exec", "--quiet", "--mount", str(tmp_path), "prog.py", cwd=tmp_path)

    assert done.out == "5\n"


def test_nothing_is_left_on_the_machine(tmp_path: Path) -> None:
    program(tmp_path, "value = 5\n", "neighbour.py")
    program(tmp_path, "import neighbour, tempfile; tempfile.mkdtemp(); open('/data/x', 'w').close()\n")

    soundstage("exec", "prog.py", cwd=tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["neighbour.py", "prog.py"]


@pytest.mark.parametrize(
    "drive",
    [
        "asyncio.run(main())",
        "with asyncio.Runner() as runner: runner.run(main())",
        "asyncio.new_event_loop().run_until_complete(main())",
        "import anyio; anyio.run(main)",
    ],
)
def test_every_way_to_run_a_loop_drives_the_simulated_one(tmp_path: Path, drive: str) -> None:
    text = "import asyncio\nasync def main():\n    await asyncio.sleep(100)\n"
    program(tmp_path, f"{text}    print(asyncio.get_running_loop().time())\n{drive}\n")

    assert soundstage("exec", "--quiet", "prog.py", cwd=tmp_path).out == "100.0\n"
