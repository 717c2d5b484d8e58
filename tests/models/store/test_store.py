"""Models are added whole, each file once, in two versions, and what is damaged is named."""

import errno
import fcntl
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.models.lm.conftest import Resident
from tests.models.store.conftest import everything, listed_anew, made, objects

from paige.models.errors import ModelUnusable, NoRoom, StoreFailed
from paige.models.lm.decoder import Decoder, KeyValues
from paige.models.lm.packed import PackedModel
from paige.models.lm.packing import pack
from paige.models.lm.slot import Slot
from paige.models.onnx import onnxruntime
from paige.models.store import arranging
from paige.models.store import store as store_module
from paige.models.store.progress import Action, Progress
from paige.models.store.sources import FolderSource
from paige.models.store.store import Store


def logits(model: PackedModel) -> np.ndarray:
    decoder = Decoder(model, Resident(model), 16)
    return decoder.read([1, 2, 3], KeyValues(decoder.shape, 16))  # [1, vocabulary]


def test_what_was_added_runs_as_what_was_arranged_by_hand(store: Store, model: Path, tmp_path: Path) -> None:
    for _ in pack(model, tmp_path / "packed"):
        pass
    record = store.add(FolderSource(model))
    assert record.name == "model"
    assert record.versions[0].licence == "Apache-2.0"
    assert store.names() == ("model",)
    np.testing.assert_array_equal(logits(store.open("model")), logits(PackedModel.load(tmp_path / "packed")))


def test_a_file_of_two_versions_lies_once(store: Store, model: Path, newer: Path) -> None:
    store.add(FolderSource(model), "m")
    before = objects(store)
    store.add(FolderSource(newer), "m")
    # A layer as it came and as it is arranged, the manifest, and what tells the arranged shards' checksums.
    assert len(objects(store) - before) == 4


def test_two_versions_are_kept_and_a_third_takes_the_place_of_the_oldest(store: Store) -> None:
    records = [store.add(FolderSource(made(version)), "m") for version in (1, 2, 3)]
    first, second, third = (record.versions[0].id for record in records)
    assert [version.id for version in store.record("m").versions] == [third, second]
    assert [version.id for version in store.rollback("m").versions] == [second, third]
    assert [version.id for version in store.rollback("m").versions] == [third, second]
    alone = Store(store.folder.with_name("alone"))
    alone.add(FolderSource(made(2)), "m")
    alone.add(FolderSource(made(3)), "m")
    both = [objects(one) for one in (store, alone)]
    assert both[0] == both[1]
    assert len([*(store.folder / "folders").iterdir()]) == 2
    assert first not in both[0]


def test_a_rollback_runs_what_ran_before(store: Store, model: Path, newer: Path) -> None:
    store.add(FolderSource(model), "m")
    old = logits(store.open("m"))
    store.add(FolderSource(newer), "m")
    assert not np.array_equal(logits(store.open("m")), old)
    store.rollback("m")
    np.testing.assert_array_equal(logits(store.open("m")), old)


def test_without_another_version_there_is_no_rollback(store: Store, model: Path) -> None:
    store.add(FolderSource(model), "m")
    with pytest.raises(StoreFailed, match="of m there is no other version; nothing was changed"):
        store.rollback("m")


def test_what_is_removed_leaves_nothing_and_others_stay_whole(store: Store, model: Path, newer: Path) -> None:
    store.add(FolderSource(model), "one")
    alone = everything(store)
    store.add(FolderSource(newer), "other")
    store.remove("other")
    assert everything(store) == alone
    assert not [*store.verify("one")]
    store.remove("one")
    assert everything(store) == set()


