"""What one message says about one entity, and what is known of an entity from all of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from paige.iot.entity import AttributeValue

UNKNOWN = "unknown"
"""The state of an entity whose device says that it does not know."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a message says, in the words and units of `Entity`."""

    state: str | None = None
    """None where the message does not mention it; `unknown` where the device says that it does not know."""
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)


@dataclass(slots=True)
class Known:
    """What an entity last reported: some commands, such as a toggle, depend on it."""

    state: str | None = None
    attributes: dict[str, AttributeValue] = field(default_factory=dict)

    def take(self, report: Report) -> None:
        """Add what a report says; what it leaves out stays."""
        if report.state is not None:
            self.state = report.state
        self.attributes.update(report.attributes)

    def number(self, attribute: str) -> float | None:
        """An attribute's value where it is a number."""
        value = self.attributes.get(attribute)
        return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
