"""Sound from a WAV file.

Format: "Multimedia Programming Interface and Data Specifications 1.0" (IBM, Microsoft, 1991), with
WAVE_FORMAT_EXTENSIBLE as Microsoft's mmreg.h has it.
"""

import os
import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np

from paige.audio.chunk import RATE, AudioChunk, Samples, Utterance
from paige.audio.conversion import Converter, Frames, rechunk
from paige.audio.errors import SourceUnreadable

_PCM, _FLOAT, _EXTENSIBLE = 0x0001, 0x0003, 0xFFFE
_STREAMED_LENGTHS = (0, 0xFFFF_FFFF)
"""What a program writes as length when it does not know yet how long the recording will be."""
_RATES = range(1_000, 768_001)
_READ_FRAMES = 4_096


@dataclass(frozen=True, slots=True)
class _Encoding:
    """How samples are written, from a WAV file's `fmt ` chunk."""

    floating: bool
    bits: int
    channels: int
    rate: int
    """Hertz."""

    @property
    def frame_bytes(self) -> int:
        return self.channels * self.bits // 8


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where a WAV file's sound lies."""

    encoding: _Encoding
    offset: int
    """First byte of sound, counted from the start of the file."""
    frames: int


class WavSource:
    """A WAV file of any rate and number of channels: 8, 16, 24, 32 bits, or floating point of 32 or 64.

    Raises:
        SourceUnreadable: on entering, when the file is missing, is no WAV file, is of a kind that is not
            read, holds no sound, or is shorter than its header says.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._file: BinaryIO | None = None
        self._layout: _Layout | None = None

    @property
    def description(self) -> str:
        """The file's name."""
        return self._path.name

    def __enter__(self) -> Self:
        try:
            # A FIFO would block on opening, so what it is comes first.
            if not stat.S_ISREG(self._path.stat().st_mode):
                raise SourceUnreadable(f"{self._path}: this is not a file")
            file = self._path.open("rb")
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise SourceUnreadable(f"{self._path}: cannot be opened: {reason}") from error
        try:
            self._layout = _read_layout(file)
        except SourceUnreadable as error:
            file.close()
            raise SourceUnreadable(f"{self._path}: {error}") from error
        self._file = file
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def chunks(self) -> Iterator[AudioChunk]:
        """The file's sound in chunks of 30 ms; the last one may be shorter."""
        return rechunk(self._pieces())

    def _pieces(self) -> Iterator[Samples]:
        assert self._file is not None
        assert self._layout is not None
        encoding = self._layout.encoding
        converter = Converter(encoding.rate)
        self._file.seek(self._layout.offset)
        left = self._layout.frames
        while left > 0:
            count = min(left, _READ_FRAMES)
            data = self._file.read(count * encoding.frame_bytes)
            if len(data) < count * encoding.frame_bytes:
                raise SourceUnreadable(f"{self._path}: the file became shorter while it was read")
            left -= count
            yield converter.convert(_decode(data, encoding), last=left == 0)


def read_wav(path: str | os.PathLike[str]) -> Utterance:
    """A whole WAV file as one utterance.

    Raises:
        SourceUnreadable: as `WavSource` does.
    """
    with WavSource(path) as source:
        samples = np.concatenate([chunk.samples for chunk in source.chunks()])  # [samples]
    whole = Utterance(samples, start=0.0, speech_end=0.0)
    return Utterance(samples, start=0.0, speech_end=whole.seconds)


def _read_layout(file: BinaryIO) -> _Layout:
    """Walks the chunks up to the sound itself."""
    size = os.fstat(file.fileno()).st_size
    if size == 0:
        raise SourceUnreadable("the file is empty; expected a WAV file")
    riff = file.read(12)
    if riff[:4] != b"RIFF" or riff[8:12] != b"WAVE":
        raise SourceUnreadable("this is not a WAV file (it does not begin with RIFF … WAVE)")
    encoding: _Encoding | None = None
    while len(header := file.read(8)) == 8:
        name, length = header[:4], int.from_bytes(header[4:], "little")
        if name == b"data":
            if encoding is None:
                raise SourceUnreadable("the sound comes before its format; the file is damaged")
            return _sound(encoding, offset=file.tell(), stated=length, present=size - file.tell())
        body_end = file.tell() + length + length % 2  # chunks are padded to an even length
        if name == b"fmt ":
            encoding = _parse_format(file.read(min(length, 64)))
        file.seek(body_end)
    raise SourceUnreadable("the file ends before any sound begins; it is truncated or damaged")


def _sound(encoding: _Encoding, *, offset: int, stated: int, present: int) -> _Layout:
    if stated in _STREAMED_LENGTHS:
        stated = present
    if stated > present:
        raise SourceUnreadable(
            f"the file is truncated: its header promises {stated} bytes of sound, but {present} are there"
        )
    frames = stated // encoding.frame_bytes
    if frames * RATE < encoding.rate:  # less than one sample
        raise SourceUnreadable("the file holds no sound")
    return _Layout(encoding, offset, frames)


def _parse_format(body: bytes) -> _Encoding:
    if len(body) < 16:
        raise SourceUnreadable("its format is cut short; the file is damaged")
    code, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", body)
    if code == _EXTENSIBLE and len(body) >= 26:
        (code,) = struct.unpack_from("<H", body, 24)  # the sub-format GUID begins with the plain code
    if code not in (_PCM, _FLOAT):
        raise SourceUnreadable(f"its sound is compressed (format {code}); expected plain PCM")
    if bits not in ((8, 16, 24, 32) if code == _PCM else (32, 64)):
        raise SourceUnreadable(
            f"it has {bits} bits a sample; expected 8, 16, 24 or 32, or a float of 32 or 64"
        )
    if channels == 0 or rate not in _RATES:
        raise SourceUnreadable(
            f"it says {channels} channels at {rate} Hz; expected 1 or more at {_RATES[0]} to {_RATES[-1]} Hz"
        )
    return _Encoding(code == _FLOAT, bits, channels, rate)


def _decode(data: bytes, encoding: _Encoding) -> Frames:
    """Full scale -1 to 1. Shape: [frames, channels]."""
    if encoding.floating:
        stored = np.frombuffer(data, f"<f{encoding.bits // 8}")
        # A file may hold what is not a number; one such value would spread through the whole resampler.
        values = np.clip(np.nan_to_num(stored, nan=0.0), -1, 1).astype(np.float32)
    elif encoding.bits == 8:  # the only width without a sign
        values = (np.frombuffer(data, np.uint8).astype(np.float32) - 128) / 128
    elif encoding.bits == 24:
        padded = np.zeros((len(data) // 3, 4), np.uint8)  # [values, bytes]
        padded[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
        values = padded.view("<i4")[:, 0].astype(np.float32) / 2.0**31
    else:
        integers = np.frombuffer(data, f"<i{encoding.bits // 8}")
        values = integers.astype(np.float32) / 2.0 ** (encoding.bits - 1)
    frames: Frames = values.reshape(-1, encoding.channels)
    return frames
