"""Every key of the configuration: its name, type, default, bounds and meaning. There is no other place.

`Config()` is the configuration of someone who wrote none.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from paige.device.config.key import key
from paige.device.config.phrase import parse_phrase
from paige.device.config.secret import Secret
from paige.device.memory.size import AMOUNT, parse_size
from paige.device.page.address import parse_listen
from paige.device.satellites.address import parse_address, parse_place, parse_server
from paige.device.updates.address import parse_address as parse_address_of_updates
from paige.iot.policy import ALWAYS_CONFIRMED, Rule

_TOPIC = {"pattern": r"[^+#\0/][^+#\0]*(?<!/)", "pattern_words": "a topic without +, # and outer /"}
_NAME = {"pattern": r"[A-Za-z0-9_-]+", "pattern_words": "letters, digits, _ and -"}
_HOST = {
    "pattern": r"[^\s/@]+",
    "pattern_words": "a host name or address alone, without mqtt:// and without a user name",
}


_SERVER = {"valid": parse_server, "pattern_words": "a host and a port: pc.local:10300"}
_PHRASE = {
    "valid": parse_phrase,
    "pattern_words": "words, and a number from 0 to 1 after them where it is to be heard more or less easily",
}


@dataclass(frozen=True, slots=True)
class House:
    """The house that is served."""

    name: str = key("Home", "What the house is called.")
    id: str = key("paige", "Tells this Paige from others on the same broker; part of its topics.", **_NAME)
    area: str | None = key(
        None,
        "The area where the microphone stands. “Turn on the light” means the light there.",
        example="Kitchen",
    )
    language: str = key(
        "en",
        "The language that is spoken, as a code.",
        pattern=r"[a-z]{2,3}(-[A-Z]{2})?",
        pattern_words="a language code such as en or pt-BR",
    )
    temperature_unit: Literal["celsius", "fahrenheit"] = key("celsius", "How temperatures are said.")
    home: Path | None = key(
        None,
        "A file that describes floors, areas and entities, with other names for them. Without one, Paige "
        "knows what devices say of themselves over MQTT.",
        example="home.yaml",
    )
    sentences: Path | None = key(
        None,
        "A folder of your own sentence files, in the format of Home Assistant's custom_sentences.",
        example="custom_sentences",
    )


@dataclass(frozen=True, slots=True)
class Tls:
    """An encrypted connection to the broker."""

    enabled: bool = key(False, "Encrypt the connection.")
    ca: Path | None = key(
        None,
        "Certificates of who may vouch for the broker.",
        default_words="those that the system trusts",
        example="/etc/ssl/certs/my-ca.pem",
    )
    certificate: Path | None = key(
        None, "Our own certificate, for a broker that asks for one.", example="/etc/paige/client.pem"
    )
    private_key: Path | None = key(
        None, "The private key of that certificate.", example="/etc/paige/client.key"
    )
    check_hostname: bool = key(True, "Refuse a broker whose certificate names another host.")


@dataclass(frozen=True, slots=True)
class HomeAssistant:
    """Devices that describe themselves as Home Assistant's discovery wants it."""

    enabled: bool = key(True, "Listen for them.")
    prefix: str = key("homeassistant", "Where they describe themselves.", **_TOPIC)


@dataclass(frozen=True, slots=True)
class Zigbee2Mqtt:
    """Devices behind a Zigbee2MQTT bridge."""

    enabled: bool = key(True, "Listen for them.")
    prefix: str = key("zigbee2mqtt", "The bridge's base topic.", **_TOPIC)


@dataclass(frozen=True, slots=True)
class Tasmota:
    """Devices that run Tasmota."""

    enabled: bool = key(True, "Listen for them.")
    prefix: str = key("tasmota/discovery", "Where they describe themselves.", **_TOPIC)


