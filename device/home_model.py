"""The configured language model, opened on this machine for a home."""

from functools import partial
from pathlib import Path
from threading import Event
from typing import Final

from paige.device.board.profile import profile_here
from paige.device.config.schema import Config
from paige.device.language_engine import LanguageEngine
from paige.device.memory.budget import budget
from paige.device.memory.kernel import Kernel
from paige.device.memory.manager import MemoryManager
from paige.device.thinking import UNCALLED, Opening
from paige.device.updated import updated_model
from paige.models.grammar.sentences import Sentences
from paige.models.lm.assistant.answering import Answered, HomeModel
from paige.models.lm.packed import PackedModel
from paige.models.lm.shipped import name_of, open_from, open_shipped
from paige.models.store.store import Store
from paige.models.vocabulary import Vocabulary

POSITIONS: Final = 4096
"""Tokens of a home, a request and an answer; a home of 300 things has as many. Unused ones take no memory."""


class OpenHomeModel:
    """A model of this machine that answers for a home.

    Args:
        name: What it is called.
        model: Arranged for this machine.
        memory: Gives it its memory.
        sentences: Of the home's language.
        prefixes: The folder where it is kept what the model made of a home.
        threads: Of the processor.

    Raises:
        DeviceError, ModelError: It cannot be used.
    """

    def __init__(
        self,
        name: str,
        model: PackedModel,
        memory: MemoryManager,
        sentences: Sentences,
        prefixes: Path,
        *,
        threads: int,
    ) -> None:
        self._name, self._memory = name, memory
        engine = LanguageEngine(name, model, memory, threads=threads, positions=POSITIONS)
        self._engine = engine
        kept = engine.prefixes(prefixes)
        self._answers = HomeModel(engine.decoder, engine.fresh(), engine.words, sentences, UNCALLED, kept)

    def answer(self, request: str, vocabulary: Vocabulary, *, cancelled: Event) -> Answered:
        """What it answers."""
        with self._memory.using(self._name):
            return self._answers.answer(request, vocabulary, cancelled=cancelled)

    def close(self) -> None:
        """Give its memory back."""
        self._engine.close()
        self._memory.end()


def opening(config: Config, models: Path, sentences: Sentences) -> Opening:
    """Opens the configured model.

    Args:
        config: Names it.
        models: The folder of this machine's models.
        sentences: Of the home's language.
    """
    return partial(_open, config, models, sentences)


def _open(config: Config, models: Path, sentences: Sentences) -> OpenHomeModel:
    name, language = config.language_model.model or "", config.house.language
    kernel, board = Kernel(), profile_here(config.board)
    memory = MemoryManager(budget(config.memory.budget_bytes, kernel, board), kernel)
    store = Store(models)
    try:
        updated = updated_model(config.updates.folder, name)
        if updated is not None:
            found = open_from(store, updated, name)
        else:
            found = open_shipped(store, language) if name == name_of(language) else store.open(name)
        model = OpenHomeModel(
            name, found, memory, sentences, models.with_name("prefixes"), threads=board.threads.language_model
        )
    finally:
        store.close()
    memory.keep_watch()
    return model
