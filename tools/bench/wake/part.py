"""The part `wake` of `paige bench`: wake words, voice activity, ends of speech."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from paige.audio.chunk import RATE, Samples
from paige.audio.errors import AudioError
from paige.audio.wake import READY
from paige.audio.wav import read_wav
from paige.tools.bench.errors import BenchFailed
from paige.tools.bench.listen import mix
from paige.tools.bench.part import Part, Table, Tell
from paige.tools.bench.wake import endpoints, own, ready
from paige.tools.bench.wake.alike import alike, alike_table
from paige.tools.bench.wake.following import followed, following_table
from paige.tools.bench.wake.people import WAYS, left_out, people
from paige.tools.bench.wake.scenes import Scenes, noise
from paige.tools.bench.wake.voices import say, speakers

_HOURS: Final = 1
_SNRS: Final = (24.0, 12.0, 6.0)
_OWN: Final = ((None, 0.5), (None, 0.75), (12.0, 0.5))
"""Noise and sensitivity at which phrases of one's own are spotted."""
_NAMED_SHARE: Final = 8
"""In one of so many hours names of one's own are listened for: it takes ten times the processor."""
_NAMED_SEED: Final = 1_000
_SENTENCES: Final = Path("clinc150", "train.jsonl")
_FALSE_NOTE: Final = (
    "Synthetic voices say orders, sentences, and words in any order: alone, in noise, several at a time, "
    "over tones. None in so many hours means, with 95 % confidence, fewer than 3 divided by them an hour."
)
_PEOPLE_NOTE: Final = (
    "Made of recordings of five people, each in {ways} ways: larger and smaller, faster and slower, with and "
    "without an echo. {left_out}"
)
_ESPEAK_NOTE: Final = (
    "eSpeak NG's voices are computed, and nobody's: what they miss says little about people."
)


def measure(
    repeats: int | None, tell: Tell, recordings: Path | None = None, data: Path | None = None
) -> Part:
    """Measure.

    Args:
        repeats: Hours of generated sound.
        tell: Takes a line on how far it is.
        recordings: A folder as for the part `listen`; without it, what needs people's voices is left out.
        data: A folder with the data set CLINC150, whose sentences are said; orders and words without it.

    Raises:
        BenchFailed: The folder is none of recordings, or there is no espeak-ng.
    """
    hours = repeats or _HOURS
    _check_voices()
    spoken, labels, kitchen = _read(recordings) if recordings is not None else ({}, {}, None)
    sentences = _sentences(data) if data is not None else ()
    if left_out():
        tell(f"voices that are not installed: {', '.join(left_out())}")
    tell(f"{hours} hours of generated sound")
    heard = ready.generated(hours, sentences, kitchen)
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
    tables += [*_missed_tables(said, names), _facts(said, heard)]
    figures["missed"] = _missed_figures(said, names)
    if people():
        tell("phrases like a wake word, said by voices of people")
        tables.append(alike_table(alike(kitchen)))
        tell("what is said after a wake word, by voices of people")
        tables.append(following_table(followed()))
    if recordings is not None and spoken:
        named, found = _named(hours, sentences, spoken, kitchen, tell)
        tables += named
        figures["names"] = found
        more, found = _people(recordings, spoken, labels, kitchen, tell)
        tables += more
        figures |= found
    given = "" if recordings is None else " --recordings FOLDER"
    given += "" if data is None else " --data FOLDER"
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


def _sentences(data: Path) -> tuple[str, ...]:
    try:
        lines = (data / _SENTENCES).read_text(encoding="utf-8").splitlines()
        return tuple(json.loads(line)["text"] for line in lines)
    except (OSError, ValueError, KeyError) as error:
        raise BenchFailed(f"{data} has no sentences of CLINC150: {error}") from error


def _missed_tables(said: list[ready.Said], names: Mapping[float | None, str]) -> list[Table]:
    computed = [one for one in said if one.family == ready.ESPEAK]
    others = [one for one in said if one.family != ready.ESPEAK]
    tables = [_with_note(ready.missed_table(computed, names, "voices of eSpeak NG"), _ESPEAK_NOTE)]
    absent = f"Not installed here: {', '.join(left_out())}." if left_out() else ""
    note = _PEOPLE_NOTE.format(ways=WAYS, left_out=absent).rstrip()
    if not others:
        return [_with_note(tables[0], absent)]
    people = _with_note(ready.missed_table(others, names, "ways in which voices of people speak"), note)
    return [people, ready.families_table(said, names), *tables]


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
    unseen = dict([*spoken.items()][1::2])  # by the others the thresholds were chosen
    spotted = {}
    for snr, sensitivity in _OWN:
        if snr is not None and kitchen is None:
            continue
        condition = "clean" if snr is None else f"{snr:g} dB"
        tell(f"phrases of one's own: {condition}, sensitivity {sensitivity:g}")
        noise = None if snr is None or kitchen is None else (kitchen, snr)
        spotted[condition, sensitivity] = own.spot(unseen, labels, wanted, sensitivity, noise)
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


def _named(
    hours: int,
    sentences: Sequence[str],
    spoken: Mapping[str, Samples],
    kitchen: Samples | None,
    tell: Tell,
) -> tuple[list[Table], dict[str, Any]]:
    spoken = dict([*spoken.items()][1::2])  # by the others the thresholds were chosen
    tell("names of one's own, said by synthetic voices")
    behind = noise(np.random.default_rng(0), 60 * RATE) if kitchen is None else kitchen
    names = {snr: "quiet room" if snr is None else f"{snr:g} dB" for snr in ready.SNRS}
    heard = own.called(behind)
    tell("names of one's own in sound without them")
    without = frozenset(word for name in own.NAMES for word in name.split())
    minutes = max(1, hours // _NAMED_SHARE) * 60
    scenes = Scenes(_NAMED_SEED, without, sentences, kitchen).scenes(minutes)
    found = {
        "generated": own.uncalled(scene.samples for scene in scenes),
        "recordings of people, clean": own.uncalled(spoken.values()),
    }
    if kitchen is not None:
        generator = np.random.default_rng(_NAMED_SEED)
        mixed = (mix(samples, kitchen, 12.0, generator) for samples in spoken.values())
        found["recordings of people, 12 dB"] = own.uncalled(mixed)
    figures = {
        "missed": [
            {"name": one.name, "family": one.family, "snr": one.snr, "heard": one.heard} for one in heard
        ],
        "false": {kind: {"hours": one.hours, **one.heard} for kind, one in found.items()},
    }
    return [own.called_table(heard, names), own.uncalled_table(found)], figures


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
    found: dict[str, Any] = {}
    for family in dict.fromkeys(one.family for one in said):
        theirs = [one for one in said if one.family == family]
        found[family] = {
            phrase: {
                name: {f"{at:g}": ready.missed(theirs, phrase, snr, at) for at in ready.SENSITIVITIES}
                for snr, name in names.items()
            }
            for phrase in READY
        }
    return found


def _with_note(table: Table, note: str) -> Table:
    return Table(table.title, table.head, table.rows, (*table.notes, note))
