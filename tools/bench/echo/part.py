"""What Paige takes for speech of its own replies, and how well somebody who speaks over them is heard.

Replies of eSpeak NG are played into simulated rooms and heard again, as they are and with the echo taken out;
then recordings of people are added to them.
"""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from paige.audio.chunk import CHUNK_SAMPLES, RATE, AudioChunk, Utterance
from paige.audio.conversion import to_floats, to_samples
from paige.audio.endpointer import Endpointer
from paige.audio.voice_activity import open_voice_detector
from paige.audio.voices import EspeakVoice
from paige.audio.wav import read_wav
from paige.iot.home_file import load_home
from paige.models.grammar.language import Language
from paige.models.grammar.sentences import Sentences
from paige.models.intent import Intent
from paige.models.recognizer import open_recognizer
from paige.models.recognizer.protocol import Recognizer
from paige.models.vocabulary import Vocabulary
from paige.tools.bench.demo import demo_home
from paige.tools.bench.echo.beginnings import beginnings
from paige.tools.bench.echo.cancellers import CANCELLERS, cancelled
from paige.tools.bench.echo.room import Room, Sound, decibels
from paige.tools.bench.errors import BenchFailed
from paige.tools.bench.part import Part, Table, Tell
from paige.tools.spoken import spoken_by

REPLIES: Final = (
    "The lamp in the living room is on. It is twenty one degrees in the bedroom, and the garage door has "
    "been open since five minutes past three.",
    "Two lights are on in the kitchen. The front door is locked. Your pasta timer has eight minutes and "
    "twenty seconds left.",
    "I turned off the ceiling lamp, the desk lamp and the lamp in the hall. Shall I also close the blinds in "
    "the bedroom?",
)
_DELAYS: Final = (0.005, 0.05, 0.1, 0.2)
_GAINS: Final = (-6.0, -18.0, -30.0)
_DRIFTS: Final = (0.0, 50.0)
_SETTLED: Final = 2 * RATE
_PERSON: Final = -24.0
"""Decibels of full scale of the loudest third of what a person says."""
_RECORDINGS: Final = 40
"""Of people, for each gain."""


@dataclass(frozen=True, slots=True)
class Alone:
    """What was heard of replies in one room, while nobody spoke."""

    room: Room
    erle: float
    """Decibels by which the echo was made quieter after two seconds: its return loss enhancement."""
    speech: tuple[float, ...]
    """Share of the time that sounded like speech, before and after, then by each canceller alone."""
    utterances: tuple[int, ...]
    commands: tuple[int, ...]
    """Utterances, and those of them that were understood as a command; the same."""
    cpu_seconds: float
    """Processor seconds for each second."""


def _replies() -> Sound:
    voice = EspeakVoice()
    return to_floats(np.concatenate([spoken_by(voice, reply) for reply in REPLIES]))


def _alone(room: Room, played: Sound, recognizer: Recognizer, language: Language) -> Alone:
    heard = room.echo(played)
    began = time.process_time()
    left = cancelled(played, heard)
    used = time.process_time() - began
    others = [cancel(played, heard) for cancel, _ in list(CANCELLERS.values())[1:]]
    taken = [_taken_for_speech(sound, recognizer, language) for sound in (heard, left, *others)]
    return Alone(
        room,
        decibels(heard[_SETTLED : len(left)]) - decibels(left[_SETTLED:]),
        tuple(one[0] for one in taken),
        tuple(one[1] for one in taken),
        tuple(one[2] for one in taken),
        used / (len(heard) / RATE),
    )


def _taken_for_speech(sound: Sound, recognizer: Recognizer, language: Language) -> tuple[float, int, int]:
    """Share of the time that is speech, utterances, and commands among them."""
    samples = to_samples(sound)
    detector = open_voice_detector()
    listened = Endpointer(detector)
    speech, utterances = [], []
    for begin in range(0, len(samples) - CHUNK_SAMPLES + 1, CHUNK_SAMPLES):
        chunk = AudioChunk(samples[begin : begin + CHUNK_SAMPLES], begin / RATE)
        speech.append(detector(chunk))
        utterances.append(listened.hear(chunk))
    spoken = [one for one in (*utterances, listened.finish()) if one is not None]
    return (
        float(np.mean(speech)),
        len(spoken),
        sum(_meant(one, recognizer, language) is not None for one in spoken),
    )


def _meant(utterance: Utterance, recognizer: Recognizer, language: Language) -> Intent | None:
    transcript = recognizer.recognize(utterance)
    meaning = None if transcript.empty else language.parse(transcript.text)
    return meaning if isinstance(meaning, Intent) else None


