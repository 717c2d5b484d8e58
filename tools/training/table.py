"""The tables beside this module: what data sets' labels mean, and what sentences are made of."""

from importlib import resources
from typing import Any

import yaml


def table(name: str) -> Any:  # noqa: ANN401  # each has a form of its own
    """The content of a table, such as `slurp_labels.yaml` or `en/homes.yaml`."""
    file = resources.files("paige.tools.training") / name
    return yaml.safe_load(file.read_text(encoding="utf-8"))
