"""The speech synthesizer eSpeak NG, as a library in this process.

Its functions and constants are those of `espeak-ng/speak_lib.h`, version 1.52.
"""

import ctypes
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from paige.audio.chunk import Samples
from paige.audio.errors import VoiceUnusable

_SYNCHRONOUS = 2
_DONT_EXIT = 0x8000
_UTF8 = 1
_END_PAUSE = 0x1000
_IPA = 2
_RATE, _PITCH = 1, 3
_OK = 0
_PIECE_MILLISECONDS = 60
_LONGEST_PATH = 150
"""Bytes. Its data is found through a buffer of 160, and what is too long is cut without a word."""
_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
_CLAUSE_END = re.compile(r"([.!?,:;…])[\"'”’)\]]*\s*\S?$")
"""It reads one letter beyond the end of a clause."""


@dataclass(frozen=True, slots=True)
class Manner:
    """Who speaks, and how."""

    voice: str
    """One of eSpeak's, by name or language, such as en-us, de+f3, pt-BR."""
    speed: int = 175
    """Words a minute, 80 to 450."""
    pitch: int = 50
    """0 to 100."""


@dataclass(frozen=True, slots=True)
class Clause:
    """How a clause is pronounced."""

    phonemes: str
    """In the International Phonetic Alphabet, words apart."""
    end: str
    """The punctuation mark after it; empty where there is none."""


class _Voice(ctypes.Structure):
    """`espeak_VOICE`."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_char_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("unused", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


class EspeakLibrary:
    """eSpeak NG. There is one in a process, for it keeps its state in globals: see `espeak`."""

    def __init__(self, library: str, data: str) -> None:
        if len(data.encode()) > _LONGEST_PATH:
            raise VoiceUnusable(
                f"{data}: eSpeak NG finds its data only where the path has at most {_LONGEST_PATH} bytes; "
                "install Paige in a folder nearer to the root"
            )
        try:
            self._library = ctypes.CDLL(library)
        except OSError as error:
            raise VoiceUnusable(f"eSpeak NG cannot be loaded: {error}") from error
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self.rate: int = self._library.espeak_Initialize(
            _SYNCHRONOUS, _PIECE_MILLISECONDS, data.encode(), _DONT_EXIT
        )
        """Samples a second (hertz) of what it says."""
        if self.rate <= 0:
            raise VoiceUnusable(f"{data}: eSpeak NG cannot use its data; install espeakng-loader again")
        self._lock = threading.Lock()
        self._manner: Manner | None = None
        self._pieces: list[Samples] = []
        self._callback = _Callback(self._take)  # kept: the library holds no reference to it
        self._library.espeak_SetSynthCallback(self._callback)

    def check(self, voice: str) -> None:
        """Whether there is such a voice.

        Raises:
            VoiceUnusable: There is not.
        """
        with self._lock:
            self._use(Manner(voice))

    def say(self, text: str, manner: Manner, *, pause: bool) -> list[Samples]:
        """A text as it sounds, with a pause after it where another follows. It may not hold zeros."""
        data = text.encode()
        with self._lock:
            self._use(manner)
            self._pieces = []
            self._library.espeak_Synth(
                data,
                ctypes.c_size_t(len(data) + 1),
                0,
                1,
                0,
                _UTF8 | (_END_PAUSE if pause else 0),
                None,
                None,
            )
            return self._pieces

    def pronounce(self, text: str, voice: str) -> list[Clause]:
        """How a text is pronounced, clause by clause. It may not hold zeros."""
        with self._lock:
            self._use(Manner(voice))
            return list(self._clauses(text))

    def _clauses(self, text: str) -> Iterator[Clause]:
        data = ctypes.create_string_buffer(text.encode())
        begin = ctypes.addressof(data)
        following = ctypes.c_void_p(begin)
        done = 0
        while following.value:
            phonemes = self._library.espeak_TextToPhonemes(ctypes.byref(following), _UTF8, _IPA)
            reached = (following.value or begin + len(data) - 1) - begin
            end = _CLAUSE_END.search(data.raw[done:reached].decode(errors="ignore"))
            done = reached
            yield Clause(phonemes.decode(errors="ignore"), end[1] if end else "")

    def _use(self, manner: Manner) -> None:
        """Speak so from now on; loading a voice takes longer than a short sentence."""
        if manner == self._manner:
            return
        name = manner.voice.lower().encode()
        if self._library.espeak_SetVoiceByName(name) != _OK:
            by_language = _Voice(languages=name)
            if self._library.espeak_SetVoiceByProperties(ctypes.byref(by_language)) != _OK:
                self._manner = None
                raise VoiceUnusable(
                    f"eSpeak NG has no voice for {manner.voice!r}; expected one of its names or a language, "
                    "such as en-us, en-gb or de+f3"
                )
        self._library.espeak_SetParameter(_RATE, manner.speed, 0)
        self._library.espeak_SetParameter(_PITCH, manner.pitch, 0)
        self._manner = manner

    def _take(self, sound: "ctypes._Pointer[ctypes.c_short]", count: int, _: int | None) -> int:
        if count > 0:
            self._pieces.append(np.ctypeslib.as_array(sound, (count,)).astype(np.int16))  # [samples]
        return 0


@cache
def espeak() -> EspeakLibrary:
    """The library, loaded when it is first wanted.

    Raises:
        VoiceUnusable: It is not there, or cannot be used.
    """
    try:
        import espeakng_loader
    except ImportError as error:
        raise VoiceUnusable("eSpeak NG is missing; install it with: pip install espeakng-loader") from error
    return EspeakLibrary(espeakng_loader.get_library_path(), espeakng_loader.get_data_path())
