"""The mean of networks is a network."""

from typing import Any

import pytest

torch: Any = pytest.importorskip("torch", reason="the extra `train` is not installed")

from paige.tools.training.average import mean_of  # noqa: E402  # only where there is torch


def test_each_weight_is_the_mean_of_its_own() -> None:
    one, other = (torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, -2.0]]))
    found = mean_of([{"a": one, "b": one[0]}, {"a": other, "b": other[0]}])
    assert found["a"].tolist() == [[2.0, 0.0]]
    assert found["b"].tolist() == [2.0, 0.0]
