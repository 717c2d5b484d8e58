"""Vosk's models come as folders and zip files, from here and from servers, and are used as a whole or not."""

import shutil
import zipfile
from pathlib import Path

import pytest
from tests.models.store.server import Served, serving

from paige.models.errors import ModelUnusable, StoreFailed
from paige.models.recognizer.vosk import VoskRecognizer
from paige.models.store import remote
from paige.models.store.archive import ZipSource
from paige.models.store.fetching import Fetcher
from paige.models.store.progress import nobody
from paige.models.store.remote import source_of
from paige.models.store.speech import SpeechModels, is_speech, named

MODEL = Path(__file__).parents[1] / "recognizer" / "vosk-synthetic"


@pytest.fixture
def models(tmp_path: Path) -> SpeechModels:
    return SpeechModels(tmp_path / "speech")


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As the published models are: a zip file with one folder in it."""
    file = tmp_path_factory.mktemp("zip") / "vosk-model-small-xx-0.1.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in sorted(MODEL.rglob("*")):
            archive.write(one, Path(file.stem) / one.relative_to(MODEL))
    return file


def test_a_zip_file_from_a_server_that_cuts_off_becomes_a_model_that_hears(
    packed: Path, models: SpeechModels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(remote, "Fetcher", lambda told: Fetcher(told, sleep=lambda seconds: None))
    data = packed.read_bytes()
    downloads = tmp_path / "downloads"
    with serving(Served({f"/{packed.name}": data}, cut_after=[len(data) // 2, None])) as served:
        source = source_of(f"{served.url}/{packed.name}", downloads, nobody)
        assert is_speech(source)
        model = models.add(source)
        assert served.sent("Range") == [None, f"bytes={len(data) // 2}-"]
    assert model.name == "vosk-model-small-xx-0.1"
    assert [*downloads.rglob("*.zip")] == []
    assert models.names() == (model.name,)
    assert models.record(model.name) == model
    assert model.files.keys() == {
        one.relative_to(MODEL).as_posix() for one in MODEL.rglob("*") if one.is_file()
    }
    assert not [*models.faults(model.name)]
    folder = models.folder(model.name)
    assert folder is not None
    VoskRecognizer(folder)


def test_another_version_takes_its_place_and_leaves_nothing_of_it(
    models: SpeechModels, tmp_path: Path
) -> None:
    models.add(source_of(str(MODEL), tmp_path, nobody), "english")
    before = models.folder("english")
    newer = shutil.copytree(MODEL, tmp_path / "newer")
    (newer / "README").write_text("another")
    models.add(source_of(str(newer), tmp_path, nobody), "english")
    after = models.folder("english")
    assert after is not None
    assert (after / "README").read_text() == "another"
    assert before is not None
    assert not before.exists()
    (after / "README").write_text("spoiled")
    (after / "am" / "final.mdl").unlink()
    assert dict(models.faults("english")) == {
        "README": "it is damaged: its hash is another",
        "am/final.mdl": "it cannot be read: No such file or directory",
    }
    models.remove("english")
    assert models.names() == ()
    assert [one.name for one in (tmp_path / "speech").iterdir()] == [".lock"]


@pytest.mark.parametrize("name", ["graph/../../../etc/x", "graph/.hidden", "/etc/passwd", "graph//x"])
def test_paths_that_lead_out_are_refused(name: str, packed: Path, tmp_path: Path) -> None:
    file = tmp_path / "m.zip"
    file.write_bytes(packed.read_bytes())
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(f"{packed.stem}/{name}", b"bad")
    with pytest.raises(ModelUnusable, match="is no name of a file of a model"):
        ZipSource(file)


def test_what_vosk_cannot_use_is_refused_and_the_one_before_stays(
    models: SpeechModels, tmp_path: Path
) -> None:
    models.add(source_of(str(MODEL), tmp_path, nobody), "english")
    there = models.folder("english")
    broken = shutil.copytree(MODEL, tmp_path / "broken")
    (broken / "am" / "final.mdl").write_bytes(b"no model")
    with pytest.raises(ModelUnusable, match="Vosk cannot use this model"):
        models.add(source_of(str(broken), tmp_path, nobody), "english")
    (broken / "graph" / "Gr.fst").unlink()
    with pytest.raises(ModelUnusable, match=r"lacks graph/Gr\.fst"):
        models.add(source_of(str(broken), tmp_path, nobody), "english")
    assert models.folder("english") == there
    left = {one.name for one in (tmp_path / "speech").iterdir()}
    assert left == {"english", ".lock", there.name if there else ""}


def test_what_is_not_there_or_cannot_be_called_so_is_told(models: SpeechModels, tmp_path: Path) -> None:
    with pytest.raises(StoreFailed, match="no model 'english' of a recognizer"):
        models.remove("english")
    with pytest.raises(StoreFailed, match="cannot be the name of a model"):
        models.add(source_of(str(MODEL), tmp_path, nobody), "../english")
    assert models.folder("../english") is None


def test_a_model_is_named_as_it_was_added_or_by_its_path(tmp_path: Path) -> None:
    models = SpeechModels(tmp_path / "speech")
    models.add(source_of(str(MODEL), tmp_path, nobody), "english")
    assert named(tmp_path / "speech", tmp_path / "english") == models.folder("english")
    for path in (MODEL, Path("german"), None):
        assert named(tmp_path / "speech", path) == path
