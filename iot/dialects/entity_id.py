"""Ids for what a dialect discovers: `domain.object_id`, unique in the dialect, and kept."""

import re
import unicodedata
from collections.abc import Hashable

_OTHER = re.compile(r"[^a-z0-9]+")


def slug(text: str) -> str:
    """The part of a name that fits an entity id: lower-case ASCII letters, digits and underscores.

    Accents are dropped; of a script without ASCII letters nothing is left.
    """
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode()
    return _OTHER.sub("_", plain.lower()).strip("_")


class EntityIds:
    """Gives every key an id that no other key has, and the same one each time it is asked.

    What a dialect forgets before a reconnect is described anew in any order; a lamp keeps its id through it.
    """

    def __init__(self) -> None:
        self._by_key: dict[Hashable, str] = {}
        self._taken: set[str] = set()

    def assign(self, key: Hashable, domain: str, candidates: tuple[str, ...]) -> str:
        """The id of `key`: from the first of `candidates` of which a slug is left, numbered where taken."""
        known = self._by_key.get(key)
        if known is not None and known.partition(".")[0] == domain:
            return known
        name = next(filter(None, map(slug, candidates)), "unnamed")
        entity_id, count = f"{domain}.{name}", 1
        while entity_id in self._taken:
            count += 1
            entity_id = f"{domain}.{name}_{count}"
        self._taken.add(entity_id)
        self._by_key[key] = entity_id
        return entity_id
