"""What every test of the box needs."""

from collections.abc import Iterator

import pytest

from paige.device.config import secret


@pytest.fixture(autouse=True)
def no_secrets_of_other_tests() -> Iterator[None]:
    """A test that reveals `a` as a password must not mask every `a` of the tests after it."""
    yield
    secret._revealed.clear()
