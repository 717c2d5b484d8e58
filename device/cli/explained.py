"""Why a sentence was understood as it was, for people to read and for programs."""

from collections.abc import Iterator
from typing import Any

from paige.models.grammar.tokens import tokenize
from paige.models.intent import Intent, NotRecognized
from paige.models.nlu.explanation import Explanation, Path, Reading
from paige.models.nlu.targets import Lookup

_LOOKUPS = {
    "clear": "is {value}",
    "ambiguous": "may be {value}: which one is asked",
    "near": "is nothing that this home has, but may mean {value}: that is asked",
    "unknown": "is nothing that this home has",
    "kind": "says what kind of thing is meant, and no single one",
    "here": "is where the speaker is",
    "whole_home": "is the whole home",
}


def explained_text(text: str, explanation: Explanation) -> str:
    """A sentence, what it means, and why; several lines."""
    lines = [text]
    if isinstance(explanation.result, NotRecognized):
        lines.append(f"  refused: {explanation.result.why}")
    else:
        for intent in explanation.result:
            lines += [f"  {_command(intent)}", *_word_for_word(intent)]
    lines += [f"  because {reason}" for reason in _paths(explanation)]
    for reading in explanation.readings:
        lines += _read(reading, explanation.threshold or 0.0)
    return "\n".join(lines)


def explained_json(explanation: Explanation) -> dict[str, Any]:
    """The reasons in JSON's types."""
    found: dict[str, Any] = {"path": str(explanation.path)}
    if isinstance(explanation.result, NotRecognized):
        found["why"] = str(explanation.result.why)
    else:
        found["commands"] = [
            {
                "text": intent.text,
                "template": intent.template or None,
                "spans": {slot: list(span) for slot, span in intent.spans.items()},
            }
            for intent in explanation.result
        ]
    if explanation.sounding is not None:
        found["sounds_like"] = {
            "text": explanation.sounding.said,
            "differs": round(explanation.sounding.price, 4),
            "margin": explanation.sounding.margin,
        }
    if explanation.readings:
        found["threshold"] = explanation.threshold
        found["readings"] = [_reading_json(reading) for reading in explanation.readings]
    return found


def _command(intent: Intent) -> str:
    slots = ", ".join(f"{slot} {value!r}" for slot, value in intent.slots.items())
    left_out = "".join(f", except {dict(one)}" for one in intent.excluded)
    return f"{intent.name}{' with ' if slots else ''}{slots}{left_out} ({intent.confidence:.0%})"


def _word_for_word(intent: Intent) -> Iterator[str]:
    """The template of a command that has one, and which words made its slots."""
    if not intent.template:
        return
    yield f"    as in {intent.template}"
    tokens = tokenize(intent.text)
    for slot, (begin, end) in intent.spans.items():
        yield f"    “{tokens.between(begin, end)}” gives {slot} {intent.slots[slot]!r}"


def _paths(explanation: Explanation) -> Iterator[str]:
    if explanation.path is Path.TEMPLATE:
        yield "it is said word for word in the sentences"
    elif explanation.sounding is not None:
        heard = explanation.sounding
        yield f"it sounds like “{heard.said}”: {heard.price:.0%} of its sounds differ"
    elif explanation.path is Path.MODEL:
        yield f"no template fits, and the model answered; it must be sure by {explanation.threshold:.0%}"
    else:
        yield "no template fits, and there is no model of this language, or no word for one to read"


def _read(reading: Reading, threshold: float) -> Iterator[str]:
    yield f"  “{reading.text}”"
    frame = reading.frame
    if frame is None:
        yield "    could not be read"
        return
    if reading.alike is not None:
        alike = reading.alike
        yield f"    means the same as your own sentence “{alike.example}”, alike by {alike.likeness:.2f}"
        return
    others = ", ".join(f"{name} {share:.1%}" for name, share in frame.runners_up)
    verdict = "enough" if frame.confidence >= threshold else "not enough"
    yield f"    {frame.intent} {frame.confidence:.1%}, {verdict}; then {others or 'nothing'}"
    for slot, value in frame.traits.items():
        yield f"    the sentence as a whole says {slot} {value!r}"
    for slot, begin, end in frame.spans:
        yield f"    “{' '.join(frame.words[begin:end])}” was read as {slot}"
    for one in reading.values:
        said = " ".join(frame.words[one.begin : one.end])
        yield f"    “{said}” gives {one.slot} {one.value!r}"
    for lookup in reading.lookups:
        yield from _looked_up(lookup)
    if isinstance(reading.result, NotRecognized):
        yield f"    refused: {reading.result.why}"


def _looked_up(lookup: Lookup) -> Iterator[str]:
    names = ", ".join(dict.fromkeys(one.value for one in lookup.chosen))
    yield f"    {lookup.slot} “{lookup.said}” {_LOOKUPS[lookup.outcome].format(value=names)}"
    for one in lookup.found.considered if lookup.found else ():
        alias = "" if one.spoken == one.value else f" (as “{one.spoken}”)"
        place = f" in {one.context['area']}" if "area" in one.context else ""
        yield f"      {one.score:.2f} {one.value}{alias}{place}"


def _reading_json(reading: Reading) -> dict[str, Any]:
    frame = reading.frame
    found: dict[str, Any] = {"text": reading.text}
    if frame is not None:
        found |= {
            "words": list(frame.words),
            "intent": frame.intent,
            "confidence": round(frame.confidence, 4),
            "runners_up": {name: round(share, 4) for name, share in frame.runners_up},
            "traits": dict(frame.traits),
            "spans": [{"slot": slot, "begin": begin, "end": end} for slot, begin, end in frame.spans],
            "values": [
                {"slot": one.slot, "value": one.value, "begin": one.begin, "end": one.end}
                for one in reading.values
            ],
            "names": [_lookup_json(lookup) for lookup in reading.lookups],
        }
    if reading.alike is not None:
        found["like"] = {"text": reading.alike.example, "likeness": round(reading.alike.likeness, 4)}
    if isinstance(reading.result, NotRecognized):
        found["why"] = str(reading.result.why)
    return found


def _lookup_json(lookup: Lookup) -> dict[str, Any]:
    candidates = lookup.found.considered if lookup.found else ()
    return {
        "slot": lookup.slot,
        "said": lookup.said,
        "outcome": lookup.outcome,
        "chosen": list(dict.fromkeys(one.value for one in lookup.chosen)),
        "candidates": [
            {"name": one.value, "as": one.spoken, "score": one.score, "area": one.context.get("area")}
            for one in candidates
        ],
    }
