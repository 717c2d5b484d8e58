"""`paige parse`: sentences in, intents out, one JSON line for each."""

import gc
import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paige.device.cli.command import Subcommand

if TYPE_CHECKING:  # these are loaded only when the command runs: `paige --help` stays fast
    from paige.models.intent import Intent, NotRecognized
    from paige.models.nlu.parser import IntentParser

_DESCRIPTION = """\
Reads a sentence a line from standard input and answers each, at once, with one line of JSON:

  {"intent": "HassTurnOn", "slots": {"name": "Bedroom Lamp"}, "confidence": 1.0, …}

A sentence with several commands gives an array of such objects. What a command leaves out ("everything
except the fan") stands in "except", by slots.

What is not understood has "intent": null, in "why" the reason, and in "nearest" what would have been.
Where a name may be one of several things of the home, their names stand in "choices". What only sounds
like what was heard is "misheard": true, and asked about before it is done. HOME.yaml names the areas,
floors and entities of a home, and with `here:` the speaker's area.

Templates answer what they have word for word, a model what people say otherwise, and what a recognizer
got wrong is found by its sounds. --explain tells which of them answered and why, in words; with --json,
in the field "explain" of each line.

example:
  echo "turn on the bedroom lamp" | paige parse home.yaml
"""


_NEAREST = 3


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("home", metavar="HOME.yaml", type=Path, help="the home description")
    parser.add_argument(
        "--sentences",
        metavar="FILE_OR_FOLDER",
        type=Path,
        action="append",
        default=[],
        help="your own sentences, in the format of Home Assistant's custom_sentences; may be given again",
    )
    parser.add_argument("--language", default="en", help="language of the sentences (default: en)")
    parser.add_argument(
        "--model", metavar="FOLDER", type=Path, help="a model in place of the one that the language has"
    )
    parser.add_argument("--explain", action="store_true", help="tell why, for people to read")
    parser.add_argument("--json", action="store_true", help="with --explain: tell it in the lines of JSON")


def _run(arguments: Namespace) -> int:
    # What a language grows while it is used stays; searching it for garbage would double the slowest answers.
    gc.disable()
    try:
        _answer_all(arguments)
    finally:
        gc.enable()
    return 0


def _answer_all(arguments: Namespace) -> None:
    from paige.iot.home_file import load_home
    from paige.models.grammar.language import Language
    from paige.models.grammar.sentences import Sentences
    from paige.models.nlu.parser import IntentParser
    from paige.models.nlu.shipped import LazyModel

    vocabulary = load_home(arguments.home).vocabulary()
    sentences = Sentences.for_language(arguments.language, arguments.sentences)
    given = arguments.model
    model = LazyModel.for_language(arguments.language) if given is None else LazyModel(given)
    parser = IntentParser(Language(sentences, vocabulary), model)
    answer = _explained if arguments.explain and not arguments.json else _json_line
    # A line of bytes that are not UTF-8 is answered like any other that is not understood.
    for line in sys.stdin.buffer:
        text = line.decode("utf-8", errors="replace").rstrip("\r\n")
        # JSON is UTF-8, whatever the locale says.
        said = answer(parser, text, explain=arguments.explain)
        sys.stdout.buffer.write(said.encode("utf-8", "replace") + b"\n")
        sys.stdout.buffer.flush()


def _explained(parser: "IntentParser", text: str, *, explain: bool) -> str:
    from paige.device.cli.explained import explained_text

    assert explain, "only what is explained has words for people"
    return explained_text(text, parser.explain(text)) + "\n"


def _json_line(parser: "IntentParser", text: str, *, explain: bool) -> str:
    if not explain:
        return json.dumps(_answer(parser, text, parser.parse_all(text)), ensure_ascii=False)
    from paige.device.cli.explained import explained_json

    explanation = parser.explain(text)
    answer = _answer(parser, text, explanation.result)
    because = {"explain": explained_json(explanation)}
    explained = [one | because for one in answer] if isinstance(answer, list) else answer | because
    return json.dumps(explained, ensure_ascii=False)


def _answer(
    parser: "IntentParser", text: str, result: "tuple[Intent, ...] | NotRecognized"
) -> dict[str, Any] | list[dict[str, Any]]:
    if isinstance(result, tuple):
        answers = [_intent(intent, text) for intent in result]
        return answers[0] if len(answers) == 1 else answers
    nearest = [
        {"text": one.text, "intent": one.intent, "similarity": round(one.similarity, 3)}
        for one in parser.language.nearest(result.part or text, _NEAREST)
    ]
    part = {"part": result.part} if result.part else {}
    refusal: dict[str, Any] = {"intent": None, "slots": {}, "confidence": 0.0, "why": str(result.why)}
    return {**refusal, "text": text, **part, "nearest": nearest}


def _intent(intent: "Intent", text: str) -> dict[str, Any]:
    left_out = {"except": [dict(one) for one in intent.excluded]} if intent.excluded else {}
    choices = {slot: list(names) for slot, names in intent.choices.items()}
    return {
        "intent": intent.name,
        "slots": dict(intent.slots),
        "confidence": intent.confidence,
        **left_out,
        **({"choices": choices} if choices else {}),
        **({"misheard": True} if intent.misheard else {}),
        "response": intent.response,
        "text": text,
    }


COMMAND = Subcommand("parse", "what sentences mean, as JSON", _DESCRIPTION, _configure, _run)
