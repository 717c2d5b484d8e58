import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paige.iot.change import (
    AvailabilityChanged,
    Change,
    EntityAppeared,
    EntityRemoved,
    Misunderstood,
    StateChanged,
)
from paige.iot.entity import Area, Entity, Floor
from paige.iot.found import Address
from paige.iot.home_file import HomeDescription
from paige.iot.naming import canonical
from paige.iot.registry import Registry, Update

Z2M, HA, TASMOTA, HOMIE = "zigbee2mqtt", "homeassistant", "tasmota", "homie"


def light(name: str, entity_id: str = "light.it", **facts: object) -> Entity:
    return replace(Entity(entity_id, name, entity_id.split(".")[0]), **facts)  # type: ignore[arg-type]  # test data


def appeared(
    entity: Entity, area: str | None = None, hardware: frozenset[str] | str = frozenset()
) -> EntityAppeared:
    addresses = frozenset({hardware}) if isinstance(hardware, str) else hardware
    return EntityAppeared(entity, area, addresses)


HOME = HomeDescription(
    floors=(Floor("Ground Floor", ("Downstairs",)), Floor("Upstairs")),
    areas=(Area("Kitchen", "Ground Floor", ("Cookhouse",)), Area("Bedroom", "Upstairs"), Area("Shed")),
    entities=(
        Entity("light.hob", "Hob", "light", area="Kitchen", aliases=("Stove Light",), state="on"),
        Entity("cover.gate", "Gate", "cover", device_class="gate"),
    ),
    here="Kitchen",
)


def ids(registry: Registry) -> list[str]:
    return [entity.id for entity in registry.entities]


def test_what_is_announced_is_an_entity_of_the_home_with_the_area_its_device_suggests() -> None:
    registry = Registry()
    registry.apply(Z2M, appeared(light("Lamp", "light.lamp", services=frozenset({"turn_on"})), " Attic "))
    registry.apply(Z2M, StateChanged("light.lamp", "on", {"brightness_pct": 40}))
    assert registry.entity("light.lamp") == Entity(
        "light.lamp",
        "Lamp",
        "light",
        area="Attic",
        state="on",
        attributes={"brightness_pct": 40},
        services=frozenset({"turn_on"}),
        dialect=Z2M,
    )
    assert registry.areas == (Area("Attic"),)
    assert registry.address("light.lamp") == Address(Z2M, "light.lamp")


def test_a_described_entity_without_a_device_is_known_but_not_available_and_its_state_is_not_believed() -> (
    None
):
    registry = Registry(HOME)
    assert registry.entity("light.hob") == replace(HOME.entities[0], state=None, available=False)
    assert registry.address("light.hob") is None
    assert registry.statistics().undiscovered == 2


def test_a_described_entity_meets_its_device_by_id_and_keeps_its_described_name_and_area() -> None:
    registry = Registry(HOME)
    registry.apply(TASMOTA, appeared(light("Relay 1", "light.hob"), "Shed"))
    registry.apply(TASMOTA, StateChanged("light.hob", "off"))
    hob = registry.entity("light.hob")
    assert hob == replace(HOME.entities[0], state="off", dialect=TASMOTA)
    assert registry.named("relay 1") == ()


@pytest.mark.parametrize("announced", ["hob", "  HOB ", "Stove light"])
def test_a_described_entity_meets_its_device_by_name_or_alias(announced: str) -> None:
    registry = Registry(HOME)
    registry.apply(Z2M, appeared(light(announced, "light.0x01")))
    registry.apply(Z2M, StateChanged("light.0x01", "on"))
    assert ids(registry) == ["cover.gate", "light.hob"]
    assert registry.address("light.hob") == Address(Z2M, "light.0x01")
    hob = registry.entity("light.hob")
    assert hob is not None
    assert (hob.name, hob.area, hob.state) == ("Hob", "Kitchen", "on")


def test_a_name_alone_does_not_match_another_domain() -> None:
    registry = Registry(HOME)
    registry.apply(Z2M, appeared(light("Hob", "switch.hob")))
    assert registry.address("light.hob") is None
    assert ids(registry) == ["cover.gate", "light.hob", "switch.hob"]


def test_entities_of_one_name_are_matched_by_area_and_what_stays_ambiguous_is_not() -> None:
    home = HomeDescription(
        areas=(Area("Kitchen"), Area("Hall")),
        entities=(
            Entity("light.kitchen", "Ceiling", "light", area="Kitchen"),
            Entity("light.hall", "Ceiling", "light", area="Hall"),
        ),
    )
    registry = Registry(home)
    registry.apply(Z2M, appeared(light("Ceiling", "light.a")))
    assert registry.address("light.kitchen") is None
    assert registry.address("light.hall") is None
    registry.apply(Z2M, appeared(light("Ceiling", "light.b"), "kitchen"))
    assert registry.address("light.kitchen") == Address(Z2M, "light.b")
    assert registry.address("light.hall") == Address(Z2M, "light.a")


