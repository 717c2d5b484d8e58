"""Tokens come one after the other, as if all before had been read at once, until something ends it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest
from tests.models.lm.conftest import Resident
from tokenizers import Tokenizer
from tokenizers.decoders import ByteLevel as Bytes
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel

from paige.models.errors import ModelUnusable
from paige.models.lm.conversation import ChatTemplate, Message
from paige.models.lm.decoder import Cancelled, Decoder, KeyValues
from paige.models.lm.generation import generate, texts
from paige.models.lm.packed import PackedModel
from paige.models.lm.sampling import Sampler, Sampling
from paige.models.lm.slot import Slot
from paige.models.lm.stopping import Stopping

Packed = Callable[[str, int], PackedModel]
PROMPT = [5, 17, 3]


def made(model: PackedModel, positions: int = 64) -> tuple[Decoder, KeyValues]:
    decoder = Decoder(model, Resident(model), positions)
    return decoder, KeyValues(decoder.shape, positions)


def test_each_token_is_the_likeliest_after_all_before(packed: Packed) -> None:
    decoder, known = made(packed("llama", 32))
    said = list(generate(decoder, known, PROMPT, Sampler(Sampling()), most=8))
    assert len(said) == 8
    assert known.length == len(PROMPT) + 7
    for count in range(8):
        again, empty = made(packed("llama", 32))
        assert again.read([*PROMPT, *said[:count]], empty)[0].argmax() == said[count]


def test_it_ends_with_the_token_that_ends_it_or_where_there_is_no_room(packed: Packed) -> None:
    decoder, known = made(packed("llama", 32))
    said = list(generate(decoder, known, PROMPT, Sampler(Sampling()), most=8))
    end = said[4]
    decoder, known = made(packed("llama", 32))
    ended = list(generate(decoder, known, PROMPT, Sampler(Sampling()), most=8, ends={end}))
    assert ended == said[: said.index(end)]
    decoder, known = made(packed("llama", 32), positions=6)
    assert len(list(generate(decoder, known, PROMPT, Sampler(Sampling()), most=8))) == 4
    with pytest.raises(ValueError, match="1 tokens; there is room for 0"):
        decoder.read([1], known)


def test_a_pass_that_is_cancelled_ends_before_its_next_shard(packed: Packed) -> None:
    model, cancelled, leased = packed("llama", 32), Event(), list[str]()

    class Watched(Resident):
        @contextmanager
        def lease(self, shard: str) -> Iterator[Slot]:
            leased.append(shard)
            cancelled.set()
            with super().lease(shard) as slot:
                yield slot

    decoder = Decoder(model, Watched(model), 64)
    known = KeyValues(decoder.shape, 64)
    with pytest.raises(Cancelled):
        decoder.read(PROMPT, known, cancelled=cancelled)
    assert leased == ["layer-000"]
    assert known.length == 0
    assert list(generate(decoder, known, PROMPT, Sampler(Sampling()), most=5, cancelled=cancelled)) == []
    # What was broken off is read anew, as if nothing had been.
    expected, fresh = made(model)
    assert (decoder.read(PROMPT, known) == expected.read(PROMPT, fresh)).all()


def test_text_comes_in_whole_characters_and_stops() -> None:
    """A tokenizer of bytes: each of the two characters below has three tokens."""
    letters = sorted(ByteLevel.alphabet())
    tokenizer = Tokenizer(BPE({letter: number for number, letter in enumerate(letters)}, []))
    tokenizer.pre_tokenizer, tokenizer.decoder = ByteLevel(add_prefix_space=False), Bytes()
    tokens = tokenizer.encode("日本 is far END away").ids
    assert len(tokens) > 18
    pieces = list(texts(iter(tokens), tokenizer, Stopping(["END"])))
    assert "".join(pieces) == "日本 is far "
    assert pieces[0] == "日"


TEMPLATE = """\
{%- for message in messages %}
{{ bos_token }}{{ message.role }}: {{ message.content }}
{% if message.role == 'nobody' %}{{ raise_exception('nobody cannot speak') }}{% endif %}
{%- endfor %}
{%- if add_generation_prompt %}assistant:{% endif %}"""


def test_a_chat_template_is_rendered_as_its_model_reads_it(tmp_path: Path) -> None:
    (tmp_path / "chat_template.jinja").write_text(TEMPLATE)
    (tmp_path / "tokenizer_config.json").write_text('{"bos_token": {"content": "<s>"}}')
    template = ChatTemplate(tmp_path)
    said = [Message("system", "Be short."), Message("user", "{{ 1 + 1 }}")]
    assert template.render(said) == "<s>system: Be short.\n<s>user: {{ 1 + 1 }}\nassistant:"
    assert template.render(said[:1], answer=False) == "<s>system: Be short.\n"
    with pytest.raises(ModelUnusable, match="the template refuses this: nobody cannot speak"):
        template.render([Message("nobody", "")])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "has no chat template"),
        ("{% for %}", "this is no template"),
        ("{{ messages.__class__.__mro__ }}", "refuses this"),
        ("{{ cycler.__init__.__globals__.os.getcwd() }}", "refuses this"),
    ],
)
def test_a_template_that_cannot_be_or_must_not_be_used_is_refused(
    text: str | None, why: str, tmp_path: Path
) -> None:
    if text is not None:
        (tmp_path / "chat_template.jinja").write_text(text)
    with pytest.raises(ModelUnusable, match=why):
        ChatTemplate(tmp_path).render([])
