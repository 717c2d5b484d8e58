"""What was read is kept on flash, and goes on as if there had been no restart."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.models.lm.conftest import GOLDEN, Resident
from tests.models.lm.test_decoder import expected

from paige.models.errors import ModelUnusable
from paige.models.lm.conversation import Message
from paige.models.lm.decoder import Decoder, KeyValues
from paige.models.lm.generation import generate
from paige.models.lm.kept_file import BLOCK, FRESH, Head, identity, read, read_head, write
from paige.models.lm.manifest import MANIFEST
from paige.models.lm.packed import PackedModel
from paige.models.lm.prefixes import Prefixes, Recalled
from paige.models.lm.sampling import Sampler, Sampling
from paige.models.lm.saved import Restored, restore, save
from paige.models.lm.shape import DecoderShape
from paige.models.lm.slot import Slot

Packed = Callable[[str, int], PackedModel]
SHAPE = DecoderShape("llama", 2, 32, 4, 2, 16, 64, 64, 256, 1e-6, 1e4)
MESSAGES = (Message("system", "Kitchen: Lamp (light)"), Message("user", "“Licht an”\n"))


def numbers(length: int, positions: int = 256) -> KeyValues:
    """Of `SHAPE`, each another."""
    known = KeyValues(SHAPE, positions)
    known.length = length
    for number, array in enumerate(array for pair in known.arrays for array in pair):
        values = np.arange(256 * 32, dtype=np.float32).reshape(2, 256, 16) / 8 - 100 * number
        array[0, :, :length] = values[:, :length]  # [heads, positions, width]
    return known


def same(one: KeyValues, other: KeyValues, length: int) -> bool:
    return one.length == length and all(
        np.array_equal(a[:, :, :length], b[:, :, :length])
        for pairs in zip(one.arrays, other.arrays, strict=True)
        for a, b in zip(*pairs, strict=True)
    )


class Counting(Resident):
    """Counts leases."""

    leases = 0

    @contextmanager
    def lease(self, shard: str) -> Iterator[Slot]:
        self.leases += 1
        with super().lease(shard) as slot:
            yield slot


@settings(deadline=None)  # a disk may take its time
@given(length=st.integers(1, 200), most=st.integers(1, 250), positions=st.integers(1, 256))
def test_what_was_written_is_read_as_far_as_it_is_wanted(
    length: int, most: int, positions: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("kept") / "one.kv"
    head = Head.of("m", SHAPE, range(length))
    write(file, head, numbers(length))
    assert read_head(file) == head
    assert file.stat().st_size == head.bytes_of_file()
    known, taken = KeyValues(SHAPE, positions), list[int]()
    assert read(file, known, most, taken.append) is None
    end = min(length, most, positions)
    assert same(known, numbers(length), end)
    assert taken == [end * 2 * 2 * 2 * 16 * 4]


@settings(deadline=None)  # a disk may take its time
@given(data=st.data())
def test_damage_is_found_and_costs_what_is_behind_it(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("kept") / "one.kv"
    head = Head.of("m", SHAPE, range(150))
    write(file, head, numbers(150))
    text = bytearray(file.read_bytes())
    at = data.draw(st.integers(0, len(text) - 1))
    if data.draw(st.booleans()):
        del text[at:]
    else:
        text[at] ^= data.draw(st.integers(1, 255))
    file.write_bytes(text)
    before_blocks = head.bytes_of_file() - 150 * head.size - 3 * 4
    known = KeyValues(SHAPE, 256)
    if at < before_blocks:
        with pytest.raises(ModelUnusable, match=re.escape(str(file))):
            read(file, known, 150)
        assert known.length == 0
    else:
        whole = (at - before_blocks) // (BLOCK * head.size + 4) * BLOCK
        assert read(file, known, 150) == f"{file}: it is damaged from position {whole} on"
        assert same(known, numbers(150), whole)


@settings(deadline=None)  # a disk may take its time
@given(data=st.binary(max_size=100) | st.binary(max_size=100).map(lambda data: b"paige kv" + data))
def test_files_of_others_are_refused(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("kept") / "one.kv"
    file.write_bytes(data)
    with pytest.raises(ModelUnusable, match=r"one\.kv: (these are no keys and values|its head is damaged)"):
        read_head(file)


def test_format_1_is_read_and_written_as_it_is_kept(tmp_path: Path) -> None:
    golden = GOLDEN / "kept-1.kv"
    head = Head.of(
        "0123456789abcdef aarch64 01234567", SHAPE, range(1000, 1070), {"messages": [["user", "“Ja”"]]}
    )
    assert read_head(golden) == head
    known = KeyValues(SHAPE, 128)
    assert read(golden, known, 128) is None
    assert same(known, numbers(70), 70)
    write(tmp_path / "again", head, known)
    assert (tmp_path / "again").read_bytes() == golden.read_bytes()


def test_a_file_that_cannot_be_written_is_what_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "one.kv"
    write(file, Head.of("m", SHAPE, range(70)), numbers(70))
    before = file.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write(file, Head.of("m", SHAPE, range(90)), numbers(90))
    assert file.read_bytes() == before
    assert [*tmp_path.iterdir()] == [file]


def test_more_tokens_than_were_read_are_not_kept(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="71 tokens; 70 were read"):
        write(tmp_path / "one.kv", Head.of("m", SHAPE, range(71)), numbers(70))


@pytest.fixture
def prefixes(tmp_path: Path) -> Callable[..., Prefixes]:
    def made(most: int = 10**9, model: str = "m", shape: DecoderShape = SHAPE) -> Prefixes:
        return Prefixes(tmp_path / "kept", model, shape, most)

    return made


Made = Callable[..., Prefixes]


def test_the_longest_beginning_is_known(prefixes: Made) -> None:
    kept = prefixes()
    for length in (50, 120, 80):
        assert kept.keep(range(length), numbers(length)) is None
    for prompt, positions in (
        ([*range(200)], 120),
        ([*range(100)], 99),  # the last token is left, as it has to be read
        ([*range(70), 7, 7], 70),
        ([5, 6], 0),
        ([0], 0),
    ):
        known = KeyValues(SHAPE, 256)
        assert kept.recall(prompt, known) == Recalled(positions)
        assert same(known, numbers(120), positions)
    known = KeyValues(SHAPE, 60)
    assert kept.recall(range(200), known).positions == 60


def test_of_another_model_nothing_is_known(prefixes: Made) -> None:
    prefixes().keep(range(50), numbers(50))
    assert prefixes(model="another").recall(range(60), KeyValues(SHAPE, 256)) == Recalled(0)


@settings(deadline=None)  # a disk may take its time
@given(
    deeds=st.lists(st.tuples(st.booleans(), st.integers(0, 9), st.integers(1, 100)), max_size=12),
    most=st.integers(0, 60_000),
)
def test_never_more_is_kept_than_may_be_and_the_longest_unused_goes_first(
    deeds: list[tuple[bool, int, int]], most: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("kept")
    kept = Prefixes(folder, "m", SHAPE, most)
    expected: dict[tuple[int, ...], int] = {}  # what was not used for longest is first
    for moment, (keeps, begin, length) in enumerate(deeds):
        tokens = (begin, *range(length - 1))
        size = Head.of("m", SHAPE, tokens).bytes_of_file()
        if keeps:
            why = kept.keep(tokens, numbers(length))
            assert (why is None) == (size <= most)
            if why is None:
                expected.pop(tokens, None)
                while sum(expected.values()) + size > most:
                    del expected[next(iter(expected))]
                expected[tokens] = size
        else:
            known = KeyValues(SHAPE, 256)
            longest = max((_common(one, tokens) for one in expected), default=0)
            assert kept.recall((*tokens, 99), known).positions == longest
        # The clock of the file system is too coarse for what happens at once.
        for file in folder.iterdir():
            if read_head(file).tokens == tokens and keeps:
                os.utime(file, ns=(moment, moment))
        touched = [file for file in folder.iterdir() if file.stat().st_mtime_ns > 10**6]
        for file in touched:
            os.utime(file, ns=(moment, moment))
            expected[read_head(file).tokens] = expected.pop(read_head(file).tokens)
        assert {read_head(file).tokens for file in folder.iterdir()} == {*expected}
        assert sum(file.stat().st_size for file in folder.iterdir()) <= most


def _common(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    return max(count for count in range(len(one) + 1) if one[:count] == other[:count])


def test_damaged_and_foreign_files_are_named_and_passed_over(prefixes: Made, tmp_path: Path) -> None:
    kept, folder = prefixes(), tmp_path / "kept"
    kept.keep(range(50), numbers(50))
    kept.keep(range(150), numbers(150))
    (folder / "foreign.kv").write_bytes(b"something")
    (folder / "notes.txt").write_bytes(b"mine")
    (longest,) = (file for file in folder.glob("*.kv") if file.stat().st_size > 50_000)
    os.truncate(longest, longest.stat().st_size - 1)
    known = KeyValues(SHAPE, 256)
    found = kept.recall(range(200), known)
    assert found.positions == 128
    assert same(known, numbers(150), 128)
    assert [re.sub(r".*/", "", why) for why in found.passed_over] == [
        "foreign.kv: these are no keys and values that Paige has kept",
        f"{longest.name}: it is damaged from position 128 on",
    ]
    assert (folder / "notes.txt").read_bytes() == b"mine"


def test_what_was_half_written_is_swept_away(prefixes: Made, tmp_path: Path) -> None:
    kept = prefixes()
    kept.keep(range(50), numbers(50))
    left = tmp_path / "kept" / f"1.kv{FRESH}"
    left.write_bytes(b"half")
    assert kept.recall(range(60), KeyValues(SHAPE, 256)).positions == 50
    kept.keep(range(60), numbers(60))
    assert not left.exists()


def test_where_nothing_can_be_written_it_is_told_and_nothing_breaks(prefixes: Made, tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(b"a file, no folder")
    why = prefixes().keep(range(50), numbers(50))
    assert why is not None
    assert "it cannot be written" in why
    assert prefixes().recall(range(50), KeyValues(SHAPE, 256)) == Recalled(0)
    assert "may be kept" in str(prefixes(most=1000).keep(range(50), numbers(50)))


@pytest.fixture
def decoder(packed: Packed) -> Callable[[], Decoder]:
    """A decoder as after a restart."""
    model = packed("qwen3", 4)
    return lambda: Decoder(model, Counting(model), 128)


def said(decoder: Decoder, known: KeyValues, prompt: list[int]) -> list[int]:
    return [*generate(decoder, known, prompt, Sampler(Sampling(0.8, seed=3)), most=20)]


def test_after_a_restart_the_same_is_said_and_the_beginning_is_not_read_again(
    decoder: Callable[[], Decoder], packed: Packed, tmp_path: Path
) -> None:
    tokens, _ = expected("qwen3")
    beginning, question = tokens[:70], tokens[70:80]
    model = packed("qwen3", 4)
    first = decoder()
    known = KeyValues(first.shape, 128)
    kept = Prefixes(tmp_path, identity(model), first.shape, 10**7)
    assert kept.know(first, beginning, known) == Recalled(0)
    logits = first.read(question, known)

    later = decoder()
    known = KeyValues(later.shape, 128)
    assert kept.know(later, beginning, known) == Recalled(70)
    np.testing.assert_array_equal(later.read(question, known), logits)
    assert later._shards.leases == len(model.manifest.shards)  # type: ignore[attr-defined]  # one pass


def test_a_conversation_goes_on_after_a_restart_as_if_there_had_been_none(
    decoder: Callable[[], Decoder], packed: Packed, tmp_path: Path
) -> None:
    tokens, _ = expected("qwen3")
    model, file = packed("qwen3", 4), tmp_path / "conversation"
    one = decoder()
    known = KeyValues(one.shape, 128)
    answer = said(one, known, tokens[:40])
    read_by_now = [*tokens[:40], *answer[:-1]]
    save(file, identity(model), one.shape, MESSAGES, read_by_now, known)
    went_on = said(one, known, [answer[-1], *tokens[40:50]])

    other = decoder()
    known = KeyValues(other.shape, 128)
    assert restore(file, identity(model), known) == Restored(MESSAGES, tuple(read_by_now))
    assert known.length == len(read_by_now)
    assert said(other, known, [answer[-1], *tokens[40:50]]) == went_on


def test_with_another_model_or_in_a_smaller_room_what_was_said_is_still_there(tmp_path: Path) -> None:
    file = tmp_path / "conversation"
    save(file, "m", SHAPE, MESSAGES, range(150), numbers(150))
    for model, positions, why in (
        ("another", 256, "this was said with another model"),
        ("m", 100, "it has 150 tokens, and there is room for 100"),
    ):
        known = KeyValues(SHAPE, positions)
        found = restore(file, model, known)
        assert (found.messages, found.tokens, known.length) == (MESSAGES, tuple(range(150)), 0)
        assert found.why_less == f"{file}: {why}"
    os.truncate(file, file.stat().st_size - 1)
    known = KeyValues(SHAPE, 256)
    assert restore(file, "m", known).why_less == f"{file}: it is damaged from position 128 on"
    assert known.length == 128
    with pytest.raises(ModelUnusable, match="this is of another shape"):
        restore(file, "m", KeyValues(replace(SHAPE, layers=3), 256))


def test_a_conversation_that_is_none_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "conversation"
    with pytest.raises(ModelUnusable, match="conversation: this cannot be read: No such file"):
        restore(file, "m", KeyValues(SHAPE, 256))
    write(file, Head.of("m", SHAPE, range(10)), numbers(10))
    with pytest.raises(ModelUnusable, match="there is no conversation in it"):
        restore(file, "m", KeyValues(SHAPE, 256))
    with pytest.raises(ValueError, match="9 tokens; 10 were read"):
        save(file, "m", SHAPE, MESSAGES, range(9), numbers(10))


def test_every_byte_of_a_model_and_what_runs_it_makes_it_another(packed: Packed, tmp_path: Path) -> None:
    one, other = packed("llama", 4), packed("qwen3", 4)
    assert identity(one) == identity(PackedModel.load(one.folder))
    assert identity(one) != identity(other)
    assert identity(one) != identity(packed("llama", 8))
    for name in (MANIFEST, "packed.json"):
        for file in one.folder.iterdir():
            (tmp_path / file.name).write_bytes(file.read_bytes())
        (tmp_path / name).write_bytes((one.folder / name).read_bytes().replace(b"4", b"5", 1))
        assert identity(replace(one, folder=tmp_path)) != identity(one)
