"""Which entities an intent is about."""

import difflib
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from paige.iot.choice import question_of_area, question_of_entity
from paige.iot.entity import Entity
from paige.iot.kinds import of_kind
from paige.iot.naming import canonical
from paige.iot.registry import Registry
from paige.iot.resolution import Question, Reason, Refused
from paige.models.intent import Intent
from paige.models.kinds import Kinds

ALL = "all"
"""What some sentences of Home Assistant give as the name, to say that no single one is meant."""

NEAR = 0.6
"""How alike a name must be to be offered in place of one that is not known, as difflib counts."""

Able = Callable[[Entity], bool]


@dataclass(frozen=True, slots=True)
class Scope:
    """Where to look for targets."""

    registry: Registry
    here: str | None = None
    """Main name of the area in which the speaker is."""
    only: frozenset[str] = frozenset()
    """Ids of those that were chosen, after a question was answered; empty where none was asked."""
    kinds: Kinds = field(default_factory=Kinds)
    """What people call things by what they are; as device classes, they need not be Home Assistant's."""

    def of_kind(self, name: str) -> tuple[Entity, ...] | None:
        """All things of a kind; None where the language has no such kind."""
        kind = self.kinds.by_name.get(name)
        return None if kind is None else of_kind(kind, self.kinds, self.registry)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an intent says of its targets."""

    name: str | None
    every: bool
    """It says that all are meant, and not those of the speaker's place."""
    area: str | None
    floor: str | None
    domains: frozenset[str]
    device_classes: frozenset[str]

    @classmethod
    def of(cls, intent: Intent, usual: Collection[str]) -> "Wanted":
        """What an intent says; of domains, `usual` where it says none."""
        name = _text(intent, "name")
        every = name is not None and canonical(name) == ALL
        name = None if every else name
        domain = _text(intent, "domain") or intent.context.get("domain")
        device_class = _text(intent, "device_class") or intent.context.get("device_class")
        return cls(
            name=name,
            every=every,
            area=_text(intent, "area"),
            floor=_text(intent, "floor"),
            domains=frozenset({domain} if domain else () if name else usual),
            device_classes=frozenset({device_class} if device_class else ()),
        )


def targets(
    intent: Intent,
    scope: Scope,
    usual: Collection[str] = (),
    *,
    able: Able = lambda entity: True,
    active: Collection[str] = (),
    local: bool = False,
    lone: bool = False,
) -> tuple[Entity, ...] | Question | Refused:
    """The entities that an intent is about.

    Args:
        intent: What was said.
        scope: Where to look.
        usual: The domains it can be about, where it says neither a name nor a domain.
        able: Whether an entity could do what is asked; of several, the able ones are meant.
        active: Of several that nobody named, those in one of these states are meant.
        local: Whether a sentence that names no place means that of the speaker.
        lone: As `local`, and the only one of the house is meant where nobody said which, and none is here.
    """
    left_out = _excluded(intent, scope)
    if isinstance(left_out, Refused):
        return left_out
    wanted = Wanted.of(intent, usual)
    chosen = [scope.registry.entity(entity_id) for entity_id in sorted(scope.only)]
    if scope.only and None not in chosen:
        return _without(left_out, tuple(entity for entity in chosen if entity is not None))
    if wanted.name is None and (places := intent.choices.get("area")):
        return _in_one_of(places, wanted, intent, scope) or _refused(Reason.NO_DOMAIN, wanted, {})
    for place, known, reason in (
        (wanted.area, scope.registry.area, Reason.NO_AREA),
        (wanted.floor, scope.registry.floor, Reason.NO_FLOOR),
    ):
        if place is not None and known(place) is None:
            return Refused(reason, {reason.removeprefix("no_"): place})
    kind = scope.of_kind(next(iter(wanted.device_classes), ""))
    if wanted.name is not None:
        found = _named(wanted, wanted.name, intent, scope, able)
    elif kind is not None:
        found = _of_kind(wanted, kind, intent, scope, left_out, able)
    else:
        local = local or lone or _local(intent)
        if _is_of_home(intent, left_out, scope):
            local = lone = False
        found = _placed(wanted, intent, scope, left_out, active=active, local=local, lone=lone)
    return _without(left_out, found) if isinstance(found, tuple) else found


