"""Which key each node has, and which nodes are forgotten (F16).

A key that is not a node's any more keeps its seats for as long as it may use them: it stays in the
books under a name of its own, as a former key, until its hold ends or somebody declares that its
hardware is destroyed. Each method runs within one store transaction, as those of the ledger do.
"""

from collections.abc import Container

from licensing.errors import LicensingError
from licensing.events import NodeEnrolled, NodeForgotten, NodeKeyChanged
from licensing.messages import Enrol
from licensing.node_names import same_name
from licensing.policies import MINUTE_NS, TIMING
from licensing.signing import SignatureInvalid, VerificationKey
from master_cla.ledger import Ledger
from master_cla.members import Member
from master_cla.store.store import ClaStore

LONGEST_NODE_NAME = 64


def key_to_enrol(request: Enrol) -> VerificationKey:
    """The key in a request; raises `request-malformed` where that or the name cannot be."""
    if not is_node_name(request.node):
        reason = f"node: a name has 1 to {LONGEST_NODE_NAME} characters, all to be seen"
        raise LicensingError("request-malformed", reason=reason)
    try:
        return VerificationKey(request.public_key)
    except SignatureInvalid as error:
        raise LicensingError("request-malformed", reason=f"public_key: {error}") from error


def is_node_name(name: str) -> bool:
    """Whether a node may be called so."""
    return 0 < len(name) <= LONGEST_NODE_NAME and name.isprintable()


class Enrolment:
    """Makes nodes known to the books, and forgets them."""

    def __init__(self, ledger: Ledger, store: ClaStore) -> None:
        self._ledger = ledger
        self._store = store

    def enrol(self, node: str, key: VerificationKey, *, destroyed: bool | None) -> bool:
        """Make a node known by `key`; returns whether it had another key before.

        Raises `node-key-differs` where it had one, and nobody said whether the old hardware or its
        disk is `destroyed`, `node-name-taken` where another one is spelled almost so. What was
        acknowledged before is forgotten, also with the same key: an older lease is no clone's.
        """
        members = self._ledger.members
        before = members.alike(node) or members.get(node) or Member(node, key)
        if before.former_of:
            raise LicensingError("request-malformed", reason=f"node: {node} is a former key")
        replaced = before.key != key
        if replaced and before.name != node:
            raise LicensingError("node-name-taken", node=node, known=before.name)
        member = self._with_key(before, key, destroyed=destroyed) if replaced else before
        member.forgotten, member.acknowledged = False, 0
        self._put(member.name, member)
        self._ledger.note(NodeEnrolled(node=member.name))
        return replaced

    def forget(self, node: str, *, destroyed: bool, connected: Container[str]) -> dict[str, int]:
        """Let a node, or a former key of one, in no more; returns the seats that were reserved.

        Raises `node-unknown`, `node-connected` for one that can be asked, `master-indispensable`.
        """
        member = self._ledger.members.get(node)
        if member is None:
            raise LicensingError("node-unknown", node=node)
        if same_name(node, self._ledger.master):
            raise LicensingError("master-indispensable", node=node)
        if node in connected:
            minutes = (TIMING.silence_ns + TIMING.clock_slack_ns) // MINUTE_NS
            raise LicensingError("node-connected", node=node, minutes=minutes)
        seats = self._ledger.pool.held(node)
        if member.forgotten and not (destroyed and seats):
            return seats
        member.forgotten = True
        if destroyed:
            self._free(member)
        self._put(node, member)
        self._ledger.note(NodeForgotten(node=node, destroyed=destroyed, seats=seats))
        return seats

    def _with_key(self, before: Member, key: VerificationKey, *, destroyed: bool | None) -> Member:
        """Who has the node's name from now on; a key that comes again has its own seats."""
        own = same_name(before.name, self._ledger.master)
        if before.seen and destroyed is None and not own:
            raise LicensingError(
                "node-key-differs",
                node=before.name,
                known=before.key.fingerprint,
                offered=key.fingerprint,
            )
        if destroyed or own or not before.seen:
            return self._instead(before, key, stated=before.seen and not own)
        node, seats = before.name, self._ledger.pool.held(before.name)
        former = self._set_aside(before)
        self._ledger.note(
            NodeKeyChanged(node=node, destroyed=False, seats=seats, former=former.name)
        )
        return self._come_again(node, key) or Member(node, key)

    def _instead(self, before: Member, key: VerificationKey, *, stated: bool) -> Member:
        """The old hardware is destroyed, or was never here: nobody uses anything by its key."""
        node, seats = before.name, self._ledger.pool.held(before.name)
        if stated:
            self._ledger.note(NodeKeyChanged(node=node, destroyed=True, seats=seats))
        if self._former(node, key):
            self._ledger.pool.drop(node)
            return self._come_again(node, key) or before
        self._ledger.pool.hand_over(node)
        before.key = key
        return before

    def _set_aside(self, member: Member) -> Member:
        """The former key, with all that it may still use."""
        node = member.name
        member.name = f"{node} (former key {member.key.fingerprint})"
        member.former_of, member.forgotten = node, True
        self._ledger.pool.move(node, member.name)
        self._put(member.name, member)
        return member

    def _come_again(self, node: str, key: VerificationKey) -> Member | None:
        """A former key that is the node's again, with what is reserved for it."""
        member = self._former(node, key)
        if member is None:
            return None
        self._ledger.pool.move(member.name, node)
        empty = Member(member.name, key, forgotten=True, former_of=node)
        self._put(member.name, empty)
        member.name, member.former_of = node, ""
        return member

    def _former(self, node: str, key: VerificationKey) -> Member | None:
        members = self._ledger.members.values()
        return next((each for each in members if each.former_of == node and each.key == key), None)

    def _free(self, member: Member) -> None:
        """Its hardware is destroyed: nothing is in use by its key any more."""
        self._ledger.pool.drop(member.name)
        member.unleased()
        member.contact_ns = member.heard_ns = None

    def _put(self, name: str, member: Member) -> None:
        self._ledger.members[name] = member
        self._store.save_grants(self._ledger.pool.take_changed())
        self._ledger.save_members([member])
