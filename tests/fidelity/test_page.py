"""The fidelity page says what the tables and the recorded counts say, and every failure on it has its reason."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.fidelity import counts
from tests.fidelity.known import REDIS_PY, S3API
from tests.fidelity.page import PAGE, page


def test_the_page_is_what_its_tables_make() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "scripts/peer-s3 --page writes it"


@pytest.mark.parametrize(("file", "reasons"), [(counts.S3API, S3API), (counts.REDIS_PY, REDIS_PY)], ids=["s3", "redis"])
def test_every_failure_that_is_left_has_its_reason_and_every_reason_its_failure(
    file: Path, reasons: Mapping[str, str]
) -> None:
    failures = counts.read(file).get("servers", {}).get("soundstage", {}).get("failures", [])

    assert set(failures) == set(reasons)


def test_of_swifts_tests_ours_passes_more_than_any_server_but_swift() -> None:
    servers = counts.read(counts.S3API)["servers"]
    passed = {name: counts.total(server, "passed") for name, server in servers.items()}

    assert passed["soundstage"] > max(count for name, count in passed.items() if name not in ("soundstage", "swift"))


def test_of_redis_pys_tests_ours_passes_as_many_as_the_real_one() -> None:
    servers = counts.read(counts.REDIS_PY)["servers"]

    for protocol in ("", "-2"):
        ours, real = (counts.total(servers[f"{name}{protocol}"], "passed") for name in ("soundstage", "redis"))
        assert ours >= real


def test_no_sequence_was_answered_otherwise_than_by_the_real_one() -> None:
    found = counts.read(counts.SEQUENCES)

    assert found["sequences"] >= 10_000
    assert found["differing"] == 0
