"""`paige listen`: recordings in, intents out, one JSON line for each."""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paige.device.cli.command import Subcommand

if TYPE_CHECKING:  # these are loaded only when the command runs: `paige --help` stays fast
    from paige.audio.source import AudioSource
    from paige.models.grammar.language import Language
    from paige.models.recognizer.protocol import Recognizer
    from paige.models.transcript import Transcript

_LONGEST_WHOLE = 30.0
"""Seconds up to which a file is one utterance; in a longer one, utterances are looked for."""

_DESCRIPTION = """\
Reads the path of a WAV file a line from standard input and answers each, at once, with one line of JSON:

  {"text": "turn on the lamp", "intent": "HassTurnOn", "slots": {"name": "Lamp"}, "confidence": 0.98}

Only the sentences of FILE.yaml are listened for; it has the form of Home Assistant's custom_sentences.
What is none of them has "text": "" and "intent": null. For a file that cannot be read there is "error" as
well, and the exit status is 1 at the end.

With --live it listens to the microphone until it is interrupted, and shows what it hears while it is said.

examples:
  ls recordings/*.wav | paige listen --intents drinks.yaml
  paige listen --intents drinks.yaml --live
"""


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--intents",
        metavar="FILE.yaml",
        type=Path,
        action="append",
        required=True,
        help="the sentences to listen for; may be given again",
    )
    parser.add_argument(
        "--recognizer",
        choices=("pocketsphinx", "vosk"),
        default="pocketsphinx",
        help="the engine (default: pocketsphinx)",
    )
    parser.add_argument(
        "--model",
        metavar="FOLDER",
        type=Path,
        help="the engine's model (default: the one that comes with pocketsphinx; vosk has none)",
    )
    _configure_live(parser)


def _configure_live(parser: ArgumentParser) -> None:
    parser.add_argument("--live", action="store_true", help="listen to the microphone")
    parser.add_argument("--microphone", metavar="NAME", help="part of its name (default: the system's)")


def _run(arguments: Namespace) -> int:
    from paige.models.grammar.language import Language
    from paige.models.grammar.sentences import Sentences
    from paige.models.recognizer import open_recognizer
    from paige.models.vocabulary import Vocabulary

    language = Language(Sentences.load(arguments.intents), Vocabulary())
    recognizer = open_recognizer(arguments.recognizer, arguments.model)
    recognizer.restrict(language)
    if arguments.live:
        from paige.audio.microphone import MicrophoneSource

        return listen_live(MicrophoneSource(arguments.microphone), recognizer, language)
    return _listen(sys.stdin.buffer, recognizer, language)


def listen_live(source: "AudioSource", recognizer: "Recognizer", language: "Language") -> int:
    """Answer what is said with a line of JSON each; on a terminal, what is heard of it is seen before.

    Raises:
        SourceUnreadable, SourceLost: There is no microphone, or there is none any more.
    """
    from paige.audio.endpointer import Endpointer
    from paige.audio.voice_activity import open_voice_detector
    from paige.device.attention import Attention, Heard
    from paige.device.live import Live
    from paige.device.recognition import pause_after

    def told(words: str) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\033[K{words}")
            sys.stderr.flush()

    live = Live(
        recognizer.stream,
        lambda: (language,),
        lambda transcript, partial: pause_after(transcript.text or partial, [language]),
        told,
    )
    attention = Attention(Endpointer(open_voice_detector()), listener=live, always=True)
    try:
        with source:
            for chunk in source.chunks():
                for event in attention.hear(chunk):
                    if isinstance(event, Heard):
                        guess = None if event.guess is None else event.guess.result()
                        heard = guess.transcript if guess else recognizer.recognize(event.utterance)
                        told("")
                        _write(_answer(language, heard))
    except KeyboardInterrupt:
        told("")
    finally:
        live.close()
    return 0


def _listen(lines: Iterable[bytes], recognizer: "Recognizer", language: "Language") -> int:
    from paige.audio.errors import AudioError

    status = 0
    for line in lines:
        path = line.decode("utf-8", errors="surrogateescape").rstrip("\r\n")
        if not path:
            continue
        try:
            answer = _answer(language, _hear(recognizer, path))
        except AudioError as error:
            answer = {"text": "", "intent": None, "slots": {}, "confidence": 0.0, "error": str(error)}
            status = 1
        _write(answer)
    return status


def _write(answer: dict[str, Any]) -> None:
    # A path that is not UTF-8 is opened as it is, but JSON cannot hold it.
    sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
    sys.stdout.buffer.flush()


def _hear(recognizer: "Recognizer", path: str) -> "Transcript":
    """What is said in a file; in a long one, what was heard most surely."""
    from paige.audio.endpointer import whole_or_utterances
    from paige.audio.wav import WavSource
    from paige.models.transcript import Transcript

    with WavSource(path) as source:
        spoken = whole_or_utterances(source.chunks(), _LONGEST_WHOLE)
        return max(
            (recognizer.recognize(utterance) for utterance in spoken),
            key=lambda transcript: (not transcript.empty, transcript.confidence),
            default=Transcript(text="", confidence=0.0, seconds=0.0),
        )


def _answer(language: "Language", transcript: "Transcript") -> dict[str, Any]:
    from paige.models.intent import Intent

    meaning = None if transcript.empty else language.parse(transcript.text)
    if isinstance(meaning, Intent):
        return {
            "text": transcript.text,
            "intent": meaning.name,
            "slots": dict(meaning.slots),
            "confidence": round(min(transcript.confidence, meaning.confidence), 3),
        }
    confidence = round(transcript.confidence, 3)
    return {"text": transcript.text, "intent": None, "slots": {}, "confidence": confidence}


COMMAND = Subcommand("listen", "what recordings say, as JSON", _DESCRIPTION, _configure, _run)
"""From recordings to intents, within the language of a file."""
