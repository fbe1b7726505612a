"""`serve s3` answers real clients on a real port, says when it is ready, and ends in order."""

import io
import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from botocore.exceptions import ClientError

from tests.support.command import ROOT, environment, soundstage
from tests.support.served import Server, served
from tests.support.signing import Signer

PART = 5 << 20
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utc:DeprecationWarning")


def code_of(caught: pytest.ExceptionInfo[ClientError]) -> str:
    return str(caught.value.response["Error"]["Code"])


def test_boto3_stores_lists_and_reads() -> None:
    with served("s3", "--bucket", "films") as server:
        s3 = server.client()
        s3.put_object(Bucket="films", Key="a b+ä//c", Body=b"hello", Metadata={"k": "v"}, ContentEncoding="gzip")
        s3.upload_fileobj(io.BytesIO(b"x" * (20 << 20)), "films", "large")
        found = s3.get_object(Bucket="films", Key="a b+ä//c")
        listed = s3.list_objects_v2(Bucket="films")["Contents"]

        assert (found["Body"].read(), found["Metadata"], found["ContentEncoding"]) == (b"hello", {"k": "v"}, "gzip")
        assert [(each["Key"], each["Size"]) for each in listed] == [("a b+ä//c", 5), ("large", 20 << 20)]
        assert s3.get_object(Bucket="films", Key="large", Range="bytes=10485755-10485764")["Body"].read() == b"x" * 10


def test_presigned_urls_work_and_expire() -> None:
    with served("s3", "--bucket", "films") as server:
        s3 = server.client()
        put = s3.generate_presigned_url("put_object", {"Bucket": "films", "Key": "k/ü"}, ExpiresIn=60)
        get = s3.generate_presigned_url("get_object", {"Bucket": "films", "Key": "k/ü"}, ExpiresIn=60)
        old = Signer(now_s=int(time.time()) - 120, host=server.urls["s3"].partition("://")[2])

        assert urlopen(Request(put, data=b"presigned", method="PUT")).status == 200
        assert urlopen(get).read() == b"presigned"
        with pytest.raises(HTTPError, match="403") as caught:
            urlopen(f"{server.urls['s3']}{old.presigned('GET', '/films/k/%C3%BC', expires_s=60).target}")
        assert b"<Message>Request has expired</Message>" in caught.value.read()


def test_virtual_hosts_name_the_bucket() -> None:
    with served("s3", "--bucket", "films") as server:
        server.client().put_object(Bucket="films", Key="a b", Body=b"found")
        signer = Signer(now_s=int(time.time()), host=f"films.localhost:{server.urls['s3'].rpartition(':')[2]}")
        signed = signer.signed("GET", "/a%20b")

        answer = urlopen(Request(f"{server.urls['s3']}{signed.target}", headers=dict(signed.headers)))

        assert answer.read() == b"found"


@pytest.mark.parametrize("checksums", ["when_supported", "when_required"])
def test_every_way_of_sending_a_body_is_understood(checksums: str) -> None:
    with served("s3", "--bucket", "films") as server:
        s3 = server.client(request_checksum_calculation=checksums)
        body = bytes(range(256)) * 1000
        s3.put_object(Bucket="films", Key="bytes", Body=body)
        s3.put_object(Bucket="films", Key="stream", Body=io.BytesIO(body), ContentLength=len(body))
        s3.put_object(Bucket="films", Key="sum", Body=body, ChecksumAlgorithm="SHA256")
        unsigned = server.client(s3={"payload_signing_enabled": False})
        unsigned.put_object(Bucket="films", Key="unsigned", Body=io.BytesIO(body))

        for key in ("bytes", "stream", "sum", "unsigned"):
            assert s3.get_object(Bucket="films", Key=key)["Body"].read() == body
            assert s3.head_object(Bucket="films", Key=key).get("ContentEncoding", "") == ""


def test_other_credentials_another_region_and_nobody_are_refused() -> None:
    with served("s3", "--credentials", "mine:secret", "--credentials", "test:test", "--region", "eu-west-3") as server:
        with pytest.raises(ClientError) as caught:
            server.client().list_buckets()
        assert code_of(caught) == "AuthorizationHeaderMalformed"
        with pytest.raises(HTTPError) as denied:
            urlopen(f"{server.urls['s3']}/")
        assert b"<Code>AccessDenied</Code>" in denied.value.read()


