"""The fidelity page says what the tables and the recorded counts say, and every failure on it has its reason."""

from tests.fidelity import counts
from tests.fidelity.known import S3API
from tests.fidelity.page import PAGE, page


def test_the_page_is_what_its_tables_make() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "scripts/peer-s3 --page writes it"


def test_every_failure_that_is_left_has_its_reason_and_every_reason_its_failure() -> None:
    failures = counts.read()["servers"]["soundstage"]["failures"]

    assert set(failures) == set(S3API)


def test_ours_passes_more_than_any_server_but_swift_itself() -> None:
    servers = counts.read()["servers"]
    passed = {name: counts.total(server, "passed") for name, server in servers.items()}

    assert passed["soundstage"] > max(count for name, count in passed.items() if name not in ("soundstage", "swift"))
