"""Whether the satellites and services on other machines answer."""

import asyncio
from collections.abc import Iterator
from typing import Any

from paige.device.config.load import Loaded
from paige.device.doctor.finding import Finding, ok, wrong
from paige.device.satellites.address import SatelliteAddress, parse_address, parse_server


def others(loaded: Loaded) -> Finding:
    """Each is asked what it can do, and must be able to do what is wanted of it."""
    wanted = [*_wanted(loaded)]
    if not wanted:
        return ok("none are configured (satellites.wyoming, speech.server, voice.server)")
    complaints = [one for one in asyncio.run(_asked(wanted)) if one]
    if not complaints:
        return ok(", ".join(f"{address} is {what}" for address, what, _ in wanted))
    return wrong(
        "; ".join(complaints),
        "see whether it runs, and whether this is its address; until then Paige does without",
    )


def _wanted(loaded: Loaded) -> Iterator[tuple[SatelliteAddress, str, str]]:
    """Where each is, what a person would call it, and the part of its answer that must not be empty."""
    config = loaded.config
    for text in config.satellites.wyoming:
        yield parse_address(text), "a satellite", "satellite"
    if config.speech.server is not None:
        yield parse_server(config.speech.server), "a recognizer", "asr"
    if config.voice.server is not None:
        yield parse_server(config.voice.server), "a voice", "tts"


async def _asked(wanted: list[tuple[SatelliteAddress, str, str]]) -> list[str]:
    return await asyncio.gather(*(complaint(*one) for one in wanted))


async def complaint(address: SatelliteAddress, what: str, part: str) -> str:
    """Why it is not what is wanted; empty where it is.

    Args:
        address: Where it is.
        what: What a person would call it.
        part: What of its answer must not be empty.
    """
    from wyoming.info import Describe, Info  # only whom a house with others asks

    from paige.device.errors import PeerInvalid
    from paige.device.satellites.elsewhere import Service

    told: Any = None
    try:
        async with Service(address, what).asked(Describe().event()) as answers:
            async for event in answers:
                if Info.is_type(event.type):
                    told = event.data.get(part)
                    break
    except PeerInvalid as invalid:
        return f"{address}: {invalid}"
    except OSError as error:
        return f"{address} cannot be reached ({error.strerror or error})"
    return "" if told else f"{address} is not {what}"
