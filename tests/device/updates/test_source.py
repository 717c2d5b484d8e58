"""Where bundles are found: on a stick, and at an address, by a real server that misbehaves."""

import os
import socket
from pathlib import Path

import pytest
from tests.device.updates.scene import HERE, bundle_of, key_pair, program_files, trust
from tests.models.store.server import Served, serving

from paige.device.errors import BundleInvalid, UpdateFailed
from paige.device.updates.address import parse_address
from paige.device.updates.journal import Failure, Journal, Standing
from paige.device.updates.judging import Why, Wishes, judge
from paige.device.updates.manifest import Component, Made, Version
from paige.device.updates.source import Address, bundles_at, bundles_fetched
from paige.device.updates.trust import TrustedKeys
from paige.models.store.progress import nobody

SKILL = {"a.yaml": "language: en\nintents: {}\n"}
PROGRAM = f"paige-program-{HERE.made.python}-{HERE.made.processor}"
NO_WISHES = Wishes()


def folder_of(tmp_path: Path, *bundles: Path) -> Path:
    stick = tmp_path / "stick"
    stick.mkdir()
    for number, bundle in enumerate(bundles):
        bundle.rename(stick / f"{number}.update")
    return stick


def test_a_stick_gives_the_newest_of_each_for_this_machine_and_says_what_is_damaged(tmp_path: Path) -> None:
    stick = folder_of(
        tmp_path,
        bundle_of(tmp_path, "0.9", SKILL, Component.SKILLS),
        bundle_of(tmp_path, "0.10", SKILL, Component.SKILLS),
        bundle_of(tmp_path, "9", {**program_files("9"), "PYTHON": "3.99"}, made=Made("3.99", "pdp11")),
        bundle_of(tmp_path, "0.2.0", program_files("0.2.0")),
    )
    (stick / "damaged.update").write_bytes(b"x" * 5000)
    (stick / "photo.jpg").write_bytes(b"x")
    bundles, complaints = bundles_at(stick, trust(tmp_path / "keys"), HERE)
    assert [bundle.manifest.comment for bundle in bundles] == ["paige program 0.2.0", "paige skills 0.10"]
    assert len(complaints) == 1
    assert "damaged.update" in complaints[0]


def test_a_place_without_bundles_says_so(tmp_path: Path) -> None:
    keys = trust(tmp_path / "keys")
    with pytest.raises(UpdateFailed, match="no such file or folder"):
        bundles_at(tmp_path / "none", keys, HERE)
    with pytest.raises(UpdateFailed, match=r"no file there ends with \.update"):
        bundles_at(tmp_path, keys, HERE)


def served_files(tmp_path: Path, *bundles: Path) -> dict[str, bytes]:
    return {
        f"/paige/{file.name}": file.read_bytes()
        for bundle in bundles
        for file in (bundle, bundle.with_suffix(".minisig"))
    }


def address_of(served: Served, tmp_path: Path) -> Address:
    return Address(f"{served.url}/paige/", tmp_path / "fetched", trust(tmp_path / "keys"), HERE, nobody)


def found(address: Address, journal: Journal | None = None, wishes: Wishes = NO_WISHES) -> list[str]:
    return [bundle.manifest.comment for bundle in address.bundles(journal or Journal(), wishes)]


def test_an_address_gives_what_is_newer_and_nothing_large_is_fetched_in_vain(tmp_path: Path) -> None:
    files = served_files(
        tmp_path,
        bundle_of(tmp_path, "0.2.0", program_files("0.2.0")),
        bundle_of(tmp_path, "3", SKILL, Component.SKILLS),
    )
    with serving(Served(files)) as served:
        address = address_of(served, tmp_path)
        assert found(address) == ["paige program 0.2.0", "paige skills 3"]
        hints = [f"/paige/{PROGRAM}.minisig", "/paige/paige-models.minisig", "/paige/paige-skills.minisig"]
        large = [f"/paige/{PROGRAM}.update", "/paige/paige-skills.update"]
        assert sorted(served.paths()) == sorted(hints + large)
        served.asked.clear()
        known = Journal(
            {
                Component.PROGRAM: Standing(Version.parse("0.2.0")),
                Component.SKILLS: Standing(None, (Failure(Version((3,)), "x", ""),)),
            }
        )
        assert found(address, known) == []
        assert served.paths() == hints
        assert found(address, known, Wishes(older=True, again=True)) == [
            "paige program 0.2.0",
            "paige skills 3",
        ]
        assert found(address, known) == []
        assert not [*address.folder.glob("*.update")], "what is in use by now is not kept"


def fetched_folder(tmp_path: Path) -> Path:
    """What another user's fetcher has left: a bundle of skills."""
    folder = tmp_path / "cache"
    folder.mkdir(parents=True)
    bundle_of(tmp_path, "3", SKILL, Component.SKILLS).rename(folder / "paige-skills.update")
    return folder


def comments(folder: Path, keys: TrustedKeys) -> tuple[list[str], tuple[str, ...]]:
    bundles, complaints = bundles_fetched(folder, keys, HERE)
    return [bundle.manifest.comment for bundle in bundles], complaints


def test_what_was_fetched_is_found_by_its_name_and_nothing_else_is_looked_at(tmp_path: Path) -> None:
    keys, folder = trust(tmp_path / "keys"), fetched_folder(tmp_path)
    (folder / "paige-voices.update").write_bytes(b"x" * 5000)
    (folder / "paige-models.update.part").write_bytes(b"x" * 5000)
    assert comments(folder, keys) == (["paige skills 3"], ())
    assert comments(tmp_path / "never made", keys) == ([], ())


