"""The scorers of `paige bench understand`, on cases whose scores are known by hand."""

import importlib.util
import json
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from random import Random
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml

from paige.iot.home_file import parse_home
from paige.models.grammar.tokens import tokenize, words_of
from paige.models.nlu.model import JointModel
from paige.models.nlu.shipped import model_folder
from paige.models.nlu.tags import spans
from paige.tools.bench.errors import BenchFailed
from paige.tools.bench.understand.cases import Answer, Case, ha_cases, homes_of, judged
from paige.tools.bench.understand.cost import KINDS, otherwise
from paige.tools.bench.understand.errors import errors
from paige.tools.bench.understand.frames import FrameRules, FrameScore, Said
from paige.tools.bench.understand.judgement import (
    Verdict,
    accepted,
    calibration_error,
    confusions,
    highest_threshold,
    reliability,
    right,
)
from paige.tools.bench.understand.misheard import Level, Misheard, levels, wrong_words
from paige.tools.bench.understand.parser import shipped
from paige.tools.bench.understand.part import Measuring, measure, slurp_cases
from paige.tools.bench.understand.pictures import reliability_picture, threshold_pictures
from paige.tools.bench.understand.renamer import STYLES, renamed, renamed_case
from paige.tools.bench.understand.sets import SLURP_OUTSIDE, missing, rows
from paige.tools.bench.understand.slurp import Unsayable, text_of
from paige.tools.training.examples import Example
from paige.tools.training.from_slurp import SlurpLabels

SHARED = Path(__file__).parents[3] / "shared"
HA = SHARED / "data" / "nlu" / "ha_intents"
SCRIPT = SHARED / "eval" / "score_ha.py"
RULES = FrameRules()
WORDS = tokenize("dim the lights in the hall by twenty five percent at noon").words
DIM = Said("HassLightSet", {"brightness_step": "down"}, (("area", 4, 6), ("amount", 7, 9), ("time", 10, 12)))


def scored(got: Said, expected: Said = DIM) -> FrameScore:
    return RULES.score(WORDS, expected, got)


def test_a_frame_that_is_the_same_is_right_exactly() -> None:
    assert scored(DIM) == FrameScore(intent=True, traits=True, slots=True, exact=True)


def test_articles_and_the_words_of_a_time_do_not_make_a_frame_wrong_but_inexact() -> None:
    got = Said(
        "HassLightSet", {"brightness_step": "down"}, (("area", 5, 6), ("amount", 7, 9), ("time", 11, 12))
    )
    assert scored(got).whole
    assert not scored(got).exact


@pytest.mark.parametrize(
    "got",
    [
        Said("HassLightSet", {"brightness_step": "up"}, DIM.spans),  # another way
        Said("HassLightSet", {}, DIM.spans),
        Said("HassTurnOff", {"brightness_step": "down"}, DIM.spans),
        Said("HassLightSet", DIM.traits, DIM.spans[:2]),  # when is lost: it would be done at once
        Said("HassLightSet", DIM.traits, (("area", 4, 6), ("amount", 7, 8), ("time", 10, 12))),  # 20, not 25
        Said("HassLightSet", DIM.traits, (("name", 4, 6), *DIM.spans[1:])),
        Said("HassLightSet", DIM.traits, (*DIM.spans, ("area", 2, 3))),
        Said("HassLightSet", {**DIM.traits, "device_class": "tv"}, DIM.spans),
    ],
)
def test_a_frame_of_which_anything_is_wrong_is_not_whole(got: Said) -> None:
    assert not scored(got).whole


def test_the_kind_that_an_intent_is_about_anyway_is_no_difference() -> None:
    got = Said("HassLightSet", {"brightness_step": "down", "domain": "light"}, DIM.spans)
    assert scored(got).whole
    assert not scored(Said("HassLightSet", {**DIM.traits, "domain": "fan"}, DIM.spans)).whole


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("by twenty five percent", 25),
        ("25 %", 25),
        ("to 7", 7),
        ("a bit", None),
        ("one hundred", 100),
        ("", None),
    ],
)
def test_a_number_is_the_same_in_digits_and_in_words(text: str, number: float | None) -> None:
    assert RULES.number(tokenize(text).words) == number


def verdict(confidence: float, *, right: bool = True, group: str = "iot") -> Verdict:
    return Verdict(group, "A" if right else "B", "A", "A", confidence)


