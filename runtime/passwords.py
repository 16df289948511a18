"""Accounts: passwords that cost time and memory to guess, and few guesses at a time.

Pure: chance and instants come in as arguments.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterator

from licensing.errors import LicensingError
from licensing.policies import NS_PER_SECOND
from licensing.words import counted

SALT_SIZE = 16
SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 1_000
LONGEST_ACCOUNT_NAME = 200

COST = (1 << 14, 8, 5)
"""scrypt's n, r and p: 16 MiB and about 0.2 s of one core for each guess."""
_MEMORY_LIMIT = 64 << 20

WINDOW_NS = 15 * 60 * NS_PER_SECOND
FAILURES_PER_NAME = 5
FAILURES_PER_ADDRESS = 20


def checked_name(name: str, password: str) -> str:
    """The name of a new account, without blanks around it; raises `account-malformed`."""
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_ACCOUNT_NAME or not name.isprintable():
        raise LicensingError("account-malformed", reason="this is no name")
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        reason = f"the password has {len(password)} characters"
        raise LicensingError("account-malformed", reason=reason)
    return name


def hashed(password: str, salt: bytes) -> str:
    """What is kept of a password: function, cost, salt and hash as one text."""
    return _text(COST, salt, _scrypt(password, salt, COST))


def matches(password: str, kept: str | None) -> bool:
    """Whether `kept` was made from this password; takes as long where there is no such account."""
    if kept is None:
        hashed(password, bytes(SALT_SIZE))
        return False
    _, n, r, p, salt, _ = kept.split("$")
    cost = (int(n), int(r), int(p))
    plain_salt = base64.b64decode(salt)
    again = _text(cost, plain_salt, _scrypt(password, plain_salt, cost))
    return hmac.compare_digest(again, kept)


class SignInGate:
    """Counts failures by name and by address, and closes for a while where there are too many."""

    def __init__(self) -> None:
        self._failures: dict[tuple[str, str], list[int]] = {}

    def require_open(self, name: str, address: str, now_ns: int) -> None:
        """Raise `sign-in-too-often` while this address has failed too often."""
        for key, limit in _limits(name, address):
            recent = self._recent(key, now_ns)
            if len(recent) >= limit:
                left_ns = recent[-limit] + WINDOW_NS - now_ns
                minutes = -(-left_ns // (60 * NS_PER_SECOND))
                raise LicensingError("sign-in-too-often", wait=counted(minutes, "minute"))

    def failed(self, name: str, address: str, now_ns: int) -> None:
        """Count a failure; forget those that count no more."""
        for key in list(self._failures):
            if not self._recent(key, now_ns):
                del self._failures[key]
        for key, _ in _limits(name, address):
            self._failures.setdefault(key, []).append(now_ns)

    def succeeded(self, name: str, address: str) -> None:
        """Forget this name's failures; those of the address go on counting."""
        self._failures.pop((address, name), None)

    def _recent(self, key: tuple[str, str], now_ns: int) -> list[int]:
        return [at for at in self._failures.get(key, ()) if at > now_ns - WINDOW_NS]


def _limits(name: str, address: str) -> Iterator[tuple[tuple[str, str], int]]:
    yield (address, name), FAILURES_PER_NAME
    yield (address, ""), FAILURES_PER_ADDRESS


def _scrypt(password: str, salt: bytes, cost: tuple[int, int, int]) -> bytes:
    n, r, p = cost
    secret = password.encode(errors="surrogatepass")
    return hashlib.scrypt(secret, salt=salt, n=n, r=r, p=p, maxmem=_MEMORY_LIMIT)


def _text(cost: tuple[int, int, int], salt: bytes, digest: bytes) -> str:
    parts = ["scrypt", *map(str, cost)]
    return "$".join([*parts, *(base64.b64encode(part).decode() for part in (salt, digest))])
