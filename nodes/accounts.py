"""Who may sign in at the WBM: names, profiles, and hashes of passwords on the node's disk."""

import msgspec

from licensing.events import WbmUserSaved
from licensing.records import Record
from licensing.words import Profile
from nodes.administration import SaveWbmUser
from nodes.store import NodeStore
from runtime.host import Host
from runtime.http import Nothing
from runtime.known_addresses import KnownAddresses
from runtime.password_checks import hashed, matches
from runtime.passwords import checked_account, checked_hash, checked_name
from runtime.scrypt import SALT_BYTES

_RECORD = "wbm_users"


class WbmUser(Record):
    """One account; `password` is what is kept of it, see `runtime.passwords`."""

    profile: Profile
    password: str


class StoredUsers(Record):
    """All accounts, by name."""

    users: dict[str, WbmUser] = msgspec.field(default_factory=dict)


class Accounts:
    """The accounts of one node. There are none at first: the host's administrator makes one."""

    def __init__(self, host: Host, store: NodeStore) -> None:
        self._host = host
        self._store = store
        self._stored = store.load(_RECORD, StoredUsers) or StoredUsers()

    @property
    def none_yet(self) -> bool:
        """Whether nobody can sign in."""
        return not self._stored.users

    async def save(self, user: SaveWbmUser) -> Nothing:
        """Make an account, or change it; raises `account-malformed`."""
        name, password = await self._kept(user)
        changed = {name: WbmUser(profile=user.profile, password=password)}
        self._stored = StoredUsers(users=self._stored.users | changed)
        self._store.save(**{_RECORD: self._stored})
        self._host.journal.record(WbmUserSaved(name=name, profile=user.profile))
        return Nothing()

    async def _kept(self, user: SaveWbmUser) -> tuple[str, str]:
        """Name, and what is kept of the password."""
        if user.password_hash and not user.password:
            return checked_name(user.name), checked_hash(user.password_hash)
        name = checked_account(user.name, user.password)
        return name, await hashed(user.password, self._host.dice.token(SALT_BYTES))

    @property
    def known_addresses(self) -> KnownAddresses:
        """From where each account has signed in."""
        return self._store.known_addresses

    async def password_is(self, name: str, password: str, *, known: bool) -> bool:
        """Whether somebody of this name has this password; a wrong name takes as long.

        `known` is whether the account has signed in before from where this comes.
        """
        user = self._stored.users.get(name)
        return await matches(password, user.password if user else None, known=known)

    def profile(self, name: str) -> Profile:
        """The profile of a person who is signed in, as it is now."""
        return self._stored.users[name].profile
