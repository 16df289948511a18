"""Accounts: passwords that cost time and memory to guess, and few guesses at a time.

Pure: chance and instants come in as arguments. Hashing takes its time; `password_checks` has it
done beside the event loop.
"""

import base64
import hmac
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from licensing.errors import LicensingError
from licensing.policies import NS_PER_SECOND
from licensing.words import counted
from runtime.scrypt import DIGEST_BYTES, SALT_BYTES, ScryptCost, scrypt

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 1_000
LONGEST_ACCOUNT_NAME = 200

COST: ScryptCost = (1 << 14, 8, 5)
"""16 MiB and about 0.2 s of one core for each guess."""

Scrypt = Callable[[bytes, bytes, ScryptCost], bytes]
"""Makes a hash of a secret and a salt, wherever it does that."""
_Counter = tuple[str | None, str | None]
"""An address and an account, None for all of them."""

WINDOW_NS = 15 * 60 * NS_PER_SECOND
FAILURES_PER_NAME = 5
"""For one account from one address."""
FAILURES_PER_ADDRESS = 20
FAILURES_PER_ACCOUNT = 50
"""From all addresses that the account never signed in from."""
FAILURES_IN_SUM = 500
"""For all accounts together, from such addresses."""
MOST_AT_ONCE = 10
"""Attempts from such addresses that wait for their answer."""


def checked_account(name: str, password: str) -> str:
    """The name of a new account, without blanks around it; raises `account-malformed`."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        reason = f"the password has {len(password)} characters"
        raise LicensingError("account-malformed", reason=reason)
    return checked_name(name)


def checked_name(name: str) -> str:
    """A name without blanks around it; raises `account-malformed`."""
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_ACCOUNT_NAME or not name.isprintable():
        raise LicensingError("account-malformed", reason="this is no name")
    return name


def checked_hash(kept: str) -> str:
    """What was made of a password elsewhere, at the present cost; raises `account-malformed`."""
    try:
        salt, digest = (base64.b64decode(part, validate=True) for part in kept.split("$")[-2:])
    except ValueError:
        salt = digest = b""
    if len(salt) != SALT_BYTES or len(digest) != DIGEST_BYTES or kept != _text(COST, salt, digest):
        reason = f"a hash is {_text(COST, b'', b'')}, and salt and digest after it"
        raise LicensingError("account-malformed", reason=reason)
    return kept


def hashed(password: str, salt: bytes) -> str:
    """What is kept of a password: function, cost, salt and hash as one text."""
    return _text(COST, salt, scrypt(_secret(password), salt, COST))


def matches(password: str, kept: str | None, *, scrypt: Scrypt = scrypt) -> bool:
    """Whether `kept` was made from this password; takes as long where there is no such account."""
    kept = kept or _text(COST, bytes(SALT_BYTES), b"of nobody")
    _, n, r, p, salt, _ = kept.split("$")
    cost = (int(n), int(r), int(p))
    plain_salt = base64.b64decode(salt)
    again = _text(cost, plain_salt, scrypt(_secret(password), plain_salt, cost))
    return hmac.compare_digest(again, kept)


class SignInGate:
    """Counts attempts that fail, and closes for a while where there are too many.

    An account is `known` at an address from which it signed in before: only what is tried for it
    from there counts there, so that nobody elsewhere locks its owner out.
    """

    def __init__(self) -> None:
        self._failures: dict[_Counter, list[int]] = {}
        self._strangers = 0

    @contextmanager
    def attempt(
        self, name: str, address: str, now_ns: int, *, known: bool
    ) -> Iterator[Callable[[], None]]:
        """One attempt; it counts as a failure from its beginning on, unless the yielded is called.

        Raises `sign-in-too-often` where too many have failed, or too many are being answered.
        """
        limits = _limits(name, address, known=known)
        self._require_open(limits, now_ns)
        if not known and self._strangers >= MOST_AT_ONCE:
            raise _too_often(60 * NS_PER_SECOND)
        self._begin(limits, now_ns)
        self._strangers += not known
        try:
            yield lambda: self._succeed(limits, now_ns)
        finally:
            self._strangers -= not known

    def _require_open(self, limits: Sequence[tuple[_Counter, int]], now_ns: int) -> None:
        for counter, limit in limits:
            recent = self._recent(counter, now_ns)
            if len(recent) >= limit:
                raise _too_often(recent[-limit] + WINDOW_NS - now_ns)

    def _begin(self, limits: Sequence[tuple[_Counter, int]], now_ns: int) -> None:
        """Count a failure; forget those that count no more."""
        for counter in list(self._failures):
            if not self._recent(counter, now_ns):
                del self._failures[counter]
        for counter, _ in limits:
            self._failures.setdefault(counter, []).append(now_ns)

    def _succeed(self, limits: Sequence[tuple[_Counter, int]], begun_ns: int) -> None:
        """Forget the failures of this account at this address; others go on counting."""
        (own, _), *others = limits
        self._failures.pop(own, None)
        for counter, _ in others:
            if begun_ns in self._failures.get(counter, ()):
                self._failures[counter].remove(begun_ns)

    def _recent(self, counter: _Counter, now_ns: int) -> list[int]:
        return [at for at in self._failures.get(counter, ()) if at > now_ns - WINDOW_NS]


def _limits(name: str, address: str, *, known: bool) -> list[tuple[_Counter, int]]:
    """What an attempt is counted by, the account at its address first, and the most failures."""
    own = ((address, name), FAILURES_PER_NAME)
    if known:
        return [own]
    return [
        own,
        ((address, None), FAILURES_PER_ADDRESS),
        ((None, name), FAILURES_PER_ACCOUNT),
        ((None, None), FAILURES_IN_SUM),
    ]


def _too_often(left_ns: int) -> LicensingError:
    minutes = -(-left_ns // (60 * NS_PER_SECOND))
    return LicensingError("sign-in-too-often", wait=counted(minutes, "minute"))


def _secret(password: str) -> bytes:
    return password.encode(errors="surrogatepass")


def _text(cost: ScryptCost, salt: bytes, digest: bytes) -> str:
    parts = ["scrypt", *map(str, cost)]
    return "$".join([*parts, *(base64.b64encode(part).decode() for part in (salt, digest))])
