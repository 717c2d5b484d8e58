"""A language model that answers what is asked of a home."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Event
from typing import Final

from paige.models.grammar.sentences import Sentences
from paige.models.intent import Intent
from paige.models.lm.assistant.calls import Answer, Calls, Malformed, read
from paige.models.lm.assistant.drafts import HomeDrafts
from paige.models.lm.assistant.grammar import answers
from paige.models.lm.assistant.guidance import Guide
from paige.models.lm.assistant.guidance import Vocabulary as Tokens
from paige.models.lm.assistant.home import HomeWords, plain
from paige.models.lm.assistant.meaning import Meaning
from paige.models.lm.assistant.signatures import Signature, signatures
from paige.models.lm.constrained import Written, write
from paige.models.lm.conversation import Message
from paige.models.lm.decoder import Cancelled, Decoder, KeyValues
from paige.models.lm.prefixes import Prefixes
from paige.models.lm.sampling import Sampler, Sampling
from paige.models.lm.together import TILE, Reader
from paige.models.lm.words import Words
from paige.models.nlu.shapes import Shapes
from paige.models.vocabulary import Vocabulary

MOST: Final = 128
"""Tokens of an answer; three calls that each change something have about sixty."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer, and what it took."""

    answer: Answer | Malformed
    text: str
    """As the model wrote it."""
    intents: tuple[Intent, ...]
    """What its calls mean; none where it only says something."""
    prompt_tokens: int
    read_tokens: int
    """Of the prompt, those that were not known from the question before."""
    written: Written | None
    """None where the prompt had no room."""


class HomeModel:
    """Answers questions about homes, one after the other.

    Args:
        decoder: The model.
        known: Keys and values for it; what they hold is known from the last prompt.
        words: Its tokenizer and chat template.
        sentences: Of the home's language; a call can be what a sentence can.
        uncalled: Intents that it may not call.
        prefixes: Where it is kept what the model made of a home, so that no restart has it read again.

    Raises:
        ModelUnusable: Its tokenizer is none of bytes.
    """

    def __init__(
        self,
        decoder: Decoder,
        known: KeyValues,
        words: Words,
        sentences: Sentences,
        uncalled: Collection[str] = (),
        prefixes: Prefixes | None = None,
    ) -> None:
        self._decoder = decoder
        self._known = known
        self._tokens: list[int] = []
        """What keys and values are known of."""
        self._words = words
        self._sentences = sentences
        self._uncalled = uncalled
        self._prefixes = prefixes
        self._shapes = Shapes(sentences)
        self._tokenizer = Tokens(words.tokenizer, decoder.shape.vocabulary)
        self._home: _Home | None = None

    def answer(
        self,
        request: str,
        vocabulary: Vocabulary,
        *,
        sampling: Sampling | None = None,
        most: int = MOST,
        cancelled: Event | None = None,
        singly: bool = False,
        drafts: bool = True,
    ) -> Answered:
        """What the model answers.

        Args:
            request: What somebody said.
            vocabulary: The names of the home, and where the speaker is.
            sampling: How it chooses; greedily by default.
            most: Tokens at most.
            cancelled: When it is set, the answer is cut off before the next shard.
            singly: Whether each token is a pass of its own, to compare with.
            drafts: Whether it guesses ahead.
        """
        home = self._of(vocabulary)
        prompt = self._words.conversation(
            [Message("system", home.words.text), Message("user", plain(request))]
        )
        room = self._known.positions - self._known.positions % TILE - most
        if len(prompt) > room:
            why = f"home and request have {len(prompt)} tokens; beside an answer there is room for {room}"
            return Answered(Malformed("", why), "", (), len(prompt), 0, None)
        try:
            same = self._begun(home, prompt, cancelled)
        except Cancelled:
            return Answered(Malformed("", "it was cut off"), "", (), len(prompt), 0, None)
        self._known.length = same
        reader = Reader(self._decoder, self._known, prompt[:same], cancelled=cancelled)
        home.drafts.begin(request)
        found = write(
            reader,
            prompt[same:],
            Guide(self._tokenizer, home.grammar),
            Sampler(sampling or Sampling()),
            most=most,
            drafts=home.drafts if drafts else None,
            singly=singly,
        )
        self._tokens = list(reader.tokens)
        if found.whole:
            home.drafts.learn(found.tokens)
        return self._answered(request, home, vocabulary.here, prompt, same, found)

    def _answered(
        self, request: str, home: "_Home", here: str | None, prompt: Sequence[int], same: int, found: Written
    ) -> Answered:
        text = self._words.tokenizer.decode(list(found.tokens), skip_special_tokens=False)
        answer = read(text) if found.whole else Malformed(text, "it was cut off")
        intents: tuple[Intent, ...] = ()
        if isinstance(answer, Calls):
            meaning = Meaning(home.words, self._shapes, here)
            intents = meaning.intents(answer.calls, request, round(found.probability, 4))
        return Answered(answer, text, intents, len(prompt), len(prompt) - same, found)

    def _of(self, vocabulary: Vocabulary) -> "_Home":
        if self._home is None or self._home.names != _names(vocabulary):
            self._home = _Home(vocabulary, self._shapes, self._signatures, self._words)
        return self._home

    def _begun(self, home: "_Home", prompt: list[int], cancelled: Event | None) -> int:
        """Tokens of a prompt that are known: from the one before, or as the home's beginning was kept."""
        same, begun = self._same(prompt), len(home.beginning)
        if self._prefixes is None or same >= begun or prompt[:begun] != home.beginning:
            return same
        self._known.length = 0
        self._tokens = home.beginning
        self._prefixes.know(self._decoder, home.beginning, self._known, cancelled)
        return begun

    def _same(self, prompt: Sequence[int]) -> int:
        """Tokens with which a prompt begins as what is known does, but for its last."""
        known = self._tokens[: self._known.length]
        pairs = enumerate(zip(prompt[:-1], known, strict=False))
        return next((at for at, (one, other) in pairs if one != other), min(len(prompt) - 1, len(known)))

    @cached_property
    def _signatures(self) -> Mapping[str, tuple[Signature, ...]]:
        found = signatures(self._sentences)
        return {intent: its for intent, its in found.items() if intent not in self._uncalled}


class _Home:
    """What is made of a home once, as long as its names stay."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        shapes: Shapes,
        callable_: Mapping[str, tuple[Signature, ...]],
        tokens: Words,
    ) -> None:
        self.names = _names(vocabulary)
        self.words = HomeWords(vocabulary)
        beginning = tokens.beginning(self.words.text)
        self.beginning = beginning[: len(beginning) - len(beginning) % TILE]
        """Of every conversation about it, in whole tiles."""
        self.grammar = answers(self.words, callable_, shapes)
        self.drafts = HomeDrafts(tokens.tokenizer, self.words, callable_)


def _names(vocabulary: Vocabulary) -> object:
    """All of a vocabulary but where the speaker is."""
    return vocabulary.entities, vocabulary.areas, vocabulary.floors