@dataclass(frozen=True, slots=True)
class Homie:
    """Devices of the Homie convention, versions 4 and 5."""

    enabled: bool = key(True, "Listen for them.")
    prefix: str = key("homie", "Their root topic.", **_TOPIC)


@dataclass(frozen=True, slots=True)
class Mqtt:
    """The broker, and whose devices are listened for."""

    host: str = key("localhost", "Where the broker is.", **_HOST)
    port: int | None = key(
        None,
        "Its port.",
        minimum=1,
        maximum=65535,
        default_words="1883, and 8883 where tls is enabled",
        example="1883",
    )
    username: str | None = key(None, "The user name that the broker asks for.", example="paige")
    password: Secret | None = key(None, "The password that goes with it.", example="!secret mqtt_password")
    client_id: str | None = key(
        None, "How the broker knows us.", default_words="paige- and the house's id", example="paige-kitchen"
    )
    topic: str = key("paige", "What our own topics begin with; the house's id comes after it.", **_TOPIC)
    command_deadline: float = key(
        2.0,
        "How long an entity has to show that it did as told, or has begun to, before Paige says that it "
        "cannot tell. Covers, locks, climate and other slow things have two and a half times as long.",
        unit="seconds",
        minimum=0.1,
        maximum=60,
    )
    tls: Tls = Tls()
    homeassistant: HomeAssistant = HomeAssistant()
    zigbee2mqtt: Zigbee2Mqtt = Zigbee2Mqtt()
    tasmota: Tasmota = Tasmota()
    homie: Homie = Homie()

    @property
    def effective_port(self) -> int:
        """The port to connect to: what is configured, else the usual one."""
        return self.port or (8883 if self.tls.enabled else 1883)


@dataclass(frozen=True, slots=True)
class Speech:
    """How speech becomes words."""

    recognizer: Literal["pocketsphinx", "vosk"] = key(
        "pocketsphinx", "The engine. PocketSphinx needs nothing further; Vosk hears better and needs a model."
    )
    model: Path | None = key(
        None,
        "The folder of the recognizer's model, or the name under which it was added (paige models add).",
        default_words="the one that comes with PocketSphinx; Vosk has none",
        example="/var/lib/paige/vosk-model-small-en-us-0.15",
    )
    microphone: str | None = key(
        None,
        "Part of the microphone's name, as `paige doctor` lists it.",
        default_words="the system's default",
        example="USB",
    )
    confidence: float = key(0.5, "How sure the recognizer must be before Paige acts.", minimum=0, maximum=1)
    server: str | None = key(
        None,
        "A recognizer on another machine, over Wyoming, such as wyoming-faster-whisper's. It is asked what "
        "the one here was not sure of; what makes sense in this home of its answers counts.",
        default_words="nothing that is said leaves this machine",
        example="pc.local:10300",
        **_SERVER,
    )


@dataclass(frozen=True, slots=True)
class Wake:
    """When Paige listens."""

    mode: Literal["word", "always", "push"] = key(
        "word",
        "After a wake word; always, where nobody talks of other things; or only when a button or a message "
        "asks for it. After a question of Paige's own it always listens.",
    )
    words: tuple[str, ...] = key(
        ("okay nabu",),
        "The wake words. A number after one says how easily it is taken to be heard, 0 to 1; 0.5 where there "
        "is none. Best are okay nabu, hey jarvis and alexa, which have detectors of their own; that of hey "
        "mycroft takes “hey Michael” for it.",
        example='["okay nabu", "hey paige 0.6"]',
        **_PHRASE,
    )
    stop_words: tuple[str, ...] = key(
        ("stop",), "What ends a reply or a ringing timer without a wake word.", **_PHRASE
    )


