"""From sound or a sentence to a reply: the one path that every request takes."""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from paige.audio.chunk import Utterance
from paige.device.dialogue import Asked, Dialogue, chosen
from paige.device.keeping import Keeping
from paige.device.narration import Narrator
from paige.device.turn import Reply, Step, Turn
from paige.device.understanding import ANSWER, Understanding
from paige.iot.command import Command
from paige.iot.executor import Executor
from paige.iot.outcome import Outcome
from paige.iot.policy import Policy
from paige.iot.registry import Registry
from paige.iot.resolution import (
    Answer,
    Choice,
    Commands,
    Confirmation,
    Local,
    Question,
    Refused,
)
from paige.iot.resolve import resolve
from paige.iot.units import TemperatureUnit
from paige.models.grammar.language import Language
from paige.models.intent import Intent, NotRecognized
from paige.models.recognizer.protocol import Recognizer
from paige.models.transcript import Transcript


class Pipeline:
    """Handles requests; one that waits for a garage door to open does not keep another from stopping it.

    What is said is recognized one utterance after another; all up to the commands of a request is one step.

    Args:
        registry: The home as it is now.
        understanding: Sentences to intents.
        executor: Commands to outcomes.
        narrator: What happened, to words.
        keeping: Answers what is not about entities.
        policy: What needs a yes, and what is forbidden.
        unit: How the house says temperatures.
        recognizer: Speech to text; None where only text is handled, until `hear_with` gives one.
        confidence: How sure the recognizer must be, 0 to 1.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        registry: Registry,
        understanding: Understanding,
        executor: Executor,
        narrator: Narrator,
        keeping: Keeping,
        *,
        policy: Policy | None = None,
        unit: TemperatureUnit = TemperatureUnit.CELSIUS,
        recognizer: Recognizer | None = None,
        confidence: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._registry = registry
        self._understanding = understanding
        self._executor = executor
        self._narrator = narrator
        self._keeping = keeping
        self._policy = policy
        self._unit = unit
        self._recognizer = recognizer
        self._confidence = confidence
        self._clock = clock
        self._dialogue = Dialogue()
        self._listening_for: tuple[Language, ...] = ()
        self._recognizing = asyncio.Lock()

    @property
    def hears(self) -> bool:
        """Whether utterances can be handled, too."""
        return self._recognizer is not None

    def hear_with(self, recognizer: Recognizer) -> None:
        """Handle utterances as well from now on, which a pipeline without a recognizer does not."""
        self._recognizer = recognizer
        self._listening_for = ()

    async def handle_text(self, text: str, here: str | None = None) -> Turn:
        """One typed sentence from the area `here`; by default, where the home description says."""
        return await self._handle(_Work(self._clock), text.strip(), self._place(here), None)

    async def handle_utterance(self, utterance: Utterance, here: str | None = None) -> Turn:
        """One stretch of speech from the area `here`; by default, where the home description says."""
        place = self._place(here)
        async with self._recognizing:
            work = _Work(self._clock)
            work.add("endpoint", utterance.start + utterance.seconds - utterance.speech_end)
            transcript = await self._hear(work, utterance, place)
        text = transcript.text if transcript.confidence >= self._confidence else ""
        return await self._handle(work, text, place, transcript)

    async def listen_for_the_home(self, here: str | None = None) -> None:
        """Ready the recognizer for what can be said now, ahead of the utterance that would wait for it."""
        async with self._recognizing:
            await self._restrict(_Work(self._clock), self._place(here))

    def _place(self, here: str | None) -> str | None:
        return self._registry.here if here is None else self._registry.area(here)

    async def _restrict(self, work: "_Work", here: str | None) -> Recognizer:
        assert self._recognizer is not None, "an utterance was given to a pipeline without a recognizer"
        asked = self._dialogue.open(here, self._clock())
        languages = self._understanding.languages(here, asked=asked)
        if languages != self._listening_for:
            with work.step("restrict"):
                await asyncio.to_thread(self._recognizer.restrict, *languages)
            self._listening_for = languages
        return self._recognizer

    async def _hear(self, work: "_Work", utterance: Utterance, here: str | None) -> Transcript:
        recognizer = await self._restrict(work, here)
        with work.step("recognize"):
            return await asyncio.to_thread(recognizer.recognize, utterance)

    async def _handle(
        self, work: "_Work", text: str, here: str | None, transcript: Transcript | None
    ) -> Turn:
        asked = self._dialogue.open(here, self._clock())
        with work.step("parse"):
            understood = self._understanding.parse(text, here, asked=asked)
        if isinstance(understood, NotRecognized):
            reply = self._not_understood(understood, here, asked)
        elif understood.name == ANSWER:
            reply = await self._answered(work, understood, here, asked)
        else:
            self._dialogue.close(here)
            reply = await self._follow(work, understood, here, None)
        return Turn(
            secrets.token_hex(4),
            text,
            here,
            understood,
            reply,
            outcomes=tuple(work.outcomes),
            transcript=transcript,
            steps=tuple(work.steps),
            refusal=work.refusal,
        )

    def _not_understood(self, refusal: NotRecognized, here: str | None, asked: Asked | None) -> Reply:
        if asked is None:
            return self._narrator.not_recognized(refusal) if refusal.text else self._narrator.not_heard()
        if asked.repeated:
            self._dialogue.close(here)
            return self._narrator.dialogue("declined")
        self._dialogue.ask(here, asked.again(self._clock()))
        return self._ask(asked, again=True)

    def _ask(self, asked: Asked, *, again: bool = False) -> Reply:
        if isinstance(asked.matter, Question):
            return self._narrator.question(asked.matter, again=again)
        return self._narrator.confirmation(asked.intent, asked.matter, again=again)

    async def _answered(self, work: "_Work", answer: Intent, here: str | None, asked: Asked | None) -> Reply:
        assert asked is not None, "answers are understood only while a question is open"
        self._dialogue.close(here)
        meaning = answer.slots.get("answer")
        if meaning == "no":
            return self._narrator.dialogue("declined")
        if isinstance(asked.matter, Confirmation):
            if meaning == "yes":
                work.refuse(asked.matter.refused)
                await self._execute(work, asked.matter.commands)
                return self._narrator.outcomes(asked.intent, work.outcomes, asked.matter.refused)
        else:
            picked = chosen(asked.matter, answer)
            if len(picked) == 1:
                return await self._follow(work, asked.intent, here, picked[0])
        return self._not_understood(NotRecognized(answer.text), here, asked)

    async def _follow(self, work: "_Work", intent: Intent, here: str | None, choice: Choice | None) -> Reply:
        with work.step("resolve"):
            resolution = resolve(
                intent, self._registry, here=here, policy=self._policy, unit=self._unit, choice=choice
            )
        if isinstance(resolution, Local):
            timers = frozenset[int]() if choice is None else choice.timer_ids
            kept = self._keeping.answer(intent, resolution.keeper, here, timers)
            return kept if isinstance(kept, Reply) else await self._carry_out(work, intent, kept, here)
        return await self._carry_out(work, intent, resolution, here)

    async def _carry_out(
        self,
        work: "_Work",
        intent: Intent,
        resolution: Commands | Confirmation | Question | Answer | Refused,
        here: str | None,
    ) -> Reply:
        match resolution:
            case Commands():
                work.refuse(resolution.refused)
                await self._execute(work, resolution.commands)
                return self._narrator.outcomes(intent, work.outcomes, resolution.refused)
            case Question() | Confirmation():
                asked = Asked(resolution, intent, self._clock())
                self._dialogue.ask(here, asked)
                return self._ask(asked)
            case Answer():
                return self._narrator.answer(intent, resolution)
            case Refused():
                work.refuse((resolution,))
                return self._narrator.refused(intent, resolution)

    async def _execute(self, work: "_Work", commands: Sequence[Command]) -> None:
        work.outcomes = await self._executor.execute_all(commands)
        work.add("publish", max(outcome.publish_seconds for outcome in work.outcomes))
        work.add("confirm", max(outcome.confirm_seconds for outcome in work.outcomes))


class _Work:
    """What a turn gathers on its way."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.steps: list[Step] = []
        self.outcomes: tuple[Outcome, ...] = ()
        self.refusal: str | None = None

    def refuse(self, refused: Sequence[Refused]) -> None:
        if refused:
            self.refusal = str(refused[0].reason)

    def add(self, name: str, seconds: float) -> None:
        self.steps.append(Step(name, seconds))

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = self._clock()
        try:
            yield
        finally:
            self.add(name, self._clock() - began)
