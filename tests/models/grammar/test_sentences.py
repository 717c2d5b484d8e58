from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paige.models.errors import SentencesInvalid
from paige.models.grammar.language import Language
from paige.models.grammar.lists import RangeList, TextList
from paige.models.grammar.reader import Reader
from paige.models.grammar.sentences import Sentences, packaged_languages
from paige.models.grammar.yaml_file import parse_yaml
from paige.models.intent import Intent
from paige.models.vocabulary import Vocabulary

Write = Callable[..., Path]

EVERYTHING = """
language: en
settings: {filter_with_regex: false, ignore_whitespace: false}
responses: {intents: {HassTurnOn: {default: "Done"}}}
intents:
  HassTurnOn:
    data:
      - sentences: ["<turn> on [the] {name}"]
        response: light
        slots: {domain: light}
        requires_context: {domain: light}
        excludes_context: {domain: [cover]}
        metadata: {hass_custom_sentence: true}
        required_keywords: [turn, switch]
        settings: {filter_with_regex: false}
        expansion_rules: {turn: "(turn|switch)"}
        lists: {local: {values: [a]}}
lists:
  color: {values: [red, {in: "[light ]blue", out: blue, context: {domain: light}, metadata: {x: 1}}]}
  size: {range: {from: 0, to: 10, step: 2, type: percentage, multiplier: 2, fractions: halves}}
  anything: {wildcard: true}
expansion_rules: {turn: "turn"}
skip_words: [please]
"""


def test_everything_in_home_assistants_format_is_read(sentences_file: Write, home: Vocabulary) -> None:
    sentences = Sentences.load([sentences_file(EVERYTHING)])
    intent = Language(sentences, home).parse("please switch on the ceiling")
    assert isinstance(intent, Intent)
    assert (intent.name, intent.slots, intent.response) == (
        "HassTurnOn",
        {"name": "Ceiling", "domain": "light"},
        "light",
    )


def test_a_folder_is_read_with_what_is_below_it_and_later_files_add_to_earlier(sentences_file: Write) -> None:
    folder = sentences_file(
        "language: en\nlists: {l: {values: [a]}}\nskip_words: [please]", "en/1.yaml"
    ).parent
    sentences_file("lists: {l: {values: [b]}}\nskip_words: [now]\nexpansion_rules: {r: x}", "en/below/2.yaml")
    sentences_file(
        "expansion_rules: {r: z}\nintents: {T: {data: [{sentences: ['<r> {l}']}]}}", "en/below/3.yml"
    )
    sentences = Sentences.load([folder])
    language = Language(sentences, Vocabulary())
    assert [isinstance(language.parse(text), Intent) for text in ("z a", "z b now", "x a")] == [
        True,
        True,
        False,
    ]


def test_the_form_with_a_file_for_each_combination_is_read(sentences_file: Write, home: Vocabulary) -> None:
    sentences_file(
        "language: en\ndata:\n  - sentences: ['on {name}']\n    name_domains: [light]",
        "HassTurnOn/name_only.yaml",
    )
    path = sentences_file(
        "data: [{sentences: [lights off], inferred_domain: light, context_area: true}]",
        "HassTurnOff/domain_only.yaml",
    )
    language = Language(Sentences.load([path.parents[1]]), home)
    lamp, lights, door = (language.parse(text) for text in ("on ceiling", "lights off", "on front door"))
    assert isinstance(lamp, Intent)
    assert (lamp.name, lamp.slots) == ("HassTurnOn", {"name": "Ceiling"})
    assert isinstance(lights, Intent)
    assert (lights.name, lights.slots) == ("HassTurnOff", {"domain": "light", "area": "Kitchen"})
    assert not isinstance(door, Intent)


def test_a_blocks_own_list_and_rule_come_before_the_files(sentences_file: Write) -> None:
    text = """
intents:
  T:
    data:
      - {sentences: ["<outer> {l}"], expansion_rules: {inner: mine}, lists: {l: {values: [x]}}}
      - {sentences: ["again <outer> {l}"]}
expansion_rules: {inner: shared, outer: "say <inner>"}
lists: {l: {values: [y]}}
"""
    language = Language(Sentences.load([sentences_file(text)]), Vocabulary())
    said = ["say mine x", "again say shared y", "say shared y", "say mine y", "again say mine x"]
    assert [isinstance(language.parse(one), Intent) for one in said] == [True, True, False, False, False]


