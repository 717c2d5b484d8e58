"""The format of bundles, with real signatures: what is taken, and what is not."""

import gzip
import io
import json
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from minisign import KeyPair
from tests.device.updates.scene import bundle_of, key_pair, program_files, put_files, trust

from paige.device.errors import BundleInvalid, UpdateFailed
from paige.device.updates.bundle import MANIFEST, SIGNATURE, Bundle
from paige.device.updates.manifest import Component, Made, Manifest, Version, check_path
from paige.device.updates.trust import TrustedKeys
from paige.models.store.listing import FileEntry
from paige.tools.update_bundle.__main__ import main
from paige.tools.update_bundle.errors import BundleNotMade

GOLDEN = Path(__file__).parent / "golden"
FILES = {"light.yaml": "language: en\n", "deep/er/same.yaml": "language: en\n", "empty": ""}


@pytest.fixture
def keys(tmp_path: Path) -> TrustedKeys:
    return trust(tmp_path / "keys")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return bundle_of(tmp_path, "1.2", FILES, Component.SKILLS)


def members(file: Path) -> list[tuple[str, bytes]]:
    with tarfile.open(file) as archive:
        found = []
        for member in archive:
            data = archive.extractfile(member)
            assert data is not None
            found.append((member.name, data.read()))
        return found


def pack(file: Path, content: list[tuple[str, bytes]], change: Callable[[tarfile.TarInfo], None]) -> Path:
    with tarfile.open(file, "w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in content:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            change(member)
            archive.addfile(member, io.BytesIO(data))
    return file


def signed(file: Path, text: bytes, comment: str, rest: list[tuple[str, bytes]]) -> Path:
    """A bundle whose manifest is anything, and signed."""
    signature = bytes(key_pair().secret_key.sign(text, trusted_comment=comment)) + b"\n"
    return pack(file, [(SIGNATURE, signature), (MANIFEST, text), *rest], lambda member: None)


def test_a_bundle_brings_the_files_that_were_packed(bundle: Path, keys: TrustedKeys, tmp_path: Path) -> None:
    to = tmp_path / "to"
    to.mkdir()
    Bundle(bundle, keys).unpack(to)
    assert {path: (to / path).read_text() for path in FILES} == FILES
    assert len(members(bundle)) == 4, "two files that are the same are in it once"
    assert len([*to.rglob("*")]) == 5


def test_the_same_folder_makes_the_same_bytes(bundle: Path, tmp_path: Path) -> None:
    other = bundle_of(tmp_path / "again", "1.2", FILES, Component.SKILLS)
    assert members(other)[1:] == members(bundle)[1:]
    assert bundle.name == "paige-skills.update"
    assert bundle.with_suffix(".minisig").read_bytes() == members(bundle)[0][1]


def test_minisign_itself_takes_our_signatures_and_we_take_those_that_it_makes_with_our_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    minisign = shutil.which("minisign")
    if minisign is None:
        pytest.skip("needs minisign")
    # Not a key of `minisign -G`: what protects that takes 1 GB of memory to open.
    monkeypatch.setenv("MINISIGN_PASSWORD", "correct horse")
    assert main(["key", "--key", str(tmp_path / "mine")]) == 0
    words = ["make", "skills", str(put_files(tmp_path / "skills", FILES)), "--version", "3"]
    assert main([*words, "--key", str(tmp_path / "mine"), "--out", str(tmp_path / "out")]) == 0
    for member, data in members(tmp_path / "out" / "paige-skills.update")[:2]:
        (tmp_path / member).write_bytes(data)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [minisign, *words, "-m", MANIFEST],
            input="correct horse\n",
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )

    assert "paige skills 3" in run("-V", "-p", "mine.pub").stdout
    run("-S", "-s", "mine", "-t", "paige skills 4")
    text, signature = (tmp_path / MANIFEST).read_bytes(), (tmp_path / SIGNATURE).read_bytes()
    assert TrustedKeys.load(tmp_path).check(text, signature, "it") == "paige skills 4"