def _excluded(intent: Intent, scope: Scope) -> frozenset[str] | Refused:
    """Ids of what a sentence leaves out; one that is not known must not be switched for that."""
    registry = scope.registry
    ids: set[str] = set()
    for slots in intent.excluded:
        place = {slot: str(slots[slot]) for slot in ("area", "floor") if slot in slots}
        for slot, known in (("area", registry.area), ("floor", registry.floor)):
            if slot in place and known(place[slot]) is None:
                return Refused(Reason(f"no_{slot}"), {slot: place[slot]})
        name = None if slots.get("name") is None else str(slots["name"])
        if name is not None and not registry.named(name):
            return _unknown(name, registry)
        kinds = {slot: (str(slots[slot]),) for slot in ("domain", "device_class") if slot in slots}
        kind = scope.of_kind(str(slots.get("device_class", "")))
        classes = kinds.get("device_class", ()) if kind is None else ()
        out = registry.find(name, **place, domains=kinds.get("domain", ()), device_classes=classes)
        if kind is not None:
            out = tuple(entity for entity in out if entity in kind)
        ids.update(entity.id for entity in out)
    return frozenset(ids)


def _without(left_out: frozenset[str], found: tuple[Entity, ...]) -> tuple[Entity, ...] | Refused:
    rest = tuple(entity for entity in found if entity.id not in left_out)
    return rest or Refused(Reason.NOTHING_LEFT)


def _is_of_home(intent: Intent, left_out: Collection[str], scope: Scope) -> bool:
    """Whether what a sentence leaves out tells that it is about more than the room of the speaker."""
    if "area" in intent.slots or not intent.excluded:
        return False
    elsewhere = (scope.registry.entity(entity_id) for entity_id in left_out)
    return any("area" in one or "floor" in one for one in intent.excluded) or (
        scope.here is not None
        and any(entity.area != scope.here for entity in elsewhere if entity is not None)
    )


def _named(
    wanted: Wanted, name: str, intent: Intent, scope: Scope, able: Able
) -> tuple[Entity, ...] | Question | Refused:
    called = scope.registry.named(name)
    if not called:
        return _one_of(wanted, intent, scope, able) or _unknown(name, scope.registry)
    kind = [entity for entity in called if _fits(entity, wanted)]
    if not kind:
        return Refused(Reason.FEATURE_NOT_SUPPORTED, {"entity": called[0].name}, called[:1])
    there = {entity.id for entity in scope.registry.find(name, wanted.area, wanted.floor)}
    found = [entity for entity in kind if entity.id in there]
    if not found:
        return _refused(Reason.NO_ENTITY, wanted, {"entity": name})
    return _narrowed(found, intent, scope, able)


def _one_of(wanted: Wanted, intent: Intent, scope: Scope, able: Able) -> tuple[Entity, ...] | Question | None:
    """Those that words may mean which are nobody's name; none where none of them can be meant."""
    found = [
        entity
        for name in intent.choices.get("name", ())
        for entity in scope.registry.find(name, wanted.area, wanted.floor)
        if _fits(entity, wanted)
    ]
    if found and "name" in intent.guessed:
        return question_of_entity(intent, found)
    return _narrowed(found, intent, scope, able) if found else None


def _in_one_of(
    places: Collection[str], wanted: Wanted, intent: Intent, scope: Scope
) -> tuple[Entity, ...] | Question | None:
    """What is in the areas that words may mean; which of them is asked where several have such things."""
    found = tuple(
        entity
        for area in places
        for entity in scope.registry.find(None, area, None, wanted.domains, wanted.device_classes)
    )
    if len({entity.area for entity in found}) > 1:
        return question_of_area(intent, found)
    return found or None


def _narrowed(found: list[Entity], intent: Intent, scope: Scope, able: Able) -> tuple[Entity, ...] | Question:
    """The one of several that is able, or near; each narrowing counts only where it leaves something."""
    for narrower in (
        able,
        lambda entity: scope.here is not None and entity.area == scope.here,
    ):
        if len(found) > 1:
            found = [entity for entity in found if narrower(entity)] or found
    if len(found) > 1:
        return question_of_entity(intent, found)
    return tuple(found)


def _of_kind(
    wanted: Wanted,
    kind: tuple[Entity, ...],
    intent: Intent,
    scope: Scope,
    left_out: frozenset[str],
    able: Able,
) -> tuple[Entity, ...] | Question | Refused:
    """The one thing of a kind that the home has, or that is meant by where it stands or what it can do."""
    domain = _text(intent, "domain")
    there = {entity.id for entity in scope.registry.find(None, wanted.area, wanted.floor)}
    found = [
        entity
        for entity in kind
        if entity.id in there and entity.id not in left_out and domain in (None, entity.domain)
    ]
    if not found:
        return _refused(Reason.NO_DEVICE_CLASS, wanted, {})
    return tuple(found) if wanted.every else _narrowed(found, intent, scope, able)


