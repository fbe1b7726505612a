"""After any history of writes, copies, uploads and deletions the bucket holds what a plain dictionary would."""

from typing import Any
from urllib.parse import quote

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.support.s3_model import SECOND_NS, Server, code, header, text

KEYS = st.sampled_from(["a", "a/b", "a/c", "b", "é/ü", "z z"])
BODIES = st.binary(max_size=12)


class Histories(RuleBasedStateMachine):
    """A bucket, and beside it what its objects and versions must be."""

    def __init__(self) -> None:
        super().__init__()
        self.server = Server(part_bytes_min=1)
        self.server.ask("PUT", "/bkt")
        self.versioned = False
        self.history: dict[str, list[tuple[str, bytes | None]]] = {}
        """Versions of each key, newest first: id, and the body or None for a marker."""
        self.uploads: dict[str, tuple[str, dict[int, tuple[bytes, str]]]] = {}

    def at(self, key: str) -> str:
        return f"/bkt/{quote(key)}"

    def current(self, key: str) -> bytes | None:
        versions = self.history.get(key)
        return versions[0][1] if versions else None

    def note(self, key: str, answer: Any, body: bytes | None) -> None:
        version_id = header(answer, "x-amz-version-id") or "null"
        kept = [each for each in self.history.get(key, []) if self.versioned and each[0] != version_id]
        self.history[key] = [(version_id, body), *kept]

    @rule(key=KEYS, body=BODIES)
    def put(self, key: str, body: bytes) -> None:
        self.note(key, self.server.ask("PUT", self.at(key), body), body)

    @rule(key=KEYS, body=BODIES)
    def put_if_missing(self, key: str, body: bytes) -> None:
        answer = self.server.ask("PUT", self.at(key), body, If_None_Match="*")
        if self.current(key) is None:
            self.note(key, answer, body)
        else:
            assert code(answer) == "PreconditionFailed"

    @rule(source=KEYS, key=KEYS)
    def copy(self, source: str, key: str) -> None:
        headers = {"x_amz_copy_source": self.at(source), "x_amz_metadata_directive": "REPLACE"}
        answer = self.server.ask("PUT", self.at(key), **headers)
        body = self.current(source)
        if body is None:
            assert code(answer) == "NoSuchKey"
        else:
            self.note(key, answer, body)

    @rule(key=KEYS)
    def delete(self, key: str) -> None:
        answer = self.server.ask("DELETE", self.at(key))
        assert answer.status == 204
        if self.versioned:
            self.note(key, answer, None)
        else:
            self.history.pop(key, None)

    @rule(key=KEYS, place=st.integers(0, 3))
    def delete_version(self, key: str, place: int) -> None:
        versions = self.history.get(key, [])
        if place < len(versions):
            assert self.server.ask("DELETE", f"{self.at(key)}?versionId={versions[place][0]}").status == 204
            del versions[place]
            if not versions:
                del self.history[key]

    @precondition(lambda self: not self.versioned)
    @rule()
    def keep_versions(self) -> None:
        body = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
        assert self.server.ask("PUT", "/bkt?versioning", body).status == 200
        self.versioned = True

    @rule(key=KEYS)
    def begin(self, key: str) -> None:
        answer = text(self.server.ask("POST", f"{self.at(key)}?uploads"))
        self.uploads[answer.partition(b"<UploadId>")[2].partition(b"<")[0].decode()] = key, {}

    @precondition(lambda self: self.uploads)
    @rule(number=st.integers(1, 5), body=st.binary(min_size=1, max_size=6), which=st.integers(0, 9))
    def send(self, number: int, body: bytes, which: int) -> None:
        upload_id = sorted(self.uploads)[which % len(self.uploads)]
        key, parts = self.uploads[upload_id]
        answer = self.server.ask("PUT", f"{self.at(key)}?uploadId={upload_id}&partNumber={number}", body)
        parts[number] = body, header(answer, "ETag") or ""

    @precondition(lambda self: self.uploads)
    @rule(which=st.integers(0, 9), again=st.booleans())
    def complete(self, which: int, again: bool) -> None:
        upload_id = sorted(self.uploads)[which % len(self.uploads)]
        key, parts = self.uploads[upload_id]
        rows = "".join(f"<Part><PartNumber>{n}</PartNumber><ETag>{parts[n][1]}</ETag></Part>" for n in sorted(parts))
        body = f"<CompleteMultipartUpload>{rows}</CompleteMultipartUpload>".encode()
        answer = self.server.ask("POST", f"{self.at(key)}?uploadId={upload_id}", body)
        if not parts:
            assert code(answer) == "MalformedXML"
            return
        assert answer.status == 200
        self.note(key, answer, b"".join(parts[n][0] for n in sorted(parts)))
        del self.uploads[upload_id]
        if again:
            assert text(self.server.ask("POST", f"{self.at(key)}?uploadId={upload_id}", body)) == text(answer)

    @precondition(lambda self: self.uploads)
    @rule(which=st.integers(0, 9))
    def abort(self, which: int) -> None:
        upload_id = sorted(self.uploads)[which % len(self.uploads)]
        key, _ = self.uploads.pop(upload_id)
        assert self.server.ask("DELETE", f"{self.at(key)}?uploadId={upload_id}").status == 204

    @invariant()
    def what_is_there_is_what_was_written(self) -> None:
        self.server.now_ns += SECOND_NS
        for key, versions in self.history.items():
            got = self.server.ask("GET", self.at(key))
            assert (text(got) if got.status == 200 else None) == versions[0][1]
            for version_id, body in versions:
                if body is not None:
                    assert text(self.server.ask("GET", f"{self.at(key)}?versionId={version_id}")) == body

    @invariant()
    def the_store_holds_nothing_else(self) -> None:
        bucket = self.server.s3.store.buckets["bkt"]
        held = {key: [(each.version_id, None if each.marker else bytes(each.body)) for each in versions]
                for key, versions in bucket.versions.items()}  # fmt: skip
        assert held == self.history
        assert bucket.keys == sorted(self.history)
        assert {each.id for each in bucket.open_uploads()} == set(self.uploads)
        listed = text(self.server.ask("GET", "/bkt?list-type=2"))
        assert listed.count(b"<Contents>") == sum(versions[0][1] is not None for versions in self.history.values())


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