def test_the_same_added_again_is_not_arranged_again_and_takes_nothing(model: Path, place: Path) -> None:
    told: list[Progress] = []
    store = Store(place / "models", told.append)
    store.add(FolderSource(model), "m")
    assert {one.action for one in told} == {Action.COPY, Action.ARRANGE}
    there = everything(store)
    told.clear()
    record = store.add(FolderSource(model), "m")
    assert len(record.versions) == 1
    assert everything(store) == there
    assert told == []


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../a", "-a", ".a", "a b", "é", "a" * 64, "a\n"])
def test_names_that_could_lead_elsewhere_are_refused(name: str, store: Store, model: Path) -> None:
    source = FolderSource(model)
    source.name = name
    with pytest.raises(StoreFailed, match="cannot be the name of a model: letters, digits"):
        store.add(source)
    assert not store.folder.exists()


def test_an_unknown_name_is_told_with_those_that_there_are(store: Store, model: Path) -> None:
    with pytest.raises(StoreFailed, match="no model 'x'; there are none yet"):
        store.open("x")
    store.add(FolderSource(model), "m")
    for action in (store.open, store.remove, store.rollback, lambda name: [*store.verify(name)]):
        with pytest.raises(StoreFailed, match="no model 'x'; there is m"):
            action("x")


@pytest.mark.parametrize("arranged", [False, True])
@pytest.mark.parametrize("damage", ["flipped", "cut", "gone"])
def test_a_damaged_file_is_named_and_comes_back_when_it_is_added_again(
    damage: str, arranged: bool, store: Store, model: Path
) -> None:
    version = store.add(FolderSource(model), "m").versions[0]
    entry = (version.arranged.files if arranged else version.files)["layer-001"]
    file = store.folder / "objects" / entry.sha256
    file.chmod(0o644)
    if damage == "flipped":
        data = bytearray(file.read_bytes())
        data[1000] ^= 1
        file.write_bytes(data)
    elif damage == "cut":
        os.truncate(file, 1000)
    else:
        file.unlink()
    why = {"flipped": "it is damaged: its hash is", "cut": "it has 1,000 bytes;", "gone": "it is missing"}
    (fault,) = store.verify("m")
    assert (fault.name, fault.file, fault.arranged, fault.version) == ("m", "layer-001", arranged, version.id)
    assert fault.why.startswith(why[damage])
    store.add(FolderSource(model), "m")
    assert not [*store.verify("m")]
    store.open("m")


def test_a_link_to_another_file_is_named(store: Store, model: Path) -> None:
    version = store.add(FolderSource(model), "m").versions[0]
    link = store.folder / "folders" / version.arranged.folder / "layer-000"
    link.unlink()
    assert [fault.why for fault in store.verify("m")] == [
        "what is opened is missing: No such file or directory"
    ]
    link.write_bytes(b"something")
    assert [fault.why for fault in store.verify("m")] == ["what is opened is another file"]
    store.add(FolderSource(model), "m")
    assert not [*store.verify("m")]


def test_only_what_is_arranged_is_kept_where_that_is_wanted(store: Store, model: Path) -> None:
    full = store.add(FolderSource(model), "m").size
    expected = logits(store.open("m"))
    lean = store.add(FolderSource(model), "m", lean=True)
    assert lean.size == lean.versions[0].arranged.size < full
    assert sum(file.stat().st_size for file in (store.folder / "objects").iterdir()) == lean.size
    np.testing.assert_array_equal(logits(store.open("m")), expected)
    assert not [*store.verify("m")]


def another_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnxruntime, "__version__", "99.0")


def another_paige(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arranging, "ARRANGEMENT", 99)