@dataclass(frozen=True, slots=True)
class Voice:
    """How Paige speaks."""

    aloud: bool = key(True, "Say replies here. They go over MQTT as well, for whatever else can say them.")
    name: str | None = key(
        None,
        "A voice of espeak-ng, such as en-gb or en-us+f3, or the file of a Piper voice, with its .json "
        "beside it.",
        default_words="espeak-ng's for the language of the house",
        example="/var/lib/paige/en_US-amy-medium.onnx",
    )
    server: str | None = key(
        None,
        "A voice on another machine, over Wyoming, such as wyoming-piper's. While that is away, the one here "
        "speaks.",
        default_words="only the voice here speaks",
        example="pc.local:10200",
        **_SERVER,
    )
    speaker: str | None = key(
        None,
        "Part of the loudspeaker's name, as `paige doctor` lists it.",
        default_words="the system's default",
        example="USB",
    )
    volume: float = key(1.0, "How loud it is, of what the loudspeaker gives.", minimum=0, maximum=1)
    sounds: bool = key(True, "Short sounds when Paige begins to listen, and when it understood nothing.")
    echo: bool = key(
        True,
        "Take what Paige says out of what it hears, so that it can be spoken over. Without this it hears no "
        "more than wake words and stop words while it speaks.",
    )


@dataclass(frozen=True, slots=True)
class Satellites:
    """Microphones and loudspeakers in other rooms, and who else may use Paige's ears, mind and voice."""

    wyoming: tuple[str, ...] = key(
        (),
        "Wyoming satellites that Paige connects to, each with the area where it stands.",
        valid=parse_address,
        pattern_words="a host, a port and an area: pi.local:10700 Kitchen (port and area may be left out)",
        example='["pi-kitchen.local:10700 Kitchen"]',
    )
    wyoming_port: int | None = key(
        None,
        "The port at which Paige serves Wyoming: Home Assistant then uses it to recognize, answer, speak and "
        "wake. Whoever reaches the port can speak to the house; keep it inside.",
        minimum=1,
        maximum=65535,
        default_words="Wyoming is not served",
        example="10300",
    )
    hermes: bool = key(
        False, "Serve Rhasspy's satellites and tools, which speak Hermes over the same broker."
    )
    areas: tuple[str, ...] = key(
        (),
        "Where satellites of others stand: Home Assistant's by their entity or their device, Rhasspy's by "
        "their site. A site that is not named here is in the area that is called as it is.",
        valid=parse_place,
        pattern_words="who, and an area: assist_satellite.kitchen Kitchen",
        example='["assist_satellite.kitchen Kitchen"]',
    )


@dataclass(frozen=True, slots=True)
class Page:
    """A page for browsers in the house: what Paige hears, understands and does, and a line to type into."""

    listen: str | None = key(
        None,
        "Where it is served. 127.0.0.1 is for this machine alone, 0.0.0.0 for everybody who reaches it; that "
        "takes a token.",
        valid=parse_listen,
        pattern_words="an address of this machine and a port: 127.0.0.1:10380",
        default_words="there is no page",
        example='"0.0.0.0:10380"',
    )
    token: Secret | None = key(
        None,
        "What a person types into the page once, in each browser, before it shows and does anything.",
        default_words="none is asked for",
        example="!secret page_token",
    )
    names: tuple[str, ...] = key(
        (),
        "Names by which browsers find this machine, besides its own, those that end with .local, and "
        "addresses.",
        example='["paige.fritz.box"]',
        pattern=r"[^\s/@:]+",
        pattern_words="a host name",
    )


_RULES = {
    "valid": Rule.parse,
    "pattern_words": "a domain (lock), a device class (cover:garage), an entity (lock.front_door) or *, and "
    "a service after it where only that is meant (lock unlock)",
}


@dataclass(frozen=True, slots=True)
class Policy:
    """What Paige may do at once, only after a yes, or never. A prohibition counts most, then a permission."""

    confirm: tuple[str, ...] = key(
        (), f"Done only after a yes, besides: {', '.join(ALWAYS_CONFIRMED)}.", **_RULES
    )
    forbid: tuple[str, ...] = key((), "Never done.", **_RULES)
    allow: tuple[str, ...] = key((), "Done at once, though it would have to be confirmed.", **_RULES)


