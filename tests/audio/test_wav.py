"""WAV files: every width and rate becomes the same sound; what is no sound is said in one line."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paige.audio.chunk import CHUNK_SAMPLES, RATE
from paige.audio.errors import SourceUnreadable
from paige.audio.wav import WavSource, read_wav

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
# For the float GUID only its first two bytes differ from the PCM one (mmreg.h).
GUID_TAIL = bytes.fromhex("0000 0000 1000 8000 00aa 0038 9b71")


def encoded(sound: np.ndarray, bits: int, *, floating: bool = False) -> bytes:
    """Full scale -1 to 1 as a WAV file holds it. Shape: [frames, channels]."""
    if floating:
        return sound.astype(f"<f{bits // 8}").tobytes()
    scaled = np.clip(np.rint(sound * 2.0 ** (bits - 1)), -(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1)
    if bits == 8:
        return (scaled + 128).astype(np.uint8).tobytes()
    return b"".join(int(value).to_bytes(bits // 8, "little", signed=True) for value in scaled.ravel())


def wav(
    data: bytes,
    *,
    bits: int = 16,
    channels: int = 1,
    rate: int = RATE,
    code: int = PCM,
    extensible: bool = False,
    stated: int | None = None,
    before: bytes = b"",
) -> bytes:
    """A WAV file, whole or, by `stated`, not as long as it says."""
    frame = channels * bits // 8
    body = struct.pack(
        "<HHIIHH", EXTENSIBLE if extensible else code, channels, rate, rate * frame, frame, bits
    )
    if extensible:
        body += struct.pack("<HHIH", 22, bits, 0, code) + GUID_TAIL
    chunks = b"fmt " + struct.pack("<I", len(body)) + body + before
    chunks += b"data" + struct.pack("<I", len(data) if stated is None else stated) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def tone(rate: int, channels: int = 1, seconds: float = 0.5, hertz: float = 440.0) -> np.ndarray:
    wave = 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)
    return np.repeat(wave[:, None], channels, axis=1)


@pytest.mark.parametrize(
    ("bits", "floating", "tolerance"),
    [(8, False, 256), (16, False, 1), (24, False, 1), (32, False, 1), (32, True, 1), (64, True, 1)],
)
@pytest.mark.parametrize("extensible", [False, True])
def test_every_width_gives_the_same_sound(
    tmp_path: Path, bits: int, floating: bool, tolerance: int, extensible: bool
) -> None:
    file = tmp_path / "a.wav"
    code = FLOAT if floating else PCM
    file.write_bytes(
        wav(encoded(tone(RATE), bits, floating=floating), bits=bits, code=code, extensible=extensible)
    )
    samples = read_wav(file).samples
    assert samples.dtype == np.int16
    assert np.abs(samples - tone(RATE)[:, 0] * 32768).max() <= tolerance


@given(st.lists(st.integers(-32768, 32767), min_size=1, max_size=3000))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
def test_sixteen_bits_at_our_rate_pass_unchanged(tmp_path: Path, values: list[int]) -> None:
    file = tmp_path / "a.wav"
    file.write_bytes(wav(np.array(values, "<i2").tobytes()))
    assert read_wav(file).samples.tolist() == values


@given(st.binary(max_size=200), st.integers(0, 60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
def test_no_bytes_at_all_give_anything_but_sound_or_one_line(tmp_path: Path, junk: bytes, place: int) -> None:
    whole = wav(encoded(tone(RATE, seconds=0.01), 16))
    file = tmp_path / "a.wav"
    file.write_bytes(whole[:place] + junk + whole[place + len(junk) :])
    complaint = ""
    try:
        assert len(read_wav(file).samples) > 0
    except SourceUnreadable as error:
        complaint = str(error)
    assert "\n" not in complaint
    assert not complaint or "a.wav" in complaint


@given(rate=st.sampled_from([8_000, 11_025, 22_050, 44_100, 48_000, 96_000]), channels=st.integers(1, 3))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=12)
def test_any_rate_and_channels_keep_length_pitch_and_loudness(
    tmp_path: Path, rate: int, channels: int
) -> None:
    file = tmp_path / "a.wav"
    file.write_bytes(wav(encoded(tone(rate, channels), 16), rate=rate, channels=channels))
    samples = read_wav(file).samples
    assert abs(len(samples) - RATE // 2) <= 2
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    assert abs(spectrum.argmax() * RATE / len(samples) - 440) <= 2
    assert np.abs(samples[1000:-1000]).max() == pytest.approx(16384, rel=0.01)


def test_stereo_is_the_mean_of_both_sides(tmp_path: Path) -> None:
    file = tmp_path / "a.wav"
    sides = np.column_stack((np.full(100, 0.5), np.full(100, -0.25)))
    file.write_bytes(wav(encoded(sides, 16), channels=2))
    assert set(read_wav(file).samples.tolist()) == {4096}


def test_chunks_follow_each_other_without_gaps(tmp_path: Path) -> None:
    file = tmp_path / "a.wav"
    file.write_bytes(wav(encoded(tone(44_100, 2), 16), rate=44_100, channels=2))
    with WavSource(file) as source:
        chunks = list(source.chunks())
    assert {len(chunk.samples) for chunk in chunks[:-1]} == {CHUNK_SAMPLES}
    assert [chunk.start for chunk in chunks] == pytest.approx([n * 0.03 for n in range(len(chunks))])


def test_sound_that_is_louder_than_full_scale_or_no_number_is_tamed(tmp_path: Path) -> None:
    file = tmp_path / "a.wav"
    values = np.array([2.0, -2.0, np.nan, np.inf, 1e300])
    file.write_bytes(wav(values.astype("<f8").tobytes(), bits=64, code=FLOAT))
    assert read_wav(file).samples.tolist() == [32767, -32768, 0, 32767, 32767]


@pytest.mark.parametrize("length", [0, 0xFFFF_FFFF])
def test_a_length_that_a_streaming_program_left_open_means_to_the_end(tmp_path: Path, length: int) -> None:
    file = tmp_path / "a.wav"
    file.write_bytes(wav(encoded(tone(RATE), 16), stated=length))
    assert read_wav(file).seconds == 0.5


def test_other_chunks_are_passed_over_whatever_their_length(tmp_path: Path) -> None:
    file = tmp_path / "a.wav"
    file.write_bytes(wav(encoded(tone(RATE), 16), before=b"LIST" + struct.pack("<I", 3) + b"abc\0"))
    assert read_wav(file).seconds == 0.5


def test_a_truncated_file_is_refused_with_both_lengths(tmp_path: Path) -> None:
    file = tmp_path / "cut.wav"
    file.write_bytes(wav(encoded(tone(RATE), 16))[:-6_000])
    with pytest.raises(SourceUnreadable, match=r"cut\.wav.*truncated.*16000 bytes.*10000 are there"):
        read_wav(file)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"ID3\x04 an mp3 by another name", "not a WAV file"),
        (wav(b""), "holds no sound"),
        (wav(b"\1\1", rate=48_000), "holds no sound"),  # less than one sample of ours
        (wav(b"\1\1" * 20, rate=768_000), "holds no sound"),
        (wav(b"\0" * 100)[:40], "before any sound"),
        (b"RIFF\0\0\0\0WAVEdata\x04\0\0\0abcd", "before its format"),
        (wav(b"\0" * 100, code=0x55), "compressed"),
        (wav(b"\0" * 100, bits=12), "12 bits"),
        (wav(b"\0" * 100, channels=0), "0 channels"),
        (wav(b"\0" * 100, rate=3), "3 Hz"),
    ],
)
def test_what_is_no_sound_is_refused_by_what_it_is(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "a.wav"
    file.write_bytes(content)
    with pytest.raises(SourceUnreadable, match=said):
        read_wav(file)


@pytest.mark.parametrize(
    ("name", "said"), [("missing.wav", "No such file"), (".", "not a file"), ("a\0b", "cannot be opened")]
)
def test_what_cannot_be_opened_is_named(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(SourceUnreadable, match=said):
        read_wav(tmp_path / name)
