"""The tables of `paige bench understand`."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from paige.tools.bench.distribution import megabytes, milliseconds
from paige.tools.bench.part import Table
from paige.tools.bench.understand.cost import Latency, Stage
from paige.tools.bench.understand.frames import FrameScore
from paige.tools.bench.understand.ha import Shares
from paige.tools.bench.understand.judgement import (
    Bin,
    Verdict,
    accepted,
    calibration_error,
    confusions,
    right,
)
from paige.tools.bench.understand.misheard import Level
from paige.tools.bench.understand.own import OwnScore
from paige.tools.bench.understand.sets import REFUSED, SLURP_OUTSIDE, SLURP_REST, Row, Taken
from paige.tools.bench.understand.slurp import AUDIO, IOT, OUTSIDE, scenario

THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
_CONFUSIONS = 12
_TABLE = "`tools/training/slurp_labels.yaml`"


def percent(share: float) -> str:
    """A share with one decimal."""
    return f"{100 * share:.1f} %"


@dataclass(frozen=True, slots=True)
class SlurpResult:
    """What became of SLURP's rows of one kind, sent through the whole parser to `home.yaml`."""

    rows: int
    sayable: int
    """Rows that ask for what the home has, now."""
    intent: int
    """Of these, with the right intent."""
    action: int
    """Of these, with the right action."""
    left_alone: int
    """Of the other rows, those of which nothing would be done."""

    def row(self, name: str) -> tuple[str, ...]:
        """Of the table."""
        other = self.rows - self.sayable
        return (
            name,
            str(self.sayable),
            _share(self.intent, self.sayable),
            _share(self.action, self.sayable),
            str(other),
            _share(self.left_alone, other),
        )


def frames_table(scored: Sequence[tuple[Row, FrameScore]], threshold: float) -> Table:
    """How right the model's frames are."""
    rows = []
    for group in (IOT, AUDIO):
        its = [(row.verdict.confidence >= threshold, score) for row, score in scored if row.group == group]
        counts = (
            sum(taken and score.intent for taken, score in its),
            sum(taken and score.intent and score.traits for taken, score in its),
            sum(score.slots for _, score in its),
            sum(taken and score.whole for taken, score in its),
            sum(taken and score.exact for taken, score in its),
        )
        rows.append((f"`{group}` rows", str(len(its)), *(_share(count, len(its)) for count in counts)))
    return Table(
        "SLURP, development set: the model's frames",
        ("", "rows", "right intent", "and traits", "right slots", "whole frame", "exactly"),
        tuple(rows),
        (
            f"What a row means, and what is compared how, stands in the head of {_TABLE}. “right slots”: "
            "their values, whatever the intent; “whole frame”: intent, traits and slots; “exactly”: and "
            "every slot stands at the same words.",
            f"An intent counts where the model is as sure as the threshold asks, {threshold:g}.",
        ),
    )


def slurp_table(results: dict[str, SlurpResult]) -> Table:
    """What the whole parser makes of SLURP's rows."""
    return Table(
        "SLURP, development set: the whole parser, in an ordinary house",
        ("", "rows it could do", "right intent", "right action", "other rows", "left alone"),
        tuple(result.row(f"`{group}` rows") for group, result in results.items()),
        (
            "The house is `tools/bench/understand/home.yaml`: rooms and things that most homes have. A row "
            "that it could do names only what is there, says what to set, and is not for later; its action "
            "is right when the intent, all values, and the things that are meant are right.",
            "The other rows name something that this house has not, or a time, or say not what to set: of "
            "these, those are left alone of which nothing would be done.",
        ),
    )


