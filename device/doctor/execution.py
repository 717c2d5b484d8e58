"""On what models are computed: what is asked for, what the installed runtime has, and what a run shows."""

import time
from importlib import resources
from typing import TYPE_CHECKING, Final

from paige.device.config.load import Loaded
from paige.device.doctor.finding import Finding, ok, warning, wrong

if TYPE_CHECKING:  # they bring NumPy and the runtime
    from paige.audio.execution import Execution, Placed
    from paige.audio.voices import PiperVoice

SECONDS: Final = 590.0
"""Time limit: TensorRT builds an engine of a voice, which takes minutes on a Jetson."""
_SAID: Final = "The lamp in the kitchen is on."
_FRAMES, _FEATURES = 40, 144
"""What the network against noise is given (`paige.audio.denoiser`): a short piece of sound."""


def execution(loaded: Loaded) -> Finding:
    """Whether what is configured computes what it should."""
    from paige.audio.errors import AudioError, ExecutionUnusable
    from paige.audio.execution import Execution, offered
    from paige.audio.voices import PiperVoice, open_voice

    wanted = Execution(loaded.config.execution)
    version, known = offered()
    has = f"ONNX Runtime {version} has {', '.join(known) or 'nothing else'}"
    if not wanted.providers:
        return ok(f"the processor; {has}{', which `execution` can ask for' if known else ''}")
    try:
        voice = open_voice(loaded.config.voice.name, loaded.config.house.language)
    except AudioError as error:
        return wrong(
            f"not tried on {wanted}, because the voice cannot be used: {error}", "correct that first"
        )
    try:
        if isinstance(voice, PiperVoice):
            return ok(f"{wanted} computes {voice.name}: {_timed(voice, wanted)}; {has}")
        placed = _small_network(wanted)
    except ExecutionUnusable as error:
        return wrong(f"{error.found}; the processor is used instead", error.remedy)
    return warning(
        f"{wanted} can compute a small network ({placed}), and nothing here uses it: only a Piper voice does",
        "set voice.name to a Piper voice, or take out `execution`",
    )


def _timed(voice: "PiperVoice", wanted: "Execution") -> str:
    def seconds() -> float:
        began = time.monotonic()
        for _ in voice.say(_SAID):
            pass
        return time.monotonic() - began

    seconds()
    before = seconds()
    placed = voice.compute_on(wanted)
    seconds()
    return f"{placed}; a sentence in {seconds():.3f} s, on the processor in {before:.3f}"


def _small_network(wanted: "Execution") -> "Placed":
    import numpy as np

    from paige.audio.execution import place
    from paige.models.onnx import onnxruntime

    with resources.as_file(resources.files("paige.audio") / "denoising" / "denoiser.onnx") as file:
        given = {"features": np.zeros((1, _FRAMES, _FEATURES), np.float32)}
        return place(file, onnxruntime.SessionOptions(), wanted, [given])
