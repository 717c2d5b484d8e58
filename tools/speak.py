"""Speaks the demo's sentences and writes them as WAV files.

    python -m paige.tools.speak

Needs flite (`sudo apt install flite`), which carries the voices. The files are part of the repository, so
this is run only after `tools/demo/recordings/sentences.yaml` was changed.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import yaml

from paige.audio.chunk import RATE, Samples
from paige.audio.wav import read_wav

FOLDER = Path(__file__).parent / "demo" / "recordings"
_PAUSE_SECONDS = 0.5
"""Silence around each sentence, as before and after a person speaks."""


def speak(sentence: str, voice: str, flite: str) -> Samples:
    """A sentence by one of flite's voices, mono at `RATE`."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "spoken.wav"
        command = [flite, "-voice", voice, "-t", sentence, "-o", str(file)]
        subprocess.run(command, check=True)  # noqa: S603  # the program and all arguments are ours
        return read_wav(file).samples


def write_wav(file: Path, samples: Samples) -> None:
    """Writes mono 16-bit PCM at `RATE`, with a pause around it."""
    pause = np.zeros(int(_PAUSE_SECONDS * RATE), np.int16)
    with wave.open(str(file), "wb") as recording:
        recording.setnchannels(1)
        recording.setsampwidth(2)
        recording.setframerate(RATE)
        recording.writeframes(np.concatenate((pause, samples, pause)).astype("<i2").tobytes())


def main(argv: Sequence[str] | None = None) -> int:
    """Writes all recordings of the demo."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--folder", type=Path, default=FOLDER, help="where sentences.yaml is (default: the demo's)"
    )
    folder: Path = parser.parse_args(argv).folder
    flite = shutil.which("flite")
    if flite is None:
        print("speak: flite is missing; install it with: sudo apt install flite", file=sys.stderr)
        return 1
    for recording in yaml.safe_load((folder / "sentences.yaml").read_text(encoding="utf-8"))["recordings"]:
        write_wav(folder / recording["file"], speak(recording["sentence"], recording["voice"], flite))
        print(f"{recording['file']}  {recording['sentence']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
