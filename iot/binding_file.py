"""The part of a home description that says on which MQTT topics an entity is commanded and heard.

```yaml
- {id: script.good_night, name: Good Night, command: {topic: house/good_night, payload: START}}
- id: media_player.stereo
  name: Stereo
  command:
    topic: stereo/set                                   # of all services that name none of their own
    media_play: play                                    # a service and its payload
    media_pause: pause
    volume_set: {topic: stereo/volume/set, payload: "{{ value }}"}
  state: {topic: stereo/state, playing: play, paused: pause}   # a state and the payload that tells it
  attributes:
    volume_pct: {topic: stereo/volume, value: "{{ value_json.level }}"}
```

Templates are those of Home Assistant, as far as devices may use them in discovery.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

import yaml

from paige.iot.binding import Binding, Order, Source, is_template
from paige.iot.command import REQUIRED_DATA, SERVICES
from paige.iot.dialects.report import UNKNOWN
from paige.iot.entity import Entity
from paige.iot.errors import DiscoveryInvalid
from paige.iot.topic_tree import valid_topic
from paige.iot.yaml_nodes import NodeReader, listed

_ON_OFF: Final = ("on", "off")
_MOVING: Final = ("open", "closed", "opening", "closing", "stopped")

STATES: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(("light", "switch", "input_boolean", "siren", "humidifier", "fan"), _ON_OFF),
    **dict.fromkeys(("script", "binary_sensor"), _ON_OFF),
    **dict.fromkeys(("cover", "valve"), _MOVING),
    "lock": ("locked", "unlocked", "locking", "unlocking", "open", "opening", "jammed"),
    "climate": ("off", "heat", "cool", "heat_cool", "auto", "dry", "fan_only"),
    "media_player": ("off", "on", "idle", "playing", "paused", "buffering", "standby"),
    "vacuum": ("cleaning", "docked", "idle", "paused", "returning", "error"),
    "alarm_control_panel": (
        *("disarmed", "armed_home", "armed_away", "armed_night"),
        *("arming", "pending", "triggered"),
    ),
}
"""What may be told of an entity of each domain, in Home Assistant's words; of any other, any text."""

_STATELESS: Final = frozenset({"scene", "button"})


class BindingReader(NodeReader):
    """Reads how entities are bound to topics."""

    def binding(self, entity: Entity, keys: Mapping[str, yaml.Node]) -> Binding | None:
        """How an entity is bound to topics by the keys of its description; None where it is to none.

        A state or an attribute that has keys of its own is not a value, but where the value is told.
        """
        command, state = keys.get("command"), keys.get("state")
        attributes = self.pairs(keys["attributes"], "attributes") if "attributes" in keys else {}
        told = {key: node for key, node in attributes.items() if isinstance(node, yaml.MappingNode)}
        if not isinstance(state, yaml.MappingNode):
            state = None
        if command is None and state is None and not told:
            return None
        orders = {} if command is None else self._orders(entity.domain, command)
        topics = {order.topic for order in orders.values()}
        announced = replace(
            entity,
            state=None if state is None else UNKNOWN,
            attributes={},
            services=frozenset(orders),
        )
        return Binding(
            announced,
            orders,
            None if state is None else self._state(entity.domain, state, topics),
            {
                key: self._told(node, self.mapping(node, key, ("topic", "value")), key, topics)
                for key, node in told.items()
            },
        )

    def _orders(self, domain: str, node: yaml.Node) -> dict[str, Order]:
        services = tuple(sorted(SERVICES.get(domain, ())))
        if not services:
            raise self.error(
                node, "command", f"one for a {domain}", f"one for {listed(tuple(sorted(SERVICES)))}"
            )
        single = ("payload",) if len(services) == 1 else ()
        keys = self.mapping(node, "a command", ("topic", *single, *services))
        said = {key: value for key, value in keys.items() if key != "topic"}
        if not said:
            raise self.error(node, "command", "one without a payload", listed((*single, *services)))
        orders: dict[str, Order] = {}
        for key, value in said.items():
            service = services[0] if key == "payload" else key
            if service in orders:
                raise self.error(value, key, "the same service twice", f"payload or {service}")
            orders[service] = self._order(service, key, value, keys.get("topic"))
        return orders

    def _order(self, service: str, key: str, value: yaml.Node, topic: yaml.Node | None) -> Order:
        """One service: its payload, or its topic and payload."""
        own: Mapping[str, yaml.Node] = {"payload": value}
        if isinstance(value, yaml.MappingNode):
            own = self.mapping(value, key, ("topic", "payload"))
        topic = own.get("topic", topic)
        if topic is None:
            raise self.error(value, "topic", f"{key} without one", "a topic")
        payload = self.required(value, own, "payload", key)
        return Order(self._topic(topic), self._payload(payload, service, key))

    def _payload(self, node: yaml.Node, service: str, key: str) -> str:
        text = self.exact(node, key)
        brings = REQUIRED_DATA.get(service)
        if brings is None and is_template(text):
            raise self.error(node, key, f"the template '{text}'", f"a plain text: {service} brings no value")
        if brings is not None:
            if not is_template(text):
                raise self.error(
                    node, key, f"'{text}', which never says the {brings}", "a text with {{ value }} in it"
                )
            self._check_template(node, key, text)
        return text

    def _state(self, domain: str, node: yaml.Node, ordered: Iterable[str]) -> Source:
        if domain in _STATELESS:
            raise self.error(node, "state", f"a topic for a {domain}", f"none: a {domain} has no state")
        states = STATES.get(domain, ())
        keys = self.mapping(node, "state", ("topic", "value", *states))
        words: dict[str, str] = {}
        for state in states:
            if state not in keys:
                continue
            said = self.text(keys[state], state)
            if said in words:
                raise self.error(
                    keys[state], state, f"'{said}', as for {words[said]}", "a payload of its own"
                )
            words[said] = state
        source = self._told(node, keys, "state", ordered)
        return replace(source, words=words or {state: state for state in states})

    def _told(
        self, node: yaml.Node, keys: Mapping[str, yaml.Node], key: str, ordered: Iterable[str]
    ) -> Source:
        place = self.required(node, keys, "topic", key)
        topic = self._topic(place)
        if topic in ordered:
            # We would take our own order for what was done.
            raise self.error(place, "topic", f"'{topic}', which takes the command", "another topic")
        value = keys.get("value")
        if value is None:
            return Source(topic)
        template = self.exact(value, "value")
        if not is_template(template):
            raise self.error(value, "value", f"'{template}'", "a template such as {{ value_json.level }}")
        self._check_template(value, "value", template)
        return Source(topic, template)

    def _topic(self, node: yaml.Node) -> str:
        text = self.exact(node, "topic")
        if not valid_topic(text):
            raise self.error(node, "topic", f"'{text}'", "an MQTT topic without + and #")
        return text

    def _check_template(self, node: yaml.Node, key: str, text: str) -> None:
        # Here, because Jinja takes its time to load, and few descriptions have a template.
        from paige.iot.dialects.homeassistant.template import Template

        try:
            Template.of(text)
        except DiscoveryInvalid as error:
            raise self.error(node, key, str(error), "a template as Home Assistant has them") from None
