"""The contract is no invention: a real S3 server keeps it, but for deviations that are written down."""

from collections.abc import Iterator

import pytest

from tests.contract.s3.arms import NAMES, STORIES, told_over_sockets
from tests.contract.s3.contract import Server, Story
from tests.contract.s3.deviations import SWIFT
from tests.support import real_s3

pytestmark = [pytest.mark.real, pytest.mark.skipif(not real_s3.installed(), reason=real_s3.ABSENT)]


@pytest.fixture(scope="module")
def swift(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with real_s3.RealS3(tmp_path_factory.mktemp("swift")) as real:
        yield Server(url=real.url, access_key=real.access_key, secret_key=real.secret_key)


@pytest.mark.parametrize("story", STORIES, ids=NAMES)
def test_a_real_server_keeps_the_contract_but_where_it_is_known_not_to(story: Story, swift: Server) -> None:
    assert told_over_sockets(story, swift, SWIFT) == ""


def test_every_deviation_belongs_to_a_story() -> None:
    assert {name.partition(":")[0] for name in SWIFT} <= set(NAMES)
