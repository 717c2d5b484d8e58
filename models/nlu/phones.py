"""Which sounds of a language are taken for each other: `phones.yaml` in its folder."""

from collections.abc import Set
from dataclasses import dataclass

from paige.models.errors import SentencesInvalid
from paige.models.grammar.yaml_file import parse_yaml
from paige.models.language_folder import language_folder, primary

_FILE = "phones.yaml"


@dataclass(frozen=True, slots=True)
class PhoneTable:
    """Phones as the language's pronunciations write them."""

    alike: tuple[Set[str], ...] = ()
    """Those of one group are half another sound."""
    faint: Set[str] = frozenset()
    """Those that are lost, or heard where there were none, most."""

    @staticmethod
    def for_language(language: str) -> "PhoneTable":
        """A language's table; an empty one where it has none.

        Raises:
            SentencesInvalid: The file is not such a table.
        """
        file = language_folder(primary(language)) / _FILE
        return read(file.read_text(encoding="utf-8"), str(file)) if file.is_file() else PhoneTable()


def read(text: str, source: str) -> PhoneTable:
    """A table's text; `source` is what messages call it.

    Raises:
        SentencesInvalid: It is not one.
    """
    content = parse_yaml(text, source).content
    expected = "expected alike, a list of lists of phones, and faint, a list of phones"
    if not isinstance(content, dict) or content.keys() - {"language", "alike", "faint"}:
        raise SentencesInvalid(f"{source}: this is no table of phones; {expected}")
    groups, faint = content.get("alike", []), content.get("faint", [])
    for phones in (*groups, faint) if isinstance(groups, list) else (None,):
        if not isinstance(phones, list) or not all(isinstance(phone, str) for phone in phones):
            raise SentencesInvalid(f"{source}: {phones!r} is no list of phones; {expected}")
    return PhoneTable(tuple(map(frozenset, groups)), frozenset(faint))
