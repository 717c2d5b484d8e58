"""What was said is learned from examples of what was and what was not."""

from dataclasses import replace

import numpy as np

from paige.models.recognizer.evidence import Evidence
from paige.tools.evidence import Example, fit, held_out

GENERATOR = np.random.default_rng(1)


def examples(kind: str, count: int, *, said: bool, whole: float) -> list[Example]:
    """Examples that differ in how well the whole fits, and by chance."""
    return [
        Example(
            kind,
            source,
            said=said,
            evidence=Evidence(*(np.array([whole, -5.0, 0.2, 0.1, 0.3, 3.0, 6.0]) + noise)),
        )
        for source, noise in enumerate(GENERATOR.normal(0, [0.02, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2], (count, 7)))
    ]


def test_the_part_that_tells_them_apart_gets_the_weight() -> None:
    rule = fit(examples("said", 60, said=True, whole=-1.0) + examples("noise", 60, said=False, whole=-2.0))
    whole, *others = rule.weights
    assert whole > 3 * max(abs(weight) for weight in others)
    halfway = Example("", 0, said=False, evidence=Evidence(-1.5, -5.0, 0.2, 0.1, 0.3, 3.0, 6.0))
    assert abs(rule.odds([halfway])[0]) < 0.5
    better = replace(halfway, evidence=replace(halfway.evidence, whole=-1.0))
    assert rule.odds([better])[0] > 2


def test_a_kind_with_many_examples_weighs_no_more_than_one_with_few() -> None:
    few = examples("said", 40, said=True, whole=-1.0) + examples("noise", 40, said=False, whole=-2.0)
    many = few + 20 * [example for example in few if not example.said]
    assert np.allclose(fit(few).weights, fit(many).weights)
    assert np.isclose(fit(few).constant, fit(many).constant)


def test_every_example_is_judged_by_a_rule_that_has_not_seen_its_recording() -> None:
    known = examples("said", 40, said=True, whole=-1.0) + examples("noise", 40, said=False, whole=-2.0)
    assert list(held_out(known)) == [("said", 40, 1.0), ("noise", 40, 0.0)]
    # Of the odd recordings the opposite is claimed: by these the even ones are judged the wrong way round,
    # and these the right way round, by the even ones.
    claimed = [replace(one, said=not one.said) if one.source % 2 else one for one in known]
    assert list(held_out(claimed)) == [("said", 40, 0.5), ("noise", 40, 0.5)]
