"""Both worlds in which the tests of HTTP run."""

import pytest

from tests.support.http_arms import ARMS, Arm


@pytest.fixture(params=ARMS, ids=lambda arm: arm.name)
def arm(request: pytest.FixtureRequest) -> Arm:
    found: Arm = request.param()
    return found
