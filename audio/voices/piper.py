"""A neural voice in Piper's format: a VITS model for ONNX Runtime and a file of JSON that says how to use it.

What the model is given is what Piper gives it (github.com/OHF-voice/piper1-gpl, `docs/API_PYTHON.md` and
the files of published voices): for each sentence the phonemes of eSpeak NG with its punctuation, decomposed
into Unicode's letters and marks, each turned into its numbers, with a pad after each, between a beginning
and an end.
"""

import json
import os
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from paige.audio.chunk import Samples
from paige.audio.conversion import to_samples
from paige.audio.errors import VoiceUnusable
from paige.audio.execution import Execution, Placed, place
from paige.audio.voices.library import Clause, espeak
from paige.audio.voices.text import parts, speakable

_LONGEST: Final = 400
"""Characters that are pronounced at once; one sentence of them is spoken at once, which bounds the memory."""
THREADS: Final = 2
"""The recognizer needs the other cores: it listens for whoever speaks over the voice."""
_BEGIN, _PAD, _END = "^", "_", "$"
_SENTENCE_ENDS: Final = (".", "?", "!")
_CLAUSE_ENDS: Final = (",", ":", ";")
_LANGUAGE_SWITCH: Final = re.compile(r"\([^)]+\)")
"""eSpeak marks with it where a word of another language begins and ends."""
_INPUTS: Final = ("input", "input_lengths", "scales")
_TRIED: Final = (1, _LONGEST)
"""Phonemes of what is spoken to try out a voice: the fewest and the most that there are at once."""


@dataclass(frozen=True, slots=True)
class PiperConfig:
    """What a voice's file of JSON says, as far as it is needed."""

    rate: int
    """Hertz."""
    espeak_voice: str
    numbers: Mapping[str, Sequence[int]]
    """Of each phoneme, punctuation mark, and sign for beginning, pad and end."""
    speakers: Mapping[str, int]
    """Where it has several, by name."""
    scales: tuple[float, float, float]
    """How much the sound varies, how long it takes, how much the lengths of phonemes vary."""

    @classmethod
    def read(cls, path: Path) -> "PiperConfig":
        """The configuration of a voice.

        Raises:
            VoiceUnusable: The file is missing, or says something else than a voice's.
        """
        try:
            stored: Any = json.loads(path.read_text(encoding="utf-8"))
            kind = stored.get("phoneme_type", "espeak")
            inference: Mapping[str, Any] = stored.get("inference", {})
            numbers = {
                str(sign): [int(one) for one in some] for sign, some in stored["phoneme_id_map"].items()
            }
            speakers = {str(name): int(one) for name, one in stored.get("speaker_id_map", {}).items()}
            config = cls(
                int(stored["audio"]["sample_rate"]),
                str(stored["espeak"]["voice"]),
                numbers,
                speakers or {str(one): one for one in range(_several(stored.get("num_speakers", 1)))},
                (
                    float(inference.get("noise_scale", 0.667)),
                    float(inference.get("length_scale", 1.0)),
                    float(inference.get("noise_w", 0.8)),
                ),
            )
        except OSError as error:
            raise VoiceUnusable(
                f"{path}: cannot be read: {error.strerror}; "
                "a Piper voice is two files, NAME.onnx and NAME.onnx.json"
            ) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise VoiceUnusable(f"{path}: this is no configuration of a Piper voice: {error!r}") from error
        if kind != "espeak":
            raise VoiceUnusable(f"{path}: the voice wants phonemes of the kind {kind!r}; expected 'espeak'")
        if missing := [sign for sign in (_BEGIN, _PAD, _END) if sign not in numbers]:
            raise VoiceUnusable(f"{path}: phoneme_id_map has no {missing[0]!r}")
        return config

    def sentences(self, clauses: Sequence[Clause]) -> Iterator[list[int]]:
        """The numbers of each sentence."""
        sentence = ""
        for clause in clauses:
            sentence += _LANGUAGE_SWITCH.sub("", clause.phonemes)
            if clause.end in _SENTENCE_ENDS:
                yield self.numbers_of(sentence + clause.end)
                sentence = ""
            elif clause.end in _CLAUSE_ENDS:
                sentence += clause.end + " "
        if sentence.strip():
            yield self.numbers_of(sentence)

    def numbers_of(self, sentence: str) -> list[int]:
        """Those of the phonemes of one sentence, as the model is given them."""
        pad = self.numbers[_PAD]
        numbers = [*self.numbers[_BEGIN], *pad]
        for sign in unicodedata.normalize("NFD", sentence):
            if sign in self.numbers:  # a voice knows the sounds that it was trained with
                numbers += [*self.numbers[sign], *pad]
        return [*numbers, *self.numbers[_END]]