def test_a_key_that_we_make_signs_what_its_public_half_takes_and_nobody_else_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MINISIGN_PASSWORD", "")
    secret, out = tmp_path / "keys" / "mine", tmp_path / "out"
    secret.parent.mkdir()
    skills = put_files(tmp_path / "skills", FILES)
    assert main(["key", "--key", str(secret)]) == 0
    assert secret.stat().st_mode & 0o777 == 0o600
    words = ["make", "skills", str(skills), "--version", "3", "--key", str(secret), "--out", str(out)]
    assert main(words) == 0
    assert Bundle(out / "paige-skills.update", TrustedKeys.load(secret.parent)).manifest.version == Version(
        (3,)
    )
    assert main(["key", "--key", str(secret)]) == 1, "a key that is there is not written over"
    (skills / "link").symlink_to("/etc/passwd")
    assert main(words) == 1
    assert "link: this is no file, but a link or a device" in capsys.readouterr().err
    assert main(["make", "program", *words[2:]]) == 1
    assert "give --python and --processor" in capsys.readouterr().err


def test_a_program_that_the_launcher_would_not_take_is_not_made(tmp_path: Path) -> None:
    for version, changes, said in (
        ("0.3.0", {}, r"0\.3\.0\.dist-info was expected in this program, found paige-0\.2\.0"),
        ("0.2.0", {"PYTHON": "3.99\n"}, "PYTHON: this file must say"),
    ):
        with pytest.raises(BundleNotMade, match=said):
            bundle_of(tmp_path / version, version, {**program_files("0.2.0"), **changes})


def test_without_a_trusted_key_nothing_is_taken_and_the_text_says_how_to_trust_one(
    bundle: Path, tmp_path: Path
) -> None:
    with pytest.raises(BundleInvalid, match=r"Put the public key of whoever makes yours into .*nobody"):
        Bundle(bundle, TrustedKeys.load(tmp_path / "nobody"))
    with pytest.raises(BundleInvalid, match="not signed by anybody who is trusted"):
        Bundle(bundle, trust(tmp_path / "others", KeyPair.generate()))
    both = trust(tmp_path / "both", KeyPair.generate(), key_pair())
    assert Bundle(bundle, both).manifest.version == Version((1, 2))


def test_a_file_that_is_no_key_is_named(tmp_path: Path) -> None:
    put_files(tmp_path, {"a.pub": "hello\n"})
    with pytest.raises(UpdateFailed, match=r"a\.pub: this is no public key"):
        TrustedKeys.load(tmp_path)


def test_a_manifest_that_was_changed_is_not_even_read(
    bundle: Path, keys: TrustedKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = members(bundle)
    content[1] = (MANIFEST, content[1][1].replace(b"1.2", b"1.3"))
    pack(bundle, content, lambda member: None)

    def never(_: bytes) -> Manifest:
        raise AssertionError("it was parsed before its signature was checked")

    monkeypatch.setattr(Manifest, "from_json", never)
    with pytest.raises(BundleInvalid, match="not signed by anybody who is trusted here, or was changed"):
        Bundle(bundle, keys)


def test_a_signature_for_another_version_or_component_does_not_count(
    keys: TrustedKeys, tmp_path: Path
) -> None:
    manifest = Manifest(Component.SKILLS, Version((1,)), Version((0,)), {"a": FileEntry.of_bytes(b"")})
    for comment in ("paige skills 2", "paige models 1", "timestamp:1"):
        file = signed(tmp_path / "b", manifest.to_json().encode(), comment, [])
        with pytest.raises(BundleInvalid, match="it was signed as"):
            Bundle(file, keys)


def renamed(content: list[tuple[str, bytes]]) -> None:
    content[2] = ("../../etc/passwd", content[2][1])


def swapped(content: list[tuple[str, bytes]]) -> None:
    content[2], content[3] = content[3], content[2]


def spoiled(content: list[tuple[str, bytes]]) -> None:
    content[2] = (content[2][0], gzip.compress(b"language: de\n"))


def shortened(content: list[tuple[str, bytes]]) -> None:
    content[2] = (content[2][0], gzip.compress(b"language"))


def swollen(content: list[tuple[str, bytes]]) -> None:
    content[2] = (content[2][0], gzip.compress(bytes(50_000_000)))


def followed(content: list[tuple[str, bytes]]) -> None:
    content[2] = (content[2][0], content[2][1] + gzip.compress(b"more"))


def no_gzip(content: list[tuple[str, bytes]]) -> None:
    content[2] = (content[2][0], b"language: en\n")


def missing(content: list[tuple[str, bytes]]) -> None:
    del content[2:]


@pytest.mark.parametrize(
    "change",
    [renamed, swapped, spoiled, shortened, swollen, followed, no_gzip, missing],
    ids=lambda one: one.__name__,
)
def test_files_that_are_not_what_was_signed_are_refused(
    bundle: Path, keys: TrustedKeys, tmp_path: Path, change: Callable[[list[tuple[str, bytes]]], None]
) -> None:
    content = members(bundle)
    change(content)
    pack(bundle, content, lambda member: None)
    to = tmp_path / "to"
    to.mkdir()
    with pytest.raises(BundleInvalid):
        Bundle(bundle, keys).unpack(to)
    assert sum(file.stat().st_size for file in to.rglob("*") if file.is_file()) < 2_000_000


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE, tarfile.XHDTYPE]
)
def test_links_devices_and_folders_are_refused(
    bundle: Path, keys: TrustedKeys, tmp_path: Path, kind: bytes
) -> None:
    def change(member: tarfile.TarInfo) -> None:
        if member.name not in (SIGNATURE, MANIFEST):
            member.type, member.linkname = kind, "/etc/passwd"

    pack(bundle, members(bundle), change)
    to = tmp_path / "to"
    to.mkdir()
    with pytest.raises(BundleInvalid):
        Bundle(bundle, keys).unpack(to)
    assert not [file for file in to.rglob("*") if not file.is_dir()]


