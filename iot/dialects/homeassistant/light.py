"""Lights, in the three ways that discovery describes them: a topic for each thing, JSON, and templates."""

from collections.abc import Callable

from paige.iot.dialects.homeassistant.component import Component
from paige.iot.dialects.homeassistant.light_json import json_light
from paige.iot.dialects.homeassistant.light_template import template_light
from paige.iot.dialects.homeassistant.light_topics import topics_light
from paige.iot.dialects.homeassistant.settings import Settings

_SCHEMAS: dict[str, Callable[[Settings], Component]] = {
    "basic": topics_light,
    "default": topics_light,
    "json": json_light,
    "template": template_light,
}


def light(settings: Settings) -> Component:
    """A light."""
    schema = settings.text("schema", "basic").lower()
    if schema not in _SCHEMAS:
        settings.problems.append(f"schema: found '{schema}', expected basic, json or template")
        return Component()
    return _SCHEMAS[schema](settings)
