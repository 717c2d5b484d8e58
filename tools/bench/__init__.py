"""`paige bench`: what Paige costs and how fast it is, measured on the machine at hand."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path

from paige.device.cli.command import Subcommand

_DESCRIPTION = """\
Measures this machine with Paige on it, and prints a table for each part:

  parse       sentences a second, and against hassil in the same run
  understand  how well sentences are understood, what is refused, and what that costs
  listen      recordings understood, and what recognition costs
  wake        wake words heard and missed, voice activity, ends of speech
  echo        what is taken for speech of Paige's own replies, and who speaks over them
  ears        which of several machines that hear a wake word answers, and how soon
  ending      how soon, and how wrongly, speech is taken to have ended
  turn        from the last sample of speech to the published message and the confirmed state, by step
  day         a day of a house, faster than it goes by (--repeats: hours)
  memory      the whole service: start to ready, memory idle and at peak, and where it goes
  home        homes of 30, 300 and 5,000 entities: discovery, language, parsing, processor time
  lm          a language model larger than its memory, beside llama.cpp (as root; half an hour)
  all         everything (default)

example:
  paige bench turn --repeats 20"""

PARTS = (
    "parse",
    "understand",
    "listen",
    "wake",
    "echo",
    "ears",
    "ending",
    "turn",
    "day",
    "memory",
    "home",
    "lm",
)


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("part", nargs="?", default="all", choices=(*PARTS, "all"), help="what to measure")
    parser.add_argument(
        "--repeats", type=_count, metavar="N", help="how often to measure what is repeated (default: by part)"
    )
    parser.add_argument(
        "--recordings",
        type=Path,
        metavar="FOLDER",
        help="for listen, wake: recordings of people with labels (python -m paige.tools.bench.listen --help)",
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="FOLDER",
        help="for understand, wake: data sets (slurp, clinc150, ha_intents), each in the folder of its name",
    )
    parser.add_argument(
        "--model",
        type=Path,
        metavar="FOLDER",
        help="for understand: an intent model (default: the shipped one)",
    )
    parser.add_argument(
        "--llama-cpp",
        type=Path,
        metavar="PYTHON",
        help="for lm: the Python of an environment that has llama-cpp-python and gguf",
    )
    parser.add_argument(
        "--scratch",
        type=Path,
        metavar="FOLDER",
        help="for lm: on a disk, where its models are kept for the next time (default: gone afterwards)",
    )
    parser.add_argument("--json", action="store_true", help="the figures as one JSON object, for programs")
    parser.add_argument(
        "--write", type=Path, metavar="FILE.md", help="write everything into one Markdown document"
    )


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise ArgumentTypeError(f"{text!r} is no number of 1 or more")
    return int(text)


def _run(arguments: Namespace) -> int:
    from paige.tools.bench.bench import Options, bench

    chosen = PARTS if arguments.part == "all" else (arguments.part,)
    options = Options(
        arguments.repeats,
        arguments.recordings,
        arguments.data,
        arguments.model,
        arguments.llama_cpp,
        arguments.scratch,
    )
    return bench(chosen, options, as_json=arguments.json, write=arguments.write)


COMMAND = Subcommand("bench", "measure this machine with Paige on it", _DESCRIPTION, _configure, _run)
