"""Under which licence weights are, where their authors say so plainly."""

import re
from pathlib import Path
from typing import Final

import yaml

from paige.models.errors import ModelUnusable

FILES: Final = ("LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "NOTICE", "NOTICE.txt")
"""What is copied with the weights."""
_TEXTS: Final = (
    (r"Apache License\s+Version 2\.0", "Apache-2.0"),
    (r"MIT License\s+Copyright", "MIT"),
    (r"LLAMA ([0-9.]+) COMMUNITY LICENSE", r"Llama \1 Community License"),
    (r"Tongyi Qianwen RESEARCH LICENSE", "Qwen Research License"),
    (r"Tongyi Qianwen LICENSE", "Qwen License"),
)
"""How a text of a licence begins, and what the licence is called."""
_SPELLED: Final = {"apache-2.0": "Apache-2.0", "mit": "MIT"}
_BEGINNING: Final = 500
"""Characters: further down a text may speak of other licences."""


def licence_of(folder: Path, given: str | None) -> str:
    """The licence of a checkpoint's weights.

    Args:
        folder: With `README.md`, as model cards are written, or a text of a licence.
        given: What the user says it is.

    Raises:
        ModelUnusable: Nothing there says it plainly, and nobody gave one.
    """
    if given:
        return given
    if (found := _of_card(folder / "README.md") or _of_text(folder)) is None:
        raise ModelUnusable(
            f"{folder}: neither its README.md nor a file LICENSE says plainly which licence the weights are "
            "under; look it up and say it with --licence NAME"
        )
    return found


def _of_card(card: Path) -> str | None:
    """From the YAML at the head of a model card."""
    if not card.is_file():
        return None
    head = re.match(r"---\s*\n(.*?)\n---\s*(\n|$)", card.read_text("utf-8", errors="replace"), re.DOTALL)
    try:
        told = yaml.safe_load(head[1]) if head else None
    except yaml.YAMLError:
        return None
    if not isinstance(told, dict):
        return None
    name = told.get("license")
    if name == "other":  # then its name stands apart
        name = told.get("license_name")
    return _SPELLED.get(name.lower(), name) if isinstance(name, str) and name.strip() else None


def _of_text(folder: Path) -> str | None:
    for file in map(folder.joinpath, FILES):
        text = file.read_text("utf-8", errors="replace")[:_BEGINNING] if file.is_file() else ""
        for pattern, name in _TEXTS:
            if found := re.search(pattern, text, re.IGNORECASE):
                return found.expand(name)
    return None
