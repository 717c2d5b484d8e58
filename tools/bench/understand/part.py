"""The part `understand` of `paige bench`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from paige.models.errors import ModelUnusable
from paige.models.grammar.sentences import Sentences
from paige.models.grammar.tokens import Words
from paige.models.nlu.model import JointModel
from paige.models.nlu.shipped import model_folder
from paige.tools.bench.errors import BenchFailed
from paige.tools.bench.part import Part, Picture, Table, Tell
from paige.tools.bench.progress import progress
from paige.tools.bench.understand import cost, ha, misheard, own, sets, tables
from paige.tools.bench.understand.cases import ha_cases, homes_of
from paige.tools.bench.understand.frames import FrameRules, FrameScore, Said
from paige.tools.bench.understand.heard import VOICES, own_home
from paige.tools.bench.understand.heard import load as load_heard
from paige.tools.bench.understand.judgement import calibration_error, reliability
from paige.tools.bench.understand.parser import LANGUAGE, ForHome, shipped, templates
from paige.tools.bench.understand.pictures import reliability_picture, threshold_pictures
from paige.tools.bench.understand.slurp import AUDIO, IOT, SlurpCases, Unsayable, text_of

REPEATS: Final = 1
_OF_OTHERS: Final = 3
"""One of so many sentences that are for no own intent is asked."""


def slurp_cases() -> SlurpCases:
    """SLURP's rows as cases of that house."""
    return SlurpCases(own_home(), _colors(), FrameRules())


def _colors() -> Mapping[Words, str]:
    """What colours are called."""
    sentences = Sentences.for_language(LANGUAGE)
    values = getattr(sentences.lists["color"], "values", ())
    return {words: str(value.value or value.template) for value in values for words in sentences.ways[value]}


def frame_scores(rows: Sequence[sets.Row]) -> list[tuple[sets.Row, FrameScore]]:
    """How right the frames of rows are that a model has read."""
    rules = FrameRules()
    found = []
    for row in rows:
        assert row.frame is not None, "a model must have read it"
        got = Said(row.frame.intent, row.frame.traits, row.frame.spans)
        found.append((row, rules.score(row.example.words, Said.of(row.example), got)))
    return found


def slurp_results(rows: Sequence[sets.Row], parser: ForHome) -> dict[str, tables.SlurpResult]:
    """What the whole parser makes of SLURP's rows for a home."""
    house = own_home()
    cases, ask = slurp_cases(), parser(house)
    found = {}
    for group in (IOT, AUDIO):
        its = sets.of(rows, group)
        sayable = intent = action = alone = 0
        for row in its:
            case, answer = cases.case(row.example), ask(text_of(row.example))
            if isinstance(case, Unsayable):
                alone += not answer.acts(house)
                continue
            sayable += 1
            intent += cases.meant(case, answer).intent == case.intent
            action += cases.right(case, answer)
        found[group] = tables.SlurpResult(len(its), sayable, intent, action, alone)
    return found


def measure(repeats: int | None, tell: Tell, data: Path | None = None, model: Path | None = None) -> Part:
    """The part `understand` of `paige bench`.

    Args:
        repeats: How often each sentence is timed.
        tell: Takes a line on how far it is.
        data: A folder with `slurp`, `clinc150` and `ha_intents`; what is missing is left out, with a line.
        model: A folder of an intent model; the shipped one by default.

    Raises:
        BenchFailed: There is no model, or it cannot be used.
    """
    folder = model or model_folder(LANGUAGE)
    if folder is None:
        raise BenchFailed(f"no intent model comes with Paige for {LANGUAGE!r}; name a folder with --model")
    try:
        opened = JointModel(folder)
    except ModelUnusable as error:
        raise BenchFailed(str(error)) from error
    parser, alone = shipped(model), shipped(model, without_templates=True)
    measuring = Measuring(opened, parser, alone, data, tell)
    for name in sets.missing(data):
        tell(
            f"{name} is left out: "
            + ("name a folder with it by --data" if data is None else f"not in {data}")
        )
    measuring.of_rows()
    measuring.of_cases()
    measuring.of_misheard()
    measuring.of_own(model)
    tell(
        f"time on one core in homes of {' and '.join(f'{size:,}' for size in cost.SIZES)} entities, "
        "and memory"
    )
    measuring.of_cost(folder, model, repeats or REPEATS)
    return Part(
        "understand",
        "How well sentences are understood that nobody wrote for Paige, what is wrongly accepted, what "
        "misheard words cost, and what all of it takes. None of these sentences was learned from.",
        "paige bench understand --data FOLDER" + ("" if model is None else " --model FOLDER"),
        tuple(measuring.tables),
        measuring.figures,
        pictures=tuple(measuring.pictures),
    )


