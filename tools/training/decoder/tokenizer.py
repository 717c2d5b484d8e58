"""The tokenizer of our own language model: byte-level pairs (Sennrich and others, 2016) of what it reads."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tokenizers import Regex, Tokenizer
from tokenizers.decoders import ByteLevel as ByteDecoder
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel, Sequence, Split
from tokenizers.trainers import BpeTrainer

SYSTEM: Final = "<|system|>"
USER: Final = "<|user|>"
ASSISTANT: Final = "<|assistant|>"
END: Final = "<|end|>"
PIECES: Final = 4096
_MARKS: Final = (END, SYSTEM, USER, ASSISTANT)
_BEFORE_MORE: Final = r"(?: (?=[\p{L}\p{N}]))?"
_CUT: Final = rf"'s\b{_BEFORE_MORE}|\p{{L}}+{_BEFORE_MORE}|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+{_BEFORE_MORE}|\s"
"""A word, one digit, a run of symbols, one white space. A space is part of what stands before it, not of what
follows: so a name is the same tokens wherever it stands, and to say it is to copy them."""
_TEMPLATE: Final = (
    "{% for message in messages %}"
    "{% if message.role not in ('system', 'user', 'assistant') %}"
    "{{ raise_exception('this model knows the roles system, user and assistant') }}"
    "{% endif %}"
    "<|{{ message.role }}|>{{ message.content }}"
    "{% if message.role == 'assistant' %}<|end|>{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def made_of(texts: Iterable[str]) -> Tokenizer:
    """A tokenizer of `PIECES` pieces."""
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = Sequence(
        [Split(Regex(_CUT), "isolated"), ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = ByteDecoder()
    trainer = BpeTrainer(
        vocab_size=PIECES,
        special_tokens=list(_MARKS),
        initial_alphabet=ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def save(tokenizer: Tokenizer, folder: Path) -> None:
    """As a checkpoint has it: with its chat template, and what ends an answer."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": END,
        "pad_token": END,
        "clean_up_tokenization_spaces": False,
        "chat_template": _TEMPLATE,
    }
    _write(folder / "tokenizer_config.json", settings)
    _write(folder / "generation_config.json", {"eos_token_id": number_of(tokenizer, END), "do_sample": False})


def number_of(tokenizer: Tokenizer, mark: str) -> int:
    """The token that a mark is.

    Raises:
        ValueError: It is none of this tokenizer's.
    """
    number = tokenizer.token_to_id(mark)
    if number is None:
        raise ValueError(f"the tokenizer has no {mark}: make it anew")
    return number


def _write(file: Path, data: object) -> None:
    file.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