@pytest.mark.parametrize("native_first", [True, False])
@pytest.mark.parametrize(
    ("native", "announced"),
    [
        (appeared(light("Lamp", "light.lamp")), appeared(light("lamp", "light.lamp"))),
        (appeared(light("Lamp", "light.x")), appeared(light("Lamp", "light.y"))),
        (appeared(light("Lamp", "light.x"), hardware="00158d"), appeared(light("Lamp", "light.y"))),
        (appeared(light("Lamp", "light.x")), appeared(light("Lamp", "light.y"), hardware="00158d")),
        (
            appeared(light("0x00158d", "light.x"), hardware="00158d"),
            appeared(light("Lamp Light", "light.y"), hardware=frozenset({"00158d", "ff"})),
        ),
    ],
)
def test_a_device_announced_in_its_own_dialect_and_over_discovery_is_one_entity(
    native: EntityAppeared, announced: EntityAppeared, native_first: bool
) -> None:
    registry = Registry()
    order: list[tuple[str, Change]] = [(Z2M, native), (HA, announced)]
    for dialect, change in order if native_first else reversed(order):
        registry.apply(dialect, change)
    registry.apply(HA, StateChanged(announced.entity.id, "off"))
    registry.apply(Z2M, StateChanged(native.entity.id, "on"))
    assert [(entity.dialect, entity.state) for entity in registry.entities] == [(Z2M, "on")]
    assert registry.statistics().hidden == 1
    registry.apply(Z2M, EntityRemoved(native.entity.id))
    assert [(entity.dialect, entity.state) for entity in registry.entities] == [(HA, "off")]
    assert registry.statistics().hidden == 0


def test_two_things_of_one_name_are_two_entities_where_their_hardware_differs() -> None:
    registry = Registry()
    registry.apply(Z2M, appeared(light("Lamp", "light.lamp"), hardware="aa"))
    registry.apply(HA, appeared(light("Lamp", "light.lamp"), hardware="bb"))
    assert ids(registry) == ["light.lamp", "light.lamp@zigbee2mqtt"]
    assert registry.address("light.lamp@zigbee2mqtt") == Address(Z2M, "light.lamp")
    assert len(registry.named("lamp")) == 2


def test_two_native_dialects_may_each_have_a_thing_of_one_name() -> None:
    registry = Registry()
    registry.apply(HOMIE, appeared(light("Lamp", "light.lamp")))
    registry.apply(TASMOTA, appeared(light("Lamp", "light.lamp")))
    assert ids(registry) == ["light.lamp", "light.lamp@tasmota"]


def test_a_description_can_name_an_entity_of_one_dialect_among_two_of_the_same_id() -> None:
    registry = Registry(HomeDescription(entities=(Entity("light.lamp@tasmota", "Reading Lamp", "light"),)))
    registry.apply(HOMIE, appeared(light("Lamp", "light.lamp")))
    registry.apply(TASMOTA, appeared(light("Lamp", "light.lamp")))
    assert registry.address("light.lamp@tasmota") == Address(TASMOTA, "light.lamp")
    assert [entity.name for entity in registry.entities] == ["Lamp", "Reading Lamp"]


def test_state_is_kept_when_a_device_describes_itself_anew_and_lost_when_all_is_cleared() -> None:
    registry = Registry(HOME)
    registry.apply(Z2M, appeared(light("Hob", "light.hob")))
    registry.apply(Z2M, StateChanged("light.hob", "on", {"brightness_pct": 9}))
    registry.apply(Z2M, appeared(light("Hob", "light.hob", features=frozenset({"brightness_pct"}))))
    hob = registry.entity("light.hob")
    assert hob is not None
    assert (hob.state, hob.attributes["brightness_pct"]) == ("on", 9)
    registry.clear()
    assert ids(registry) == ["cover.gate", "light.hob"]
    assert registry.address("light.hob") is None
    registry.apply(Z2M, appeared(light("Hob", "light.hob")))
    hob = registry.entity("light.hob")
    assert hob is not None
    assert (hob.state, hob.available) == (None, True)


