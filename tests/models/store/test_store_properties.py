"""Whatever is done with a store, in whatever order, it has what a list of versions says, and nothing else."""

import shutil
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from tests.models.store.conftest import made, objects

from paige.models.errors import StoreFailed
from paige.models.lm.manifest import MANIFEST
from paige.models.lm.shared_memory import SHARED_MEMORY
from paige.models.store.listing import FileEntry
from paige.models.store.sources import FolderSource
from paige.models.store.store import Store

NAMES = st.sampled_from(("a", "b.json"))
VERSIONS = st.sampled_from((1, 2, 3))


class Stores(RuleBasedStateMachine):
    """A store beside a list of what should be in it."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(mkdtemp(dir=SHARED_MEMORY))
        self.expected: dict[str, list[tuple[int, bool]]] = {}
        """Versions of each model, and whether they are lean; the first is in use."""

    @property
    def store(self) -> Store:
        """As after a restart."""
        return Store(self.folder / "models")

    @rule(name=NAMES, version=VERSIONS, lean=st.booleans())
    def add(self, name: str, version: int, lean: bool) -> None:
        self.store.add(FolderSource(made(version)), name, lean=lean)
        others = [one for one in self.expected.get(name, []) if one[0] != version]
        self.expected[name] = [(version, lean), *others][:2]

    @rule(name=NAMES)
    def remove(self, name: str) -> None:
        if self.expected.pop(name, None) is None:
            with pytest.raises(StoreFailed, match="there is no model"):
                self.store.remove(name)
        else:
            self.store.remove(name)

    @rule(name=NAMES)
    def rollback(self, name: str) -> None:
        versions = self.expected.get(name, [])
        if len(versions) < 2:
            with pytest.raises(StoreFailed, match="there is no"):
                self.store.rollback(name)
        else:
            self.store.rollback(name)
            versions.reverse()

    @rule(data=st.data())
    def damage(self, data: st.DataObject) -> None:
        """What is added again is whole again, whatever was lost."""
        if not self.expected:
            return
        name = data.draw(st.sampled_from(sorted(self.expected)))
        version, lean = self.expected[name][0]
        lost = data.draw(st.sampled_from(self.store.record(name).versions[0].entries))
        (self.store.folder / "objects" / lost.sha256).unlink()
        assert any(fault.why == "it is missing" for fault in self.store.verify(name))
        for one, versions in self.expected.items():
            for number, is_lean in reversed(versions):
                self.store.add(FolderSource(made(number)), one, lean=is_lean)
        assert (version, lean) == self.expected[name][0]

    @invariant()
    def it_has_what_it_should_have(self) -> None:
        store = self.store
        assert store.names() == tuple(sorted(self.expected))
        wanted = set()
        for name, versions in self.expected.items():
            record = store.record(name)
            ids = [FileEntry.of(made(version) / MANIFEST).sha256 for version, _ in versions]
            assert [version.id for version in record.versions] == ids
            assert [not version.files for version in record.versions] == [lean for _, lean in versions]
            assert not [*store.verify(name)]
            assert store.open(name).manifest.licence == "Apache-2.0"
            wanted |= {entry.sha256 for entry in record.entries}
        store.close()
        if self.expected:
            assert objects(store) == wanted

    def teardown(self) -> None:
        shutil.rmtree(self.folder)


TestStores = Stores.TestCase
TestStores.settings = settings(max_examples=10, stateful_step_count=12, deadline=None)
