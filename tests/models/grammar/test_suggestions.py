from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paige.models.grammar.language import Language
from paige.models.grammar.sentences import Sentences
from paige.models.intent import Intent
from paige.models.vocabulary import Name, Vocabulary

Make = Callable[..., Language]


@pytest.fixture
def small(templates: Make) -> Language:
    return templates(
        "turn (on|off) [the] {name} [in [the] {area}]",
        "set [the] {name} to {0..100:percent} percent",
        "what time is it",
        "play {anything}",
        extra="lists: {anything: {wildcard: true}}",
    )


@pytest.mark.parametrize(
    ("text", "suggested"),
    [
        ("trun on the bedrom lamp", "turn on the Bedroom Lamp"),
        ("turn on the bedroom", "turn on the Bedroom Lamp"),
        ("bedroom lamp on", "turn on Bedroom Lamp"),
        ("wat tyme is it", "what time is it"),
        ("please turn the ceiling off", "turn off the Ceiling"),
        ("set ceiling to 30", "set Ceiling to 30 percent"),
        ("turn on the celing in kitchn", "turn on the Ceiling in Kitchen"),
    ],
)
def test_the_nearest_sentence_is_suggested(small: Language, text: str, suggested: str) -> None:
    texts = [suggestion.text for suggestion in small.nearest(text)]
    assert suggested in texts, texts


def test_nothing_is_suggested_for_what_is_like_nothing(small: Language) -> None:
    assert small.nearest("colorless green ideas sleep furiously") == ()
    assert small.nearest("") == ()


def test_suggestions_are_best_first_and_each_has_another_meaning(small: Language) -> None:
    suggestions = small.nearest("turn the ceiling in kitchen", count=3)
    assert len(suggestions) > 1
    assert [one.similarity for one in suggestions] == sorted(
        (s.similarity for s in suggestions), reverse=True
    )
    meanings = [small.parse(one.text) for one in suggestions]
    assert all(isinstance(meaning, Intent) for meaning in meanings)
    assert len({str(m.name) + str(m.slots) for m in meanings if isinstance(m, Intent)}) == len(meanings)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    words=st.lists(
        st.sampled_from(
            ["turn", "trun", "on", "the", "bedroom", "lamp", "ceiling", "set", "30", "percent", "x", "time"]
        ),
        max_size=9,
    )
)
def test_what_is_suggested_is_understood(packaged: Language, words: list[str]) -> None:
    for suggestion in packaged.nearest(" ".join(words)):
        intent = packaged.parse(suggestion.text)
        assert isinstance(intent, Intent)
        assert intent.name == suggestion.intent
        assert 0 < suggestion.similarity <= 1


@pytest.fixture(scope="module")
def packaged() -> Language:
    entities = tuple(Name(f"Lamp {number}", f"Lamp {number}", {"domain": "light"}) for number in range(300))
    lamp = Name("Bedroom Lamp", "Bedroom Lamp", {"domain": "light"})
    return Language(
        Sentences.for_language("en"), Vocabulary((lamp, *entities), (Name("Bedroom", "Bedroom"),))
    )


def test_in_a_large_home_suggestions_come_soon(packaged: Language) -> None:
    packaged.nearest("trun on teh bedrom lamp")
    start = perf_counter()
    for _ in range(10):
        packaged.nearest("trun on teh bedrom lamp")
    assert perf_counter() - start < 2


def test_a_file_of_wildcards_alone_suggests_nothing(sentences_file: Callable[[str], Path]) -> None:
    text = "intents: {T: {data: [{sentences: ['say {x}']}]}}\nlists: {x: {wildcard: true}}"
    language = Language(Sentences.load([sentences_file(text)]), Vocabulary())
    assert language.nearest("sy hello") == ()
