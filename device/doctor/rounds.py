"""Everything that is looked at, in the order in which it is told."""

from paige.device.doctor.execution import SECONDS as EXECUTION_SECONDS
from paige.device.doctor.execution import execution
from paige.device.doctor.finding import Check
from paige.device.doctor.home import BROKER_SECONDS, DEVICES_SECONDS, broker, devices
from paige.device.doctor.kernel import kernel
from paige.device.doctor.language import SECONDS, home, models
from paige.device.doctor.machine import board, clock, disk, memory, memory_of_satellite
from paige.device.doctor.page import page
from paige.device.doctor.profile import board_profile
from paige.device.doctor.satellite import assistant
from paige.device.doctor.sound import microphone, speaker, voice, wake_words
from paige.device.doctor.updates import updates
from paige.device.doctor.wyoming import others

_BOARD = Check("board", 5, board)
_MICROPHONE = Check("microphone", 10, microphone)
_WAKE_WORDS = Check("wake words", 10, wake_words)
_SPEAKER = Check("speaker", 10, speaker)
_UPDATES = Check("updates", 10, updates)

CHECKS = (
    _BOARD,
    Check("profile", 30, board_profile),
    Check("memory", 5, memory),
    Check("kernel", 5, kernel),
    Check("disk", 10, disk),
    Check("clock", 5, clock),
    Check("broker", BROKER_SECONDS + 4, broker),
    Check("home", SECONDS, home),
    Check("devices", BROKER_SECONDS + DEVICES_SECONDS + 4, devices),
    Check("models", SECONDS, models),
    _MICROPHONE,
    _WAKE_WORDS,
    _SPEAKER,
    Check("voice", 10, voice),
    Check("execution", EXECUTION_SECONDS, execution),
    Check("others", 15, others),
    Check("page", 5, page),
    _UPDATES,
)
OF_SATELLITE = (
    _BOARD,
    Check("memory", 5, memory_of_satellite),
    _MICROPHONE,
    _WAKE_WORDS,
    _SPEAKER,
    Check("assistant", 15, assistant),
    _UPDATES,
)
"""The same on a board that is the ear and mouth of an assistant elsewhere, and nothing else."""
