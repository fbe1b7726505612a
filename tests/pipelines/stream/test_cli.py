"""The program, as an operator starts it, does what its help says: against servers on real ports, in its own process."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
import redis

from tests.support.films import film
from tests.support.served import Server, served
from tests.support.stream_worker import QUICK, command, grow, objects, recordings, words_of, working

MIB = 1 << 20


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    where = ("--s3-port", "0", "--redis-port", "0", "--data", tmp_path / "served", "--no-fsync", "--bucket", "films")
    with served("all", *where) as server:
        yield server


@pytest.fixture
def media(tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    folder.mkdir()
    return folder


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "worker.log"


def test_a_file_that_grows_becomes_an_object_with_its_description(server: Server, media: Path, log: Path) -> None:
    (media / "before.mp4").write_bytes(film("h264_aac_fragmented"))
    data = os.urandom(12 * MIB + 17)

    with working(log, "--watch", media, *words_of(server), *QUICK) as worker:
        worker.until_told("watch.begun")
        grow(media / "later.mp4", data)
        worker.until_told("stream.state", 2, status="completed")
        code = worker.stop()

    assert code == 0
    assert recordings(server) == {"before": film("h264_aac_fragmented"), "later": data}
    (document,) = (body for key, body in objects(server).items() if key.startswith("before") and key.endswith(".json"))
    told = json.loads(document)
    assert (told["object"], told["container"]["whole"]) == ({"parts": 1, "short": False, "size": 16155}, "complete")
    uploads = server.client().list_multipart_uploads(Bucket="films").get("Uploads", [])
    assert uploads == []
    ends = [event["drained"] for event in worker.events("worker.end")]
    assert ends == [True]


def test_a_worker_that_is_killed_goes_on_where_it_was(server: Server, media: Path, log: Path) -> None:
    data = os.urandom(23 * MIB)
    words = ("--watch", media, *words_of(server), *QUICK)

    with working(log, *words) as worker:
        worker.until_told("watch.begun")
        grow(media / "a.mp4", data[: 11 * MIB])
        worker.until_told("stream.part", 2)
        worker.kill()
    grow(media / "a.mp4", data[11 * MIB :])
    with working(log, *words) as again:
        again.until_told("stream.state", status="completed")
        assert again.stop() == 0

    assert recordings(server) == {"a": data}
    assert sorted(event["n"] for event in again.events("stream.part")) == [3, 4, 5]


def test_two_workers_share_a_folder(server: Server, media: Path, tmp_path: Path) -> None:
    words = ("--watch", media, *words_of(server), *QUICK)
    logs = [tmp_path / "one.log", tmp_path / "two.log"]
    data = {f"f{number}": os.urandom(6 * MIB) for number in range(6)}

    with working(logs[0], *words) as one, working(logs[1], *words) as two:
        one.until_told("watch.begun")
        two.until_told("watch.begun")
        for name, body in data.items():
            grow(media / f"{name}.mp4", body, pieces=2)
        until_s = time.monotonic() + 60
        while len(recordings(server)) < len(data) and time.monotonic() < until_s:
            time.sleep(0.2)
        assert (one.stop(), two.stop()) == (0, 0)

    assert recordings(server) == data
    begun = [worker.events("stream.state") for worker in (one, two)]
    ids = [{event["stream"] for event in events if event["status"] == "completed"} for events in begun]
    assert len(ids[0] | ids[1]) == 6
    assert ids[0] & ids[1] == set()


def test_one_worker_takes_over_what_another_that_was_killed_has_left(
    server: Server, media: Path, tmp_path: Path
) -> None:
    words = ("--watch", media, *words_of(server), *QUICK)
    data = os.urandom(11 * MIB)

    with working(tmp_path / "one.log", *words) as one:
        one.until_told("watch.begun")
        grow(media / "a.mp4", data[: 6 * MIB])
        one.until_told("stream.part")
        with working(tmp_path / "two.log", *words) as two:
            two.until_told("watch.begun")
            one.kill()
            grow(media / "a.mp4", data[6 * MIB :])
            two.until_told("stream.state", status="completed")
            assert two.stop() == 0

    assert recordings(server) == {"a": data}


def test_one_command_does_the_whole_job_on_a_fresh_machine(media: Path, log: Path, tmp_path: Path) -> None:
    own = ("--embedded", "--data", tmp_path / "data", "--bucket", "films")
    data = os.urandom(7 * MIB)

    with working(log, "--watch", media, *own, *QUICK, "--idle-timeout", "1h") as worker:
        worker.until_told("watch.begun")
        grow(media / "a.mp4", data[: 6 * MIB])
        worker.until_told("stream.part")
        (ready,) = worker.events("embedded.ready")
        during = command("status", "--json", *own)
        worker.kill()
        gone(ready["pid"])  # The kernel ends the child of a worker that was killed.
    grow(media / "a.mp4", data[6 * MIB :])
    with working(log, "--watch", media, *own, *QUICK) as again:
        again.until_told("stream.state", status="completed")
        assert again.stop(signal.SIGINT) == 130
    after = command("status", "--all", "--json", *own)

    assert [each["status"] for each in during.json["streams"]] == ["active"]
    assert [(each["status"], each["size"]) for each in after.json["streams"]] == [("completed", len(data))]
    assert after.json["counts"] == {"active": 0, "pending_completion": 0, "completed": 1, "failed": 0, "abort_queue": 0}


def gone(pid: int) -> None:
    until_s = time.monotonic() + 20
    while time.monotonic() < until_s:
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return
        except (ProcessLookupError, FileNotFoundError):
            return
        time.sleep(0.1)
    raise AssertionError(f"{pid} is still there")


# --- what an operator asks ----------------------------------------------------------------------------------


def test_status_and_inspect_tell_of_a_stream_while_it_is_uploaded(server: Server, media: Path, log: Path) -> None:
    where = words_of(server)
    with working(log, "--watch", media, *where, *QUICK, "--idle-timeout", "1h") as worker:
        worker.until_told("watch.begun")
        grow(media / "a.mp4", os.urandom(11 * MIB))
        worker.until_told("stream.part", 2)
        stream = worker.events("stream.part")[0]["stream"]
        words, told = command("status", *where), command("inspect", f"{stream}.mp4", "--json", *where)
        by_path = command("inspect", media / "a.mp4", *where)
        refused, unknown = command("retry", stream, *where), command("inspect", "nothing.mp4", *where)

    assert words.code == 0
    assert words.out.splitlines()[0] == "active 1  pending_completion 0  completed 0  failed 0  abort_queue 0"
    assert "active/uploading" in words.out
    assert "91%  10.0 MiB of 11.0 MiB" in words.out
    assert (told.json["id"], [part["n"] for part in told.json["parts"]]) == (stream, [1, 2])
    assert f"stream     {stream}" in by_path.out
    assert (refused.code, unknown.code) == (1, 1)
    assert "only what has failed can be taken up again" in refused.err
    assert unknown.err.splitlines()[0] == "error: there is no stream nothing.mp4"


def test_the_admin_server_tells_of_a_worker_that_runs(server: Server, media: Path, log: Path) -> None:
    with working(log, "--watch", media, *words_of(server), *QUICK, "--admin", "127.0.0.1:0") as worker:
        worker.until_told("watch.begun")
        (media / "<b>.mp4").write_bytes(film("h264_silent"))
        worker.until_told("stream.state", status="completed")
        (ready,) = worker.events("admin.ready")
        told = {
            path: urlopen(ready["url"] + path).read().decode()
            for path in ("readyz", "streams?all=1", "metrics", "?all")
        }
        assert worker.stop() == 0

    assert json.loads(told["readyz"])["status"] == "ok"
    assert [each["status"] for each in json.loads(told["streams?all=1"])["streams"]] == ["completed"]
    assert 'soundstage_stream_transitions_total{status="completed",phase="done"} 1' in told["metrics"].splitlines()
    assert "soundstage_stream_up 1" in told["metrics"].splitlines()
    assert "&lt;b&gt;.mp4" in told["?all"]


def test_a_stream_that_failed_is_taken_up_again_when_that_is_asked_for(server: Server, media: Path, log: Path) -> None:
    data = os.urandom(6 * MIB)
    where = words_of(server)
    with working(log, "--watch", media, *where, *QUICK) as worker:
        worker.until_told("watch.begun")
        client = server.client()
        client.delete_bucket(Bucket="films")
        grow(media / "a.mp4", data)
        worker.until_told("stream.failed")
        failed = command("status", *where)
        client.create_bucket(Bucket="films")
        stream = worker.events("stream.failed")[0]["stream"]
        retried = command("retry", stream, *where)
        worker.until_told("stream.state", status="completed")

    assert (failed.code, "failed" in failed.out, "no_such_bucket" in failed.out) == (1, True, True)
    assert (retried.code, retried.err) == (0, "")
    assert recordings(server) == {"a": data}


def test_the_doctor_finds_nothing_wrong_where_all_is_well(server: Server, media: Path) -> None:
    done = command("doctor", "--watch", media, *words_of(server))

    assert done.code == 0, done.out
    assert "failed" not in done.out
    assert {"may multipart", "scripts of Redis", "eviction of Redis"} <= {
        line[9:36].strip() for line in done.out.splitlines()
    }
    assert objects(server) == {}
    assert server.client().list_multipart_uploads(Bucket="films").get("Uploads", []) == []


def test_the_doctor_says_what_is_wrong_and_what_to_do(server: Server, tmp_path: Path) -> None:
    bucket = command("doctor", "--json", *words_of(server, bucket="no-such-bucket"))
    denied = command("doctor", *words_of(server), AWS_SECRET_ACCESS_KEY="wrong")
    nobody = ("--s3-endpoint", "http://127.0.0.1:9", "--redis", "redis://127.0.0.1:9", "--bucket", "films")
    alone = command("doctor", "--watch", tmp_path / "none", "--ffprobe", "no-such-program", *nobody)

    assert (bucket.code, denied.code, alone.code) == (1, 1, 1)
    by_name = {each["name"]: each for each in bucket.json["findings"]}
    assert by_name["bucket"]["todo"] == "make it: aws s3 mb s3://no-such-bucket"
    assert "failed   bucket" in denied.out
    failed = [line.split()[1] for line in alone.out.splitlines() if line[:1] == "f"]
    assert failed == ["folder", "S3", "Redis"]
    assert "warning  ffprobe" in alone.out


def test_a_redis_that_forgets_is_found_out(server: Server) -> None:
    with redis.Redis.from_url(server.urls["redis"]) as asked:
        asked.config_set("maxmemory", 100 * MIB)
        asked.config_set("maxmemory-policy", "allkeys-lru")
    done = command("doctor", *words_of(server))

    assert done.code == 1
    assert "config set maxmemory-policy noeviction" in done.out


# --- misuse, and ends ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--bucket", "films"], "error: --watch is needed"),
        (
            ["--watch", "/", "--bucket", "films", "--idle-timeout", "soon"],
            "error: --idle-timeout: 'soon' cannot be used",
        ),
        (
            ["--watch", "/no/such/folder", "--bucket", "films"],
            "error: --watch /no/such/folder: there is no such folder",
        ),
        (
            ["--watch", __file__, "--bucket", "films"],
            f"error: --watch {__file__}: this is a file, and a folder is watched",
        ),
        (["statsu"], "error: 'statsu' is no command; there are status, inspect, retry, doctor"),
        (["inspect"], "error: the following arguments are required: KEY"),
        (["--nonsense"], "error: unrecognized arguments: --nonsense"),
    ],
)
def test_misuse_is_told_in_a_line_with_a_hint_and_ends_with_2(words: list[str], said: str) -> None:
    done = command(*words)

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(said)
    assert len(done.hints) == 1
    assert "Traceback" not in done.err


def test_a_folder_that_cannot_be_read_is_refused_in_the_words_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "round").symlink_to("round")

    done = command("--watch", tmp_path / "round", "--bucket", "films")

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: --watch {tmp_path}/round: Too many levels of symbolic links")
    assert done.hints == ["let this user read the folder"]


def test_settings_are_shown_with_their_sources_and_without_secrets(tmp_path: Path) -> None:
    secret = {"SOUNDSTAGE_STREAM_ADMIN_TOKEN": "geheim"}
    done = command(
        "--watch", tmp_path, "--bucket", "films", "--redis", "redis://:geheim@r", "--show-settings", **secret
    )

    assert done.code == 0
    assert "geheim" not in done.out
    assert "admin_token          ***  (SOUNDSTAGE_STREAM_ADMIN_TOKEN in the environment)" in done.out


def test_a_bucket_that_is_not_there_ends_it_with_3(server: Server, media: Path) -> None:
    done = command("--watch", media, *words_of(server, bucket="no-such-bucket"))

    assert done.code == 3
    assert "error: S3: there is no bucket no-such-bucket" in done.err


def test_wrong_credentials_end_it_with_3(server: Server, media: Path) -> None:
    done = command("--watch", media, *words_of(server), AWS_SECRET_ACCESS_KEY="wrong")

    assert done.code == 3
    assert "error: S3: SignatureDoesNotMatch: the credentials are wrong" in done.err


def test_status_without_redis_ends_with_3() -> None:
    done = command("status", "--redis", "redis://127.0.0.1:9")

    assert done.code == 3
    assert done.hints == ["python -m pipelines stream doctor"]


def test_a_worker_waits_for_servers_that_are_not_there_yet(media: Path, log: Path) -> None:
    nobody = ("--s3-endpoint", "http://127.0.0.1:9", "--redis", "redis://127.0.0.1:9", "--bucket", "films")
    with working(log, "--watch", media, *nobody, *QUICK) as worker:
        worker.until_told("worker.waiting")
        assert worker.stop() == 0


def test_a_second_signal_does_not_wait(server: Server, media: Path, log: Path) -> None:
    with working(log, "--watch", media, *words_of(server), *QUICK, "--drain-timeout", "1h") as worker:
        worker.until_told("watch.begun")
        slow(server, "slow-first-byte:operation=UploadPart,seconds=60")
        grow(media / "a.mp4", os.urandom(6 * MIB))
        worker.until_told("stream.state", phase="uploading")
        time.sleep(1.0)
        worker.process.send_signal(signal.SIGTERM)
        worker.until_told("worker.stop")
        began_s = time.monotonic()
        assert worker.stop() == 4
        assert time.monotonic() - began_s < 10


def test_whatever_a_file_is_called_it_is_stored(server: Server, media: Path, log: Path) -> None:
    names = [
        b"-v.mp4",
        b"a b'\"<&>.mp4",
        b"\xff\xfe.mp4",
        "\u00fc \u4e2d.mp4".encode(),
        b"line\nbreak",
        b"x" * 250 + b".mp4",
    ]
    with working(log, "--watch", media, *words_of(server), *QUICK) as worker:
        worker.until_told("watch.begun")
        for number, name in enumerate(names):
            with open(os.path.join(os.fsencode(media), name), "wb") as file:
                file.write(film("h264_silent") + bytes([number]))
        worker.until_told("stream.state", len(names), status="completed")
        assert worker.stop() == 0

    bodies = [body for key, body in objects(server).items() if not key.endswith(".json")]
    assert sorted(body[-1] for body in bodies) == list(range(len(names)))
    told = command("status", "--all", *words_of(server))
    assert (told.code, len(told.out.splitlines())) == (0, 1 + len(names))


def test_what_cannot_end_in_time_is_cut_off_and_nothing_is_lost(server: Server, media: Path, log: Path) -> None:
    data = os.urandom(6 * MIB)
    words = ("--watch", media, *words_of(server), *QUICK)
    with working(log, *words, "--drain-timeout", "500ms") as worker:
        worker.until_told("watch.begun")
        slow(server, "slow-first-byte:operation=UploadPart,seconds=30")
        grow(media / "a.mp4", data)
        worker.until_told("stream.state", phase="uploading")
        time.sleep(1.0)
        assert worker.stop() == 4
    slow(server, None)
    with working(log, *words) as again:
        again.until_told("stream.state", status="completed")

    assert recordings(server) == {"a": data}


def slow(server: Server, trouble: str | None) -> None:
    """Switch a trouble of the server on, or all off."""
    url = f"{server.urls['s3']}/_soundstage/faults"
    data = trouble.encode() if trouble else None
    urlopen(Request(url, data=data, method="POST" if trouble else "DELETE")).close()
