"""What no device announces: sentences to what the home description binds to topics, such as a script."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.iot.conftest import PATIENCE_SECONDS, listening

from paige.device.assistant import Assistant, assistant
from paige.device.config.schema import Config, House, Mqtt
from paige.device.turn import Turn
from paige.iot.message import Message, Publication
from paige.iot.outcome import Status
from paige.tools.broker import EmbeddedBroker
from paige.tools.simulated_home.device import SimulatedDevice, retained
from paige.tools.simulated_home.home import SimulatedHome
from paige.tools.simulated_home.zigbee2mqtt import ZigbeeBridge, ZigbeeLight

HOME = """\
areas: [{name: Kitchen}]
here: Kitchen
entities:
- {id: light.kitchen_lamp, name: Kitchen Lamp, area: Kitchen}
- {id: script.good_night, name: Good Night, command: {topic: house/scripts/good_night, payload: START}}
- id: script.watering
  name: Garden Watering
  command: {topic: house/scripts/watering, payload: START}
  state: {topic: house/scripts/watering/state, on: running, off: done}
- id: cover.shed
  name: Shed Door
  device_class: garage
  command: {topic: shed/set, open_cover: UP, close_cover: DOWN}
- id: media_player.stereo
  name: Stereo
  area: Kitchen
  command:
    topic: stereo/set
    media_play: play
    media_pause: pause
    volume_set: {topic: stereo/volume/set, payload: "{{ value / 100 }}"}
  state: {topic: stereo/state, playing: play, paused: pause}
  attributes: {volume_pct: {topic: stereo/volume, value: "{{ value | float * 100 }}"}}
"""


@dataclass
class Flow:
    """What a Home Assistant automation or a Node-RED flow does: hears one topic, and sends something."""

    name: str
    topic: str
    says: tuple[Publication, ...]
    jammed: bool = False

    @property
    def filters(self) -> frozenset[str]:
        return frozenset({self.topic})

    def announce(self) -> tuple[Publication, ...]:
        return ()

    def presence(self, available: bool) -> tuple[Publication, ...]:
        return ()

    def receive(self, message: Message) -> tuple[Publication, ...]:
        return self.says if message.payload == b"START" else ()


@dataclass
class Stereo:
    """A media player behind a bridge that knows MQTT topics and no discovery."""

    name: str = "Stereo"
    jammed: bool = False
    mode: str = "pause"
    volume: float = 0.2

    @property
    def filters(self) -> frozenset[str]:
        return frozenset({"stereo/set", "stereo/volume/set"})

    def announce(self) -> tuple[Publication, ...]:
        return retained("stereo/state", self.mode), retained("stereo/volume", str(self.volume))

    def presence(self, available: bool) -> tuple[Publication, ...]:
        return ()

    def receive(self, message: Message) -> tuple[Publication, ...]:
        if message.topic == "stereo/set":
            self.mode = message.payload.decode()
        else:
            self.volume = float(message.payload)
        return self.announce()


@asynccontextmanager
async def house(folder: Path) -> AsyncIterator[tuple[Assistant, SimulatedHome, int]]:
    lamp = ZigbeeLight("Kitchen Lamp", "0x00158d0001000001", on=True)
    off = Publication("zigbee2mqtt/Kitchen Lamp/set", b'{"state": "OFF"}')
    watering = "house/scripts/watering"
    devices: tuple[SimulatedDevice, ...] = (
        ZigbeeBridge((lamp,)),
        lamp,
        Flow("Good Night", "house/scripts/good_night", (off,)),
        Flow(
            "Watering",
            watering,
            (retained(f"{watering}/state", "running"), retained(f"{watering}/state", "done")),
        ),
        Stereo(),
    )
    (folder / "home.yaml").write_text(HOME)
    async with EmbeddedBroker() as broker, SimulatedHome(devices).joined(broker.host, broker.port) as home:
        config = Config(House(home=folder / "home.yaml"), Mqtt(host=broker.host, port=broker.port))
        async with assistant(config) as one:
            await one.link.connected(PATIENCE_SECONDS)
            await one.home.ready()
            yield one, home, broker.port


def statuses(turn: Turn) -> list[Status]:
    return [outcome.status for outcome in turn.outcomes]


async def test_a_script_runs_and_is_not_said_to_be_done_where_nothing_tells(tmp_path: Path) -> None:
    async with (
        house(tmp_path) as (one, _, port),
        listening(port, "house/#", "zigbee2mqtt/Kitchen Lamp") as heard,
    ):
        turn = await one.pipeline.handle_text("run good night")
        await heard.until(
            lambda messages: any(b'"OFF"' in message.payload for message in messages if not message.retained)
        )
    assert [message for message in heard.messages if message.topic == "house/scripts/good_night"] == [
        Message("house/scripts/good_night", b"START", retained=False)
    ]
    assert statuses(turn) == [Status.UNCONFIRMED]


async def test_a_script_that_tells_that_it_runs_is_done_the_first_time_and_the_next(tmp_path: Path) -> None:
    async with house(tmp_path) as (one, _, _):
        turns = [await one.pipeline.handle_text("run garden watering") for _ in range(2)]
    assert [statuses(turn) for turn in turns] == [[Status.DONE], [Status.DONE]]


async def test_a_command_is_not_kept_for_who_comes_later(tmp_path: Path) -> None:
    async with house(tmp_path) as (one, _, port):
        await one.pipeline.handle_text("run good night")
        async with listening(port, "house/#", "stereo/#") as heard:
            await heard.payload(b"pause")  # retained, so that a retained command would have come, too
    assert not [message for message in heard.messages if message.topic == "house/scripts/good_night"]


async def test_a_media_player_that_only_has_topics_plays_and_is_set(tmp_path: Path) -> None:
    async with house(tmp_path) as (one, home, _):
        stereo = home.devices["Stereo"]
        assert isinstance(stereo, Stereo)
        turns = [
            await one.pipeline.handle_text(said)
            for said in ("resume the stereo", "set the stereo volume to 35 percent", "pause the stereo")
        ]
        assert [statuses(turn) for turn in turns] == [[Status.DONE]] * 3
        assert (stereo.mode, stereo.volume) == ("pause", 0.35)


async def test_the_policy_asks_before_a_described_garage_opens(tmp_path: Path) -> None:
    async with house(tmp_path) as (one, _, port), listening(port, "shed/#") as heard:
        turn = await one.pipeline.handle_text("open the shed door")
        assert turn.outcomes == ()
        assert heard.messages == []
        await one.pipeline.handle_text("yes")
        await heard.payload(b"UP")


async def test_what_is_described_is_there_again_after_a_reconnect(tmp_path: Path) -> None:
    async with house(tmp_path) as (one, _, _):
        one.home._rebuild()
        await one.home.ready()
        assert statuses(await one.pipeline.handle_text("run garden watering")) == [Status.DONE]
