"""Who may see the page's news and give it commands. No clock of its own.

A page of another site that a browser of the house shows can send requests here, too. It is kept out by what a
browser tells about them: `Origin` and `Sec-Fetch-Site` say which page asks; `Host` says under which name it
believes to find us, and only names that nobody outside can give away are taken (DNS rebinding).
"""

import hmac
import socket
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

MOST_GUESSES: Final = 10
"""Wrong tokens from one address in `GUESS_SECONDS`."""
GUESS_SECONDS: Final = 60.0
_MOST_ADDRESSES: Final = 256
_SCHEME: Final = "Bearer "


@dataclass(frozen=True, slots=True)
class Denied:
    """Why a request is not answered, as HTTP says it."""

    status: int
    reason: str


def own_names() -> tuple[str, ...]:
    """What this machine calls itself, in full and by the first part alone."""
    name = socket.gethostname()
    return name, name.partition(".")[0]


class Guard:
    """Looks at requests before anything is done about them.

    Args:
        names: Names of this machine, besides its addresses, `localhost` and what ends with `.local`.
        token: What a browser must know; None where it need not.
    """

    def __init__(self, names: Collection[str], token: str | None) -> None:
        self._names = frozenset(name.casefold() for name in ("localhost", *names))
        self._token = token
        self._guesses: OrderedDict[str, tuple[float, int]] = OrderedDict()
        """Since when each address guesses, and how often it did."""

    def host(self, headers: Mapping[str, str]) -> Denied | None:
        """Whether we were looked for under a name of ours."""
        host = headers.get("Host", "")
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            name = ""
        name = name.rstrip(".").casefold()
        if not (set(host) & set("@/?#")) and self._ours(name):
            return None
        return Denied(403, "this machine is not known under that name; page.names can name it")

    def origin(self, headers: Mapping[str, str], *, needed: bool) -> Denied | None:
        """Whether our own page asks; `needed` where a request without a word on that is refused."""
        host, origin = headers.get("Host", "").casefold(), headers.get("Origin")
        site = headers.get("Sec-Fetch-Site", "same-origin")
        fits = not needed if origin is None else origin.casefold() in {f"http://{host}", f"https://{host}"}
        return None if fits and site in {"same-origin", "none"} else Denied(403, "another page asks")

    def token(self, headers: Mapping[str, str], address: str, now: float) -> Denied | None:
        """Whether the token is right; who tried too many may not try for a while.

        Args:
            headers: Of the request.
            address: Where it is from.
            now: Monotonic seconds.
        """
        if self._token is None:
            return None
        since, wrong = self._guesses.get(address, (now, 0))
        if now - since >= GUESS_SECONDS:
            since, wrong = now, 0
        if wrong >= MOST_GUESSES:
            return Denied(429, f"too many wrong tokens; wait {GUESS_SECONDS:.0f} seconds")
        given = headers.get("Authorization", "")
        if not given:
            return Denied(401, "a token is needed")
        right = f"{_SCHEME}{self._token}".encode()
        if hmac.compare_digest(given.encode(errors="replace"), right):
            return None
        self._guesses[address] = since, wrong + 1
        self._guesses.move_to_end(address)
        if len(self._guesses) > _MOST_ADDRESSES:
            self._guesses.popitem(last=False)
        return Denied(401, "the token is wrong")

    def _ours(self, name: str) -> bool:
        if name in self._names or name.endswith(".local"):
            return True
        try:
            ip_address(name)
        except ValueError:
            return False
        return True
