"""What the documentation for owners shows, is there: commands, units, files, keys and words of the doctor."""

import re
import shlex
from argparse import ArgumentParser
from pathlib import Path

import pytest

from paige.device import cli
from paige.device.install.provision import answers_of

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "boards"
PAGES = sorted(FOLDER.glob("*.md"))
if not PAGES:
    pytest.skip("the documentation is not part of the installed package", allow_module_level=True)
UNITS = ROOT / "firmware-configs" / "systemd"
_COMMAND = re.compile(r"^(?:sudo )?(?:\./)?paige [a-z].*$")
_OURS = re.compile(r"^paige(?:-[a-z]+)*(?:\.service|\.timer)?$")


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def shown(page: Path) -> list[str]:
    """Lines of blocks, and what stands between backticks."""
    outside = re.sub(r"```.*?```", "", text(page), flags=re.DOTALL)
    lines = re.findall(r"^ {4}(\S.*)$", outside, flags=re.MULTILINE)
    return [*lines, *re.findall(r"`([^`\n]+)`", outside)]


def each(pattern: "re.Pattern[str]") -> list[str]:
    found = {line for page in PAGES for line in shown(page) if pattern.match(line)}
    return sorted(found)


def heading_ids(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.*)$", text(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_there_is_a_page_for_every_board() -> None:
    assert {page.name for page in PAGES} == {"README.md", "raspberry-pi.md", "jetson.md", "pc.md"}
    assert all(f"({page.name})" in text(FOLDER / "README.md") for page in PAGES if page.name != "README.md")


def test_commands_are_found_in_these_pages() -> None:
    assert {"sudo paige provision", "./paige demo", "sudo ./paige install"} <= set(each(_COMMAND))


@pytest.mark.parametrize("line", each(_COMMAND))
def test_every_command_is_one_that_paige_takes(line: str) -> None:
    name, *options = shlex.split(line[line.index("paige") + len("paige") :])
    command = cli._find(name)
    assert command is not None, f"there is no command {name}"
    parser = ArgumentParser(prog=f"paige {name}", allow_abbrev=False)
    command.configure(parser)
    parser.parse_args(options)  # ends with SystemExit where it is used wrongly


@pytest.mark.parametrize("line", each(re.compile(r"^(?:sudo )?(?:systemctl|journalctl) ")))
def test_every_unit_is_one_that_there_is(line: str) -> None:
    folder = UNITS / "user" if "--user" in line else UNITS
    named = [word for word in shlex.split(line) if _OURS.match(word)]
    assert named or "set-default" in line
    for unit in named:
        assert (folder / (unit if "." in unit else f"{unit}.service")).is_file(), unit


@pytest.mark.parametrize("line", each(re.compile(r"^make ")))
def test_every_target_of_make_is_there_with_its_variables(line: str) -> None:
    makefile = (ROOT / "Makefile").read_text()
    _, target, *settings = line.split()
    assert re.search(rf"(?m)^{target}:", makefile)
    for setting in settings:
        assert f"$({setting.partition('=')[0]}" in makefile, setting


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)]+)\)", text(page))
    assert links
    for link in links:
        if link.startswith("https://"):
            continue
        path, _, place = link.partition("#")
        target = (page.parent / path) if path else page
        assert target.exists(), link
        assert not place or place in heading_ids(target), link


@pytest.mark.parametrize(
    "block",
    [block for page in PAGES for block in re.findall(r"```yaml\n(.*?)```", text(page), flags=re.DOTALL)],
)
def test_every_file_that_is_shown_can_be_taken_over(block: str) -> None:
    answers = answers_of(block.encode(), "page", Path("/etc/paige"))
    assert ("house", "area") in answers


def test_what_a_failed_check_says_is_what_paige_says() -> None:
    section = text(FOLDER / "README.md").partition("## When a check fails")[2].partition("\n## ")[0]
    phrases = [
        phrase
        for row in section.splitlines()
        if row.startswith("| ")
        for phrase in re.findall(r"\*([^*]+)\*", row.split("|")[1])
    ]
    assert len(phrases) >= 6
    sources = [path for name in ("audio", "iot", "device") for path in (ROOT / name).rglob("*.py")]
    said = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    for phrase in phrases:
        pieces = [piece.strip() for piece in re.split(r"“[^”]*”|'[^']*'", phrase)]
        assert all(piece in said for piece in pieces), phrase
