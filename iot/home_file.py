"""The home description: a YAML file that says which floors, areas and entities a home has.

```yaml
here: Living Room            # where the speaker stands; left out where that is not known
floors:   [{name: First Floor, aliases: [Downstairs]}]
areas:    [{name: Kitchen, floor: First Floor, aliases: [Cookhouse]}]
entities: [{id: light.hob, name: Hob Light, domain: light, area: Kitchen, state: 'off',
            device_class: .., aliases: [..], attributes: {unit_of_measurement: ..}}]
```

What no device announces, such as a script, may have topics of its own: see `paige.iot.binding_file`.
"""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from paige.iot.binding import Binding
from paige.iot.binding_file import BindingReader
from paige.iot.entity import Area, AttributeValue, Entity, Floor
from paige.iot.errors import HomeInvalid
from paige.iot.naming import canonical, distinct, vocabulary
from paige.iot.yaml_nodes import NULL, NodeReader, kind_of, line_of, listed, with_article
from paige.models.vocabulary import Vocabulary

HOME_KEYS = ("here", "floors", "areas", "entities")
FLOOR_KEYS = ("name", "aliases")
AREA_KEYS = ("name", "floor", "aliases")
MAX_DEPTH = 20
ENTITY_KEYS = (
    *("id", "name", "domain", "area", "device_class", "aliases", "state", "attributes"),
    "command",
)

# The C loader reads a home of 5,000 entities some ten times as fast; PyYAML has it wherever libyaml is.
_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_BOOL = "tag:yaml.org,2002:bool"
_INT = "tag:yaml.org,2002:int"
_FLOAT = "tag:yaml.org,2002:float"


@dataclass(frozen=True, slots=True)
class HomeDescription:
    """A home as its owner wrote it down."""

    floors: tuple[Floor, ...] = ()
    areas: tuple[Area, ...] = ()
    entities: tuple[Entity, ...] = ()
    """Without a dialect and services: those come from the devices themselves, or from `bindings`."""
    bindings: tuple[Binding, ...] = ()
    """Of those entities for which it says on which topics they are commanded or heard."""
    here: str | None = None
    """The main name of the area the speaker stands in."""

    def vocabulary(self) -> Vocabulary:
        """Every name of the home, as a language engine takes them."""
        return vocabulary(self.floors, self.areas, self.entities, self.here)


