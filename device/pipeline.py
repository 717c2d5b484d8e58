"""From sound or a sentence to a reply: the one path that every request takes."""

import secrets
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice

from paige.audio.chunk import Utterance
from paige.device.attention import Guess
from paige.device.dialogue import Asked, Dialogue, Todo, chosen
from paige.device.engagement import Engagement
from paige.device.keeping import Keeping
from paige.device.likeliest import likeliest, sense_of
from paige.device.live import Live
from paige.device.narration import Narrator
from paige.device.recognition import Recognition
from paige.device.thinking import Thinker, Thought
from paige.device.turn import Expects, Reply, Turn
from paige.device.understanding import ANSWER, Understanding
from paige.device.work import Work
from paige.iot.executor import Executor
from paige.iot.policy import Policy
from paige.iot.registry import Registry
from paige.iot.resolution import (
    Answer,
    Commands,
    Confirmation,
    Local,
    Question,
    Refused,
    Resolution,
)
from paige.iot.resolve import resolve
from paige.iot.units import TemperatureUnit
from paige.models.grammar.language import Language
from paige.models.intent import Intent, NotRecognized
from paige.models.kinds import Kinds
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
        kinds: What things are called by what they are.
        thinker: Asks a language model what is not understood; None for a house without one.
        recognizer: Speech to text; None where only text is handled, until `hear_with` gives one.
        elsewhere: Asked what was said where the recognizer is not sure; empty where it does not know either.
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
        kinds: Kinds | None = None,
        thinker: Thinker | None = None,
        recognizer: Recognizer | None = None,
        elsewhere: Callable[[Utterance], Awaitable[str]] | None = None,
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
        self._kinds = kinds
        self._thinker = thinker
        self._elsewhere = elsewhere
        self._clock = clock
        self._dialogue = Dialogue()
        self._recognition = Recognition(understanding, self._dialogue, recognizer, confidence, clock)
        self.engagement = Engagement()
        """Told of what is handled; one who stays has it tell others."""

    @property
    def hears(self) -> bool:
        """Whether utterances can be handled, too."""
        return self._recognition.recognizer is not None

    def hear_with(self, recognizer: Recognizer) -> None:
        """Handle utterances as well from now on, which a pipeline without a recognizer does not."""
        self._recognition.recognizer = recognizer

    @property
    def listens_for(self) -> tuple[Language, ...]:
        """What the recognizer was told can be said."""
        return self._recognition.listening_for

    async def handle_text(self, text: str, here: str | None = None, *, alone: bool = False) -> Turn:
        """One typed sentence from the area `here`; by default, where the home description says.

        Args:
            text: The sentence.
            here: An area.
            alone: Whether it stands for itself, whatever was said there before, and nothing goes on with it.
        """
        with self.engagement.engaged():
            return await self._handle(Work(self._clock, alone), text.strip(), self._place(here), None)

    async def handle_utterance(
        self, utterance: Utterance, here: str | None = None, guess: Awaitable[Guess | None] | None = None
    ) -> Turn:
        """One stretch of speech from the area `here`; by default, where the home description says.

        Args:
            utterance: The speech.
            here: An area.
            guess: What came, or will come, of the same speech already.
        """
        place = self._place(here)
        self._interrupt()
        work = Work(self._clock)
        work.add("endpoint", utterance.start + utterance.seconds - utterance.speech_end)
        with self.engagement.engaged():
            transcript = await self._heard(work, utterance, place, guess)
            return await self._handle(work, self._recognition.words(transcript), place, transcript)

    async def _heard(
        self, work: Work, utterance: Utterance, here: str | None, guess: Awaitable[Guess | None] | None
    ) -> Transcript:
        """What was said, sure or not: what makes sense here, of what the recognizer or another one hears."""
        heard = await self._recognition.recognize(work, utterance, here, guess)
        with work.step("parse"):
            transcript = likeliest(heard, partial(self._sense, here=here), self._recognition.confidence)
        if self._elsewhere is None or self._recognition.words(transcript):
            return transcript
        with work.step("elsewhere"):
            text = await self._elsewhere(utterance)
        with work.step("parse"):
            known = bool(text) and self._sense(text, here) > 0
        return Transcript(text, 1.0, heard.seconds) if known else transcript

    def _sense(self, text: str, here: str | None) -> float:
        """How much sense it makes that somebody in the area `here` says something, 0 to 1."""
        now = self._clock()
        asked, last = self._dialogue.open(here, now), self._dialogue.last(here, now)
        todo = self._understanding.parse(text, here, asked=asked, last=last)
        if isinstance(todo, NotRecognized):
            return 0.0
        if todo[0].intent.name == ANSWER:
            return 1.0
        return sense_of(
            (one.intent for one in todo), lambda one: self._resolve(Work(self._clock), Todo(one), here)
        )

    async def transcribe(self, utterance: Utterance, here: str | None = None) -> Transcript:
        """What was said in the area `here`, and nothing is done; empty where that is not sure."""
        transcript = await self._heard(Work(self._clock), utterance, self._place(here), None)
        return replace(transcript, text=self._recognition.words(transcript))

    async def understand(self, text: str, here: str | None = None) -> tuple[Intent, ...] | NotRecognized:
        """What a sentence from the area `here` asks for by itself, and nothing is done."""
        todo = self._understanding.parse(text.strip(), self._place(here), asked=None)
        return todo if isinstance(todo, NotRecognized) else tuple(one.intent for one in todo)

    def live(self, told: Callable[[str], None] = lambda _: None) -> Live:
        """What finds out what is being said, for one microphone; see `Live`."""
        heard = self._recognition
        return Live(heard.stream, lambda: heard.listening_for, heard.pause, told)

    async def listen_for_the_home(self, here: str | None = None) -> None:
        """Ready the recognizer for what can be said now, ahead of the utterance that would wait for it."""
        await self._recognition.restrict(self._place(here))

    def _place(self, here: str | None) -> str | None:
        return self._registry.here if here is None else self._registry.area(here)

    async def _handle(self, work: Work, text: str, here: str | None, transcript: Transcript | None) -> Turn:
        asked = self._dialogue.open(here, self._clock())
        if not work.alone:
            self._interrupt()
        with work.step("parse"):
            last = () if work.alone else self._dialogue.last(here, self._clock())
            todo = self._understanding.parse(text, here, asked=asked, last=last)
        thought = None
        if isinstance(todo, NotRecognized) and asked is None and not work.alone:
            thought = await self._think(work, todo, here, heard=transcript is not None)
            if thought is not None and thought.intents:
                todo = tuple(map(Todo, thought.intents))
        understood = todo if isinstance(todo, NotRecognized) else tuple(one.intent for one in todo)
        if isinstance(todo, NotRecognized) and thought is not None:
            reply = self._narrator.model_says(thought.words)
        elif isinstance(todo, NotRecognized):
            reply = await self._not_understood(work, todo, here, asked)
        elif todo[0].intent.name == ANSWER:
            reply = await self._answered(work, todo[0].intent, here, asked)
        else:
            self._dialogue.close(here)
            reply = await self._carry_out(work, todo, here)
        return Turn(
            secrets.token_hex(4),
            text,
            here,
            understood if isinstance(understood, NotRecognized) else understood[0],
            reply,
            also=() if isinstance(understood, NotRecognized) else understood[1:],
            outcomes=tuple(work.outcomes),
            transcript=transcript,
            steps=tuple(work.steps),
            refusal=work.refusal,
            model=None if thought is None else thought.text,
        )

    def _interrupt(self) -> None:
        """Whoever speaks does not wait for an answer to what was said before."""
        if self._thinker is not None:
            self._thinker.interrupt()

    async def _think(
        self, work: Work, refusal: NotRecognized, here: str | None, *, heard: bool
    ) -> Thought | None:
        if self._thinker is None:
            return None
        with work.step("think"):
            return await self._thinker.think(refusal, self._registry.vocabulary(here), heard=heard)

    async def _not_understood(
        self, work: Work, refusal: NotRecognized, here: str | None, asked: Asked | None
    ) -> Reply:
        if asked is None:
            return self._narrator.not_recognized(refusal) if refusal.text else self._narrator.not_heard()
        if asked.repeated:
            return await self._declined(work, here, asked)
        self._dialogue.ask(here, asked.again(self._clock()))
        return self._ask(asked, again=True)

    async def _declined(self, work: Work, here: str | None, asked: Asked) -> Reply:
        """What was asked about is not done; what else the same sentence asked for is."""
        self._dialogue.close(here)
        declined = self._narrator.dialogue("declined")
        rest = asked.settled()
        return (
            self._narrator.joined([declined, await self._carry_out(work, rest, here)]) if rest else declined
        )

    def _ask(self, asked: Asked, *, again: bool = False) -> Reply:
        if isinstance(asked.matter, Question):
            return self._narrator.question(asked.matter, again=again)
        return self._narrator.confirmation(asked.intent, asked.matter, again=again)

    async def _answered(self, work: Work, answer: Intent, here: str | None, asked: Asked | None) -> Reply:
        assert asked is not None, "answers are understood only while a question is open"
        self._dialogue.close(here)
        meaning = answer.slots.get("answer")
        if meaning == "no":
            return await self._declined(work, here, asked)
        if isinstance(asked.matter, Confirmation):
            if meaning == "yes":
                agreed = Commands(asked.matter.commands, asked.matter.refused)
                todo = asked.settled(Todo(asked.intent, confirmed=agreed))
                return await self._carry_out(work, todo, here)
        else:
            picked = chosen(asked.matter, answer)
            if len(picked) == 1:
                others = tuple(choice for choice in asked.matter.choices if choice not in picked)
                todo = asked.settled(Todo(asked.intent, picked[0], others))
                return await self._carry_out(work, todo, here)
        return await self._not_understood(work, NotRecognized(answer.text), here, asked)

    async def _carry_out(self, work: Work, todo: Sequence[Todo], here: str | None) -> Reply:
        """All commands of a sentence, in their order; what needs an answer is asked before any is done."""
        plan = self._plan(work, todo, here)
        for at, found in enumerate(plan):
            if isinstance(found, Question | Confirmation):
                return self._open(found, todo[at], here, todo[:at], todo[at + 1 :])
        if not work.alone:
            self._dialogue.remember(here, todo, self._clock())
        replies: list[Reply] = []
        at = 0
        while at < len(todo):
            together = _together(plan)
            if together:
                replies += await self._execute(work, list(zip(todo[at:], together, strict=False)))
                at += len(together)
            else:
                reply = self._told(work, todo[at:], plan[0], here)
                replies.append(reply)
                if reply.expects is not Expects.NOTHING:
                    break
                at += 1
            # What was done may have changed what the rest means: "toggle the lamp" once more.
            plan = self._plan(work, todo[at:], here)
        return self._narrator.joined(replies)

    def _plan(self, work: Work, todo: Sequence[Todo], here: str | None) -> list[Resolution]:
        return [self._resolve(work, one, here) for one in todo]

    def _resolve(self, work: Work, todo: Todo, here: str | None) -> Resolution:
        if todo.confirmed is not None:
            return todo.confirmed
        if todo.asks is not None:
            return todo.asks
        with work.step("resolve"):
            return resolve(
                todo.intent,
                self._registry,
                here=here,
                policy=self._policy,
                unit=self._unit,
                choice=todo.choice,
                kinds=self._kinds,
            )

    def _open(
        self,
        matter: Question | Confirmation,
        about: Todo,
        here: str | None,
        before: Sequence[Todo],
        after: Sequence[Todo],
    ) -> Reply:
        asked = Asked(matter, about.intent, self._clock(), before=tuple(before), after=tuple(after))
        self._dialogue.ask(here, asked)
        return self._ask(asked)

    def _told(self, work: Work, todo: Sequence[Todo], found: Resolution, here: str | None) -> Reply:
        """What is to be said of the first of some commands, which asks nothing of entities."""
        first = todo[0]
        if isinstance(found, Local):
            timers = frozenset[int]() if first.choice is None else first.choice.timer_ids
            kept = self._keeping.answer(first.intent, found.keeper, here, timers)
            if isinstance(kept, Reply):
                return kept
            found = kept
        match found:
            case Answer():
                return self._narrator.answer(first.intent, found)
            case Refused():
                work.refuse((found,))
                return self._narrator.refused(first.intent, found)
            case Question() | Confirmation():
                return self._open(found, first, here, (), todo[1:])
        raise AssertionError(f"{found} asks something of entities")

    async def _execute(self, work: Work, together: Sequence[tuple[Todo, Commands]]) -> list[Reply]:
        """Commands at the same time, and what is to be said of each."""
        everything = [command for _, found in together for command in found.commands]
        done = await self._executor.execute_all(everything)
        outcomes = iter(done)
        replies = []
        for alike in _alike(together):
            refused = [refusal for _, found in alike for refusal in found.refused]
            work.refuse(refused)
            its = tuple(islice(outcomes, sum(len(found.commands) for _, found in alike)))
            work.outcomes += its
            replies.append(self._narrator.outcomes(alike[0][0].intent, its, refused))
        work.add("publish", max(outcome.publish_seconds for outcome in done))
        work.add("confirm", max(outcome.confirm_seconds for outcome in done))
        return replies


def _together(plan: Sequence[Resolution]) -> list[Commands]:
    """The first commands that can be carried out side by side, because each is for other entities."""
    together: list[Commands] = []
    busy: set[str] = set()
    for found in plan:
        if not isinstance(found, Commands) or busy & {command.entity_id for command in found.commands}:
            break
        together.append(found)
        busy.update(command.entity_id for command in found.commands)
    return together


def _alike(together: Sequence[tuple[Todo, Commands]]) -> Iterator[list[tuple[Todo, Commands]]]:
    """Commands that one reply tells of: those that ask the same, one after the other, each of one by name."""
    alike: list[tuple[Todo, Commands]] = []
    for pair in together:
        if alike and not _is_told_with(pair[0].intent, alike[-1][0].intent):
            yield alike
            alike = []
        alike.append(pair)
    yield alike


def _is_told_with(intent: Intent, other: Intent) -> bool:
    names = [{**one.slots, "name": None} for one in (intent, other) if "name" in one.slots]
    return (
        len(names) == 2
        and names[0] == names[1]
        and (intent.name, intent.response) == (other.name, other.response)
        and not (intent.excluded or other.excluded)
    )
