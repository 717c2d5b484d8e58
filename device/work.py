"""What a turn gathers on its way."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from paige.device.turn import Step
from paige.iot.outcome import Outcome
from paige.iot.resolution import Refused


class Work:
    """The steps of one turn, what each took, and what came of them.

    Args:
        clock: Monotonic seconds.
        alone: Whether the request stands for itself, whatever was said before.
    """

    def __init__(self, clock: Callable[[], float], alone: bool = False) -> None:
        self._clock = clock
        self.alone = alone
        self.steps: list[Step] = []
        self.outcomes: tuple[Outcome, ...] = ()
        self.refusal: str | None = None

    def refuse(self, refused: Sequence[Refused]) -> None:
        """Keep why something was not even tried; the first counts."""
        if refused and self.refusal is None:
            self.refusal = str(refused[0].reason)

    def add(self, name: str, seconds: float) -> None:
        """A step that was taken; of several of one name, all of them together."""
        before = sum(step.seconds for step in self.steps if step.name == name)
        self.steps = [*(step for step in self.steps if step.name != name), Step(name, before + seconds)]

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Take a step, and what it takes."""
        began = self._clock()
        try:
            yield
        finally:
            self.add(name, self._clock() - began)