@pytest.mark.parametrize("another", [another_runtime, another_paige])
def test_for_another_runtime_or_another_paige_it_is_arranged_again_once(
    another: Callable[[pytest.MonkeyPatch], None], store: Store, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add(FolderSource(model), "m")
    another(monkeypatch)
    told: list[Progress] = []
    later = Store(store.folder, told.append)
    logits(later.open("m"))
    assert {one.action for one in told} == {Action.ARRANGE}
    told.clear()
    logits(later.open("m"))
    assert told == []
    arranged = later.record("m").versions[0].arranged
    assert (arranged.runtime == "99.0") != (arranged.arrangement == 99)
    later.close()


def test_what_was_kept_lean_is_not_arranged_again_and_says_what_to_do(
    store: Store, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add(FolderSource(model), "m", lean=True)
    another_runtime(monkeypatch)
    with pytest.raises(ModelUnusable, match=f"add it again, 'paige models add {model} --name m'"):
        store.open("m")


@pytest.mark.parametrize("same", [True, False])
def test_a_processor_that_tells_otherwise_of_itself_is_tried(
    same: bool, store: Store, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = store.add(FolderSource(model), "m").versions[0].arranged
    monkeypatch.setattr(store_module, "processor", lambda: "another")
    monkeypatch.setattr(arranging, "processor", lambda: "another")
    if not same:  # the first shard does something else than it did
        monkeypatch.setattr(Slot, "fingerprint", lambda _: "00000000")
    store.open("m")
    after = store.record("m").versions[0].arranged
    assert after.processor == "another"
    assert (after == replace(before, processor="another")) == same


def test_an_opened_model_stays_until_it_is_closed(store: Store, model: Path) -> None:
    store.add(FolderSource(model), "m")
    user = Store(store.folder)
    folder = user.open("m").folder
    store.remove("m")
    assert (folder / "layer-000").is_file()
    assert objects(store) == set()
    user.close()
    store.add(FolderSource(made(2)), "other")
    assert not folder.exists()


def test_two_that_add_at_once_wait_for_each_other(model: Path, newer: Path, place: Path) -> None:
    told: list[Progress] = []
    store = Store(place / "models", told.append)
    store.add(FolderSource(model), "m")
    program = (
        "import sys; from pathlib import Path\n"
        "from paige.models.store.store import Store; from paige.models.store.sources import FolderSource\n"
        "Store(Path(sys.argv[1])).add(FolderSource(Path(sys.argv[2])), sys.argv[3])"
    )
    with (store.folder / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        running = [
            subprocess.Popen([sys.executable, "-c", program, store.folder, newer, name], env=environment)
            for name in ("m", "m", "other")
        ]
        waiting = threading.Thread(target=store.add, args=(FolderSource(made(3)), "third"))
        waiting.start()
        while Action.WAIT not in {one.action for one in told}:
            waiting.join(0.01)
    waiting.join()
    assert [one.wait(60) for one in running] == [0, 0, 0]
    assert store.names() == ("m", "other", "third")
    for name in store.names():
        assert not [*store.verify(name)]
    assert len(store.record("m").versions) == 2


def test_a_model_that_needs_more_than_is_free_is_refused_before_anything_is_written(
    store: Store, model: Path, newer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add(FolderSource(model), "m")
    there = everything(store)
    monkeypatch.setattr(store_module, "free", lambda _: 50_000)
    with pytest.raises(
        NoRoom, match=r"m needs [\d,]+ bytes more in .*, where 50,000 are free: [\d,]+ too few"
    ):
        store.add(FolderSource(newer), "m")
    assert everything(store) == there


def test_a_damaged_record_is_named_and_takes_nothing_with_it(store: Store, model: Path, newer: Path) -> None:
    store.add(FolderSource(model), "m")
    store.add(FolderSource(newer), "other")
    file = store.folder / "names" / "m.json"
    file.write_bytes(file.read_bytes()[:100])
    for action in (store.open, lambda name: store.add(FolderSource(model), name)):
        with pytest.raises(
            StoreFailed, match=r"m\.json: what is known of m is damaged .* 'paige models remove m'"
        ):
            action("m")
    assert not [*store.verify("other")]
    store.remove("m")
    store.add(FolderSource(model), "m")
    assert not [*store.verify("m")]


def test_a_file_system_without_links_is_told(
    store: Store, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    with pytest.raises(StoreFailed, match="this file system has no links"):
        store.add(FolderSource(model), "m")
    assert everything(store) == set()


def test_an_empty_file_is_a_file(store: Store, copied: Path) -> None:
    (copied / "notes.txt").write_bytes(b"")
    listed_anew(copied)
    store.add(FolderSource(copied), "m")
    assert not [*store.verify("m")]
