"""`paige generate`: what a language model says to a prompt."""

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paige.device.cli.command import Subcommand

if TYPE_CHECKING:  # these are loaded only when the command runs: `paige --help` stays fast
    from paige.device.language_engine import LanguageEngine, Spent
    from paige.device.memory.manager import MemoryManager

_DESCRIPTION = """\
Says what a language model of this machine answers, piece by piece. Of a model that is larger than the
budget, as much as fits stays in memory, and the rest is read from flash in each pass.

examples:
  paige generate qwen3-0.6b --prompt "why is the sky blue" --budget 256MiB
  echo "write a haiku about a kettle" | paige generate qwen3-0.6b --json
"""


def _size(text: str) -> int:
    from paige.device.memory.size import parse_size

    try:
        return parse_size(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="its name, as `paige models list` shows it")
    parser.add_argument("--prompt", metavar="TEXT", help="what to answer (default: all of standard input)")
    parser.add_argument(
        "--system", metavar="TEXT", help="what the model is told before, in models that take conversations"
    )
    parser.add_argument(
        "--plain", action="store_true", help="go on with the prompt as it is, as no conversation"
    )
    parser.add_argument(
        "--budget",
        metavar="SIZE",
        type=_size,
        help="of the whole process, such as 256MiB (default: as configured)",
    )
    parser.add_argument("--tokens", metavar="N", type=int, default=256, help="at most (default: 256)")
    parser.add_argument(
        "--context", metavar="N", type=int, default=2048, help="tokens in all (default: 2048)"
    )
    parser.add_argument(
        "--temperature", metavar="T", type=float, default=0.0, help="0 is always the likeliest"
    )
    parser.add_argument(
        "--top-p", metavar="P", type=float, default=1.0, help="draw from this much of the likeliest"
    )
    parser.add_argument("--seed", metavar="N", type=int, default=1, help="of what is drawn")
    parser.add_argument(
        "--stop", metavar="TEXT", action="append", default=[], help="end before it; may be repeated"
    )
    parser.add_argument(
        "--threads", metavar="N", type=int, help="processor threads (default: all cores but one)"
    )
    parser.add_argument("--json", action="store_true", help="one line of JSON at the end, with what it took")
    parser.add_argument("--config", type=Path, metavar="FILE", help="instead of the file that is found")


def _run(arguments: Namespace) -> int:
    import os

    from paige.device.cli.models import store_of
    from paige.device.cli.progress import Shown
    from paige.device.config.load import load
    from paige.device.language_engine import LanguageEngine
    from paige.device.memory.budget import budget
    from paige.device.memory.kernel import Kernel
    from paige.device.memory.manager import MemoryManager

    loaded = load(arguments.config, os.environ)
    kernel, shown = Kernel(), Shown()
    memory = MemoryManager(budget(arguments.budget or loaded.config.memory.budget_bytes, kernel), kernel)
    store = store_of(loaded, shown)
    try:
        model = store.open(arguments.model)
    finally:
        shown.end()
    threads = arguments.threads or max(1, (os.cpu_count() or 1) - 1)
    engine = LanguageEngine(arguments.model, model, memory, threads=threads, positions=arguments.context)
    memory.keep_watch()
    try:
        return _say(arguments, engine, memory)
    finally:
        memory.end()
        store.close()


def _say(arguments: Namespace, engine: "LanguageEngine", memory: "MemoryManager") -> int:
    from paige.models.lm.sampling import Sampling

    took: list[Spent] = []
    sampling = Sampling(arguments.temperature, top_p=arguments.top_p, seed=arguments.seed)
    pieces = []
    for piece in engine.say(
        _prompt(arguments, engine),
        sampling,
        most=arguments.tokens,
        stops=arguments.stop,
        spent=took.append,
    ):
        pieces.append(piece)
        if not arguments.json:
            sys.stdout.write(piece)
            sys.stdout.flush()
    if arguments.json:
        sys.stdout.write(json.dumps(_told("".join(pieces), took[0], engine, memory), ensure_ascii=False))
    sys.stdout.write("\n")
    return 0


def _prompt(arguments: Namespace, engine: "LanguageEngine") -> list[int]:
    from paige.models.lm.conversation import Message

    text = sys.stdin.read() if arguments.prompt is None else arguments.prompt
    if arguments.plain:
        return engine.words.tokens(text)
    system = [] if arguments.system is None else [Message("system", arguments.system)]
    return engine.words.conversation([*system, Message("user", text)])


def _told(text: str, took: "Spent", engine: "LanguageEngine", memory: "MemoryManager") -> dict[str, Any]:
    from dataclasses import asdict

    plan = engine.pager.plan
    return {
        "text": text,
        **asdict(took),
        "memory": asdict(memory.statistics()),
        "streamed_shards": len(plan.streamed),
        "read_bytes_in_a_pass": plan.read_bytes,
    }


COMMAND = Subcommand("generate", "what a language model answers", _DESCRIPTION, _configure, _run)
