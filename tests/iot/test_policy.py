import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from paige.iot.command import Command
from paige.iot.entity import AttributeValue, Entity
from paige.iot.policy import Decision, Policy, Rule


def decide(
    policy: Policy, entity: Entity, service: str, data: dict[str, AttributeValue] | None = None
) -> Decision:
    return policy.decide(Command(entity.id, service, data or {}), entity)


def entity(entity_id: str, device_class: str | None = None, state: str | None = None) -> Entity:
    return Entity(entity_id, "It", entity_id.split(".")[0], device_class=device_class, state=state)


@pytest.mark.parametrize(
    ("entity_id", "device_class", "state", "service", "data", "decision"),
    [
        ("lock.door", None, "locked", "unlock", {}, Decision.CONFIRM),
        ("lock.door", None, "locked", "open", {}, Decision.CONFIRM),
        ("lock.door", None, "unlocked", "lock", {}, Decision.ALLOW),
        ("lock.door", None, "locked", "toggle", {}, Decision.CONFIRM),
        ("lock.door", None, None, "toggle", {}, Decision.CONFIRM),
        ("lock.door", None, "unlocked", "toggle", {}, Decision.ALLOW),
        ("valve.main", None, "closed", "open_valve", {}, Decision.CONFIRM),
        ("valve.main", None, "closed", "set_valve_position", {"position": 5}, Decision.CONFIRM),
        ("valve.main", None, "open", "set_valve_position", {"position": 0}, Decision.ALLOW),
        ("valve.main", None, "open", "close_valve", {}, Decision.ALLOW),
        ("valve.main", None, None, "toggle", {}, Decision.CONFIRM),
        ("cover.g", "garage", "closed", "open_cover", {}, Decision.CONFIRM),
        ("cover.g", "garage", "closed", "set_cover_position", {"position": 100}, Decision.CONFIRM),
        ("cover.g", "garage", None, "toggle", {}, Decision.CONFIRM),
        ("cover.g", "garage", "open", "close_cover", {}, Decision.ALLOW),
        ("cover.g", "garage", "open", "stop_cover", {}, Decision.ALLOW),
        ("cover.g", "gate", "closed", "open_cover", {}, Decision.CONFIRM),
        ("cover.g", "door", "closed", "open_cover", {}, Decision.CONFIRM),
        ("cover.g", "curtain", "closed", "open_cover", {}, Decision.ALLOW),
        ("cover.g", None, "closed", "open_cover", {}, Decision.ALLOW),
        ("alarm_control_panel.home", None, "armed_away", "alarm_disarm", {}, Decision.CONFIRM),
        ("alarm_control_panel.home", None, "disarmed", "alarm_arm_away", {}, Decision.ALLOW),
        ("light.hob", None, "off", "turn_on", {}, Decision.ALLOW),
    ],
)
def test_by_default_what_opens_the_house_is_confirmed(
    entity_id: str,
    device_class: str | None,
    state: str | None,
    service: str,
    data: dict[str, AttributeValue],
    decision: Decision,
) -> None:
    assert decide(Policy(), entity(entity_id, device_class, state), service, data) is decision


def test_a_prohibition_counts_more_than_a_permission_and_that_more_than_a_confirmation() -> None:
    policy = Policy.parse(
        confirm=["switch", "lock unlock"],
        allow=["switch.lamp", "lock.shed"],
        forbid=["lock.front_door", "* press"],
    )
    assert decide(policy, entity("switch.oven"), "turn_on") is Decision.CONFIRM
    assert decide(policy, entity("switch.lamp"), "turn_on") is Decision.ALLOW
    assert decide(policy, entity("lock.shed"), "unlock") is Decision.ALLOW
    assert decide(policy, entity("lock.back_door"), "unlock") is Decision.CONFIRM
    assert decide(policy, entity("lock.front_door"), "unlock") is Decision.FORBID
    assert decide(policy, entity("lock.front_door"), "lock") is Decision.FORBID
    assert decide(policy, entity("button.doorbell"), "press") is Decision.FORBID