def refused_table(whole: Sequence[Taken], model: Sequence[Verdict], threshold: float) -> Table:
    """What must be refused and is not."""
    rows = []
    for group in REFUSED:
        its = [one for one in whole if one.row.group == group]
        if its:
            alone = accepted([verdict for verdict in model if verdict.group == group], threshold)
            taken, by_template = sum(one.whole for one in its), sum(one.template for one in its)
            rows.append(
                (group, str(len(its)), str(taken), _share(taken, len(its)), str(by_template), percent(alone))
            )
    outside = ", ".join(f"`{name}`" for name in OUTSIDE)
    return Table(
        "Wrongly accepted",
        (
            "sentences that are not for a home",
            "rows",
            "accepted",
            "share",
            "of them by a template",
            "by the model alone",
        ),
        tuple(rows),
        (
            f"Threshold {threshold:g}, in the house of `home.yaml`. SLURP’s ten scenarios: {outside}. “the "
            f"rest”: rows of other scenarios that {_TABLE} lists neither under `intents` nor `unclear`. "
            "CLINC: out of scope, and the intents that `clinc_labels.yaml` does not list as unclear.",
        ),
    )


def scenario_table(whole: Sequence[Taken]) -> Table:
    """What is wrongly accepted, by SLURP's scenario."""
    by: defaultdict[str, list[bool]] = defaultdict(list)
    for one in whole:
        if one.row.group in (SLURP_OUTSIDE, SLURP_REST):
            by[scenario(one.row.example)].append(one.whole)
    rows = tuple(
        (f"`{name}`", str(len(its)), str(sum(its)), _share(sum(its), len(its)))
        for name, its in sorted(by.items())
    )
    return Table("Wrongly accepted, by SLURP’s scenario", ("", "rows", "accepted", "share"), rows)


def threshold_table(verdicts: Sequence[Verdict], shipped: float) -> Table:
    """What each threshold lets through."""
    groups = [group for group in (IOT, AUDIO, *REFUSED) if any(one.group == group for one in verdicts)]
    its = {group: [one for one in verdicts if one.group == group] for group in groups}
    rows = tuple(
        (
            f"{at:g}" + (" (shipped)" if at == shipped else ""),
            *(percent((right if group in (IOT, AUDIO) else accepted)(its[group], at)) for group in groups),
        )
        for at in sorted({*THRESHOLDS, shipped})
    )
    head = (f"`{group}`: right intent" if group in (IOT, AUDIO) else f"{group}: accepted" for group in groups)
    return Table("What a threshold lets through, the model alone", ("threshold", *head), rows)


def reliability_table(bins: Sequence[Bin]) -> Table:
    """How well confidence tells what is right."""
    rows = tuple(
        (f"{one.begin:.1f} to {one.end:.1f}", str(one.count), percent(one.confidence), percent(one.right))
        for one in bins
        if one.count
    )
    return Table(
        "Calibration",
        ("confidence", "sentences", "on average", "right"),
        rows,
        (
            f"Expected calibration error over {len(bins)} bins of one width: "
            f"{percent(calibration_error(bins))}, over all sentences of SLURP and CLINC above; without the "
            f"first bin, which is nearly all of them: {percent(calibration_error(bins[1:]))}. What is not "
            "for a home is never right.",
        ),
    )


def confusion_table(verdicts: Iterable[Verdict]) -> Table:
    """What the model takes for what."""
    rows = tuple(
        (expected, found, str(count)) for expected, found, count in confusions(verdicts, _CONFUSIONS)
    )
    return Table(
        "Confusions, the model alone, whatever its confidence",
        ("is", "taken for", "sentences"),
        rows or (("–", "–", "0"),),
    )


def ha_table(scored: Sequence[tuple[str, Shares]]) -> Table:
    """What is right of Home Assistant's open cases."""
    rows = tuple(
        (
            name,
            str(one.count),
            percent(one.answered),
            percent(one.intent),
            percent(one.action),
            percent(one.exact),
        )
        for name, one in scored
    )
    return Table(
        "Home Assistant’s open cases",
        ("", "cases", "answered", "intent", "action", "exact"),
        rows,
        (
            "Renamed: every area and every entity has a name of as many words that no sentence of the "
            "language and no home of the training has, real words or invented ones; sentences are renamed "
            "with them. Floors keep their names.",
        ),
    )


