"""Whose updates are taken: the public keys of the owner, and signatures in minisign's format.

https://jedisct1.github.io/minisign/ describes keys and signatures; `minisign -V` checks the same files.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from paige.device.errors import BundleInvalid, UpdateFailed

if TYPE_CHECKING:  # imported where it is needed: it brings OpenSSL into memory
    from minisign import PublicKey, Signature

MOST_SIGNATURE: Final = 1024
"""Bytes of a signature; minisign's own have about 300."""
_ENDING: Final = ".pub"


@dataclass(frozen=True, slots=True)
class TrustedKeys:
    """Public keys whose signatures count."""

    folder: Path
    """Where they are from, for people."""
    keys: "Sequence[tuple[str, PublicKey]]"
    """Each with the name of its file."""

    @classmethod
    def load(cls, folder: Path) -> "TrustedKeys":
        """All keys of a folder.

        Raises:
            UpdateFailed: A file of it is no key.
        """
        from minisign import PublicKey

        try:
            files = sorted(file for file in folder.iterdir() if file.name.endswith(_ENDING))
        except FileNotFoundError:
            files = []
        keys = []
        for file in files:
            try:
                keys.append((file.name, PublicKey.from_bytes(file.read_bytes())))
            except (ValueError, AssertionError) as error:
                raise UpdateFailed(
                    f"{file}: this is no public key of minisign's ({error}); put one there, or take it away"
                ) from error
        return cls(folder, tuple(keys))

    def check(self, text: bytes, signature: bytes, what: str) -> str:
        """The trusted comment of a signature, if it is of a trusted key and for that text.

        Args:
            text: What was signed.
            signature: In minisign's format.
            what: How an error names it.

        Raises:
            BundleInvalid: It is not.
        """
        if not self.keys:
            raise BundleInvalid(
                f"{what}: no key is trusted here, so no update is taken. Put the public key of whoever makes "
                f"yours into {self.folder}, as NAME{_ENDING}"
            )
        found = parse_signature(signature, what)
        for _, key in self.keys:
            try:
                key.verify(text, found)
            except ValueError:
                continue  # of another key, or none of this text
            return str(found.trusted_comment)
        names = ", ".join(name for name, _ in self.keys)
        raise BundleInvalid(
            f"{what}: it is not signed by anybody who is trusted here, or was changed since "
            f"({self.folder} has {names})"
        )


def parse_signature(text: bytes, what: str) -> "Signature":
    """A signature in minisign's format, of which nothing is checked yet.

    Raises:
        BundleInvalid: It is none.
    """
    from minisign import Signature

    try:
        return Signature.from_bytes(text)
    except (ValueError, AssertionError) as error:
        raise BundleInvalid(f"{what}: its signature is none of minisign's: {error}") from error
