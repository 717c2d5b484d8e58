"""From an intent to what is done about it: the one place where words meet the home."""

from dataclasses import replace
from typing import Final

from paige.iot.command import Command
from paige.iot.deeds import Deed, deed_of
from paige.iot.entity import Entity
from paige.iot.policy import Decision, Policy
from paige.iot.queries import QUERIES
from paige.iot.registry import Registry
from paige.iot.resolution import (
    Choice,
    Commands,
    Confirmation,
    Keeper,
    Local,
    Question,
    Reason,
    Refused,
    Resolution,
)
from paige.iot.targets import Scope, targets
from paige.iot.units import TemperatureUnit
from paige.models.intent import Intent
from paige.models.kinds import Kinds

_KEEPERS: Final = {
    "HassStartTimer": Keeper.TIMERS,
    "HassCancelTimer": Keeper.TIMERS,
    "HassCancelAllTimers": Keeper.TIMERS,
    "HassIncreaseTimer": Keeper.TIMERS,
    "HassDecreaseTimer": Keeper.TIMERS,
    "HassPauseTimer": Keeper.TIMERS,
    "HassUnpauseTimer": Keeper.TIMERS,
    "HassTimerStatus": Keeper.TIMERS,
    "HassShoppingListAddItem": Keeper.LISTS,
    "HassShoppingListCompleteItem": Keeper.LISTS,
    "HassListAddItem": Keeper.LISTS,
    "HassListCompleteItem": Keeper.LISTS,
    "HassGetCurrentTime": Keeper.CLOCK,
    "HassGetCurrentDate": Keeper.CLOCK,
    "HassNevermind": Keeper.TALK,
    "HassRespond": Keeper.TALK,
}

_TELLING: Final = (Reason.UNKNOWN_STATE, Reason.AT_ITS_END, Reason.IS_OFF, Reason.FEATURE_NOT_SUPPORTED)
"""Why entities of a group cannot do what is asked; where their reasons differ, the first of these is told."""


def resolve(
    intent: Intent,
    registry: Registry,
    *,
    here: str | None = None,
    policy: Policy | None = None,
    unit: TemperatureUnit = TemperatureUnit.CELSIUS,
    choice: Choice | None = None,
    kinds: Kinds | None = None,
) -> Resolution:
    """What is to be done about an intent.

    Args:
        intent: What was said.
        registry: The home.
        here: The area in which the speaker is; else where the home description says.
        policy: What needs a yes, and what is forbidden; the usual policy where it is None.
        unit: How this household says temperatures. What comes back is in degrees Celsius all the same.
        choice: What was chosen, where the same intent led to a `Question` before.
        kinds: What things are called by what they are, in the language of the intent.

    Returns:
        Commands to carry out, perhaps after a yes; a question back; an answer; or why there is nothing to do.
        Nothing is sent here.
    """
    here = registry.here if here is None else registry.area(here)
    scope = Scope(registry, here, kinds=kinds or Kinds())
    if choice is not None:
        scope = replace(scope, here=choice.area or here, only=choice.entity_ids)
    if intent.name in _KEEPERS:
        return Local(_KEEPERS[intent.name])
    if intent.name in QUERIES:
        return QUERIES[intent.name](intent, scope)
    deed = deed_of(intent)
    if deed is None:
        return Refused(Reason.NOT_SUPPORTED)
    return _act(intent, deed, scope, policy or Policy(), unit)


def _act(
    intent: Intent, deed: Deed, scope: Scope, policy: Policy, unit: TemperatureUnit
) -> Commands | Confirmation | Question | Refused:
    found = targets(
        intent,
        scope,
        deed.domains,
        able=lambda entity: deed.order(intent, entity, unit).command is not None,
        active=deed.active,
        local=deed.local,
        lone=deed.lone,
    )
    if not isinstance(found, tuple):
        return found
    if deed.while_active and "name" not in intent.slots and _none_active(found, deed.active):
        return Refused(Reason.WRONG_STATE, {"state": deed.active[0]})
    abilities = [(entity, deed.order(intent, entity, unit)) for entity in found]
    ready = [(entity, ability.command) for entity, ability in abilities if ability.command is not None]
    if not ready:
        reason = min((ability.reason for _, ability in abilities), key=_TELLING.index)
        return _refusal(reason, [entity for entity, ability in abilities if ability.reason is reason])
    if not any(entity.available for entity, _ in ready):
        return _refusal(Reason.UNAVAILABLE, [entity for entity, _ in ready])
    return _judged(ready, policy, ask=intent.misheard)


def _judged(
    ready: list[tuple[Entity, Command]], policy: Policy, *, ask: bool
) -> Commands | Confirmation | Refused:
    """What the policy lets through, or what is asked about; of a group, whatever is left out is said."""
    refused: list[Refused] = []
    commands: list[Command] = []
    asked: list[Entity] = []
    for entity, command in ready:
        decision = policy.decide(command, entity)
        if decision is Decision.FORBID:
            refused.append(_refusal(Reason.FORBIDDEN, [entity]))
        elif not entity.available:
            refused.append(_refusal(Reason.UNAVAILABLE, [entity]))
        else:
            commands.append(command)
            if ask or decision is Decision.CONFIRM:
                asked.append(entity)
    if not commands:
        return refused[0]
    if asked:
        return Confirmation(tuple(commands), tuple(asked), tuple(refused))
    return Commands(tuple(commands), tuple(refused))


def _refusal(reason: Reason, entities: list[Entity]) -> Refused:
    """A refusal about one entity by name, or about several without."""
    fields = {"entity": entities[0].name} if len(entities) == 1 else {}
    return Refused(reason, fields, tuple(entities))


def _none_active(found: tuple[Entity, ...], active: tuple[str, ...]) -> bool:
    """Whether all of them say that they are not active; one that says nothing may be."""
    return all(entity.state is not None and entity.state not in active for entity in found)
