"""The models of the tests of `models/lm`."""

from tests.models.lm.conftest import packed

__all__ = ["packed"]
