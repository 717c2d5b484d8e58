"""`paige parse`: sentences in, intents out, one JSON line for each."""

import gc
import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paige.device.cli.command import Subcommand

if TYPE_CHECKING:  # these are loaded only when the command runs: `paige --help` stays fast
    from paige.models.grammar.language import Language
    from paige.models.intent import Intent
    from paige.models.nlu.clauses import Clauses

_DESCRIPTION = """\
Reads a sentence a line from standard input and answers each, at once, with one line of JSON:

  {"intent": "HassTurnOn", "slots": {"name": "Bedroom Lamp"}, "confidence": 1.0, …}

A sentence with several commands gives an array of such objects. What a command leaves out ("everything
except the fan") stands in "except", by slots.

What is not understood has "intent": null, and in "nearest" what would have been. HOME.yaml names
the areas, floors and entities of a home, and with `here:` the speaker's area.

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
    from paige.models.nlu.clauses import Clauses
    from paige.models.nlu.connectives import Connectives

    vocabulary = load_home(arguments.home).vocabulary()
    sentences = Sentences.for_language(arguments.language, arguments.sentences)
    language = Language(sentences, vocabulary)
    clauses = Clauses(Connectives.for_language(arguments.language), language.parse, vocabulary)
    # A line of bytes that are not UTF-8 is answered like any other that is not understood.
    for line in sys.stdin.buffer:
        answer = _answer(language, clauses, line.decode("utf-8", errors="replace").rstrip("\r\n"))
        # JSON is UTF-8, whatever the locale says.
        sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
        sys.stdout.buffer.flush()


def _answer(language: "Language", clauses: "Clauses", text: str) -> dict[str, Any] | list[dict[str, Any]]:
    from paige.models.intent import NotRecognized

    result = clauses.parse(text)
    if not isinstance(result, NotRecognized):
        answers = [_intent(intent, text) for intent in result]
        return answers[0] if len(answers) == 1 else answers
    nearest = [
        {"text": one.text, "intent": one.intent, "similarity": round(one.similarity, 3)}
        for one in language.nearest(result.part or text, _NEAREST)
    ]
    part = {"part": result.part} if result.part else {}
    return {"intent": None, "slots": {}, "confidence": 0.0, "text": text, **part, "nearest": nearest}


def _intent(intent: "Intent", text: str) -> dict[str, Any]:
    left_out = {"except": [dict(one) for one in intent.excluded]} if intent.excluded else {}
    return {
        "intent": intent.name,
        "slots": dict(intent.slots),
        "confidence": intent.confidence,
        **left_out,
        "response": intent.response,
        "text": text,
    }


COMMAND = Subcommand("parse", "what sentences mean, as JSON", _DESCRIPTION, _configure, _run)