def _spoken_over(recordings: Path, count: int, played: Sound, tell: Tell) -> list[tuple[str, ...]]:
    """A row for each gain: accepted as recorded, spoken over a reply, and with that taken out."""
    language = Language(Sentences.load([recordings / "intents.yaml"]), Vocabulary())
    recognizer = open_recognizer("pocketsphinx")
    recognizer.restrict(language)
    labels = json.loads((recordings / "labels.json").read_text(encoding="utf-8"))
    names = sorted(labels)[:: max(1, len(labels) // count)][:count]

    def accepted(sound: Sound, label: dict[str, Any]) -> bool:
        samples = to_samples(sound)
        intent = _meant(Utterance(samples, 0.0, len(samples) / RATE), recognizer, language)
        return intent is not None and intent.name == label["intent"] and dict(intent.slots) == label["slots"]

    rows = []
    generator = np.random.default_rng(1)
    for gain in _GAINS:
        tell(f"{len(names)} recordings over replies at {gain:g} dB")
        right = np.zeros(2 + len(CANCELLERS), int)
        for seed, name in enumerate(names):
            person = _as_loud_as_usual(to_floats(read_wav(recordings / "clean" / name).samples))
            begin = int(generator.integers(2 * RATE, 4 * RATE))
            room = Room(float(generator.choice(_DELAYS)), gain, seed=seed)
            heard = room.echo(played[: begin + len(person) + RATE])
            heard[begin : begin + len(person)] += person
            sounds = [person, heard[begin : begin + len(person)]]
            for cancel, late in CANCELLERS.values():
                left = cancel(played[: len(heard)], heard)
                sounds.append(left[begin + late : begin + late + len(person)])
            right += [accepted(sound, labels[name]) for sound in sounds]
        rows.append((f"{gain:g} dB", *(f"{one / len(names):.0%}" for one in right)))
    return rows


def _as_loud_as_usual(person: Sound) -> Sound:
    loud = np.sort(person**2)[-len(person) // 3 :].mean()
    scaled: Sound = (person * 10 ** (_PERSON / 20) / np.sqrt(loud)).astype(np.float32)
    return scaled


def measure(repeats: int | None, tell: Tell, recordings: Path | None = None) -> Part:
    """The part `echo` of `paige bench`.

    Args:
        repeats: How many recordings of people to speak over replies with; 40 by default.
        tell: Takes a line on how far it is.
        recordings: A folder as `paige bench listen` takes it; without one, nobody speaks over the replies.

    Raises:
        BenchFailed: The folder is none of recordings.
    """
    if recordings is not None and not (recordings / "labels.json").is_file():
        raise BenchFailed(f"{recordings} is no folder of labelled recordings: labels.json is missing")
    played = _replies()
    with demo_home() as home:
        language = Language(Sentences.for_language("en"), load_home(home).vocabulary())
        recognizer = open_recognizer("pocketsphinx")
        recognizer.restrict(language)
        rooms = [Room(delay, gain, drift) for gain in _GAINS for drift in _DRIFTS for delay in _DELAYS]
        tell(f"replies alone in {len(rooms)} rooms")
        alone = [_alone(room, played, recognizer, language) for room in rooms]
    tell("replies that begin")
    sentences = [text for reply in REPLIES for text in reply.split(". ")]
    tables = [_alone_table(alone, len(played) / RATE), beginnings(sentences, _GAINS, _DELAYS)]
    figures: dict[str, Any] = {"rooms": [_figures(one) for one in alone]}
    if recordings is not None:
        rows = _spoken_over(recordings, repeats or _RECORDINGS, played, tell)
        head = ("echo", "no reply", "over a reply", "echo taken out", *list(CANCELLERS)[1:])
        title = f"Spoken over a reply, {repeats or _RECORDINGS} recordings, accepted"
        tables.append(Table(title, head, tuple(rows)))
        figures["spoken over"] = [dict(zip(head, row, strict=True)) for row in rows]
    return Part(
        "echo",
        "Its own replies, played into its own ear through simulated rooms, and people who speak over them.",
        "paige bench echo --recordings FOLDER",
        tuple(tables),
        figures,
    )


def _alone_table(alone: list[Alone], seconds: float) -> Table:
    rows = []
    for gain in _GAINS:
        for drift in _DRIFTS:
            some = [one for one in alone if (one.room.gain, one.room.drift) == (gain, drift)]
            rows.append((f"{gain:g} dB, {drift:g} ppm", *_summary(some)))
    alone_by = [name for what in ("speech", "commands") for name in (what, "after", *list(CANCELLERS)[1:])]
    head = ("echo, drift", "quieter by, least", *alone_by)
    load = np.median([one.cpu_seconds for one in alone])
    notes = (
        f"{seconds:.0f} s of replies in {len(_DELAYS)} rooms a row, whose echo comes after "
        f"{', '.join(f'{1000 * delay:g}' for delay in _DELAYS)} ms.",
        "Commands are those among the utterances that were cut out; the home is the demo's.",
        f"Processor seconds for each second in which anything plays: {load:.3f}.",
    )
    return Table("Replies while nobody speaks", head, tuple(rows), notes)


def _summary(some: list[Alone]) -> tuple[str, ...]:
    speech = np.mean([one.speech for one in some], axis=0)
    commands = np.sum([one.commands for one in some], axis=0)
    utterances = np.sum([one.utterances for one in some], axis=0)
    return (
        f"{min(one.erle for one in some):.0f} dB",
        *(f"{share:.1%}" for share in speech),
        *(f"{done} of {heard}" for done, heard in zip(commands, utterances, strict=True)),
    )


def _figures(one: Alone) -> dict[str, Any]:
    return {
        "delay": one.room.delay,
        "gain": one.room.gain,
        "drift": one.room.drift,
        "erle": one.erle,
        "speech": list(one.speech),
        "utterances": list(one.utterances),
        "commands": list(one.commands),
        "cpu_seconds": one.cpu_seconds,
    }
