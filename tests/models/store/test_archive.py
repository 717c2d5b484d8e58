"""Of a zip file nothing is believed: paths, sizes, links, its own end."""

import io
import shutil
import struct
import tracemalloc
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.models.store.conftest import everything, made

from paige.models.errors import ModelUnusable
from paige.models.lm.manifest import MANIFEST
from paige.models.store.archive import ZipSource
from paige.models.store.listing import FileEntry
from paige.models.store.store import Store


def zipped(folder: Path, to: Path, around: str = "", kind: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(to, "w", kind) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, f"{around}{file.name}")
    return to


@pytest.mark.parametrize("kind", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
@pytest.mark.parametrize("around", ["", "model-1.0/"])
def test_a_model_comes_from_a_zip_file(
    around: str, kind: int, store: Store, model: Path, tmp_path: Path
) -> None:
    record = store.add(ZipSource(zipped(model, tmp_path / "small-1.0.zip", around, kind)))
    assert record.name == "small-1.0"
    assert {*record.versions[0].files} == {file.name for file in model.iterdir()}
    assert not [*store.verify("small-1.0")]


def test_a_zip_file_of_a_folder_made_with_pythons_own_tools_is_taken(
    store: Store, model: Path, tmp_path: Path
) -> None:
    packed = shutil.make_archive(str(tmp_path / "m"), "zip", model.parent, model.name)
    store.add(ZipSource(Path(packed)))


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../../etc/cron.d/x", "is no name of a file of a model"),
        ("/etc/passwd", "is no name of a file of a model"),
        ("a\\..\\..\\x", "is no name of a file of a model"),
        ("C:x", "is no name of a file of a model"),
        ("deep/er/x", "is no name of a file of a model"),
        (".bashrc", "is no name of a file of a model"),
        ("x\0y", "is no name of a file of a model"),
        ("more", "its manifest does not list more; take it out"),
    ],
)
def test_paths_that_lead_out_are_refused(
    name: str, why: str, store: Store, model: Path, tmp_path: Path
) -> None:
    file = zipped(model, tmp_path / "m.zip")
    with zipfile.ZipFile(file, "a") as archive:
        member = zipfile.ZipInfo("x")
        member.filename = name
        archive.writestr(member, b"bad")
    with pytest.raises(ModelUnusable, match=why):
        store.add(ZipSource(file))
    assert store.names() == ()
    assert not store.folder.exists() or everything(store) == set()


def test_links_are_refused(model: Path, tmp_path: Path) -> None:
    file = zipped(model, tmp_path / "m.zip")
    with zipfile.ZipFile(file, "a") as archive:
        link = zipfile.ZipInfo("secrets")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/shadow")
    with pytest.raises(ModelUnusable, match="'secrets' is no file, but a link or a device"):
        ZipSource(file)


def test_two_files_of_one_name_are_refused(model: Path, tmp_path: Path) -> None:
    file = zipped(model, tmp_path / "m.zip")
    with zipfile.ZipFile(file, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("layer-000", b"another")
    with pytest.raises(ModelUnusable, match="two files of the same name"):
        ZipSource(file)


@pytest.mark.parametrize(
    ("kind", "why"),
    [(zipfile.ZIP_LZMA, "in a way that is not known"), (zipfile.ZIP_BZIP2, "in a way that is")],
)
def test_rare_compressions_are_refused(kind: int, why: str, model: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match=why):
        ZipSource(zipped(model, tmp_path / "m.zip", kind=kind))


def with_member(file: Path, name: str, data: bytes) -> Path:
    """The same zip file with another member of that name."""
    kept = io.BytesIO(file.read_bytes())
    with zipfile.ZipFile(kept) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            new.writestr(member.filename, data if member.filename == name else old.read(member))
    return file


def test_a_bomb_is_read_no_further_than_the_manifest_says(store: Store, model: Path, tmp_path: Path) -> None:
    bomb = with_member(zipped(model, tmp_path / "m.zip"), "layer-001", bytes(200_000_000))
    assert bomb.stat().st_size < 400_000
    tracemalloc.start()
    with pytest.raises(ModelUnusable, match="layer-001: it has more than the 32,768 bytes it should have"):
        store.add(ZipSource(bomb))
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()
    assert everything(store) == set()


def test_a_manifest_that_is_a_bomb_is_read_no_further_than_a_manifest_is(
    store: Store, model: Path, tmp_path: Path
) -> None:
    bomb = with_member(zipped(model, tmp_path / "m.zip"), MANIFEST, b" " * 200_000_000)
    with pytest.raises(ModelUnusable, match=r"manifest\.json: it has more than 4,194,304 bytes"):
        store.add(ZipSource(bomb))


def lying(file: Path, name: str, size: int) -> Path:
    """The same zip file, whose list of files tells another size of a member."""
    data = bytearray(file.read_bytes())
    at = data.rindex(name.encode()) - 46  # of the list, which is at the end (APPNOTE.TXT, 4.3.12)
    assert data[at : at + 4] == b"PK\x01\x02"
    struct.pack_into("<L", data, at + 24, size)
    file.write_bytes(data)
    return file


def test_a_size_that_is_too_small_is_found_out(store: Store, model: Path, tmp_path: Path) -> None:
    file = lying(zipped(model, tmp_path / "m.zip"), "layer-001", 100)
    with pytest.raises(ModelUnusable, match="layer-001: it"):
        store.add(ZipSource(file))
    assert everything(store) == set()


def test_a_size_that_is_too_large_brings_no_more_than_there_is(
    store: Store, model: Path, tmp_path: Path
) -> None:
    store.add(ZipSource(lying(zipped(model, tmp_path / "m.zip"), "layer-001", 10**9)))
    assert not [*store.verify("m")]


def test_a_list_of_files_that_is_too_long_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "m.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(20_000):
            archive.writestr(f"{number:050}", b"")
    with pytest.raises(
        ModelUnusable, match=r"its list of files has [\d,]+ bytes, which is more than a model's"
    ):
        ZipSource(file)


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_damaged_zip_files_are_named_and_never_added(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("zip")
    file = zipped(made(1), folder / "m.zip")
    text = bytearray(file.read_bytes())
    if data.draw(st.booleans()):
        del text[data.draw(st.integers(0, len(text) - 1)) :]
    else:
        anywhere, at_the_end = st.integers(0, len(text) - 8), st.integers(len(text) - 900, len(text) - 8)
        at = data.draw(anywhere | at_the_end)  # the list of files is there
        text[at : at + 4] = data.draw(st.binary(min_size=4, max_size=4))
    file.write_bytes(text)
    store = Store(folder / "models")
    with suppress(ModelUnusable):  # a date, a comment or the like may be another, but no byte of the model
        assert store.add(ZipSource(file)).versions[0].id == FileEntry.of(made(1) / MANIFEST).sha256
    assert len(store.names()) == len([*store.folder.glob("names/*")])
    assert not [fault for name in store.names() for fault in store.verify(name)]