class PiperVoice:
    """A voice of Piper's, sentence by sentence.

    Args:
        path: The model NAME.onnx, beside which NAME.onnx.json lies, or a folder with one such pair.
        speaker: By name, where the voice has several; by default its first.
        speed: 1 as it was trained, 2 twice as fast.
        threads: Of the processor.

    Raises:
        VoiceUnusable: It is missing, damaged, or of a kind that is not spoken.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        speaker: str | None = None,
        speed: float = 1.0,
        threads: int = THREADS,
    ) -> None:
        model = _model(Path(path))
        self._name = model.stem
        self._config = PiperConfig.read(model.with_name(model.name + ".json"))
        self._library = espeak()
        self._library.check(self._config.espeak_voice)
        variation, length, unevenness = self._config.scales
        self._inputs = {"scales": np.array([variation, length / speed, unevenness], np.float32)}  # [3]
        if self._config.speakers:
            chosen = next(iter(self._config.speakers)) if speaker is None else speaker
            if chosen not in self._config.speakers:
                raise VoiceUnusable(
                    f"{model}: there is no speaker {chosen!r}; there is {', '.join(self._config.speakers)}"
                )
            self._inputs["sid"] = np.array([self._config.speakers[chosen]], np.int64)  # [1]
        self._model, self._threads = model, threads
        self._session = self._processors = _open_session(model, {*_INPUTS, *self._inputs}, threads)
        self._failed: Callable[[str], None] = lambda _: None

    def compute_on(self, execution: Execution, failed: Callable[[str], None] = lambda _: None) -> Placed:
        """Have the voice computed elsewhere than on the processor, once it has been spoken there.

        That may take minutes, in which it can be used as before. It goes back to the processor where it later
        fails there.

        Args:
            execution: On what.
            failed: Told in words that it has gone back, and why; by whatever thread it speaks in.

        Raises:
            ExecutionUnusable: It cannot be; it stays where it was.
        """
        sign = next(sign for sign in self._config.numbers if sign.isalpha())
        trials = [self._given(self._config.numbers_of(sign * phonemes)) for phonemes in _TRIED]
        placed = place(self._model, _options(self._threads), execution, trials)
        self._failed, self._session = failed, placed.session
        return placed

    @property
    def file(self) -> Path:
        """The model."""
        return self._model

    @property
    def name(self) -> str:
        """The file's, such as en_US-lessac-medium."""
        return self._name

    @property
    def rate(self) -> int:
        """Samples a second (hertz)."""
        return self._config.rate

    def say(self, text: str) -> Iterator[Samples]:
        """Speech, a sentence after the other; none where the text holds nothing to say."""
        voice = self._config.espeak_voice
        for part in parts(speakable(text, voice), _LONGEST):
            for numbers in self._config.sentences(self._library.pronounce(part, voice)):
                yield self._speak(numbers)

    def _given(self, numbers: list[int]) -> dict[str, Any]:
        return {
            "input": np.array([numbers], np.int64),  # [1, phonemes]
            "input_lengths": np.array([len(numbers)], np.int64),  # [1]
            **self._inputs,
        }

    def _speak(self, numbers: list[int]) -> Samples:
        sound: NDArray[np.float32] = np.ravel(self._computed(self._given(numbers)))  # [samples]
        loudest = float(np.abs(sound).max(initial=0.0))
        return to_samples(sound / loudest if loudest > 0 else sound)  # as Piper does: to full scale

    def _computed(self, inputs: Mapping[str, Any]) -> Any:  # noqa: ANN401  # the runtime publishes no types
        session = self._session
        try:
            return session.run(None, inputs)[0]
        except Exception as error:  # the runtime raises whatever it likes
            if session is self._processors:
                raise
            self._session = self._processors
            self._failed(" ".join(str(error).split()))
            return self._processors.run(None, inputs)[0]


def _several(speakers: object) -> int:
    count = int(str(speakers))
    return count if count > 1 else 0


def _model(path: Path) -> Path:
    if not path.is_dir():
        return path
    models = sorted(path.glob("*.onnx"))
    if len(models) != 1:
        raise VoiceUnusable(f"{path}: expected one Piper voice, NAME.onnx, and found {len(models)}")
    return models[0]


def _open_session(model: Path, wanted: set[str], threads: int) -> Any:  # noqa: ANN401  # the runtime publishes no types
    # Only who wants such a voice should wait a tenth of a second for it. `paige.models.onnx` lies to the
    # right, and `paige.audio` itself has switched the telemetry off.
    import onnxruntime  # noqa: TID251

    try:
        session = onnxruntime.InferenceSession(
            str(model), _options(threads), providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # the runtime raises whatever it likes
        raise VoiceUnusable(f"{model}: this voice cannot be opened: {error}") from error
    if (found := {one.name for one in session.get_inputs()}) != wanted:
        raise VoiceUnusable(f"{model}: its inputs are {sorted(found)}; expected {sorted(wanted)}")
    return session


def _options(threads: int) -> Any:  # noqa: ANN401  # the runtime publishes no types
    import onnxruntime  # noqa: TID251  # as above

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.enable_cpu_mem_arena = False  # it would keep what the longest sentence took
    return options
