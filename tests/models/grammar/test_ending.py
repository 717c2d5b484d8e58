"""What was said so far is no sentence, the beginning of one, one that may go on, or all there is."""

from collections.abc import Callable

import pytest

from paige.models.grammar.ending import Ending
from paige.models.grammar.language import Language
from paige.models.grammar.sentences import Sentences
from paige.models.vocabulary import Vocabulary

Make = Callable[..., Language]
FILLERS = "skip_words: [please, if you would]"
TEMPLATES = (
    "turn on the kitchen lamp [in the kitchen]",
    "set the lamp to {1..100:share} percent",
    "what's the time",
)


@pytest.mark.parametrize(
    ("said", "ending"),
    [
        ("", Ending.UNFINISHED),
        ("turn on the", Ending.UNFINISHED),
        ("turn on the kitchen lamp", Ending.MAY_GO_ON),
        ("turn on the kitchen lamp in", Ending.UNFINISHED),
        ("set the lamp to forty", Ending.UNFINISHED),
        ("set the lamp to forty percent", Ending.FINISHED),
        ("what's the time", Ending.FINISHED),
        ("what's the time please", Ending.FINISHED),
        ("please what's the time", Ending.FINISHED),
        ("what's the time if you", Ending.UNFINISHED),
        ("lamp the", Ending.NO_SENTENCE),
        ("turn on the хутор", Ending.NO_SENTENCE),
    ],
)
def test_how_a_sentence_may_end(templates: Make, said: str, ending: Ending) -> None:
    assert templates(*TEMPLATES, extra=FILLERS).ending(said.split()) is ending


def test_every_sentence_of_a_home_is_one_as_far_as_it_goes(home: Vocabulary) -> None:
    language = Language(Sentences.for_language("en"), home)
    said = [intent.text.lower().split() for intent in language.sample(80, seed=5)]
    in_words = [words for words in said if all(word.isalpha() for word in words)]
    assert len(in_words) > 40
    for words in in_words:
        begun = {language.ending(words[:count]) for count in range(len(words))}
        assert Ending.NO_SENTENCE not in begun
        assert language.ending(words) in (Ending.MAY_GO_ON, Ending.FINISHED), words
    assert language.ending(["turn", "on", "the"]) is Ending.UNFINISHED


def test_a_language_without_sentences_has_no_beginning(templates: Make) -> None:
    nothing = templates("play {any}", extra="lists: {any: {wildcard: true}}")
    assert nothing.ending([]) is Ending.NO_SENTENCE