def test_a_bundle_that_was_cut_off_anywhere_is_refused(
    bundle: Path, keys: TrustedKeys, tmp_path: Path
) -> None:
    data = bundle.read_bytes()
    end = len(data.rstrip(b"\0"))
    for length in range(0, end, 97):
        bundle.write_bytes(data[:length])
        to = tmp_path / f"to{length}"
        to.mkdir()
        with pytest.raises(BundleInvalid):
            Bundle(bundle, keys).unpack(to)


@given(data=st.data())
def test_a_bundle_with_any_byte_changed_is_refused_or_brings_what_was_signed(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("any")
    keys = trust(folder / "keys")
    file = bundle_of(folder, "1", FILES, Component.SKILLS)
    content = bytearray(file.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    file.write_bytes(content)
    to = folder / "to"
    to.mkdir()
    try:
        Bundle(file, keys).unpack(to)
    except BundleInvalid:
        return
    assert {path: (to / path).read_text() for path in FILES} == FILES


@given(st.binary(max_size=3000))
def test_what_is_no_bundle_is_called_so(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("no")
    (folder / "file").write_bytes(data)
    with pytest.raises(BundleInvalid):
        Bundle(folder / "file", trust(folder / "keys"))


ENTRIES = st.builds(
    lambda size, digest: FileEntry(size, digest),
    st.integers(0, 10**9),
    st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
)
VERSIONS = st.builds(Version, st.lists(st.integers(0, 999_999_999), min_size=1, max_size=4).map(tuple))
PATHS = st.from_regex(
    r"[A-Za-z_][A-Za-z0-9_.+-]{0,20}(/[A-Za-z_][A-Za-z0-9_. -]{0,20}[a-z])?", fullmatch=True
)


@given(
    st.sampled_from(Component), VERSIONS, VERSIONS, st.dictionaries(PATHS, ENTRIES, min_size=1, max_size=5)
)
def test_a_manifest_says_again_what_it_said(
    component: Component, version: Version, needs: Version, files: dict[str, FileEntry]
) -> None:
    made = Made("3.11", "aarch64") if component is Component.PROGRAM else None
    manifest = Manifest(component, version, needs, files, made)
    tops = {path.split("/")[0] for path in files if "/" in path}
    sizes = {entry.sha256: entry.size for entry in files.values()}
    if tops & {*files} or any(sizes[entry.sha256] != entry.size for entry in files.values()):
        with pytest.raises(BundleInvalid):
            Manifest.from_json(manifest.to_json().encode())
    else:
        assert Manifest.from_json(manifest.to_json().encode()) == manifest


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(data=st.data())
def test_any_other_manifest_is_refused_as_such(data: st.DataObject) -> None:
    text: dict[str, Any] = json.loads((GOLDEN / "manifest.json").read_text())
    where: Any = data.draw(st.sampled_from([text, text["files"], *text["files"].values()]))
    where[data.draw(st.sampled_from([*where]))] = data.draw(JSON)
    try:
        manifest = Manifest.from_json(json.dumps(text).encode())
    except BundleInvalid:
        return
    assert all(check_path(path) == path for path in manifest.files)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "..",
        "a/../b",
        "a//b",
        "./a",
        "a/",
        "a\\b",
        "a\nb",
        "ä",
        " a",
        "a ",
        "a\0b",
        "a/" * 300 + "a",
        "b" * 101,
    ],
)
def test_a_path_that_leads_out_or_is_none_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="no path of a file"):
        check_path(path)


