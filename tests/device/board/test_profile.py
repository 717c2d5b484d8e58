"""The profile of a board is chosen by what the board says, and is what an explicit configuration beats."""

import os
import subprocess
import sys
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from tests.device.board.test_facts import CAPTURES, captured
from tests.device.memory.test_kernel import VERSION_2, machine

from paige.device.board.facts import BoardFacts
from paige.device.board.profile import AUTO, BLOCKS, NAMES, ROWS, Threads, profile
from paige.device.config.load import Loaded, load
from paige.device.config.schema import Config
from paige.device.doctor.finding import Verdict
from paige.device.doctor.profile import board_profile
from paige.device.memory.budget import budget


@pytest.mark.parametrize(
    ("board", "name", "precision", "threads", "recognizer"),
    [
        ("zero2w", "zero2w", ROWS, 3, "pocketsphinx"),
        ("pi3", "generic", ROWS, 3, "pocketsphinx"),
        ("pi4", "pi4", ROWS, 3, "vosk"),
        ("pi5", "pi5", BLOCKS, 3, "vosk"),
        ("orin-nano-super", "jetson", BLOCKS, 5, "vosk"),
        ("orin-nano", "jetson", BLOCKS, 5, "pocketsphinx"),
        ("rk3588", "generic", BLOCKS, 7, "pocketsphinx"),
    ],
)
def test_boards_have_their_profile(
    board: str, name: str, precision: object, threads: int, recognizer: str
) -> None:
    found = profile(captured(board))
    assert (found.name, found.precision, found.recognizer) == (name, precision, recognizer)
    assert found.threads == Threads(language_model=threads, voice=2)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("Raspberry Pi Zero 2 W Rev 1.0", "zero2w"),
        ("Raspberry Pi Zero W Rev 1.1", "generic"),
        ("Raspberry Pi 400 Rev 1.0", "pi4"),
        ("Raspberry Pi Compute Module 4 Rev 1.1", "pi4"),
        ("Raspberry Pi 500 Rev 1.0", "pi5"),
        ("NVIDIA Jetson AGX Orin Developer Kit", "jetson"),
        ("NVIDIA Jetson Nano Developer Kit", "generic"),
        ("", "generic"),
    ],
)
def test_a_model_alone_is_enough(model: str, name: str) -> None:
    assert profile(BoardFacts("aarch64", model)).name == name


def test_a_desk_machine_keeps_what_the_machine_has() -> None:
    found = profile(BoardFacts("x86_64", cores=8, memory=16_000_000_000))
    assert (found.name, found.precision, found.memory) == ("generic", BLOCKS, None)
    assert found.threads == Threads(language_model=7, voice=2)
    assert found.why == "no board that is known, 8 cores"


def test_one_core_does_all() -> None:
    assert profile(BoardFacts("aarch64", cores=1)).threads == Threads(language_model=1, voice=1)


def test_a_jetson_that_has_switched_cores_off_has_fewer_threads() -> None:
    facts = BoardFacts("aarch64", compatible=("nvidia,tegra234",), cores=4)
    assert profile(facts).threads.language_model == 3


def test_memory_is_a_share_of_what_the_board_has() -> None:
    assert profile(captured("zero2w")).memory == int(0.6 * 426_068 * 1024)
    assert profile(captured("pi4")).memory == 3_672_368 * 512
    assert profile(captured("pi3")).memory is None
    assert profile(captured("orin-nano")).memory is None, "it did not say how much it has"


def test_the_configuration_wins_and_says_what_the_board_would_be() -> None:
    found = profile(captured("pi4"), "pi5")
    assert (found.name, found.precision) == ("pi5", BLOCKS)
    assert found.why == "as configured; by what the board says it would be pi4"
    assert profile(captured("pi4"), "pi4").why == "as configured"
    assert profile(captured("pi4"), "generic").memory is None


def test_the_configuration_takes_the_names_of_the_profiles() -> None:
    assert get_args(get_type_hints(Config)["board"]) == (AUTO, *NAMES)


def test_the_budget_is_the_boards_unless_less_is_there_or_something_else_is_configured(
    tmp_path: Path,
) -> None:
    zero, pi5 = profile(captured("zero2w")), profile(captured("pi5"))
    much = machine(tmp_path, {"proc/meminfo": "MemTotal: 8000000 kB\nMemAvailable: 7000000 kB\n"})
    assert zero.memory is not None
    assert budget(None, much, zero).bytes == zero.memory
    assert str(budget(None, much, zero)) == "262 MB (what the board's profile zero2w gives)"
    assert budget(123_000_000, much, zero).bytes == 123_000_000
    limited = machine(tmp_path / "other", VERSION_2)
    assert budget(None, limited, pi5) == budget(None, limited)


def configured(state: Path, **keys: str) -> Loaded:
    environ = {f"PAIGE_{name.upper()}": value for name, value in keys.items()}
    return load(Path(os.devnull), {"PAIGE_STATE_DIR": str(state), **environ})


def test_doctor_tells_the_profile_why_and_what_it_means(tmp_path: Path) -> None:
    found = board_profile(configured(tmp_path), CAPTURES / "pi4", "aarch64")
    assert found.verdict is Verdict.OK
    assert found.text == (
        "pi4, as the board says: language models in 8 bits in rows with 3 threads, a Piper voice with 2, "
        "1.9 GB of memory at most; advised for speech: vosk"
    )
    found = board_profile(configured(tmp_path, memory_budget="300MB"), CAPTURES / "pi4", "aarch64")
    assert "300 MB of memory at most" in found.text
    found = board_profile(configured(tmp_path), CAPTURES / "pi3", "aarch64")
    assert found.text.startswith(
        "generic, no board that is known, 4 cores Cortex-A53, without dot products: language models in 8 bits"
    )


def test_doctor_warns_of_a_board_that_this_is_not(tmp_path: Path) -> None:
    found = board_profile(configured(tmp_path, board="pi5"), CAPTURES / "zero2w", "aarch64")
    assert found.verdict is Verdict.WARNING
    assert "no dot products" in found.text
    assert found.remedy == "set board to auto, or to the board that this is"
    assert board_profile(configured(tmp_path, board="pi4"), CAPTURES / "pi5", "aarch64").verdict is Verdict.OK


def test_doctor_warns_of_vosk_where_it_does_not_fit(tmp_path: Path) -> None:
    found = board_profile(configured(tmp_path, speech_recognizer="vosk"), CAPTURES / "zero2w", "aarch64")
    assert found.verdict is Verdict.WARNING
    assert "about 300 MB" in found.text
    fits = board_profile(configured(tmp_path, speech_recognizer="vosk"), CAPTURES / "pi5", "aarch64")
    assert fits.verdict is Verdict.OK


def test_doctor_looks_at_it_without_the_runtime() -> None:
    """It takes long to load, which nobody need wait for who has no language model."""
    asked = "import sys, paige.device.doctor.rounds; sys.exit('onnxruntime' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0