def test_a_new_description_takes_the_place_of_the_old_and_keeps_what_devices_said() -> None:
    registry = Registry(HOME)
    registry.apply(Z2M, appeared(light("Hob", "light.hob"), "Cookhouse"))
    registry.apply(Z2M, StateChanged("light.hob", "on"))
    registry.describe(HomeDescription(entities=(Entity("light.stove", "Stove", "light", aliases=("hob",)),)))
    assert ids(registry) == ["light.stove"]
    stove = registry.entity("light.stove")
    assert stove is not None
    assert (stove.name, stove.state, stove.area) == ("Stove", "on", "Kitchen")


def test_listeners_hear_every_report_even_one_that_repeats_and_nothing_once_they_left() -> None:
    registry = Registry(HOME)
    heard: list[Update] = []
    leave = registry.subscribe(heard.append)
    appear, report = appeared(light("Hob", "light.1")), StateChanged("light.1", "on")
    for change in (
        appear,
        report,
        report,
        AvailabilityChanged("light.1", False),
        AvailabilityChanged("light.1", False),
    ):
        registry.apply(Z2M, change)
    assert [update.change for update in heard] == [
        appear,
        report,
        report,
        AvailabilityChanged("light.1", False),
    ]
    assert {update.after.id for update in heard if update.after} == {"light.hob"}
    assert heard[2].before == heard[2].after
    leave()
    registry.apply(Z2M, report)
    assert len(heard) == 4


def test_the_version_counts_names_and_not_states() -> None:
    registry = Registry(HOME)
    registry.apply(Z2M, appeared(light("Hob", "light.1")))
    version, vocabulary = registry.version, registry.vocabulary()
    registry.apply(Z2M, StateChanged("light.1", "on"))
    registry.apply(Z2M, AvailabilityChanged("light.1", False))
    registry.apply(Z2M, appeared(light("Hob", "light.1")))
    assert registry.version == version
    assert registry.vocabulary() is vocabulary
    registry.apply(Z2M, appeared(light("Lamp", "light.2")))
    assert registry.version > version
    assert "Lamp" in {name.spoken for name in registry.vocabulary().entities}


def test_the_vocabulary_is_for_where_the_speaker_stands() -> None:
    registry = Registry(HOME)
    assert registry.vocabulary().here == "Kitchen"
    assert registry.vocabulary("Bedroom").here == "Bedroom"
    assert registry.vocabulary("Bedroom").entities == registry.vocabulary().entities


def test_entities_are_found_by_name_area_floor_domain_and_class() -> None:
    registry = Registry(HOME)
    registry.apply(Z2M, appeared(light("Lamp", "light.lamp"), "Bedroom"))
    registry.apply(Z2M, appeared(light("Fan", "fan.fan"), "cookhouse"))

    def found(**wanted: str | tuple[str, ...]) -> list[str]:
        return [entity.id for entity in registry.find(**wanted)]  # type: ignore[arg-type]  # by keyword above

    assert found(name="stove LIGHT") == ["light.hob"]
    assert found(area="cookhouse") == ["fan.fan", "light.hob"]
    assert found(area="Kitchen", domains=("light",)) == ["light.hob"]
    assert found(floor="downstairs") == ["fan.fan", "light.hob"]
    assert found(floor="Upstairs") == ["light.lamp"]
    assert found(device_classes=("gate",)) == ["cover.gate"]
    assert found(name="lamp", area="Kitchen") == []
    assert found(area="Nowhere") == []
    assert found(floor="Nowhere") == []
    assert len(found()) == 4


def test_strays_and_what_was_not_understood_are_counted_and_change_nothing() -> None:
    registry = Registry()
    for change in (
        StateChanged("light.x", "on"),
        AvailabilityChanged("light.x", True),
        EntityRemoved("light.x"),
        Misunderstood("t", "r"),
    ):
        registry.apply(Z2M, change)
    assert registry.entities == ()
    assert registry.statistics().strays == 3
    assert registry.statistics().misunderstood == 1


DIALECTS = st.sampled_from([Z2M, HA, TASMOTA])
IDS = st.sampled_from(["light.a", "light.b", "switch.a", "light.c@tasmota"])
NAMES = st.sampled_from(["Lamp", "lamp ", "Stove", "Ceiling", "Дверь"])
AREAS = st.sampled_from([None, "Kitchen", "Hall"])
HARDWARE = st.frozensets(st.sampled_from(["aa", "bb"]), max_size=1)


def entities(entity_ids: st.SearchStrategy[str]) -> st.SearchStrategy[Entity]:
    return st.builds(
        lambda entity_id, name, area, aliases: Entity(
            entity_id, name, entity_id.split(".")[0], area=area, aliases=aliases
        ),
        entity_ids,
        NAMES,
        AREAS,
        st.lists(NAMES, max_size=2).map(tuple),
    )