def test_health_tells_what_there_is() -> None:
    with served("s3", "--bucket", "one", "--bucket", "two", "--fault", "late:seconds=0,operation=Nothing") as server:
        server.client().put_object(Bucket="one", Key="k", Body=b"x")

        health = server.health()

    assert (health["service"], health["status"], health["buckets"], health["objects"]) == ("s3", "ok", 2, 1)
    assert health["troubles"] == ["late:operation=Nothing,seconds=0"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_it_in_order(number: int, code: int) -> None:
    server = Server("s3", "--port", "0")
    server.client().list_buckets()

    assert server.stop(number) == code


def test_what_is_under_way_is_finished_before_the_end() -> None:
    with served("s3", "--bucket", "films", "--slow", "1") as server:
        port = int(server.urls["s3"].rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as peer:
            peer.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            time.sleep(0.3)
            server.process.send_signal(signal.SIGTERM)
            answer = peer.makefile("rb").read()

        assert answer.startswith(b"HTTP/1.1 403 ")
        assert server.process.wait(20) == 0


# --- what cannot be -------------------------------------------------------------------------------------


def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    with served("s3") as server:
        done = soundstage("serve", "s3", "--port", server.urls["s3"].rpartition(":")[2], cwd=tmp_path)

    assert done.code == 2
    assert "address already in use" in done.err.lower()
    assert done.hints[0].startswith("another port")
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--fault", "lat"], "unknown kind of trouble 'lat'"),
        (["--fault", "late:sekonds=1"], "unknown parameter 'sekonds'"),
        (["--fault", "late:seconds=soon"], "not a number"),
        (["--personality", "minjo"], "no S3 personality 'minjo'"),
        (["--credentials", "key"], "credentials are KEY:SECRET"),
        (["--bucket", "No"], "the bucket 'No' cannot be made"),
        (["--data", "/proc/nowhere"], "/proc/nowhere cannot hold the data of a server"),
        (["--record", "/proc/nowhere/trace"], "the trace cannot be written"),
        (["--flaky", "2"], "a chance is from 0 to 1"),
        (["--port", "70000"], "a port is a number"),
    ],
)
def test_what_cannot_be_is_told_before_anything_starts(words: list[str], said: str, tmp_path: Path) -> None:
    done = soundstage("serve", "s3", "--port", "0", *words, cwd=tmp_path)

    assert done.code == 2
    assert said in done.err
    assert done.out == ""
    assert "Traceback" not in done.err


def test_other_machines_are_warned_of() -> None:
    server = Server("s3", "--port", "0", "--host", "0.0.0.0")
    server.process.terminate()

    assert "warning: 0.0.0.0 can be reached from other machines" in server.finish()


def test_a_folder_has_one_server(tmp_path: Path) -> None:
    with served("s3", "--data", tmp_path / "data"):
        done = soundstage("serve", "s3", "--port", "0", "--data", tmp_path / "data", cwd=tmp_path)

    assert done.code == 2
    assert "is in use by another server" in done.err


# --- what stays -----------------------------------------------------------------------------------------


def test_everything_survives_kill_9(tmp_path: Path) -> None:
    with served("s3", "--data", tmp_path, "--bucket", "films") as server:
        s3 = server.client()
        s3.put_object(Bucket="films", Key="small", Body=b"small", Metadata={"a": "b"})
        s3.put_object(Bucket="films", Key="large", Body=b"large" * 100_000)
        upload = s3.create_multipart_upload(Bucket="films", Key="film")["UploadId"]
        etags = [s3.upload_part(Bucket="films", Key="film", UploadId=upload, PartNumber=1, Body=b"1" * PART)["ETag"]]
        server.kill()
    with served("s3", "--data", tmp_path, "--bucket", "films") as server:
        s3 = server.client()
        assert s3.get_object(Bucket="films", Key="small")["Metadata"] == {"a": "b"}
        assert s3.get_object(Bucket="films", Key="large")["Body"].read() == b"large" * 100_000
        etags.append(s3.upload_part(Bucket="films", Key="film", UploadId=upload, PartNumber=2, Body=b"2")["ETag"])
        parts = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, 1)]
        s3.complete_multipart_upload(Bucket="films", Key="film", UploadId=upload, MultipartUpload={"Parts": parts})
        s3.delete_object(Bucket="films", Key="small")
        server.kill()
    with served("s3", "--data", tmp_path) as server:
        s3 = server.client()
        assert [each["Key"] for each in s3.list_objects_v2(Bucket="films")["Contents"]] == ["film", "large"]
        assert s3.get_object(Bucket="films", Key="film")["Body"].read() == b"1" * PART + b"2"
        assert "Uploads" not in s3.list_multipart_uploads(Bucket="films")


def test_a_personality_that_loses_uploads_loses_them_on_disk_as_well(tmp_path: Path) -> None:
    with served("s3", "--data", tmp_path, "--bucket", "films") as server:
        upload = server.client().create_multipart_upload(Bucket="films", Key="film")["UploadId"]
        server.kill()
    with served("s3", "--data", tmp_path, "--personality", "rclone") as server, pytest.raises(ClientError) as caught:
        server.client().list_parts(Bucket="films", Key="film", UploadId=upload)

    assert code_of(caught) == "NoSuchUpload"


# --- trouble and the record -----------------------------------------------------------------------------