def own_table(scores: Sequence[OwnScore]) -> Table:
    """A user's own intents, without training."""
    return Table(
        "A user’s own intents, from a few sentences and without training",
        (
            "sentences written for each",
            "asked otherwise",
            "right",
            "taken for something else",
            "other sentences",
            "taken for one of them",
        ),
        tuple(
            (
                str(one.written),
                str(one.asked),
                _share(one.right, one.asked),
                _share(one.wrong, one.asked),
                str(one.others),
                _share(one.accepted, one.others),
            )
            for one in scores
        ),
        (
            "The intents are SNIPS’s seven, which the model has never seen, each as a file of plain "
            "sentences from its development split, those with numbers left out; other sentences are "
            "SLURP’s rows for a home and what must be refused.",
        ),
    )


def misheard_table(levels: Sequence[Level], voices: Sequence[str]) -> Table:
    """What words that a recognizer got wrong cost."""
    return _levels_table(
        "Words wrong as a recognizer gets them wrong",
        levels,
        (
            "Sentences of Home Assistant’s open cases and of the project’s own grammar, spoken by flite "
            f"({', '.join(voices)}) and heard by PocketSphinx with the English model and dictionary of its "
            "package, which knows of no home: `tools/bench/understand/heard.jsonl`, made by "
            "`python -m paige.tools.bench.understand.heard --data FOLDER`.",
            "“something else done”: taken for what nobody asked for. A wrong word counts where one is "
            "replaced, left out or put in; numbers are the same in digits and in words.",
        ),
    )


def restricted_table(levels: Sequence[Level]) -> Table:
    """The same, as Paige itself hears."""
    return _levels_table(
        "The same sentences, as Paige’s own recognizer hears them",
        levels,
        (
            "It listens for the sentences of the home, and hears nothing where it was none of them; a fourth "
            "of the sentences above.",
        ),
    )


def _levels_table(title: str, levels: Sequence[Level], notes: tuple[str, ...]) -> Table:
    head = (
        "wrong words",
        "sentences",
        "action, as said",
        "action, as heard",
        "points lost",
        "something else done",
    )
    rows = tuple(
        (
            one.name,
            str(one.count),
            percent(one.clean),
            percent(one.heard),
            f"{100 * (one.clean - one.heard):.1f}",
            percent(one.wrong),
        )
        for one in levels
    )
    return Table(title, head, rows, notes)


def _share(count: int, of: int) -> str:
    return percent(count / of) if of else "–"


def latency_table(latencies: Sequence[Latency]) -> Table:
    """What a sentence takes."""
    rows = tuple(
        (
            f"{one.entities:,} entities, {one.kind}",
            str(len(one.seconds.values)),
            milliseconds(one.seconds.median),
            milliseconds(one.seconds.p95),
            milliseconds(one.processor.median),
            milliseconds(one.processor.p95),
        )
        for one in latencies
    )
    return Table(
        "Time of a sentence",
        ("home, sentences", "sentences", "median, ms", "p95, ms", "processor: median, ms", "p95, ms"),
        rows,
        (
            "One core, each sentence for the first time; from the sentence to its intent, with templates, "
            "model and the names of the home. Sentences are drawn from the grammar, and then made such "
            "that no template has them. Processor time is what other programs do not change.",
        ),
    )


def memory_table(stages: Sequence[Stage]) -> Table:
    """What a process holds."""
    rows = []
    before: Stage | None = None
    for stage in stages:
        more = "–" if before is None else megabytes(stage.resident - before.resident)
        rows.append((stage.name, megabytes(stage.resident), megabytes(stage.anonymous), more))
        before = stage
    whole, model = (stages[-1].resident - stages[at].resident for at in (0, 1))
    return Table(
        "Memory of one process",
        ("after", "RSS, MB", "of it anonymous, MB", "more RSS, MB"),
        tuple(rows),
        (
            f"Over the bare runtime the whole parser takes {megabytes(whole)} MB; of that the model with all "
            f"that it needs takes {megabytes(model)} MB.",
        ),
    )


def size_table(sizes: Mapping[str, int]) -> Table:
    """What the model's files take."""
    rows = [(f"`{name}`", megabytes(size)) for name, size in sizes.items()]
    return Table("The model’s files", ("", "MB"), (*rows, ("together", megabytes(sum(sizes.values())))))