def test_more_confirmations_take_none_away() -> None:
    policy = Policy.parse(confirm=["cover.garage open_cover"])
    assert decide(policy, entity("cover.garage"), "open_cover") is Decision.CONFIRM
    assert decide(policy, entity("lock.door"), "unlock") is Decision.CONFIRM


def test_an_exception_is_made_by_name() -> None:
    policy = Policy.parse(allow=["lock.shed unlock"])
    assert decide(policy, entity("lock.shed"), "unlock") is Decision.ALLOW
    assert decide(policy, entity("lock.door"), "unlock") is Decision.CONFIRM


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("lock", Rule(domain="lock")),
        ("cover:garage", Rule(domain="cover", device_class="garage")),
        ("cover:garage open_cover", Rule(domain="cover", device_class="garage", service="open_cover")),
        ("lock.front_door  unlock", Rule(domain="lock", entity_id="lock.front_door", service="unlock")),
        ("* toggle", Rule(service="toggle")),
        ("*", Rule()),
    ],
)
def test_a_rule_is_read_as_the_configuration_writes_it(text: str, rule: Rule) -> None:
    assert Rule.parse(text) == rule


@pytest.mark.parametrize(
    "text", ["", "Lock", "lock.", "cover:", "*.x", "*:garage", "lock unlock now", "lock,cover"]
)
def test_a_rule_that_cannot_be_read_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match="allowed: a domain"):
        Rule.parse(text)


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("lcok", "allowed domains: .*lock"),
        ("lock unlok", "allowed after it: lock, open, toggle, unlock"),
        ("lock.front door", "allowed after it"),
        ("* unlok", "allowed after it: .*unlock"),
    ],
)
def test_a_rule_that_could_match_nothing_is_refused(rule: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Policy.parse(forbid=[rule])


def offered(content: object) -> Iterator[tuple[str, str]]:
    """Domains and services of the entities in a golden file."""
    match content:
        case {"domain": str(domain), "services": list(services)}:
            yield from ((domain, str(service)) for service in services)
        case dict():
            yield from (pair for part in content.values() for pair in offered(part))
        case list():
            yield from (pair for part in content for pair in offered(part))


def test_whatever_a_dialect_offers_can_be_ruled() -> None:
    golden = (Path(__file__).parent / "golden").glob("*.json")
    found = {pair for path in golden for pair in offered(json.loads(path.read_text()))}
    assert {domain for domain, _ in found} > {"lock", "valve", "cover", "alarm_control_panel"}
    for domain, service in found:
        Rule.parse(f"{domain} {service}")


def test_a_cover_of_which_nobody_said_what_it_is_may_be_a_garage_door() -> None:
    opens = frozenset({"open_cover", "close_cover"})
    plain = Entity("cover.motor_1", "Motor 1", "cover", services=opens, dialect="zigbee2mqtt")
    garage = Entity("cover.garage", "Garage", "cover", device_class="garage", services=opens, dialect="homie")
    blind = Entity("cover.blind", "Blind", "cover", device_class="blind", services=opens, dialect="homie")
    watched = Entity("cover.hatch", "Hatch", "cover", dialect="homeassistant")
    described = Entity("cover.awning", "Awning", "cover")
    lamp = Entity("light.lamp", "Lamp", "light", services=frozenset({"turn_on"}), dialect="homie")
    home = (plain, garage, blind, watched, described, lamp)
    assert Policy().unclassified_covers(home) == (plain, described)


@pytest.mark.parametrize("rule", ["cover.motor_1", "cover.motor_1 open_cover", "cover", "* open_cover"])
@pytest.mark.parametrize("key", ["confirm", "forbid", "allow"])
def test_a_rule_that_speaks_of_opening_it_says_that_somebody_thought_of_it(key: str, rule: str) -> None:
    plain = Entity("cover.motor_1", "Motor 1", "cover")
    assert Policy.parse(**{key: [rule]}).unclassified_covers((plain,)) == ()
    assert Policy.parse(**{key: ["cover close_cover"]}).unclassified_covers((plain,)) == (plain,)
