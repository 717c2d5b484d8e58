"""What is computed elsewhere than on the processor, where the configuration asks for that: a Piper voice.

All else stays on the processor: what hears and understands takes milliseconds there, and the language model's
slots work there alone (docs/decisions/0038). The start waits for none of this, and where it cannot be had the
processor goes on, which the log says.
"""

import logging
import shutil
import time
import zlib
from pathlib import Path
from threading import Thread
from typing import Final

from paige.audio.errors import ExecutionUnusable
from paige.audio.execution import Execution, offered
from paige.audio.voices import PiperVoice, Voice

_log = logging.getLogger(__name__)

_KEPT: Final = "execution"
"""The folder in that of the state."""
_PIECE: Final = 1 << 20


def compute_elsewhere(voice: Voice | None, wanted: tuple[str, ...], state: Path) -> Thread | None:
    """Have a voice computed on what is wanted, as soon as it has shown that it can be.

    Args:
        voice: What speaks here; None where nothing does.
        wanted: As `execution` is configured.
        state: The folder in which something may be kept for the next start.

    Returns:
        What is at work on it, which may take minutes; None where there is nothing to do.
    """
    if not wanted:
        return None
    if not isinstance(voice, PiperVoice):
        _log.warning(
            "execution asks for %s, and no Piper voice speaks here: nothing uses it", ", ".join(wanted)
        )
        return None
    thread = Thread(target=_move, args=(voice, wanted, state), name="execution", daemon=True)
    thread.start()
    return thread


def _move(voice: PiperVoice, wanted: tuple[str, ...], state: Path) -> None:
    def failed(why: str) -> None:
        _log.warning(
            "%s failed on %s: %s; it is computed on the processor from now on", voice.name, there, why
        )

    began, there = time.monotonic(), ", ".join(wanted)
    try:
        kept = _kept(voice, state / _KEPT) if "tensorrt" in wanted else None
        placed = voice.compute_on(Execution(wanted, kept), failed)
    except (ExecutionUnusable, OSError) as error:
        _log.warning("%s; %s is computed on the processor", error, voice.name)
        return
    _log.info("%s is computed elsewhere, after %.1f s: %s", voice.name, time.monotonic() - began, placed)


def _kept(voice: PiperVoice, folder: Path) -> Path:
    """A folder for TensorRT's engines of this voice and this runtime; those of others are removed.

    TensorRT does not notice a changed model or runtime ("TensorRT EP Caches", onnxruntime.ai/docs).

    Raises:
        OSError: It cannot be made.
    """
    checksum = 0
    with voice.file.open("rb") as model:
        while piece := model.read(_PIECE):
            checksum = zlib.crc32(piece, checksum)
    kept = folder / f"{voice.name}-{checksum:08x}-{offered()[0]}"
    kept.mkdir(parents=True, exist_ok=True)
    for other in folder.iterdir():
        if other != kept:
            shutil.rmtree(other)
    return kept