def test_calibration_of_known_confidences() -> None:
    # Four at 0.95 of which three are right, and two at 0.25 of which one is.
    sure = [verdict(0.95), verdict(0.95), verdict(0.95), verdict(0.95, right=False)]
    unsure = [verdict(0.25), verdict(0.25, right=False)]
    bins = reliability([*sure, *unsure])
    assert [one.count for one in bins] == [0, 0, 2, 0, 0, 0, 0, 0, 0, 4]
    assert (bins[9].right, bins[2].right) == (0.75, 0.5)
    assert calibration_error(bins) == pytest.approx((4 * 0.2 + 2 * 0.25) / 6)
    assert calibration_error(reliability([])) == 0


def test_certainty_is_in_the_last_bin() -> None:
    assert reliability([verdict(1.0)])[9].count == 1
    assert calibration_error(reliability([verdict(1.0)])) == 0


def test_what_a_threshold_lets_through() -> None:
    verdicts = [verdict(0.9), verdict(0.8, right=False), verdict(0.5), verdict(0.1)]
    assert [accepted(verdicts, at) for at in (0.0, 0.5, 0.85, 0.95)] == [1.0, 0.75, 0.25, 0.0]
    assert [right(verdicts, at) for at in (0.0, 0.5, 0.85)] == [0.75, 0.5, 0.25]


def test_the_threshold_that_lets_no_more_through_than_wanted() -> None:
    verdicts = [verdict(number / 10) for number in range(10)]
    for wrong in (0.0, 0.1, 0.35):
        at = highest_threshold(verdicts, wrong)
        assert accepted(verdicts, at) <= wrong
        assert accepted(verdicts, at - 0.1) > wrong


def test_confusions_are_counted_and_subjects_that_are_not_for_a_home_are_one() -> None:
    def taken(expected: str, found: str) -> Verdict:
        return Verdict("", expected, found, found, 1.0)

    verdicts = [
        taken("A", "B"), taken("A", "B"), taken("A", "A"), taken("other:x", "other:y"), taken("other:x", "A")
    ]  # fmt: skip
    assert confusions(verdicts, 9) == [("A", "B", 2), ("not for a home", "A", 1)]


HOME = parse_home(
    """
areas: [{name: Kitchen, aliases: [Galley]}, {name: Hall}]
entities:
  - {id: light.one, name: Kitchen Lamp, domain: light, area: Kitchen, aliases: [Spot]}
  - {id: light.two, name: Hall Light, domain: light, area: Hall}
  - {id: fan.one, name: Fan, domain: fan, area: Kitchen}
""",
    "home",
)


def case(intent: str, slots: Mapping[str, Any], text: str = "") -> Case:
    return Case("", text, intent, slots, Path("home"))


@pytest.mark.parametrize(
    ("expected", "got", "right"),
    [
        ({"name": "Fan"}, {"name": "fan"}, (True, True)),
        ({"name": "Kitchen Lamp"}, {"domain": "light", "area": "Kitchen"}, (True, False)),  # the same thing
        ({"name": "Kitchen Lamp"}, {"name": "Spot"}, (True, False)),
        ({"area": "Galley", "domain": "light"}, {"area": "Kitchen", "domain": "light"}, (True, False)),
        ({"domain": "light"}, {"domain": "light", "area": "Hall"}, (False, False)),
        ({"domain": "light"}, {}, (False, False)),
        ({"name": "Fan", "percentage": 50}, {"name": "Fan", "percentage": "50.0"}, (True, True)),
        ({"name": "Fan", "percentage": 50}, {"name": "Fan"}, (False, False)),
        ({"name": ["Fan", "Ventilator"]}, {"name": "ventilator"}, (True, True)),
        ({"name": "Nowhere"}, {"name": "Elsewhere"}, (False, False)),
    ],
)
def test_an_action_is_right_where_it_reaches_the_same_things(
    expected: dict[str, Any], got: dict[str, Any], right: tuple[bool, bool]
) -> None:
    found = judged(case("HassTurnOn", expected), Answer("HassTurnOn", got), HOME)
    assert (found.action, found.exact) == right
    assert not judged(case("HassTurnOn", expected), Answer("HassTurnOff", got), HOME).action


