"""The measurement of which machine answers, with few rounds."""

import asyncio

from paige.tools.bench.brokers import EMBEDDED
from paige.tools.bench.ears import part
from paige.tools.bench.ears.part import Scene


def test_processes_decide_which_of_them_answers() -> None:
    told: list[str] = []
    scene = Scene("two there", 2, 2, 0.02)
    result = asyncio.run(part._played(scene, EMBEDDED, 2, told.append))
    assert (result.rounds, result.one, result.best) == (2, 2, 2)
    assert result.decided.p95 < 0.5
    assert told == ["embedded: two there"]
    assert part._figures(result)["exactly_one"] == 2