def test_the_values_of_a_blocks_own_list_use_its_own_rules(sentences_file: Write) -> None:
    text = """
intents:
  T:
    data:
      - sentences: ["find {l}"]
        expansion_rules: {my: "(my|our)"}
        lists: {l: {values: [{in: "<my> keys", out: keys}]}}
"""
    intent = Language(Sentences.load([sentences_file(text)]), Vocabulary()).parse("find our keys")
    assert isinstance(intent, Intent)
    assert intent.slots == {"l": "keys"}


def test_a_users_list_may_not_take_the_place_of_the_homes_names(sentences_file: Write) -> None:
    path = sentences_file("language: en\nlists:\n  area: {values: [shed]}")
    with pytest.raises(SentencesInvalid, match=r"line 3: .*write \{my_area:area\} to fill the slot area"):
        Sentences.for_language("en", [path])


def test_a_range_may_be_as_large_as_numbers_are(sentences_file: Write) -> None:
    text = block("sentences: ['from {n:a} to {n:b}']", "lists: {n: {range: {from: 0, to: 999999999}}}")
    language = Language(Sentences.load([sentences_file(text)]), Vocabulary())
    digits, words = (language.parse(said) for said in ("from 5 to 800000000", "from five to twenty"))
    assert isinstance(digits, Intent)
    assert digits.slots == {"a": 5, "b": 800_000_000}
    assert isinstance(words, Intent)
    assert words.slots == {"a": 5, "b": 20}


def test_lists_are_read_as_written(sentences_file: Write) -> None:
    lists = Sentences.load([sentences_file(EVERYTHING)]).lists
    size, color = lists["size"], lists["color"]
    assert isinstance(size, RangeList)
    assert list(size.numbers())[:4] == [0, 0.5, 2, 2.5]
    assert (size.value(2.5), size.contains(2.5), size.contains(3), size.contains(10.5)) == (
        5,
        True,
        False,
        True,
    )
    assert isinstance(color, TextList)
    assert [value.value for value in color.values] == ["red", "blue"]


def block(text: str, more: str = "") -> str:
    """A file with one block, on its line 4."""
    return f"intents:\n  T:\n    data:\n      - {text}\n{more}"


TRUTH = "without quotes, YAML takes on, yes or true for a truth value"

WRONG = [
    ("\tintents: x", "line 1", "not YAML"),
    ("intents: [", "line 2", "not YAML"),
    ("- a\n- b", "line 1", "a sentence file has keys"),
    ("language: en\nintent: {}", "line 2", "no key 'intent'; did you mean intents?"),
    ("intents: {}\nintents: {}", "line 2", "given twice"),
    ("language: de\nintents: {}", "line 1", "this file is for de, but Paige listens for en"),
    ("intents: {T: {data: 5}}", "line 1", "needs data: a list of blocks"),
    ("x: " + "[" * 5000, "line 1", "nested more than"),
    (block("sentence: [x]"), "line 4", "no key 'sentence'; did you mean sentences?"),
    (block("response: x"), "line 4", "has no sentences"),
    (block("sentences:\n        - a\n        - 'turn on [the {name}'"), "line 6", "1 × [ but 0 × ]"),
    (block("sentences: ['a (b|c']"), "line 4", '"a (b|c" cannot be read'),
    (block("sentences: ['a {}']"), "line 4", "cannot be read"),
    (block("sentences: ['{colour}']", "lists: {color: {values: [red]}}"), "line 4", "did you mean color"),
    (block("sentences: ['<trun> on']", "expansion_rules: {turn: turn}"), "line 4", "did you mean turn?"),
    (block("sentences: ['<a>']", "expansion_rules:\n  a: '<b>'\n  b: '[<a>]'"), "line 7", "<a> → <b> → <a>"),
    (block("sentences: [on]"), "line 4", TRUTH),
    (block("sentences: [a]\n        slots:\n          state: on"), "line 6", TRUTH),
    (block("sentences: [a]\n        slots: {domain: [light]}"), "line 5", "needs words or a number"),
    (block("sentences: ['find {x}s']", "lists: {x: {wildcard: true}}"), "line 4", "put a space between them"),
    (
        block("sentences: ['find un{x}']", "lists: {x: {wildcard: true}}"),
        "line 4",
        "put a space between them",
    ),
    (block("sentences: ['(a;b;c;d;e;f;g;h;i)']"), "line 4", "9 parts in any order; at most 8"),
    (block(f"sentences: ['{'(' * 3000}a{')' * 3000}']"), "line 4", "nested too deeply"),
    (block(f"sentences: ['{'a ' * 6000}']"), "line 4", "more than 10000 characters"),
    ("expansion_rules: {a: 'x [y'}", "line 1", "1 × [ but 0 × ]"),
    ("lists:\n  a: {}", "line 2", "needs values, or a range, or wildcard: true"),
    ("lists:\n  a:\n    values:\n      - on", "line 4", "must be words, in quotes"),
    ("lists:\n  a:\n    values:\n      - {out: x}", "line 4", "a value needs in"),
    ("lists:\n  a:\n    values:\n      - {in: x, out: on}", "line 4", "out must be a word, in quotes"),
    ("lists:\n  a:\n    values:\n      - '(a|b'", "line 4", "1 × ( but 0 × )"),
    (
        "lists:\n  b: {wildcard: true}\n  a:\n    values:\n      - 'the {b}'",
        "line 5",
        "can use no other list",
    ),
    ("lists:\n  a: {range: {from: 1, to: 2, digits: false, words: false}}", "line 2", "never said"),
    ("lists:\n  a: {range: {from: 10, to: 1}}", "line 2", "a range goes up"),
    ("lists:\n  a: {range: {from: 1, to: ten}}", "line 2", "to must be a whole number, not 'ten'"),
    ("lists:\n  a: {range: {from: 1, to: 2, fractions: thirds}}", "line 2", "fractions are halves or tenths"),
    ("lists:\n  a: {range: {from: 1, to: 2, by: 3}}", "line 2", "no key 'by'"),
]