HOMES = st.lists(entities(IDS), max_size=4, unique_by=lambda entity: entity.id).map(
    lambda found: HomeDescription(areas=(Area("Kitchen"), Area("Hall")), entities=tuple(found))
)
APPEARANCES = st.tuples(
    DIALECTS, st.builds(EntityAppeared, entities(IDS.filter(lambda it: "@" not in it)), AREAS, HARDWARE)
)
CHANGES = st.one_of(
    APPEARANCES,
    APPEARANCES,
    st.tuples(DIALECTS, st.builds(EntityRemoved, IDS)),
    st.tuples(DIALECTS, st.builds(StateChanged, IDS, st.sampled_from(["on", "off", None]))),
    st.tuples(DIALECTS, st.builds(AvailabilityChanged, IDS, st.booleans())),
)


@given(HOMES, st.lists(CHANGES, max_size=25))
def test_no_sequence_of_changes_loses_or_doubles_an_entity(
    home: HomeDescription, changes: list[tuple[str, Change]]
) -> None:
    registry = Registry(home)
    mirror: dict[str, Entity] = {entity.id: entity for entity in registry.entities}

    def follow(update: Update) -> None:
        entity = update.after or update.before
        assert entity is not None
        assert mirror.get(entity.id) == update.before
        if update.after is None:
            del mirror[entity.id]
        else:
            mirror[entity.id] = update.after

    registry.subscribe(follow)
    announced: set[Address] = set()
    before = registry.version, registry.vocabulary()
    for dialect, change in changes:
        registry.apply(dialect, change)
        if isinstance(change, EntityAppeared):
            announced.add(Address(dialect, change.entity.id))
        elif isinstance(change, EntityRemoved):
            announced.discard(Address(dialect, change.entity_id))
        now = registry.version, registry.vocabulary()
        assert before[0] != now[0] or before[1] == now[1]
        before = now

    assert mirror == {entity.id: entity for entity in registry.entities}
    assert {entity.id for entity in home.entities} <= mirror.keys()
    addresses = [registry.address(entity_id) for entity_id in mirror]
    shown = [address for address in addresses if address is not None]
    assert len(shown) == len(set(shown))
    assert announced - set(shown) == {address for address in announced - set(shown) if address.dialect == HA}
    assert registry.statistics().hidden == len(announced) - len(shown)
    for entity in registry.entities:
        for name in entity.names:
            assert entity in registry.named(name)
    for spoken in registry.vocabulary().entities:
        assert any(
            canonical(spoken.value) == canonical(entity.name) for entity in registry.named(spoken.spoken)
        )


@given(HOMES, st.lists(APPEARANCES, max_size=8, unique_by=lambda it: (it[0], it[1].entity.id)), st.data())
def test_the_order_in_which_devices_announce_themselves_does_not_matter(
    home: HomeDescription, appearances: list[tuple[str, Change]], data: st.DataObject
) -> None:
    one, other = Registry(home), Registry(home)
    for dialect, change in appearances:
        one.apply(dialect, change)
    other.apply(Z2M, EntityAppeared(Entity("light.gone", "Lamp", "light")))
    for dialect, change in data.draw(st.permutations(appearances)):
        other.apply(dialect, change)
    other.apply(Z2M, EntityRemoved("light.gone"))
    assert one.entities == other.entities
    assert one.vocabulary() == other.vocabulary()


def test_five_thousand_devices_are_taken_in_linear_time() -> None:
    home = HomeDescription(
        entities=tuple(Entity(f"light.d{i}", f"Lamp {i}", "light") for i in range(0, 5000, 2))
    )
    registry = Registry(home)
    registry.subscribe(lambda update: None)
    before = time.process_time()
    for i in range(5000):
        registry.apply(Z2M, appeared(light(f"Lamp {i}", f"light.x{i}"), "Hall", f"{i:x}"))
        registry.apply(HA, appeared(light(f"Lamp {i} light", f"light.y{i}"), None, f"{i:x}"))
        registry.apply(HA, appeared(light("Battery", f"sensor.y{i}"), None, f"{i + 5000:x}"))
        registry.apply(Z2M, StateChanged(f"light.x{i}", "on"))
    registry.vocabulary()
    # A guard against a quadratic step, generous for a slow board; the usual time is about a second.
    assert time.process_time() - before < 20
    assert registry.statistics().entities == 10_000
    assert registry.statistics().hidden == 5000
