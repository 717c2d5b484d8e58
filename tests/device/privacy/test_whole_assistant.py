"""The whole assistant at work: what it writes, what it asks of the network, and that it needs none."""

import re
from typing import Any

import pytest
from tests.device.privacy.worlds import BROKER, COMMANDS, OUTSIDE, Worlds


@pytest.fixture
def worlds(begun: Worlds | str) -> Worlds:
    if isinstance(begun, str):
        pytest.skip(begun)
    return begun


def outside_state(written: list[str]) -> list[str]:
    """By what they are called at home; the system's sound library makes a cookie where PulseAudio is."""
    names = [name.partition("/home/")[2] or name for name in written]
    return [name for name in names if not name.startswith((".local/state/paige/", ".config/pulse/"))]


def test_the_recorder_sees_every_way_out_and_every_file(worlds: Worlds) -> None:
    report = worlds.deliberate.report()
    for expected in OUTSIDE.values():
        assert expected in report["attempts"]
    assert len(report["attempts"]) == len(OUTSIDE)


def test_every_command_writes_state_alone_and_asks_nobody_but_the_broker(worlds: Worlds) -> None:
    report = worlds.commands.report()
    done = re.findall(r"^= 0 (.*)$", report["output"], re.MULTILINE)
    assert done == [*COMMANDS, *COMMANDS[:2]], report["output"]
    assert outside_state(report["written"]) == []
    assert_nobody_but_the_broker(report)


def test_the_demo_writes_nothing_and_asks_nobody(worlds: Worlds) -> None:
    report = worlds.demo.report()
    assert report["status"] == 0, report["output"]
    assert "Turned on the Kitchen Lamp" in report["output"]
    assert outside_state(report["written"]) == []
    assert report["attempts"] == []


def test_without_a_way_out_and_at_first_without_a_network_it_wakes_hears_switches_answers_and_speaks(
    worlds: Worlds,
) -> None:
    report = worlds.alone.report()
    assert_all_was_done(report)
    assert "Traceback" not in report["output"]
    missing = "Nobody can be asked where “broker.example” is: there is no network, or no name server answers"
    assert report["output"].count(missing) == 1, "it began before there was a network, and said so once"
    assert report["output"].count("as soon as this machine has that address") == 1
    assert report["page"] == 200


def test_on_a_cable_it_asks_nobody_but_the_broker_and_writes_state_alone(worlds: Worlds) -> None:
    report = worlds.on_a_cable.report()
    assert_all_was_done(report)
    assert_nobody_but_the_broker(report)
    assert outside_state(report["written"]) == ["played"]
    assert any(name.endswith("/paige/timers.json") for name in report["written"])


def test_the_same_recorder_sees_what_the_runtime_does_without_paige(worlds: Worlds) -> None:
    import onnxruntime  # noqa: TID251  # only to see which version is installed

    if tuple(int(part) for part in onnxruntime.__version__.split(".")[:2]) < (1, 29):
        pytest.skip("this ONNX Runtime has no telemetry")
    report = worlds.unbridled.report()
    assert any("onnxruntime" in name for name in outside_state(report["written"]))
    assert [one["what"] for one in report["attempts"]] == ["dns"]


def assert_nobody_but_the_broker(report: dict[str, Any]) -> None:
    assert report["attempts"] == [
        {"what": "dns", "where": BROKER, "port": 53},
        {"what": "tcp", "where": "192.0.2.1", "port": 1883},
    ]


def assert_all_was_done(report: dict[str, Any]) -> None:
    assert report["status"] == 0
    assert report["spoken"] == [{"text": "Turned on the Kitchen Lamp.", "area": "Kitchen", "spoken": True}]
    assert [turn["intent"] for turn in report["turns"]] == ["HassStartTimer", "HassShoppingListAddItem", None]
    assert report["turns"][2]["reply"]["text"].startswith("The language model says")
    assert report["loudest"] > 0.1
