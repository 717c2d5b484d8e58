"""What is answered wrongly, sentence by sentence, to see what kinds of mistakes there are.

    python -m paige.tools.bench.understand.errors SET --data FOLDER [--model FOLDER] [--without-templates]

SET is `ha` (Home Assistant's open cases), `renamed` (the same under other names), `slurp` (SLURP's rows in
an ordinary house), `refused` (what is not for a home) or `heard`. A line for each: whether something was
done or all was left, the sentence, what it means, and the answer. None of these sentences may be learned
from, nor anything be made to fit one of them.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from paige.models.errors import ModelError
from paige.tools.bench.understand import ha, sets
from paige.tools.bench.understand.cases import Answer, ha_cases, homes_of, judged
from paige.tools.bench.understand.heard import load, own_home
from paige.tools.bench.understand.misheard import wrong_words
from paige.tools.bench.understand.parser import ForHome, shipped
from paige.tools.bench.understand.part import slurp_cases
from paige.tools.bench.understand.slurp import AUDIO, IOT, Unsayable, text_of

SETS = ("ha", "renamed", "slurp", "refused", "heard")


def errors(which: str, data: Path, parser: ForHome) -> Iterator[str]:
    """A line for each wrong answer.

    Args:
        which: One of `SETS`.
        data: The folder of the data sets.
        parser: What is asked.
    """
    if which == "slurp":
        yield from _slurp(data, parser)
    elif which == "refused":
        ask = parser(own_home())
        for row in sets.of(sets.rows(data), *sets.REFUSED):
            found = ask(text_of(row.example))
            if found.intent is not None:
                yield _line("ACCEPTED", text_of(row.example), row.example.label, found)
    elif which == "heard":
        yield from _heard(data, parser)
    else:
        cases = ha_cases(data / "ha_intents")
        plain = [("", cases, homes_of(cases))]
        for _, said, homes in plain if which == "ha" else ha.renamings(cases):
            asks = {path: parser(one) for path, one in homes.items()}
            for case in said:
                found = asks[case.home](case.text)
                if not judged(case, found, homes[case.home]).action:
                    what = "DONE" if found.acts(homes[case.home]) else "left"
                    yield _line(what, case.text, f"{case.intent} {dict(case.slots)}", found)


def _slurp(data: Path, parser: ForHome) -> Iterator[str]:
    house = own_home()
    cases, ask = slurp_cases(), parser(house)
    for row in sets.of(sets.rows(data), IOT, AUDIO):
        case, found = cases.case(row.example), ask(text_of(row.example))
        acts = found.acts(house)
        if isinstance(case, Unsayable):
            if acts:
                yield _line("DONE", text_of(row.example), f"{row.example.label}: {case.why}", found)
        elif not cases.right(case, found):
            wanted = f"{case.intent} {dict(case.slots)}"
            yield _line("DONE" if acts else "left", case.text, wanted, found)


def _heard(data: Path, parser: ForHome) -> Iterator[str]:
    cases = {case.id: case for case in ha_cases(data / "ha_intents")}
    homes = homes_of(list(cases.values()))
    asks = {path: parser(one) for path, one in homes.items()}
    for one in load():
        if not one.case:
            continue
        case = cases[one.case]
        found = asks[case.home](one.heard)
        if not judged(case, found, homes[case.home]).action:
            what = "DONE" if found.acts(homes[case.home]) else "left"
            said = f"{one.text} → {one.heard} ({wrong_words(one.text, one.heard)})"
            yield _line(what, said, f"{case.intent} {dict(case.slots)}", found)


def _line(what: str, said: str, wanted: str, found: Answer) -> str:
    got = "nothing" if found.intent is None else f"{found.intent} {dict(found.slots)}"
    return f"{what}  {said} | {wanted} | {got}{' (asks)' if found.asks else ''}"


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the lines, and how many there are."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("set", choices=SETS)
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="the data sets")
    parser.add_argument("--model", type=Path, metavar="FOLDER", help="a model (default: the shipped one)")
    parser.add_argument("--without-templates", action="store_true", help="ask the model for everything")
    options = parser.parse_args(argv)
    count = 0
    try:
        asked = shipped(options.model, without_templates=options.without_templates)
        for line in errors(options.set, options.data, asked):
            print(line)
            count += 1
    except (OSError, ModelError) as error:
        print(f"errors: {error}", file=sys.stderr)
        return 1
    print(f"{count} wrong", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
