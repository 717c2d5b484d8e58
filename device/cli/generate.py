"""`paige generate`: what a language model says to a prompt, or calls for a home."""

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paige.device.cli.command import Subcommand

if TYPE_CHECKING:  # these are loaded only when the command runs: `paige --help` stays fast
    from paige.device.board.profile import BoardProfile
    from paige.device.config.load import Loaded
    from paige.device.language_engine import LanguageEngine, Spent
    from paige.device.memory.manager import MemoryManager
    from paige.models.lm.sampling import Sampling

_DESCRIPTION = """\
Says what a language model of this machine answers, piece by piece. Of a model that is larger than the
budget, as much as fits stays in memory, and the rest is read from flash in each pass.

With --tools the model answers as it does for a home: with calls of what that home has, or with words.
Nothing is switched. paige-en is the small model that comes with Paige.

examples:
  paige generate qwen3-0.6b --prompt "why is the sky blue" --budget 256MiB
  echo "write a haiku about a kettle" | paige generate qwen3-0.6b --json
  paige generate paige-en --tools home.yaml --prompt "make the kitchen bright"
"""


def _size(text: str) -> int:
    from paige.device.memory.size import parse_size

    try:
        return parse_size(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


def _configure(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("model", metavar="MODEL", help="its name, as `paige models list` shows it")
    add("--prompt", metavar="TEXT", help="what to answer (default: all of standard input)")
    add("--system", metavar="TEXT", help="what the model is told before, if it takes conversations")
    add("--plain", action="store_true", help="go on with the prompt as it is, as no conversation")
    add("--tools", metavar="HOME.yaml", type=Path, help="answer for this home, with calls or words")
    add(
        "--budget", metavar="SIZE", type=_size, help="of the process, such as 256MiB (default: as configured)"
    )
    add("--tokens", metavar="N", type=int, default=256, help="of the answer, at most (default: 256)")
    add("--context", metavar="N", type=int, default=2048, help="tokens in all (default: 2048)")
    add("--temperature", metavar="T", type=float, default=0.0, help="0, the default, takes the likeliest")
    add("--top-p", metavar="P", type=float, default=1.0, help="draw from the likeliest of this probability")
    add("--seed", metavar="N", type=int, default=1, help="of what is drawn")
    add("--stop", metavar="TEXT", action="append", default=[], help="end before this; may be given again")
    add("--threads", metavar="N", type=int, help="of the processor (default: as suits the board)")
    add("--json", action="store_true", help="one line of JSON at the end, with what it took")
    add("--config", type=Path, metavar="FILE", help="instead of the file that is found")


def _run(arguments: Namespace) -> int:
    import os

    from paige.device.config.load import load
    from paige.device.service_state import state_of_service

    with state_of_service(os.environ) as environ:
        return _generate(arguments, load(arguments.config, environ))


def _generate(arguments: Namespace, loaded: "Loaded") -> int:
    from paige.device.board.profile import profile_here

    language = loaded.config.house.language
    budget = arguments.budget or loaded.config.memory.budget_bytes
    board = profile_here(loaded.config.board)
    with _opened(arguments, loaded.state_dir / "models", language, budget, board) as (engine, memory):
        if arguments.tools is None:
            return _say(arguments, engine, memory)
        return _call(arguments, engine, memory, language, loaded.state_dir / "prefixes")


@contextmanager
def _opened(
    arguments: Namespace, models: Path, language: str, bytes_: int | None, board: "BoardProfile"
) -> "Iterator[tuple[LanguageEngine, MemoryManager]]":
    from paige.device.cli.progress import Shown
    from paige.device.language_engine import LanguageEngine
    from paige.device.memory.budget import budget
    from paige.device.memory.kernel import Kernel
    from paige.device.memory.manager import MemoryManager
    from paige.models.lm.shipped import name_of, open_shipped
    from paige.models.store.store import Store

    kernel, shown = Kernel(), Shown()
    memory = MemoryManager(budget(bytes_, kernel, board), kernel)
    store = Store(models, shown)
    threads = arguments.threads or board.threads.language_model
    try:
        shipped = arguments.model == name_of(language)
        model = open_shipped(store, language) if shipped else store.open(arguments.model)
        shown.end()
        engine = LanguageEngine(arguments.model, model, memory, threads=threads, positions=arguments.context)
        memory.keep_watch()
        yield engine, memory
    finally:
        shown.end()
        memory.end()
        store.close()


def _text(arguments: Namespace) -> str:
    return sys.stdin.read() if arguments.prompt is None else str(arguments.prompt)


def _sampling(arguments: Namespace) -> "Sampling":
    from paige.models.lm.sampling import Sampling

    return Sampling(arguments.temperature, top_p=arguments.top_p, seed=arguments.seed)


def _say(arguments: Namespace, engine: "LanguageEngine", memory: "MemoryManager") -> int:
    from dataclasses import asdict

    from paige.models.lm.conversation import Message

    text = _text(arguments)
    if arguments.plain:
        prompt = engine.words.tokens(text)
    else:
        system = [] if arguments.system is None else [Message("system", arguments.system)]
        prompt = engine.words.conversation([*system, Message("user", text)])
    pieces: list[str] = []
    took: list[Spent] = []
    for piece in engine.say(
        prompt, _sampling(arguments), most=arguments.tokens, stops=arguments.stop, spent=took.append
    ):
        pieces.append(piece)
        if not arguments.json:
            sys.stdout.write(piece)
            sys.stdout.flush()
    if arguments.json:
        _write_json({"text": "".join(pieces), **asdict(took[0])}, engine, memory)
    else:
        sys.stdout.write("\n")
    return 0


def _call(
    arguments: Namespace, engine: "LanguageEngine", memory: "MemoryManager", language: str, kept: Path
) -> int:
    from paige.iot.home_file import load_home
    from paige.models.grammar.sentences import Sentences
    from paige.models.lm.assistant.answering import HomeModel
    from paige.models.lm.assistant.calls import Malformed

    vocabulary = load_home(arguments.tools).vocabulary()
    sentences, prefixes = Sentences.for_language(language), engine.prefixes(kept)
    home = HomeModel(engine.decoder, engine.fresh(), engine.words, sentences, prefixes=prefixes)
    with memory.using(engine.name):
        found = home.answer(
            _text(arguments), vocabulary, sampling=_sampling(arguments), most=arguments.tokens
        )
    why = found.answer.why if isinstance(found.answer, Malformed) else ""
    if why:
        sys.stderr.write(f"no answer: {why}\n")
    if arguments.json:
        written = found.written
        told = {
            "answer": None if why else json.loads(found.text),
            "prompt_tokens": found.prompt_tokens,
            "tokens": len(written.tokens) if written else 0,
            "forced_tokens": written.forced if written else 0,
            "passes": written.passes if written else 0,
        }
        _write_json(told, engine, memory)
    elif not why:
        sys.stdout.write(f"{found.text}\n")
    return 1 if why else 0


def _write_json(told: dict[str, Any], engine: "LanguageEngine", memory: "MemoryManager") -> None:
    from dataclasses import asdict

    plan = engine.pager.last_used
    where = {
        "memory": asdict(memory.statistics()),
        "streamed_shards": len(plan.streamed),
        "read_bytes_in_a_pass": plan.read_bytes,
    }
    sys.stdout.write(json.dumps(told | where, ensure_ascii=False) + "\n")


COMMAND = Subcommand("generate", "what a language model answers", _DESCRIPTION, _configure, _run)
