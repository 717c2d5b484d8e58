"""Sentences with the words that a recognizer gets wrong: spoken by a synthesizer, and heard by PocketSphinx.

    python -m paige.tools.bench.understand.heard --data FOLDER

Writes `heard.jsonl`, which `paige bench understand` reads: sentences of Home Assistant's open cases and of
the project's own grammar, spoken by flite's voices in turn and conditioned as any speech is. PocketSphinx
hears them with the English model and the dictionary of its package, so anything may be heard, and not only
what can be said to a home. Every fourth is heard, besides, as Paige hears it: by the recognizer that listens
for the sentences of its home. Needs flite (`sudo apt install flite`).

Home Assistant's sentences: Home Assistant intents, by the Home Assistant contributors, CC BY 4.0.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

import pocketsphinx

from paige.audio.chunk import RATE, Samples, Utterance
from paige.audio.conditioning import condition
from paige.iot.home_file import HomeDescription, load_home
from paige.models.grammar.language import Language
from paige.models.grammar.sentences import Sentences
from paige.models.grammar.tokens import tokenize
from paige.models.intent import SlotValue
from paige.models.recognizer.pocketsphinx import PocketSphinxRecognizer
from paige.tools.bench.progress import progress
from paige.tools.bench.understand.cases import Case, ha_cases
from paige.tools.speak import speak

VOICES: Final = ("slt", "rms", "kal16")
"""Those of flite's that PocketSphinx hears at least three of four words of; of `awb` it hears six of ten."""
_GRAMMAR: Final = 240
"""Sentences of the grammar, before those with words that may be any are left out."""
_SEED: Final = 3
_RESTRICTED: Final = 4
"""One in so many is heard by Paige's own recognizer as well, which takes its time."""
_OPEN: Final = frozenset({"item", "message", "search_query", "response"})
"""Slots whose words may be any, so that nobody could know what was said instead."""
FILE: Final[Traversable] = resources.files("paige.tools.bench.understand") / "heard.jsonl"
HOME: Final[Traversable] = resources.files("paige.tools.bench.understand") / "home.yaml"


@dataclass(frozen=True, slots=True)
class Heard:
    """A sentence and what a recognizer made of it."""

    case: str
    """The id of a case of Home Assistant; empty for a sentence of the grammar, said to `home.yaml`."""
    voice: str
    text: str
    heard: str
    intent: str = ""
    """What it means; empty where the case says that."""
    slots: Mapping[str, SlotValue] | None = None
    restricted: str | None = None
    """What Paige's own recognizer heard, which listens for the sentences of the home; empty for none of them,
    None where it was not asked."""


def own_home() -> HomeDescription:
    """The ordinary house that is measured in."""
    with resources.as_file(HOME) as file:
        return load_home(file)


def load() -> list[Heard]:
    """The packaged set."""
    return [Heard(**json.loads(line)) for line in FILE.read_text(encoding="utf-8").splitlines()]


class FreeRecognizer:
    """PocketSphinx with the English language model of its package, which knows of no home."""

    def __init__(self) -> None:
        folder = Path(pocketsphinx.get_model_path("en-us"))
        self._decoder = pocketsphinx.Decoder(
            hmm=str(folder / "en-us"),
            lm=str(folder / "en-us.lm.bin"),
            dict=str(folder / "cmudict-en-us.dict"),
            loglevel="FATAL",
        )

    def hear(self, samples: Samples) -> str:
        """Words; none where nothing was heard."""
        sound = condition(samples).samples
        self._decoder.reinit_feat()
        self._decoder.start_utt()
        self._decoder.process_raw(sound.tobytes(), no_search=False, full_utt=True)
        self._decoder.end_utt()
        best = self._decoder.hyp()
        return "" if best is None else str(best.hypstr)


class HomeRecognizer:
    """Paige's own, restricted to the sentences of a home."""

    def __init__(self) -> None:
        self._sentences = Sentences.for_language("en")
        self._recognizers: dict[Path | None, PocketSphinxRecognizer] = {}

    def hear(self, home: Path | None, samples: Samples) -> str:
        """The sentence that was said to a home, `home.yaml` by default; empty where it was none of them."""
        if home not in self._recognizers:
            described = own_home() if home is None else load_home(home)
            recognizer = self._recognizers[home] = PocketSphinxRecognizer()
            recognizer.restrict(Language(self._sentences, described.vocabulary()))
        utterance = Utterance(samples, 0.0, len(samples) / RATE)
        return self._recognizers[home].recognize(utterance).text


def spoken(cases: Sequence[Case]) -> Iterator[Heard]:
    """What is to be said, each distinct sentence once."""
    seen: set[tuple[str, ...]] = set()
    said = [Heard(case.id, "", case.text, "") for case in cases if not _open(case.slots) and not _timer(case)]
    language = Language(Sentences.for_language("en"), own_home().vocabulary())
    said += [
        Heard("", "", intent.text, "", intent.name, dict(intent.slots))
        for intent in language.sample(_GRAMMAR, _SEED)
    ]
    for one in said:
        words = tokenize(one.text).words
        if words not in seen:
            seen.add(words)
            yield one


def _open(slots: Mapping[str, Any]) -> bool:
    return not _OPEN.isdisjoint(slots)


def _timer(case: Case) -> bool:
    """Whether a timer is named, by any words."""
    return "Timer" in case.intent and "name" in case.slots


def main(argv: Sequence[str] | None = None) -> int:
    """Speaks, listens, writes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", type=Path, required=True, metavar="FOLDER", help="with the folder ha_intents"
    )
    parser.add_argument(
        "--out", type=Path, default=Path(str(FILE)), metavar="FILE", help="(default: the packaged set)"
    )
    options = parser.parse_args(argv)
    flite = shutil.which("flite")
    if flite is None:
        print("heard: flite is missing; install it with: sudo apt install flite", file=sys.stderr)
        return 1
    cases = ha_cases(options.data / "ha_intents")
    sentences = list(spoken(cases))
    home_of = {case.id: case.home for case in cases}
    free, own = FreeRecognizer(), HomeRecognizer()
    with options.out.open("w", encoding="utf-8") as written:
        for number, one in enumerate(progress(sentences, len(sentences))):
            voice = VOICES[number % len(VOICES)]
            samples = speak(one.text, voice, flite)
            restricted = own.hear(home_of.get(one.case), samples) if number % _RESTRICTED == 0 else None
            said = replace(one, voice=voice, heard=free.hear(samples), restricted=restricted)
            line = {key: value for key, value in asdict(said).items() if value is not None}
            written.write(json.dumps(line, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