def test_faults_are_switched_on_by_words() -> None:
    fault = "throttled:operation=PutObject,times=1,seconds=0"
    with served("s3", "--bucket", "films", "--fault", fault) as server:
        with pytest.raises(ClientError) as caught:
            server.client().put_object(Bucket="films", Key="k", Body=b"x")
        assert code_of(caught) == "SlowDown"
        server.client().put_object(Bucket="films", Key="k", Body=b"x")


def desk(server: Server, method: str, path: str, body: str = "") -> tuple[int, Any]:
    request = Request(f"{server.urls['s3']}/_soundstage/{path}", data=body.encode() or None, method=method)
    try:
        with urlopen(request) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        return error.code, json.load(error)


def test_faults_are_switched_on_and_off_while_it_runs() -> None:
    with served("s3", "--bucket", "films", "--flaky", "1") as server:
        s3 = server.client()
        assert desk(server, "DELETE", "faults") == (200, {"faults": []})
        s3.head_bucket(Bucket="films")
        fault = "throttled:operation=HeadBucket,seconds=0"
        assert desk(server, "POST", "faults", f"{fault}\nlate:operation=Nothing\n") == (201, {"numbers": [5, 6]})
        with pytest.raises(ClientError, match="503"):
            s3.head_bucket(Bucket="films")
        _, found = desk(server, "GET", "faults")
        assert [(each["number"], each["hits"]) for each in found["faults"]] == [(5, 1), (6, 0)]
        assert desk(server, "DELETE", "faults/5")[0] == 200
        s3.head_bucket(Bucket="films")


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "faults", "lat", 400),
        ("POST", "faults", "late\nlate:sekonds=1", 400),
        ("POST", "faults", "", 400),
        ("POST", "faults", "late\n" * 20_000, 413),
        ("DELETE", "faults/7", "", 400),
        ("DELETE", "faults/x", "", 400),
        ("PUT", "faults", "late", 404),
        ("DELETE", "faultsx", "", 404),
        ("POST", "faults/1", "late", 404),
        ("GET", "nothing", "", 404),
    ],
)
def test_the_desk_says_what_it_does_not_understand(method: str, path: str, body: str, status: int) -> None:
    with served("s3") as server:
        found, said = desk(server, method, path, body)

        assert (found, next(iter(said))) == (status, "error")
        assert desk(server, "GET", "faults") == (200, {"faults": []})


def test_a_flaky_server_fails_about_as_often_as_it_was_told() -> None:
    with served("s3", "--bucket", "films", "--flaky", "0.3", "--seed", "4") as server:
        s3 = server.client()
        failed = 0
        for _ in range(100):
            try:
                s3.head_bucket(Bucket="films")
            except Exception:
                failed += 1

    assert 15 <= failed <= 45


def test_the_kinds_of_trouble_are_listed(tmp_path: Path) -> None:
    done = soundstage("serve", "s3", "--faults", cwd=tmp_path)

    assert done.code == 0
    assert "error-in-200 " in done.out
    assert "reply-lost " in done.out


def test_what_was_asked_is_recorded_and_shown(tmp_path: Path) -> None:
    trace = tmp_path / "trace.jsonl"
    with served("s3", "--bucket", "films", "--record", trace) as server:
        s3 = server.client()
        s3.put_object(Bucket="films", Key="k", Body=b"hello")
        with pytest.raises(ClientError):
            s3.get_object(Bucket="films", Key="none")
        url = s3.generate_presigned_url("get_object", {"Bucket": "films", "Key": "k"})
        urlopen(url).read()
        assert server.stop() == 0

    shown = soundstage("show", trace, "--kind", "s3.*", "--json", cwd=tmp_path)
    events = [json.loads(line) for line in shown.out.splitlines()]
    assert [(event["kind"], event["fields"]["operation"], event["fields"].get("status")) for event in events] == [
        ("s3.request", "PutObject", None),
        ("s3.response", "PutObject", 200),
        ("s3.request", "GetObject", None),
        ("s3.response", "GetObject", 404),
        ("s3.request", "GetObject", None),
        ("s3.response", "GetObject", 200),
    ]
    assert events[3]["fields"]["code"] == "NoSuchKey"
    assert events[1]["fields"]["checksum"] == "5d41402abc4b2a76b9719d911017c592"
    text = trace.read_text()
    assert "Signature" not in text
    assert "AWS4" not in text


def test_it_is_ready_in_half_a_second() -> None:
    times: list[float] = []
    for _ in range(3):
        began = time.perf_counter()
        with served("s3"):
            times.append(time.perf_counter() - began)

    # What it imports decides; a machine that is busy with other tests gets some slack.
    assert min(times) < 1.5, times


@pytest.mark.parametrize("service", ["s3", "redis"])
def test_the_simulated_machine_is_not_imported(service: str) -> None:
    code = f"import sys; from simulator.cli import main; main(['serve', '{service}', '--faults']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment(), capture_output=True, text=True)

    modules = done.stdout.splitlines()[-1].split()
    assert f"simulator.services.{service}.program" in modules
    assert not [name for name in modules if name.startswith(("simulator.kernel", "simulator.world", "greenlet"))]