def test_a_bundle_under_the_name_of_another_is_what_its_signed_manifest_says(tmp_path: Path) -> None:
    keys, folder = trust(tmp_path / "keys"), fetched_folder(tmp_path)
    bundle = (folder / "paige-skills.update").rename(folder / f"{PROGRAM}.update")
    (found,), _ = bundles_fetched(folder, keys, HERE)
    assert found.manifest.component is Component.SKILLS
    files = {**program_files("9"), "PYTHON": "3.99"}
    bundle_of(tmp_path, "9", files, made=Made("3.99", "pdp11")).replace(bundle)
    (found,), _ = bundles_fetched(folder, keys, HERE)
    refusal = judge(found.manifest, Journal(), HERE, Wishes(older=True, again=True))
    assert refusal is not None
    assert refusal.why is Why.OTHER_MACHINE


@pytest.mark.parametrize("kind", ["link", "dangling link", "pipe", "folder", "socket"])
def test_whoever_fetches_cannot_have_another_file_read(tmp_path: Path, kind: str) -> None:
    keys, folder = trust(tmp_path / "keys"), fetched_folder(tmp_path)
    secret = tmp_path / "shadow"
    secret.write_text("root:hash-of-a-password\n" * 100)
    file = folder / "paige-models.update"
    with socket.socket(socket.AF_UNIX) as one:
        match kind:
            case "link":
                file.symlink_to(secret)
            case "dangling link":
                file.symlink_to(tmp_path / "nowhere")
            case "pipe":
                os.mkfifo(file)  # to open which would wait for ever
            case "folder":
                file.mkdir()
            case "socket":
                one.bind(str(file))
        found, (complaint,) = comments(folder, keys)
    assert found == ["paige skills 3"], "and the other is taken all the same"
    assert "paige-models.update: " in complaint
    assert "hash" not in complaint


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, who has other users' files")
def test_a_file_of_another_user_than_the_one_who_fetches_is_not_read(tmp_path: Path) -> None:
    keys, folder = trust(tmp_path / "keys"), fetched_folder(tmp_path)
    os.chown(folder, 65534, 65534)
    (folder / "paige-models.update").hardlink_to(tmp_path / "keys" / "key0.pub")
    found, complaints = comments(folder, keys)
    assert found == []
    assert [complaint.partition(": ")[2] for complaint in complaints] == [
        "this is no plain file of whoever put it there"
    ] * 2
    for file in folder.iterdir():
        os.chown(file, 65534, 65534)
    assert comments(folder, keys)[0] == ["paige skills 3"]


def test_a_bundle_that_becomes_another_after_its_signature_was_checked_is_not_taken(tmp_path: Path) -> None:
    keys, folder = trust(tmp_path / "keys"), fetched_folder(tmp_path)
    other = bundle_of(tmp_path / "other", "3", {"a.yaml": "language: de\n"}, Component.SKILLS)
    (bundle,), _ = bundles_fetched(folder, keys, HERE)
    to = tmp_path / "slot"
    to.mkdir()
    other.rename(folder / "paige-skills.update")
    with pytest.raises(BundleInvalid):
        bundle.unpack(to)
    (folder / "paige-skills.update").unlink()
    (folder / "paige-skills.update").symlink_to(tmp_path / "keys" / "key0.pub")
    with pytest.raises(BundleInvalid, match="cannot be read"):
        bundle.unpack(to)


def test_a_download_that_was_cut_off_goes_on_and_one_that_became_another_begins_anew(tmp_path: Path) -> None:
    files = served_files(tmp_path, bundle_of(tmp_path, "3", SKILL, Component.SKILLS))
    cut = [None, 3000, None]  # of the hint, and of the bundle twice
    with serving(Served(files, cut_after=cut)) as served:
        assert found(address_of(served, tmp_path)) == ["paige skills 3"]
        assert [headers.get("Range") for path, headers in served.asked if path.endswith(".update")] == [
            None,
            "bytes=3000-",
        ]
    (tmp_path / "fetched" / "paige-skills.update").rename(
        tmp_path / "fetched" / "paige-skills.update.part"
    )  # of an older one, without a note
    with serving(Served(files)) as served:
        assert found(address_of(served, tmp_path)) == ["paige skills 3"]
        assert [headers.get("Range") for path, headers in served.asked if path.endswith(".update")] == [None]


def test_what_a_server_lies_about_is_not_taken_and_not_kept(tmp_path: Path) -> None:
    files = served_files(tmp_path, bundle_of(tmp_path, "3", SKILL, Component.SKILLS))
    bundle = files["/paige/paige-skills.update"]
    files["/paige/paige-skills.update"] = bundle.replace(b"paige skills 3", b"paige skills 4")
    with serving(Served(files)) as served, pytest.raises(BundleInvalid, match="not signed"):
        found(address_of(served, tmp_path))
    assert not (tmp_path / "fetched" / "paige-skills.update").exists()
    hint = key_pair().secret_key.sign(b"", trusted_comment="paige models 9")
    files["/paige/paige-skills.minisig"] = bytes(hint)
    with serving(Served(files)) as served, pytest.raises(BundleInvalid, match="names no version"):
        found(address_of(served, tmp_path))
    files["/paige/paige-skills.minisig"] = b"x" * 5000
    with serving(Served(files)) as served, pytest.raises(UpdateFailed, match="too many"):
        found(address_of(served, tmp_path))


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/paige",
        "http://192.168.1.7:8000/x",
        "http://nas/x",
        "http://nas.local/x",
        "http://[fd00::1]/",
        "http://localhost/x",
    ],
)
def test_an_address_outside_is_asked_encrypted(text: str) -> None:
    assert parse_address(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "http://example.org/x",
        "http://8.8.8.8/",
        "ftp://nas/x",
        "https://",
        "paige",
        "https://me:secret@nas/x",
    ],
)
def test_one_that_would_be_asked_in_the_open_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_address(text)
