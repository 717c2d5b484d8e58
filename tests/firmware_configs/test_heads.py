"""Each file for a board says by which command it is checked, and that command is there."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
CONFIGS = REPOSITORY / "firmware-configs"
FILES = sorted(
    file
    for file in CONFIGS.rglob("*")
    # The configuration goes to its owner as it is, and tells him to use `paige config check`.
    if file.is_file() and file.suffix not in (".md", ".pyc") and file != CONFIGS / "paige.yaml"
)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(REPOSITORY)))
def test_a_file_says_what_checks_it(file: Path) -> None:
    said = re.search(r"Checked by:(.*\n(?:.*\n){0,3})", file.read_text())
    assert said is not None
    named = re.findall(r"\b(?:tests|tools)/[\w/]+\.(?:py|sh)", said[1])
    assert named
    assert [each for each in named if not (REPOSITORY / each).exists()] == []
