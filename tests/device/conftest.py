"""What every test of the box needs."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from tests.device.scene import Scene, served_house

from paige.device.config import secret


@pytest.fixture(autouse=True)
def no_secrets_of_other_tests() -> Iterator[None]:
    """A test that reveals `a` as a password must not mask every `a` of the tests after it."""
    yield
    secret._revealed.clear()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def scene() -> AsyncIterator[Scene]:
    """One house for all tests of a module."""
    async with served_house() as house:
        yield house
