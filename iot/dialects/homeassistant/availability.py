"""Whether a device can be reached, by the topics on which it says so."""

from dataclasses import dataclass

from paige.iot.dialects.homeassistant.settings import Channel, Settings
from paige.iot.dialects.homeassistant.template import Payload

_MODES = ("all", "any", "latest")


@dataclass(frozen=True, slots=True)
class Source:
    """One topic that says whether the device is there."""

    channel: Channel
    online: str
    offline: str


class Availability:
    """What the topics of one component have said.

    With `latest` the last word counts; with `any` one topic that says online is enough; with `all` every one
    must say so. A component without such topics is always available.
    """

    def __init__(self, sources: tuple[Source, ...], mode: str) -> None:
        self.sources = sources
        self._mode = mode
        self._said: dict[str, bool] = {}
        self._latest = False

    @property
    def available(self) -> bool:
        """Whether the component can be reached, as far as it said."""
        if not self.sources:
            return True
        if self._mode == "all":
            return all(self._said.get(source.channel.topic, False) for source in self.sources)
        if self._mode == "any":
            return any(self._said.values())
        return self._latest

    def take(self, topic: str, payload: Payload) -> None:
        """Hear a message on one of the topics; what is neither online nor offline changes nothing.

        Raises:
            ReportInvalid: Template and message do not fit each other.
        """
        for source in self.sources:
            if source.channel.topic != topic:
                continue
            said = source.channel.read(payload)
            if said in (source.online, source.offline):
                self._latest = self._said[topic] = said == source.online


def availability(settings: Settings) -> Availability:
    """The availability that a component's options describe: a single topic, a list of them, or neither."""
    sources = []
    for entry in settings.entries("availability"):
        if channel := entry.channel("topic", "value_template"):
            sources.append(_source(entry, channel))
        settings.problems.extend(entry.problems)
    if not sources and (channel := settings.channel("availability_topic", "availability_template")):
        sources.append(_source(settings, channel))
    mode = settings.text("availability_mode", "latest")
    if mode not in _MODES:
        settings.problems.append(f"availability_mode: found '{mode}', expected one of {', '.join(_MODES)}")
        mode = "latest"
    return Availability(tuple(sources), mode)


def _source(settings: Settings, channel: Channel) -> Source:
    return Source(
        channel,
        settings.text("payload_available", "online"),
        settings.text("payload_not_available", "offline"),
    )