def _placed(
    wanted: Wanted,
    intent: Intent,
    scope: Scope,
    left_out: frozenset[str],
    *,
    active: Collection[str],
    local: bool,
    lone: bool,
) -> tuple[Entity, ...] | Question | Refused:
    """Targets without a name: those of a place, or of the whole house."""

    def find(area: str | None, floor: str | None = None) -> tuple[Entity, ...]:
        found = scope.registry.find(None, area, floor, wanted.domains, wanted.device_classes)
        return tuple(entity for entity in found if entity.id not in left_out) or found

    found, house = find(wanted.area, wanted.floor), find(None)
    said = wanted.floor is not None or (
        wanted.area is not None and _says(intent, wanted.area, scope.registry)
    )
    if not house or (not found and (said or not lone)):
        return _refused(Reason.NO_DOMAIN, wanted, {})
    everywhere = wanted.every and wanted.area is None
    placed = lone or (wanted.area is None and local)
    if placed and not said and not everywhere:
        here = scope.here if wanted.area is None else scope.registry.area(wanted.area)
        return _unplaced(intent, here, house, active, lone=lone)
    return _active(found, active) or found


def _active(entities: tuple[Entity, ...], active: Collection[str]) -> tuple[Entity, ...]:
    return tuple(entity for entity in entities if entity.state in active)


def _unplaced(
    intent: Intent,
    here: str | None,
    house: tuple[Entity, ...],
    active: Collection[str],
    *,
    lone: bool,
) -> tuple[Entity, ...] | Question:
    """Targets of a sentence that means a place and names none: those active, those near, or the only ones.

    Where one of the house is meant, as the one that plays, it need not be near.
    """
    near = tuple(entity for entity in house if here is not None and entity.area == here)
    far = _active(house, active)
    found = _active(near, active) or ((far or near) if lone else (near or far)) or house
    areas = {entity.area for entity in found}
    if len(found) == 1 or (len(areas) == 1 and None not in areas):
        return found
    return question_of_entity(intent, found) if None in areas else question_of_area(intent, found)


def _local(intent: Intent) -> bool:
    """Whether a sentence means a place although it names none.

    "Turn on the lights" is about a room, "turn on all the lights" about the house; which of the two a
    sentence is, its `response` tells, as in Home Assistant's own sentences.
    """
    return intent.response.endswith("_area") or intent.response == "cover_device_class"


def _says(intent: Intent, area: str, registry: Registry) -> bool:
    """Whether the sentence has the area in its words, or it was only filled in where the speaker stands."""
    sentence = f" {canonical(intent.text)} "
    main = registry.area(area)
    names = {area, *(name for its in registry.areas if its.name == main for name in (its.name, *its.aliases))}
    return any(f" {canonical(name)}" in sentence for name in names)


def _fits(entity: Entity, wanted: Wanted) -> bool:
    return (not wanted.domains or entity.domain in wanted.domains) and (
        not wanted.device_classes or entity.device_class in wanted.device_classes
    )


def _unknown(name: str, registry: Registry) -> Refused:
    spellings = {canonical(spoken): spoken for entity in registry.entities for spoken in entity.names}
    near = difflib.get_close_matches(canonical(name), spellings, n=1, cutoff=NEAR)
    if near:
        return Refused(Reason.NO_ENTITY_NEAREST, {"entity": name, "nearest": spellings[near[0]]})
    return Refused(Reason.NO_ENTITY, {"entity": name})


def _refused(reason: Reason, wanted: Wanted, fields: dict[str, str]) -> Refused:
    """A refusal in its most telling form: what was looked for, and where."""
    if reason is Reason.NO_DOMAIN and wanted.device_classes:
        reason = Reason.NO_DEVICE_CLASS
    if wanted.device_classes:
        fields["device_class"] = min(wanted.device_classes)
    if len(wanted.domains) == 1:
        fields["domain"] = min(wanted.domains)
    elif reason is Reason.NO_DOMAIN:
        return Refused(Reason.FEATURE_NOT_SUPPORTED, fields)
    if wanted.area is not None:
        return Refused(Reason(f"{reason}_in_area"), {**fields, "area": wanted.area})
    if wanted.floor is not None:
        return Refused(Reason(f"{reason}_in_floor"), {**fields, "floor": wanted.floor})
    return Refused(reason, fields)


def _text(intent: Intent, slot: str) -> str | None:
    value = intent.slots.get(slot)
    return None if value is None else str(value)
