"""What a profile decides is what the engines get: threads are counted, and the budget is asked for."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from tests.audio.voices.test_piper import make_voice
from tests.device.board.test_facts import captured
from tests.device.board.test_profile import configured
from tests.device.test_shipped_language_model import HOME

from paige.audio.voices import PiperVoice
from paige.device import home_model, rooms
from paige.device.board.facts import look
from paige.device.board.profile import BoardProfile, Threads, profile
from paige.device.home_model import OpenHomeModel, opening
from paige.device.memory.supply import POOLED
from paige.models.grammar.sentences import Sentences

Faked = Callable[[Threads], None]


def running() -> int:
    """Threads of this process, the runtime's with them."""
    return sum(1 for _ in Path("/proc/self/task").iterdir())


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> Faked:
    """Makes this machine a Raspberry Pi 5 with so many threads."""

    def fake(threads: Threads) -> None:
        found = replace(profile(captured("pi5")), threads=threads)

        def here(wanted: str) -> BoardProfile:
            assert wanted == "auto"
            return found

        for module in (home_model, rooms):
            monkeypatch.setattr(module, "profile_here", here)

    return fake


def test_the_language_model_of_the_house_has_the_threads_and_the_memory_of_the_profile(
    board: Faked, tmp_path: Path
) -> None:
    loaded = configured(tmp_path, language_model_model="paige-en")
    open_it = opening(loaded.config, tmp_path / "models", Sentences.for_language("en"))
    added = []
    for threads in (1, 3):
        board(Threads(language_model=threads, voice=1))
        before = running()
        model = open_it()
        assert isinstance(model, OpenHomeModel)
        assert model.answer("turn on the kettle", HOME, cancelled=Event()).text
        added.append(running() - before)
        budget = model._memory.budget
        model.close()
        assert budget.bytes <= (profile(captured("pi5")).memory or 0)
    assert added[1] >= added[0] + 2


def test_a_model_never_has_more_threads_than_the_service_may(board: Faked, tmp_path: Path) -> None:
    """The runtime waits for ever where it cannot make another thread."""
    loaded = configured(tmp_path, language_model_model="paige-en")
    board(Threads(language_model=64, voice=1))
    before = running()
    model = opening(loaded.config, tmp_path / "models", Sentences.for_language("en"))()
    assert isinstance(model, OpenHomeModel)
    assert model.answer("turn on the kettle", HOME, cancelled=Event()).text
    assert POOLED / 2 < running() - before <= POOLED + 2
    model.close()


def test_a_voice_has_the_threads_of_the_profile(board: Faked, tmp_path: Path) -> None:
    loaded = configured(tmp_path, voice_name=str(make_voice(tmp_path)))
    for threads in (1, 3):
        board(Threads(language_model=1, voice=threads))
        before = running()
        voice = rooms._voice(loaded.config)
        assert isinstance(voice, PiperVoice)
        assert running() - before == threads - 1


def test_generate_keeps_to_the_memory_of_the_profile_unless_it_is_told_another(tmp_path: Path) -> None:
    def budget(*more: str) -> int:
        done = subprocess.run(
            [sys.executable, "-m", "paige.device.cli", "generate", "paige-en", "--json", *more],
            input="on",
            env=os.environ | {"PAIGE_STATE_DIR": str(tmp_path), "PAIGE_BOARD": "zero2w"},
            capture_output=True,
            text=True,
            check=True,
        )
        found: int = json.loads(done.stdout)["memory"]["budget"]
        return found

    assert 0 < budget("--tokens", "1") <= 0.6 * look().memory
    assert budget("--tokens", "1", "--budget", "200MB") == 200_000_000
