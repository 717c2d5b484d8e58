"""The demo, with recordings of one's own."""

from pathlib import Path

import numpy as np
import pytest

from paige.audio.chunk import RATE
from paige.device.cli import main
from paige.tools.speak import write_wav


def test_a_recording_that_cannot_be_read_is_told_before_anything_starts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["demo", "--recording", "/nonexistent.wav"]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == "paige: /nonexistent.wav: cannot be opened: No such file or directory\n"


def test_a_recording_without_speech_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_wav(tmp_path / "quiet.wav", np.zeros(RATE, np.int16))
    assert main(["demo", "--recording", str(tmp_path / "quiet.wav")]) == 0
    assert "▶ quiet.wav\n  (nobody speaks)\n" in capsys.readouterr().out