def test_nothing_is_done_about_what_is_refused_asked_or_not_there() -> None:
    assert Answer("HassTurnOn", {"name": "Fan"}).acts(HOME)
    assert Answer("HassNevermind", {}).acts(HOME)
    assert not Answer(None, {}).acts(HOME)
    assert not Answer("HassTurnOn", {"name": "lamp"}, asks=True).acts(HOME)
    assert not Answer("HassTurnOn", {"name": "Toaster"}).acts(HOME)


@pytest.mark.skipif(not HA.is_dir(), reason="the data sets are not here")
def test_home_assistants_cases_are_judged_as_by_the_script_that_everybody_uses() -> None:
    spec = importlib.util.spec_from_file_location("score_ha", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    cases = ha_cases(HA)
    homes = homes_of(cases)
    files = {path: yaml.safe_load(path.read_text()) for path in homes}
    random = Random(1)
    for one in cases:
        # Its own answer, another case's, and its own with a slot lost.
        other = random.choice([maybe for maybe in cases if maybe.home == one.home])
        lost = dict(list(one.slots.items())[1:])
        for slots in (one.slots, other.slots, lost):
            plain = {slot: value[0] if isinstance(value, list) else value for slot, value in slots.items()}
            ours = judged(one, Answer(one.intent, plain), homes[one.home])
            exact = script.exact(one.slots, plain)
            assert ours.exact == exact
            assert ours.action == (exact or script.action(one.slots, plain, files[one.home]))


def test_a_renamed_home_has_as_many_words_and_none_of_the_old_names() -> None:
    for style in STYLES:
        to = renamed(HOME, style, 3)
        assert to.home == renamed(HOME, style, 3).home
        old = {word for entity in HOME.entities for name in entity.names for word in words_of(name)}
        for before, after in zip(HOME.entities, to.home.entities, strict=True):
            assert (after.id, after.domain) == (before.id, before.domain)
            assert [len(name.split()) for name in after.names] == [len(name.split()) for name in before.names]
            assert old.isdisjoint(words_of(after.name))
            assert after.area in {area.name for area in to.home.areas}
        kitchen = to.home.areas[0].name
        assert to.home.entities[0].name.startswith(f"{kitchen} ")  # as "Kitchen Lamp" was the kitchen's
        assert len({entity.name for entity in to.home.entities}) == 3


def test_a_sentence_is_renamed_where_the_case_says_that_a_name_is_one() -> None:
    to = renamed(HOME, "invented", 3)
    lamp, kitchen = to.home.entities[0], to.home.areas[0]
    by_alias = renamed_case(case("HassTurnOn", {"name": "Kitchen Lamp"}, "turn the SPOT on, fan"), to)
    assert by_alias.text == f"turn the {lamp.aliases[0]} on, fan"
    assert by_alias.slots == {"name": lamp.name}
    there = case(
        "HassTurnOn", {"area": "Kitchen", "name": "all"}, "turn on the kitchen's lamp in the kitchen"
    )
    assert renamed_case(there, to).text == f"turn on the {kitchen.name}'s lamp in the {kitchen.name}"
    assert renamed_case(there, to).slots == {"area": kitchen.name, "name": "all"}


def test_the_names_of_renamed_homes_are_in_no_sentence_and_no_home_of_the_training() -> None:
    file = resources.files("paige.tools.bench.understand") / "renamed.yaml"
    real = {word.casefold() for word in yaml.safe_load(file.read_text(encoding="utf-8"))["real"]}
    training = resources.files("paige.tools.training") / "en"
    known = {word for entry in training.iterdir() for word in words_of(entry.read_text(encoding="utf-8"))}
    assert real.isdisjoint(known)


@pytest.mark.parametrize(
    ("said", "heard", "wrong"),
    [
        ("turn on the TV", "turn on the t v", 0),
        ("set it to 50%", "set it to fifty percent", 0),
        ("is the lamp on?", "is the lamb on", 1),
        ("all lights", "a lights", 1),
        ("turn on the lamp", "turn on", 2),
        ("lights", "the bright lights", 2),
        ("lamp", "", 1),
    ],
)
def test_wrong_words_are_counted(said: str, heard: str, wrong: int) -> None:
    assert wrong_words(said, heard) == wrong


def test_what_misheard_words_cost() -> None:
    found = [
        Misheard(0, clean=True, heard=True, acted=True),
        Misheard(1, clean=True, heard=False, acted=True),
        Misheard(1, clean=True, heard=True, acted=True),
        Misheard(7, clean=False, heard=False, acted=False),
    ]
    assert levels(found) == [
        Level("none", 1, 1.0, 1.0, 0.0),
        Level("1", 2, 1.0, 0.5, 0.5),
        Level("3 or more", 1, 0.0, 0.0, 0.0),
        Level("any", 3, 2 / 3, 1 / 3, 1 / 3),
        Level("all sentences", 4, 0.75, 0.5, 0.25),
    ]


def row(text: str, label: str, slots: Sequence[Mapping[str, Any]] = ()) -> Example:
    found = SlurpLabels().example({"text": text, "intent": label, "slots": slots}, "slurp")
    assert found is not None
    return found


def said(text: str, part: str, kind: str) -> Mapping[str, Any]:
    return {"type": kind, "value": part, "start": text.index(part), "end": text.index(part) + len(part)}


def test_a_number_behind_to_is_a_level_and_a_light_that_is_named_is_that_one() -> None:
    text = "louder to thirty please"
    louder = row(text, "audio_volume_up", [said(text, "to thirty", "change_amount")])
    assert (louder.intent, louder.traits) == ("HassSetVolume", {})
    text = "louder by thirty please"
    louder = row(text, "audio_volume_up", [said(text, "by thirty", "change_amount")])
    assert (louder.intent, louder.traits) == ("HassSetVolumeRelative", {"volume_step": "up"})
    text = "the porch light off"
    porch = row(text, "iot_hue_lightoff", [said(text, "porch light", "device_type")])
    assert (porch.traits, spans(porch.tags or ())) == ({}, [("name", 1, 3)])
    text = "all the lamps off"
    lamps = row(text, "iot_hue_lightoff", [said(text, "all the lamps", "device_type")])
    assert (lamps.traits, spans(lamps.tags or ())) == ({"domain": "light"}, [])


def test_a_row_is_said_to_a_house_that_has_what_it_names() -> None:
    cases = slurp_cases()
    text = "dim the bedroom by ten"
    slots = [said(text, "bedroom", "house_place"), said(text, "by ten", "change_amount")]
    found = cases.case(row(text, "iot_hue_lightdim", slots))
    assert isinstance(found, Case)
    assert found.slots == {"area": "Bedroom", "brightness_step": -10}
    assert cases.right(found, Answer("HassLightSet", {"area": "bedroom", "brightness_step": -10}))
    assert cases.right(found, Answer("HassLightSet", {**found.slots, "domain": "light"}))
    assert not cases.right(found, Answer("HassLightSet", {"area": "Bedroom", "brightness_step": 10}))
    assert not cases.right(found, Answer("HassLightSet", {"brightness_step": -10}))
    text = "lights off in the dungeon at nine"
    place, time = said(text, "dungeon", "house_place"), said(text, "nine", "time")
    assert cases.case(row(text, "iot_hue_lightoff", [place])) == Unsayable("not there")
    assert cases.case(row(text, "iot_hue_lightoff", [time])) == Unsayable("later")


def test_a_row_is_judged_by_what_would_be_done() -> None:
    cases = slurp_cases()
    assert cases.case(row("another colour of the lights", "iot_hue_lightchange")) == Unsayable("no value")
    text = "vacuum the flat"
    clean = cases.case(row(text, "iot_cleaning", [said(text, "flat", "house_place")]))  # all of the home
    assert isinstance(clean, Case)
    assert cases.right(clean, Answer("HassVacuumStart", {}))
    assert cases.right(clean, Answer("HassTurnOn", {"name": "Vacuum"}))
    assert not cases.right(clean, Answer("HassTurnOn", {"name": "Fan"}))
    assert not cases.right(clean, Answer("HassTurnOff", {"name": "Vacuum"}))
    assert not cases.right(clean, Answer("HassVacuumStart", {"area": "Kitchen"}))
    text = "lights off in the bed room"
    dark = cases.case(row(text, "iot_hue_lightoff", [said(text, "bed room", "house_place")]))
    assert isinstance(dark, Case)
    assert dark.slots == {"area": "Bedroom", "domain": "light"}


def test_curves_are_drawn_whole_and_say_what_they_are() -> None:
    verdicts = [verdict(0.9), verdict(0.2, right=False), verdict(0.7, right=False, group=SLURP_OUTSIDE)]
    pictures = [reliability_picture(reliability(verdicts)), *threshold_pictures(verdicts, 0.5)]
    assert [one.file for one in pictures] == [
        "understand-reliability.svg", "understand-right.svg", "understand-accepted.svg"
    ]  # fmt: skip
    for one in pictures:
        root = ET.fromstring(one.svg)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        for line in root.iter("{http://www.w3.org/2000/svg}polyline"):
            points = [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
            assert all(0 <= x <= 640 and 0 <= y <= 400 for x, y in points)
    assert "shipped: 0.5" in pictures[1].svg
    # Half of what is for a home is right, until the threshold lets nothing through.
    right_line = pictures[1].svg.split('<polyline points="')[7].split('"')[0].split()
    assert (right_line[0], right_line[100]) == ("64.0,180.0", "620.0,316.0")


def test_sentences_that_no_template_has_stay_the_same_but_for_that() -> None:
    random = Random(1)
    text = "turn on Anna's Big Lamp now"
    moved = otherwise(text, KINDS[1], random)
    assert moved != text
    assert sorted(moved.split()) == sorted(text.split())
    wrong = otherwise(text, KINDS[2], random)
    assert sum(one != other for one, other in zip(text, wrong, strict=True)) == 1
    assert otherwise(text, KINDS[0], random) == text


def test_what_cannot_be_measured_is_a_line(tmp_path: Path) -> None:
    with pytest.raises(BenchFailed, match=r"lacks model\.onnx"):
        measure(None, print, None, tmp_path)
    assert missing(None) == ["slurp", "clinc150", "ha_intents"]
    (tmp_path / "slurp").mkdir()
    assert missing(tmp_path) == ["clinc150", "ha_intents"]
    assert rows(None) == []


def test_a_row_is_cut_into_the_same_words_again() -> None:
    apart = row("what's the boss's mood, it's 5.5 o'clock", "general_quirky")
    assert tokenize(text_of(apart)).words == apart.words


def lines(file: Path, *values: Mapping[str, Any]) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text("".join(json.dumps(value) + "\n" for value in values))


@pytest.mark.skipif(model_folder("en") is None, reason="no intent model is shipped yet")
def test_what_there_is_of_the_data_is_measured(tmp_path: Path) -> None:
    def slurp(label: str, text: str, *slots: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"intent": label, "text": text, "slots": list(slots)}

    lines(
        tmp_path / "slurp" / "dev.jsonl",
        slurp("iot_hue_lightoff", "turn off the lights"),
        slurp("iot_hue_lightoff", "frobnicate the quux"),
        slurp("email_query", "have i got any mail from my boss"),
        slurp("weather_query", "is it raining"),
    )
    folder = model_folder("en")
    assert folder is not None
    parser = shipped(None)
    measuring = Measuring(JointModel(folder), parser, parser, tmp_path, lambda _: None)
    measuring.of_rows()
    measuring.of_cases()
    assert measuring.figures["left_out"] == ["clinc150", "ha_intents"]
    assert measuring.figures["slurp"]["iot"]["rows"] == 2
    assert measuring.figures["slurp"]["iot"]["whole"] == 0.5
    assert measuring.figures["slurp_whole"]["iot"]["action"] == 1
    assert measuring.figures["wrongly_accepted"] == {
        SLURP_OUTSIDE: {"rows": 1, "accepted": 0, "by_template": 0}
    }
    for table in measuring.tables:
        assert {len(one) for one in table.rows} == {len(table.head)}
    assert measuring.pictures[0].file == "understand-reliability.svg"


@pytest.mark.skipif(model_folder("en") is None, reason="no intent model is shipped yet")
def test_wrong_answers_are_listed(tmp_path: Path) -> None:
    case = {"id": "1", "home": "a.yaml", "slots": {"name": "Fan"}}
    lines(
        tmp_path / "ha_intents" / "cases.jsonl",
        {**case, "intent": "HassTurnOn", "text": "turn on the fan"},
        {**case, "intent": "HassTurnOff", "text": "turn on the fan"},
    )
    (tmp_path / "ha_intents" / "homes").mkdir()
    (tmp_path / "ha_intents" / "homes" / "a.yaml").write_text(
        "entities: [{name: Fan, id: fan.fan, domain: fan}]"
    )
    (only,) = errors("ha", tmp_path, shipped(None))
    assert only == "DONE  turn on the fan | HassTurnOff {'name': 'Fan'} | HassTurnOn {'name': 'Fan'}"