@pytest.mark.parametrize(("text", "line", "problem"), WRONG, ids=[problem for _, _, problem in WRONG])
def test_what_is_wrong_is_refused_with_its_file_its_line_and_what_is_right(
    sentences_file: Write, text: str, line: str, problem: str
) -> None:
    path = sentences_file(text)
    with pytest.raises(SentencesInvalid) as refusal:
        Sentences.load([path], "en")
    message = str(refusal.value)
    assert message.startswith(f"{path}, {line}: ")
    assert problem in message
    assert "\n" not in message


def test_a_list_value_that_cannot_be_said_is_refused(sentences_file: Write) -> None:
    many = "".join("[a|b|c|d|e|f|g|h] " for _ in range(6))
    path = sentences_file(
        f"lists:\n  l:\n    values:\n      - {{in: '{many}'}}\n" + block("sentences: ['x {l}']")
    )
    with pytest.raises(SentencesInvalid, match=r"line 4: .* in more than 10000 ways"):
        Language(Sentences.load([path]), Vocabulary()).parse("x a")


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("missing.yaml", None, "there is no such file or folder"),
        ("latin.yaml", b"language: \xe9", "is not UTF-8"),
        ("zero.yaml", b"a\x00b", "not YAML"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(
    tmp_path: Path, name: str, content: bytes | None, problem: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SentencesInvalid, match=problem):
        Sentences.load([path])


def test_an_empty_folder_and_an_unknown_language_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SentencesInvalid, match=r"this folder has no \.yaml file"):
        Sentences.load([tmp_path])
    with pytest.raises(SentencesInvalid, match="no sentences for 'tlh'; there are for en"):
        Sentences.for_language("tlh")


def test_every_packaged_language_can_be_read() -> None:
    assert "en" in packaged_languages()
    for language in packaged_languages():
        assert Sentences.for_language(language).templates


@given(st.text(max_size=200))
def test_any_text_is_read_as_yaml_or_refused_in_one_line(text: str) -> None:
    message = refusal_of(lambda: parse_yaml(text, "x.yaml"))
    assert message is None or (message.startswith("x.yaml") and "\n" not in message)


@given(st.text("ab <>[]{}()|;:@\\", max_size=30))
def test_any_template_is_understood_or_refused_with_its_place(template: str) -> None:
    def use() -> None:
        reader = Reader("en")
        reader.add_text(block(f"sentences: ['{template}']"), "x.yaml", custom=False)
        Language(reader.sentences(), Vocabulary()).parse("a b")

    message = refusal_of(use)
    assert message is None or message.startswith("x.yaml, line 4: ")


def refusal_of(use: Callable[[], object]) -> str | None:
    try:
        use()
    except SentencesInvalid as refusal:
        return str(refusal)
    return None
