"""The syntax of templates: hassil, whose syntax it is, is the oracle."""

import hassil
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from paige.models.errors import SentencesInvalid
from paige.models.grammar.sentences import Sentences
from paige.models.grammar.syntax import Group, Kind, ListUse, Literal, Part, RuleUse, parse_template
from paige.models.grammar.template import check_syntax

_KINDS = {
    hassil.Sequence: Kind.SEQUENCE,
    hassil.Alternative: Kind.CHOICE,
    hassil.Permutation: Kind.PERMUTATION,
}
_SIGNS = st.text("()[]{}<>|;\\: @.,19aéß’\u0301\t", max_size=14)
_MADE = st.recursive(
    st.sampled_from(["turn on", " the ", "{area}", "{a:b}", "{@a}", "{0..10,2:x}", "<rule>", "\\(", "’s"]),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda some: f"({'|'.join(some)})"),
        st.lists(inner, min_size=1, max_size=3).map(lambda some: f"[{';'.join(some)}]"),
        st.lists(inner, min_size=2, max_size=3).map(lambda some: f"[{'|'.join(some)}]"),
    ),
    max_leaves=8,
)


def theirs(expression: hassil.Expression) -> Part:
    """What hassil read, as Paige says it."""
    match expression:
        case hassil.TextChunk(text=text):
            return Literal(text)
        case hassil.RuleReference(rule_name=name):
            return RuleUse(name.strip())
        case hassil.ListReference():
            slot = None if expression.is_capture else expression.slot_name.strip()
            return ListUse(expression.list_name.strip(), slot, expression.get_inline_range())
    assert isinstance(expression, hassil.Group)
    return Group(_KINDS[type(expression)], tuple(map(theirs, expression.items)))


def compare(template: str) -> None:
    try:
        expected = theirs(hassil.parse_sentence(template).expression)
    except (hassil.errors.HassilError, hassil.parser.ParseError, AssertionError, IndexError, ValueError):
        with pytest.raises(ValueError):  # noqa: PT011  # any words
            parse_template(template)
    else:
        assert parse_template(template) == expected


@settings(max_examples=600)
@given(_SIGNS)
@example("a|b;c")
@example("a;b|c")
@example("(a;b)|c;d")
@example("a \\(b")
@example("a\\")
@example("{a\\}b}")
@example("  a   b  ")
@example("()")
@example("<(a>")
@example("{)}")
@example("")
def test_any_text_is_read_as_hassil_reads_it(template: str) -> None:
    compare(template)


@settings(max_examples=300)
@given(_MADE)
def test_any_template_is_read_as_hassil_reads_it(template: str) -> None:
    compare(template)


def test_all_templates_that_ship_are_read_as_hassil_reads_them() -> None:
    sentences = Sentences.for_language("en")
    texts = {one.text for one in sentences.templates} | {one.template for one in sentences.rules.values()}
    assert len(texts) > 900
    for text in texts:
        compare(text)


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("turn on (the|a", "1 × \\( but 0 × \\)"),
        ("turn ()", "nothing between two brackets"),
        ("turn on)(", "\\) closes nothing"),
        ("{} on", "no name between two brackets"),
        ("(a|b;c)", "stand in the same brackets"),
        ("(turn] on [the)", "never closed|closes nothing"),
    ],
)
def test_what_is_no_template_is_refused_with_what_is_wrong(template: str, problem: str) -> None:
    with pytest.raises(SentencesInvalid, match=problem):
        check_syntax(template, "here")
