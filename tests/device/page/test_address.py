"""Where the page may be served, as the configuration has it."""

from pathlib import Path

import pytest
from tests.device.page.conftest import TOKEN

from paige.device.config.load import load
from paige.device.errors import ConfigInvalid
from paige.device.page.address import parse_listen


@pytest.mark.parametrize(
    ("text", "reachable", "url"),
    [
        ("127.0.0.1:10380", False, "http://127.0.0.1:10380/"),
        ("127.8.8.8:80", False, "http://127.8.8.8:80/"),
        ("localhost:10380", False, "http://localhost:10380/"),
        ("[::1]:10380", False, "http://[::1]:10380/"),
        ("0.0.0.0:10380", True, "http://pi:10380/"),
        ("[::]:10380", True, "http://pi:10380/"),
        ("192.168.1.7:10380", True, "http://192.168.1.7:10380/"),
    ],
)
def test_an_address_says_who_reaches_it(text: str, reachable: bool, url: str) -> None:
    address = parse_listen(text)
    assert (address.reachable, address.url("pi")) == (reachable, url)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10380",
        "127.0.0.1",
        ":10380",
        "127.0.0.1:0",
        "127.0.0.1:65536",
        "pi.local:80",
        "1.2.3:80",
        "[::1]",
        "::1:80",
    ],
)
def test_what_is_no_address_is_refused_with_its_line(text: str, tmp_path: Path) -> None:
    file = tmp_path / "paige.yaml"
    file.write_text(f'page: {{listen: "{text}"}}\n')
    with pytest.raises(ConfigInvalid, match=r"paige\.yaml:1.*: page\.listen: found .*127\.0\.0\.1:10380"):
        load(file, {})


def test_where_others_reach_it_a_token_is_needed_and_what_to_do_is_said(tmp_path: Path) -> None:
    file = tmp_path / "paige.yaml"
    file.write_text('house:\n  name: Home\npage:\n  listen: "0.0.0.0:10380"\n')
    with pytest.raises(ConfigInvalid) as caught:
        load(file, {})
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{file}:4")
    assert "page.listen: others than this machine reach 0.0.0.0:10380" in line
    assert "set page.token (python3 -c" in line
    for token in ("short", "a sentence with spaces", "schlüsselschlüssel", '""'):
        with pytest.raises(ConfigInvalid, match=r"page\.token needs 12 or more") as refused:
            load(file, {"PAIGE_PAGE_TOKEN": token})
        assert token not in str(refused.value)
    assert load(file, {"PAIGE_PAGE_TOKEN": TOKEN}).config.page.token


def test_a_token_is_kept_like_other_secrets(tmp_path: Path) -> None:
    file = tmp_path / "paige.yaml"
    file.write_text('page: {listen: "0.0.0.0:10380", token: !secret page}\n')
    (tmp_path / "secrets.yaml").write_text(f"page: {TOKEN}\n")
    loaded = load(file, {})
    assert loaded.config.page.token is not None
    assert loaded.config.page.token.reveal() == TOKEN
    assert TOKEN not in repr(loaded)
    (tmp_path / "page_token").write_text(f"{TOKEN}2\n")
    file.write_text('page: {listen: "0.0.0.0:10380"}\n')
    again = load(file, {"CREDENTIALS_DIRECTORY": str(tmp_path)}).config.page.token
    assert again is not None
    assert again.reveal() == f"{TOKEN}2"


def test_for_this_machine_alone_none_is_needed(tmp_path: Path) -> None:
    file = tmp_path / "paige.yaml"
    file.write_text("page: {listen: 127.0.0.1:10380}\n")
    assert load(file, {}).config.page.token is None