@dataclass(frozen=True, slots=True)
class Memory:
    """How much memory Paige takes."""

    budget: str | None = key(
        None,
        "The most that the whole process may have, models and all else. What does not fit of a language "
        "model is read from flash again and again.",
        valid=parse_size,
        pattern_words=AMOUNT,
        default_words="what the board's profile gives, 95 % of a limit that systemd or a container sets, or "
        "what Paige has already and 75 % of the memory that is available, whichever is least",
        example="300MB",
    )

    @property
    def budget_bytes(self) -> int | None:
        """In bytes; None where nothing is configured."""
        return None if self.budget is None else parse_size(self.budget)


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """A language model for what Paige does not understand by itself.

    It can ask for what a sentence could ask for, of things that the home has, or say something. What it asks
    for is done as if it had been said: the policy holds, and what Paige tells is what became of it.
    """

    model: str | None = key(
        None,
        "Its name, as `paige models list` shows it; paige- and the language, such as paige-en, is the small "
        "one that comes with Paige.",
        default_words="none is asked",
        example="paige-en",
    )
    confirm: bool = key(
        True,
        "Ask before anything is done that it asks for. Without this, what was typed is done at once, as far "
        "as the policy allows; what was heard is always asked about.",
    )
    seconds: float = key(20.0, "How long it may take to answer.", unit="seconds", minimum=1, maximum=40)


@dataclass(frozen=True, slots=True)
class Updates:
    """Newer versions of Paige, of its models and its skills, signed by whoever the owner trusts."""

    url: str | None = key(
        None,
        "Where `paige update` looks for them by itself: a folder on a server, with https:// unless it is in "
        "the house.",
        valid=parse_address_of_updates,
        pattern_words="an address such as https://example.org/paige; http:// only for one in the house",
        default_words="nowhere; they come on a USB stick: paige update /media/usb",
        example="https://example.org/paige",
    )
    folder: Path = key(Path("/var/lib/paige-updates"), "Where they are kept, two versions of each.")
    keys: Path = key(
        Path("/etc/paige/update-keys"),
        "The folder with the public keys, NAME.pub, of those whose updates are taken. Without one, none is.",
    )


@dataclass(frozen=True, slots=True)
class Log:
    """What the service writes to its log."""

    level: Literal["debug", "info", "warning", "error"] = key(
        "info", "The least important message that is written."
    )


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that can be set."""

    house: House = House()
    mqtt: Mqtt = Mqtt()
    speech: Speech = Speech()
    wake: Wake = Wake()
    voice: Voice = Voice()
    satellites: Satellites = Satellites()
    page: Page = Page()
    policy: Policy = Policy()
    memory: Memory = Memory()
    language_model: LanguageModel = LanguageModel()
    updates: Updates = Updates()
    log: Log = Log()
    board: Literal["auto", "zero2w", "pi4", "pi5", "jetson", "generic"] = key(
        "auto",
        "The board whose profile applies: in which form a language model is fast, how many threads it and a "
        "voice have, how much memory Paige takes. `paige doctor` tells what that comes to.",
        default_words="the one that the board says it is",
    )
    execution: tuple[str, ...] = key(
        (),
        "On what else than the processor a Piper voice is computed, the preferred first. Where that cannot "
        "be had, the log and `paige doctor` say why, and the processor goes on.",
        pattern="tensorrt|cuda|openvino",
        pattern_words="tensorrt, cuda or openvino",
        default_words="the processor computes everything",
        example="[cuda]",
    )
    state_dir: Path | None = key(
        None,
        "The folder where timers and lists are kept.",
        default_words="systemd's STATE_DIRECTORY, else $XDG_STATE_HOME/paige, else ~/.local/state/paige",
        example="/var/lib/paige",
    )
