"""Small homes and sentence files, written in the test that needs them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from paige.models.grammar.language import Language
from paige.models.grammar.sentences import Sentences
from paige.models.vocabulary import Name, Vocabulary


def entity(
    name: str, domain: str, area: str | None = None, spoken: str | None = None, **context: str
) -> Name:
    """One name of an entity."""
    places = {} if area is None else {"area": area}
    return Name(spoken or name, name, {"domain": domain, **places, **context})


def place(name: str, *aliases: str) -> tuple[Name, ...]:
    """All names of an area or floor."""
    return tuple(Name(spoken, name) for spoken in (name, *aliases))


HOME = Vocabulary(
    entities=(
        entity("Bedroom Lamp", "light", "Bedroom"),
        entity("Bedroom Lamp", "light", "Bedroom", spoken="night light"),
        entity("Ceiling", "light", "Kitchen"),
        entity("Front Door", "lock", "Hallway"),
        entity("Curtain", "cover", "Bedroom"),
        entity("Speaker 2", "media_player", "Kitchen"),
    ),
    areas=(*place("Bedroom", "sleeping room"), *place("Kitchen"), *place("Hallway")),
    floors=place("Upstairs"),
    here="Kitchen",
)

Make = Callable[..., Language]


@pytest.fixture
def home() -> Vocabulary:
    """The small home."""
    return HOME


@pytest.fixture
def ha_intents() -> Path:
    """Home Assistant's own sentences and tests, where they lie beside the repository."""
    folder = Path(__file__).parents[3].parent / "shared" / "data" / "nlu" / "ha_intents"
    if not folder.is_dir():
        pytest.skip("Home Assistant's intents are not beside the repository")
    return folder


@pytest.fixture
def sentences_file(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a sentence file and gives its path."""

    def write(text: str, name: str = "sentences.yaml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def language(sentences_file: Callable[[str], Path]) -> Make:
    """Makes a language of one file, for the small home."""

    def make(text: str, vocabulary: Vocabulary = HOME) -> Language:
        return Language(Sentences.load([sentences_file(text)]), vocabulary)

    return make


@pytest.fixture
def templates(language: Make) -> Make:
    """Makes a language of some templates of one intent."""

    def make(*templates: str, extra: str = "", block: str = "", vocabulary: Vocabulary = HOME) -> Language:
        lines = "".join(f"        - {template!r}\n" for template in templates)
        text = f"language: en\nintents:\n  Test:\n    data:\n      - sentences:\n{lines}{block}\n{extra}"
        return language(text, vocabulary)

    return make