def load_home(path: Path | str) -> HomeDescription:
    """Read a home description.

    Args:
        path: A YAML file of the form above.

    Raises:
        HomeInvalid: The file cannot be read, is not YAML, or contradicts itself; the text names the file,
            the line, the key, what was found and what is allowed.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise HomeInvalid(f"{path}: there is no such file; it should be a home description in YAML") from None
    except IsADirectoryError:
        raise HomeInvalid(f"{path}: this is a folder; it should be a home description in YAML") from None
    except OSError as error:
        raise HomeInvalid(f"{path}: cannot be read: {error.strerror}") from error
    return parse_home(data, str(path))


def parse_home(data: bytes | str, source: str) -> HomeDescription:
    """Like `load_home`, from what was read already; `source` is what messages call it."""
    try:
        _check_depth(data, source)
        root = yaml.compose(data, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{source}, line {mark.line + 1}" if mark else source
        raise HomeInvalid(f"{place}: this is not YAML: {error.problem or error.context}") from None
    except yaml.reader.ReaderError as error:
        raise HomeInvalid(
            f"{source}: a character at position {error.position} cannot be read ({error.reason}); "
            "write the file as UTF-8 text"
        ) from None
    if root is None:
        raise HomeInvalid(f"{source}: the file is empty; allowed are {listed(HOME_KEYS)}")
    return _Reader(source).home(root)


def _check_depth(data: bytes | str, source: str) -> None:
    """Composing nested nodes recurses, in C without a limit: a hostile file would crash the process."""
    depth = 0
    for event in yaml.parse(data, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise HomeInvalid(
                    f"{source}, line {line_of(event)}: nested deeper than any key of a home description"
                )
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


class _Reader(NodeReader):
    """The keys of the file, one method each."""

    def home(self, root: yaml.Node) -> HomeDescription:
        keys = self.mapping(root, "the file", HOME_KEYS)
        floors, floor_names = self._floors(keys.get("floors"))
        areas, area_names = self._areas(keys.get("areas"), floor_names)
        here = keys.get("here")
        entities, bindings = self._entities(keys.get("entities"), area_names)
        return HomeDescription(
            floors=floors,
            areas=areas,
            entities=entities,
            bindings=bindings,
            here=None if here is None else self._known(here, "here", area_names, "area"),
        )

    def _floors(self, node: yaml.Node | None) -> tuple[tuple[Floor, ...], dict[str, str]]:
        floors: list[Floor] = []
        names: dict[str, str] = {}
        for item in self.sequence(node, "floors"):
            keys = self.mapping(item, "a floor", FLOOR_KEYS)
            floor = Floor(*self._names(item, keys, "a floor"))
            self._claim(item, floor.name, floor.aliases, names, "floor")
            floors.append(floor)
        return tuple(floors), names

    def _areas(
        self, node: yaml.Node | None, floors: Mapping[str, str]
    ) -> tuple[tuple[Area, ...], dict[str, str]]:
        areas: list[Area] = []
        names: dict[str, str] = {}
        for item in self.sequence(node, "areas"):
            keys = self.mapping(item, "an area", AREA_KEYS)
            name, aliases = self._names(item, keys, "an area")
            floor = keys.get("floor")
            area = Area(
                name, None if floor is None else self._known(floor, "floor", floors, "floor"), aliases
            )
            self._claim(item, name, aliases, names, "area")
            areas.append(area)
        return tuple(areas), names

    def _entities(
        self, node: yaml.Node | None, areas: Mapping[str, str]
    ) -> tuple[tuple[Entity, ...], tuple[Binding, ...]]:
        entities: list[Entity] = []
        bindings: list[Binding] = []
        bound = BindingReader(self.source)
        lines: dict[str, int] = {}
        for item in self.sequence(node, "entities"):
            keys = self.mapping(item, "an entity", ENTITY_KEYS)
            entity = self._entity(item, keys, areas)
            if entity.id in lines:
                found = f"'{entity.id}', which line {lines[entity.id]} has too"
                raise self.error(keys["id"], "id", found, "an id used once")
            lines[entity.id] = line_of(keys["id"])
            entities.append(entity)
            binding = bound.binding(entity, keys)
            if binding is not None:
                bindings.append(binding)
        return tuple(entities), tuple(bindings)

    def _entity(self, item: yaml.Node, keys: Mapping[str, yaml.Node], areas: Mapping[str, str]) -> Entity:
        id_node = self.required(item, keys, "id", "an entity")
        entity_id = self.text(id_node, "id")
        domain, dot, object_id = entity_id.partition(".")
        if not (domain and dot and object_id):
            raise self.error(id_node, "id", f"'{entity_id}'", "a domain, a dot and a name, such as light.hob")
        name, aliases = self._names(item, keys, "an entity")
        said = keys.get("domain")
        if said is not None and self.text(said, "domain") != domain:
            raise self.error(
                said, "domain", f"'{self.text(said, 'domain')}'", f"'{domain}', as the id '{entity_id}' says"
            )
        area = keys.get("area")
        device_class = keys.get("device_class")
        return Entity(
            id=entity_id,
            name=name,
            domain=domain,
            area=None if area is None else self._known(area, "area", areas, "area"),
            device_class=None if device_class is None else self.text(device_class, "device_class"),
            aliases=aliases,
            state=self._state(keys.get("state")),
            attributes=self._attributes(keys.get("attributes")),
        )

    def _state(self, node: yaml.Node | None) -> str | None:
        if node is None or isinstance(node, yaml.MappingNode):  # with keys, it says where it is told
            return None
        text = self.text(node, "state")
        # Unquoted, YAML reads off and no as one boolean; what was meant is the state.
        if node.tag == _BOOL:
            return "on" if text.lower() in ("on", "yes", "true") else "off"
        return text

    def _attributes(self, node: yaml.Node | None) -> Mapping[str, AttributeValue]:
        if node is None:
            return {}
        pairs = self.pairs(node, "attributes").items()
        return {
            key: self._value(value, key) for key, value in pairs if not isinstance(value, yaml.MappingNode)
        }

    def _value(self, node: yaml.Node, key: str) -> AttributeValue:
        numbers = yaml.constructor.SafeConstructor()
        try:
            if isinstance(node, yaml.SequenceNode) and all(part.tag == _INT for part in node.value):
                return tuple(int(numbers.construct_yaml_int(part)) for part in node.value)
            if isinstance(node, yaml.ScalarNode):
                if node.tag not in (NULL, _BOOL, _INT, _FLOAT):
                    return self.text(node, key)
                value: AttributeValue = numbers.construct_document(node)
                return value
        except ValueError:  # PyYAML lets through what int() and float() then refuse
            pass
        allowed = "a text, a number, true or false, or a list of whole numbers"
        raise self.error(node, key, kind_of(node), allowed)

    def _names(
        self, item: yaml.Node, keys: Mapping[str, yaml.Node], what: str
    ) -> tuple[str, tuple[str, ...]]:
        """The main name and the aliases."""
        name = self.text(self.required(item, keys, "name", what), "name")
        said = (self.text(alias, "aliases") for alias in self.sequence(keys.get("aliases"), "aliases"))
        return name, distinct((name, *said))[1:]

    def _claim(
        self, item: yaml.Node, name: str, aliases: Iterable[str], taken: dict[str, str], what: str
    ) -> None:
        """Enter the names of a place in `taken`, from each canonical name to the main one."""
        for spelling in (name, *aliases):
            if canonical(spelling) in taken:
                found = f"'{spelling}', which names the {what} '{taken[canonical(spelling)]}' too"
                raise self.error(item, "name", found, "a name used once")
            taken[canonical(spelling)] = name

    def _known(self, node: yaml.Node, key: str, names: Mapping[str, str], what: str) -> str:
        text = self.text(node, key)
        main = names.get(canonical(text))
        if main is None:
            near = difflib.get_close_matches(canonical(text), names, n=1)
            hint = f" (did you mean '{names[near[0]]}'?)" if near else ""
            raise self.error(
                node, key, f"'{text}'", f"the name of {with_article(what)} listed under {what}s{hint}"
            )
        return main