def test_paths_that_libraries_have_are_taken() -> None:
    for path in (
        "numpy.libs/libgfortran-8a9d71bc.so.5.0.0",
        "a/__init__.py",
        "x-1.0.dist-info/RECORD",
        "s p/(1).a+b",
    ):
        assert check_path(path) == path


def test_a_file_that_is_a_folder_too_is_refused() -> None:
    files = {"a": FileEntry.of_bytes(b""), "a/b": FileEntry.of_bytes(b"")}
    text = Manifest(Component.SKILLS, Version((1,)), Version((0,)), files).to_json()
    with pytest.raises(BundleInvalid, match="a is a file and a folder"):
        Manifest.from_json(text.encode())


def test_a_later_format_says_what_to_do() -> None:
    text = (GOLDEN / "manifest.json").read_text().replace('"format": 1', '"format": 2')
    with pytest.raises(BundleInvalid, match="update Paige first"):
        Manifest.from_json(text.encode())


def test_the_manifest_is_written_as_it_always_was() -> None:
    files = {
        "PYTHON": FileEntry.of_bytes(b"3.11\n"),
        "paige/device/cli/__main__.py": FileEntry.of_bytes(b"print()\n"),
    }
    manifest = Manifest(
        Component.PROGRAM, Version.parse("0.2.0"), Version.parse("0.1"), files, Made("3.11", "aarch64")
    )
    assert manifest.to_json() == (GOLDEN / "manifest.json").read_text()
    assert Manifest.from_json((GOLDEN / "manifest.json").read_bytes()) == manifest


def test_a_manifest_says_when_it_was_made_and_an_older_paige_takes_no_notice() -> None:
    files = {"a": FileEntry.of_bytes(b"")}
    manifest = Manifest(
        Component.SKILLS, Version((1,)), Version((0,)), files, None, date.fromisoformat("2026-02-28")
    )
    data = json.loads(manifest.to_json())
    assert data["date"] == "2026-02-28"
    assert Manifest.from_json(manifest.to_json().encode()) == manifest
    for wrong in ("2026-02-30", "20260228", "2026-W09-6", "yesterday", 20260228, None, ["2026-02-28"]):
        with pytest.raises(BundleInvalid):
            Manifest.from_json(json.dumps(data | {"date": wrong}).encode())


@given(VERSIONS, VERSIONS)
def test_versions_are_ordered_as_sort_orders_them(one: Version, other: Version) -> None:
    assert Version.parse(str(one)) == one
    assert (one < other) == (one.numbers < other.numbers)


def test_sort_orders_versions_as_we_do() -> None:
    versions = [
        Version.parse(text)
        for text in [
            "0",
            "0.1",
            "0.1.0",
            "0.2",
            "0.9.9",
            "0.10",
            "0.10.1",
            "1",
            "1.0",
            "1.0.0.1",
            "2",
            "10",
            "10.2",
        ]
    ]
    assert sorted(versions) == versions
    text = "\n".join(map(str, reversed(versions)))
    told = subprocess.run(["sort", "-V"], input=text, capture_output=True, text=True, check=True)
    assert told.stdout.split() == [*map(str, versions)]


@pytest.mark.parametrize("text", ["", "1.", "01", "1.2.3.4.5", "1rc1", "v1", "1 ", "١", "9" * 10, "-1"])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no version"):
        Version.parse(text)
