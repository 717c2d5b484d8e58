"""The part `wake` of `paige bench`: wake words, voice activity, ends of speech."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from paige.audio.chunk import Samples
from paige.audio.errors import AudioError
from paige.audio.wake import READY
from paige.audio.wav import read_wav
from paige.tools.bench.errors import BenchFailed
from paige.tools.bench.listen import mix
from paige.tools.bench.part import Part, Table, Tell
from paige.tools.bench.wake import endpoints, own, ready
from paige.tools.bench.wake.voices import say, speakers

_HOURS: Final = 1
_SNRS: Final = (24.0, 12.0, 6.0)
_OWN: Final = ((None, 0.5), (None, 0.75), (12.0, 0.5))
"""Noise and sensitivity at which phrases of one's own are spotted."""
_FALSE_NOTE: Final = (
    "Synthetic voices say orders, and words in any order: alone, in noise, several at a time, over tones. "
    "No false wake in so many hours means, with 95 % confidence, fewer than 3 divided by them an hour."
)
_MISSED_NOTE: Final = (
    "The voices are those of espeak-ng, which are no people's: they could be had, and are worse than people. "
    "The networks' maker trained and tuned them on other voices."
)


def measure(repeats: int | None, tell: Tell, recordings: Path | None = None) -> Part:
    """Measure.

    Args:
        repeats: Hours of generated sound.
        tell: Takes a line on how far it is.
        recordings: A folder as for the part `listen`; without it, what needs people's voices is left out.

    Raises:
        BenchFailed: The folder is none of recordings, or there is no espeak-ng.
    """
    hours = repeats or _HOURS
    _check_voices()
    spoken, labels, kitchen = _read(recordings) if recordings is not None else ({}, {}, None)
    tell(f"{hours} hours of generated sound")
    heard = ready.generated(hours)
    tell("wake words said by synthetic voices")
    said = ready.said(kitchen)
    names = {snr: "quiet room" if snr is None else f"{snr:g} dB" for snr in ready.SNRS}
    tables = [_with_note(ready.false_table(heard, "Generated sound"), _FALSE_NOTE)]
    figures = {"generated": _false_figures(heard)}
    if spoken:
        tell("wake words in recordings of other words")
        recorded = _recorded(spoken, kitchen)
        tables.append(ready.false_table(recorded, "Recordings of people, clean and in kitchen noise"))
        figures["recordings"] = _false_figures(recorded)
    tables.append(_with_note(ready.missed_table(said, names), _MISSED_NOTE))
    tables.append(_facts(said, heard))
    figures["missed"] = _missed_figures(said, names)
    if recordings is not None and spoken:
        more, found = _people(recordings, spoken, labels, kitchen, tell)
        tables += more
        figures |= found
    given = "" if recordings is None else " --recordings FOLDER"
    command = f"paige bench wake --repeats {hours}{given}"
    summary = "Wake words heard and missed, speech told from noise, and where speech ends."
    return Part("wake", summary, command, tuple(tables), figures)


def _check_voices() -> None:
    try:
        say("hello", next(speakers()))
    except AudioError as error:
        raise BenchFailed(str(error)) from error


def _read(recordings: Path) -> tuple[dict[str, Samples], dict[str, Any], Samples | None]:
    try:
        labels = json.loads((recordings / "labels.json").read_text(encoding="utf-8"))
        spoken = {name: read_wav(recordings / "clean" / name).samples for name in sorted(labels)}
        noise = recordings / "kitchen.wav"
        return spoken, labels, read_wav(noise).samples if noise.is_file() else None
    except (OSError, ValueError, AttributeError, AudioError) as error:
        raise BenchFailed(f"{recordings} is no folder of labelled recordings: {error}") from error


def _recorded(spoken: Mapping[str, Samples], kitchen: Samples | None) -> ready.Listened:
    sounds = [("clean", samples) for samples in spoken.values()]
    for snr in _SNRS if kitchen is not None else ():
        generator = np.random.default_rng(round(snr))
        assert kitchen is not None
        sounds += [(f"{snr:g} dB", mix(samples, kitchen, snr, generator)) for samples in spoken.values()]
    return ready.listened(sounds)


def _people(
    recordings: Path,
    spoken: Mapping[str, Samples],
    labels: Mapping[str, Any],
    kitchen: Samples | None,
    tell: Tell,
) -> tuple[list[Table], dict[str, Any]]:
    found = endpoints.recordings(recordings / "clean" / name for name in spoken)
    judged = {}
    for name, open_detector in endpoints.DETECTORS.items():
        for snr in (None, *_SNRS) if kitchen is not None else (None,):
            condition = "silence" if snr is None else f"{snr:g} dB"
            tell(f"voice activity and endpoints: {name}, {condition}")
            judged[name, condition] = endpoints.judge(found, open_detector, kitchen, snr)
    wanted = own.phrases(labels)
    spotted = {}
    for snr, sensitivity in _OWN:
        if snr is not None and kitchen is None:
            continue
        condition = "clean" if snr is None else f"{snr:g} dB"
        tell(f"phrases of one's own: {condition}, sensitivity {sensitivity:g}")
        noise = None if snr is None or kitchen is None else (kitchen, snr)
        spotted[condition, sensitivity] = own.spot(spoken, labels, wanted, sensitivity, noise)
    tables = [endpoints.activity_table(judged), endpoints.endings_table(judged), own.table(spotted)]
    figures = {
        "endpoints": {
            f"{name}, {condition}, {pause:g} s": {
                "cut": one.cut(pause),
                "lost": one.lost(pause),
                "seconds": one.delays(pause).figures(),
            }
            for (name, condition), one in judged.items()
            for pause in endpoints.PAUSES
        },
        "own": {
            f"{condition}, {sensitivity:g}": {"missed": one.missed, "per_hour": one.per_hour, "cpu": one.cpu}
            for (condition, sensitivity), one in spotted.items()
        },
    }
    return tables, figures


def _facts(said: list[ready.Said], heard: ready.Listened) -> Table:
    rows = [
        (phrase, f"{ready.lag(said, phrase) * 1000:.0f}", ", ".join(ready.unheard(said, phrase)) or "none")
        for phrase in READY
    ]
    cpu = heard.cpu_seconds / (heard.hours * 3600)
    return Table(
        "Noticed after, and not",
        ("phrase", "ms after its end, median", "voices mostly missed in a quiet room"),
        tuple(rows),
        (f"All four phrases at once take {cpu:.4f} CPU seconds a second of sound.",),
    )


def _false_figures(heard: ready.Listened) -> dict[str, Any]:
    rates = {
        phrase: {f"{at:g}": heard.per_hour(phrase, at) for at in ready.SENSITIVITIES} for phrase in READY
    }
    return {"hours": heard.hours, "per_hour": rates, "cpu": heard.cpu_seconds / (heard.hours * 3600)}


def _missed_figures(said: list[ready.Said], names: Mapping[float | None, str]) -> dict[str, Any]:
    return {
        phrase: {
            name: {f"{at:g}": ready.missed(said, phrase, snr, at) for at in ready.SENSITIVITIES}
            for snr, name in names.items()
        }
        for phrase in READY
    }


def _with_note(table: Table, note: str) -> Table:
    return Table(table.title, table.head, table.rows, (*table.notes, note))