class Measuring:
    """What has been measured so far."""

    def __init__(
        self, model: JointModel, parser: ForHome, alone: ForHome, data: Path | None, tell: Tell
    ) -> None:
        self._model, self._parser, self._alone, self._data, self._tell = model, parser, alone, data, tell
        self.tables: list[Table] = []
        self.pictures: list[Picture] = []
        self.figures: dict[str, Any] = {"left_out": sets.missing(data)}

    def of_rows(self) -> None:
        """SLURP and CLINC."""
        found = sets.rows(self._data)
        if not found:
            return
        threshold = self._model.labels.threshold
        self._tell(f"{len(found)} sentences of SLURP and CLINC")
        found = [sets.read(self._model, row) for row in progress(found, len(found))]
        verdicts = [row.verdict for row in found]
        refused = self._taken(sets.of(found, *sets.REFUSED))
        if sets.of(found, IOT):
            scored = frame_scores(sets.of(found, IOT, AUDIO))
            results = slurp_results(found, self._parser)
            self.tables += [tables.frames_table(scored, threshold), tables.slurp_table(results)]
            self.figures["slurp"] = _frame_figures(scored, threshold)
            self.figures["slurp_whole"] = {group: asdict(result) for group, result in results.items()}
        self.tables.append(tables.refused_table(refused, verdicts, threshold))
        if sets.of(found, IOT):
            self.tables.append(tables.scenario_table(refused))
        bins = reliability(verdicts)
        self.tables += [
            tables.threshold_table(verdicts, threshold),
            tables.reliability_table(bins),
            tables.confusion_table(verdicts),
        ]
        self.pictures += [reliability_picture(bins), *threshold_pictures(verdicts, threshold)]
        self.figures["threshold"] = threshold
        self.figures["calibration_error"] = calibration_error(bins)
        self.figures["wrongly_accepted"] = _accepted_figures(refused)

    def _taken(self, rows: Sequence[sets.Row]) -> list[sets.Taken]:
        whole, word_for_word = self._parser(own_home()), templates()(own_home())
        found = []
        for row in rows:
            text = text_of(row.example)
            found.append(
                sets.Taken(row, whole(text).intent is not None, word_for_word(text).intent is not None)
            )
        return found

    def of_cases(self) -> None:
        """Home Assistant's."""
        if self._data is None or not (folder := self._data / "ha_intents").is_dir():
            return
        cases = ha_cases(folder)
        self._tell(f"{len(cases)} cases of Home Assistant, three times")
        told = [("as they are", cases, homes_of(cases))]
        told += [(f"renamed, {style} words", others, homes) for style, others, homes in ha.renamings(cases)]
        scored = []
        for parser, name in (
            (self._parser, "whole parser"),
            (templates(), "templates alone"),
            (self._alone, "model alone"),
        ):
            scored += [
                (f"{how}: {name}", ha.shares(ha.judge(others, homes, parser))) for how, others, homes in told
            ]
        self.tables.append(tables.ha_table(scored))
        self.figures["ha_intents"] = {name: asdict(shares) for name, shares in scored}

    def of_misheard(self) -> None:
        """The packaged set."""
        folder = None if self._data is None else self._data / "ha_intents"
        cases = ha_cases(folder) if folder is not None and folder.is_dir() else []
        said = load_heard()
        self._tell(f"{len(said)} sentences that a recognizer heard")
        by_id = {case.id: case for case in cases}
        free = misheard.levels(misheard.measured(said, by_id, self._parser))
        own = [replace(one, heard=one.restricted) for one in said if one.restricted is not None]
        restricted = misheard.levels(misheard.measured(own, by_id, self._parser))
        self.tables += [tables.misheard_table(free, VOICES), tables.restricted_table(restricted)]
        self.figures["misheard"] = [asdict(level) for level in free]
        self.figures["misheard_restricted"] = [asdict(level) for level in restricted]

    def of_own(self, model: Path | None) -> None:
        """SNIPS's intents as a user's own."""
        file = None if self._data is None else self._data / "snips" / "dev.jsonl"
        others = [row for row in sets.rows(self._data) if row.group != AUDIO]
        if file is None or not file.is_file() or not others:
            self._tell("a user's own intents are left out: they are measured with snips, slurp and clinc150")
            return
        self._tell(f"a user's own intents, {len(own.SENTENCES)} times")
        scores = own.measured(file, others[::_OF_OTHERS], model)
        self.tables.append(tables.own_table(scores))
        self.figures["own"] = [asdict(score) for score in scores]

    def of_cost(self, folder: Path, model: Path | None, repeats: int) -> None:
        """Time, memory, and size."""
        latencies, stages = cost.latencies(model, repeats), cost.stages(model)
        sizes = cost.sizes(folder)
        self.tables += [
            tables.latency_table(latencies),
            tables.memory_table(stages),
            tables.size_table(sizes),
        ]
        self.figures["latency"] = [
            {"entities": one.entities, "kind": one.kind, "seconds": one.seconds.figures()}
            for one in latencies
        ]
        self.figures["memory"] = [asdict(stage) for stage in stages]
        self.figures["bytes"] = sizes


def _frame_figures(scored: Sequence[tuple[sets.Row, FrameScore]], threshold: float) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for group in (IOT, AUDIO):
        its = [(row.verdict.confidence >= threshold, score) for row, score in scored if row.group == group]
        if not its:
            continue
        figures[group] = {
            "rows": len(its),
            "intent": sum(taken and score.intent for taken, score in its) / len(its),
            "whole": sum(taken and score.whole for taken, score in its) / len(its),
            "exact": sum(taken and score.exact for taken, score in its) / len(its),
        }
    return figures


def _accepted_figures(refused: Sequence[sets.Taken]) -> dict[str, Any]:
    figures = {}
    for group in sets.REFUSED:
        its = [one for one in refused if one.row.group == group]
        if its:
            figures[group] = {
                "rows": len(its),
                "accepted": sum(one.whole for one in its),
                "by_template": sum(one.template for one in its),
            }
    return figures
