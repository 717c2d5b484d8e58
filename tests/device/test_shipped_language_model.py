"""The language model that comes with Paige answers for a small home, however little memory it has."""

from collections.abc import Iterator

import pytest

from paige.device.memory.pager import Pager
from paige.device.memory.plan import Planner
from paige.device.memory.supply import ModelFiles
from paige.models.errors import ModelUnusable
from paige.models.grammar.sentences import Sentences
from paige.models.lm.assistant.answering import HomeModel
from paige.models.lm.decoder import Decoder, KeyValues
from paige.models.lm.packed import PackedModel
from paige.models.lm.shipped import name_of, open_shipped
from paige.models.lm.words import Words
from paige.models.store.store import Store
from paige.models.vocabulary import Name, Vocabulary

HOME = Vocabulary(
    (
        Name("Ceiling Light", "Ceiling Light", {"domain": "light", "area": "Kitchen"}),
        Name("Kettle", "Kettle", {"domain": "switch", "area": "Kitchen"}),
        Name("Front Door", "Front Door", {"domain": "lock", "area": "Hall"}),
    ),
    (Name("Kitchen", "Kitchen"), Name("Hall", "Hall")),
)
ASKED = {
    "turn on the kettle": '{"calls":[{"name":"HassTurnOn","arguments":{"name":"Kettle"}}]}',
    "turn off the lights in the kitchen": (
        '{"calls":[{"name":"HassTurnOff","arguments":{"area":"Kitchen","domain":"light"}}]}'
    ),
    "what is the capital of france": '{"say":"I can only help with this house."}',
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    made = Store(tmp_path_factory.mktemp("models"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def model(store: Store) -> PackedModel:
    return open_shipped(store, "en")


@pytest.mark.parametrize("part", [0.0, 0.5, 1.0])
def test_a_request_becomes_a_call(part: float, model: PackedModel) -> None:
    files = ModelFiles(model, 1)
    files.check()
    planner = Planner(files.shards)
    pager = Pager(files, int(planner.least + part * (planner.whole - planner.least)))
    try:
        decoder = Decoder(model, pager, 512)
        words, sentences = Words(model.folder), Sentences.for_language("en")
        answering = HomeModel(decoder, KeyValues(decoder.shape, 512), words, sentences)
        for asked, answer in ASKED.items():
            assert answering.answer(asked, HOME).text == answer
    finally:
        pager.close()


def test_it_is_added_once(store: Store, model: PackedModel) -> None:
    assert open_shipped(store, "en-GB").folder == model.folder
    assert len(store.record(name_of("en")).versions) == 1


def test_a_language_without_one(store: Store) -> None:
    with pytest.raises(ModelUnusable, match="'xx'"):
        open_shipped(store, "xx")


def test_it_is_small_and_says_of_what_it_is_made(model: PackedModel) -> None:
    files = [file for file in model.folder.iterdir() if file.is_file()]
    assert sum(file.stat().st_size for file in files) < 20_000_000
    assert model.manifest.licence == "Apache-2.0"
