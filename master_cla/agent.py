"""The application layer of the central CLA: its operations, by whatever way they are called.

Every change of the books goes through the one writer; heartbeats touch memory only. The agent ends
itself where its host's clock was set back (F11), and never because of what a node or person sends.
"""

import asyncio
from datetime import datetime
from typing import Literal

import msgspec

from licensing.agent_requests import SignedRequest, sign_request
from licensing.enrolment import EnrolledNodes, ForgetNode, Forgotten, NodesSeen
from licensing.errors import LicensingError
from licensing.events import AgentFact, LicenseFileRefused, SessionEnded, SessionOpened
from licensing.license_file import LicenseFile
from licensing.license_table import FreeLicense, LicenseTable
from licensing.messages import (
    CLS_ACTIVATE_PATH,
    CLS_REISSUE_PATH,
    Activate,
    Activated,
    Demand,
    Enrol,
    Enrolled,
    Heartbeat,
    Hello,
    IssuedAnswer,
    IssuedFile,
    LeaseChanged,
    LoadLicenseFile,
    Relicense,
)
from licensing.signing import SignatureInvalid, SigningKey, VerificationKey
from licensing.wall_time import utc_of
from master_cla import overview
from master_cla.activation import ask_license_server, judge_license_file, license_document
from master_cla.administration import AgentState
from master_cla.agent_requests import activation_request, new_challenge, relicensing_request
from master_cla.agent_time import AgentClock
from master_cla.changes import Changes
from master_cla.deadlines import Deadlines
from master_cla.enrolment import Enrolment, is_node_name, key_to_enrol
from master_cla.ledger import Ledger
from master_cla.outcomes import Admission, Renewal
from master_cla.peer import Peer
from master_cla.store.store import ClaStore
from master_cla.timekeeper import Timekeeper
from master_cla.unknown_nodes import Stranger, UnknownNodes, has_signed
from master_cla.writer import Writer
from runtime.host import Host

_Renewed = tuple[Peer, Renewal | LicensingError]


class CentralAgent:
    """The central CLA. Two background tasks belong to it: `write` and `keep_time`."""

    def __init__(
        self,
        host: Host,
        store: ClaStore,
        ledger: Ledger,
        clock: AgentClock,
        vendor_key: VerificationKey,
    ) -> None:
        self._host = host
        self._ledger = ledger
        self._time = Timekeeper(host, store, clock, self._note_fact)
        self._vendor_key = vendor_key
        self._writer = Writer(store, host.journal, self)
        self._changing_ns = 0
        """Agent time of the changes that run: the clocks are read once for all of them."""
        self._peers: dict[str, Peer] = {}
        self._enrolment = Enrolment(ledger, store)
        self._unknown = UnknownNodes()
        self._changes = Changes(self._now_ns())
        ledger.connected = self._peers
        self._deadlines = Deadlines(ledger, self._writer, self._now_ns, self._peers, self._drop)
        host.journal.record(*self.take_facts())
        store.all_stated()

    @property
    def stopped(self) -> "asyncio.Future[None]":
        """Ends with the `LicensingError` for which the agent ends itself."""
        return self._time.stopped

    # Administration.

    async def enrol(self, request: Enrol) -> Enrolled:
        """Make a node and its key known, for the CLA's key (F16).

        Raises `request-malformed`, `node-key-differs`, `node-name-taken`.
        """
        now_ns, key = self._now_ns(), key_to_enrol(request)

        def change() -> None:
            if self._enrolment.enrol(request.node, key, destroyed=request.destroyed):
                self._drop(request.node)  # whoever has the old key is not the node any more

        await self._writer.commit(change)
        node = self.spelled(request.node)
        seen = self._ledger.members[node].seen or self._unknown.has_asked(node, key, now_ns)
        return Enrolled(agent_key=self.key.verification_key.text, seen=seen)

    async def forget(self, request: ForgetNode) -> Forgotten:
        """Let a node that cannot be asked in no more (F16); raises as `Enrolment.forget`."""
        now_ns, node = self._now_ns(), self.spelled(request.node)
        seats = await self._writer.commit(
            lambda: self._enrolment.forget(node, destroyed=request.destroyed, connected=self._peers)
        )
        self._deadlines.sessions_changed()
        member = self._ledger.members[node]
        return Forgotten(seats=seats, free_at=overview.hold_end(self._ledger, member, now_ns))

    async def nodes(self) -> EnrolledNodes:
        """The enrolled nodes as they are counted, and who has asked lately and is unknown."""
        now_ns = self._now_ns()
        asked = self._unknown.latest(now_ns)
        version = self._changes.version
        return overview.enrolled_nodes(self._ledger, self._peers, asked, now_ns, version)

    async def nodes_changed(self, seen: NodesSeen) -> EnrolledNodes:
        """The same, as soon as it is another one than was seen, or after three hours."""
        await self._changes.after(seen.version)
        return await self.nodes()

    async def activate(self, request: Activate) -> Activated:
        """Have the LAC's license file issued for this host, and accept it (manual 4.4)."""
        self._now_ns()  # a wrong clock is found before the license server is asked

        def signed(challenge: str) -> SignedRequest:
            asked = activation_request(self._ledger, self._host.locking_id, request, challenge)
            return sign_request(asked, self.key)

        issued = await ask_license_server(
            self._host, request.license_server, CLS_ACTIVATE_PATH, signed, IssuedFile
        )
        return await self._accept(issued.license_file, request.license_server)

    async def relicense(self, request: Relicense) -> Activated:
        """Have the license file issued anew and accept it (F4).

        The server decides whether: where it has no other file than the one in force, and no node
        needs another, that is refused as `relicensing-not-required`.
        """
        required = self._ledger.relicensing_required
        issued = await ask_license_server(
            self._host,
            request.license_server,
            CLS_REISSUE_PATH,
            self._relicensing_request,
            IssuedAnswer,
        )
        activated = await self._accept(issued.answer, request.license_server)
        if activated.repeated and not required:
            raise LicensingError("relicensing-not-required")
        return activated

    async def relicensing_request(self) -> SignedRequest:
        """The same as a file that a person carries to the license server (F15)."""
        return self._relicensing_request()

    async def load_license_file(self, request: LoadLicenseFile) -> Activated:
        """Accept a license file, or an answer with one, that somebody brought from there."""
        return await self._accept(request.license_file)

    async def licenses(self) -> LicenseTable:
        """What was bought, is in use, is reserved for cut-off nodes and is free."""
        return overview.license_table(self._ledger, self._peers)

    async def state(self) -> AgentState:
        """The CLA at a glance."""
        return overview.agent_state(self._ledger, self._peers, self._now_ns(), self._writer.commits)

    # Sessions.

    @property
    def key(self) -> SigningKey:
        """The key with which leases and welcomes are signed."""
        return self._ledger.key

    @property
    def date(self) -> datetime:
        """By which licenses end here."""
        return utc_of(self._ledger.wall_ns)

    def spelled(self, node: str) -> str:
        """A node's name as it stands in the books."""
        return self._ledger.members.spelled(node)

    async def admit(self, hello: Hello, signed_message: bytes, peer: Peer) -> Admission:
        """Let a node in and make `peer` its only session; raises what refuses it (F12)."""
        now_ns = self._now_ns()
        signed, node = self._signed(hello, signed_message), self.spelled(hello.node)
        known = msgspec.structs.replace(hello, node=node)

        def change() -> Admission:
            admission = self._ledger.admit(known, signed=signed, now_ns=now_ns)
            older = self._peers.get(node)
            self._peers[node] = peer
            if older:
                older.drop()
            self._ledger.facts.append(
                SessionOpened(
                    node=node,
                    condition=admission.condition,
                    superseded=older is not None,
                )
            )
            return admission

        try:
            admission = await self._writer.commit(change)
        except LicensingError:
            self._note_unknown(hello, signed_message, peer.address, now_ns)
            raise
        self._deadlines.sessions_changed()
        return admission

    def heartbeat(self, node: str, message: Heartbeat) -> None:
        """Note a sign of life, in memory only: watchers learn it with the next change."""
        self._ledger.hear(self._ledger.members[node], message.seq, self._now_ns())

    async def decide(self, node: str, demand: Demand) -> bytes:
        """The encoded `Decision` on a demand, once it is durable; raises as the ledger does."""
        answer = await self._writer.commit(
            lambda: self._ledger.decide(node, demand, self._changing_ns)
        )
        return answer.encoded

    def free_licenses(self, node: str) -> dict[str, FreeLicense]:
        """What `node` may be granted now, by license."""
        self._now_ns()
        return overview.free_licenses(self._ledger.pool, node)

    async def acknowledge(self, node: str, seq: int) -> None:
        """The node has stored the lease `seq`."""
        await self._writer.commit(lambda: self._ledger.acknowledge(node, seq, self._changing_ns))

    @property
    def surplus(self) -> bool:
        """Whether more is in use than the newest license file has (F13)."""
        return bool(self._ledger.pool.overdrawn)

    async def check_surplus(self, node: str) -> LeaseChanged | None:
        """The node's check after a smaller license file (F13); None where it keeps everything."""
        renewal = await self._writer.commit(lambda: self._ledger.give_up_surplus(node))
        return renewal.message() if renewal else None

    def check_networking(self, node: str) -> None:
        """Raise `no-networking-license` where the node gave up the one that it needs."""
        self._ledger.check_networking(node)

    def _drop(self, node: str) -> None:
        peer = self._peers.get(node)
        if peer:
            self.leave(node, peer)
            peer.drop()

    def leave(self, node: str, peer: Peer) -> None:
        """The session is over. A superseded one has left before."""
        if self._peers.get(node) is not peer:
            return
        del self._peers[node]
        left = [self._ledger.members[node]]
        # Nobody waits for it: a contact counts as later than stored, should the program end first.
        self._writer.commit_later(lambda: self._ledger.save_members(left))
        self.note(SessionEnded(node=node))
        self._changes.note()
        self._deadlines.sessions_changed()

    def note(self, fact: AgentFact) -> None:
        """Journal a fact that changes nothing in the books."""
        self._host.journal.record(fact)

    # Background.

    async def write(self) -> None:
        """Write the changes of the books, for ever."""
        await self._writer.run()

    async def keep_time(self) -> None:
        """Do what is due at an instant, for ever."""
        await self._deadlines.keep()

    # The writer's questions (`master_cla.writer.CommitHooks`).

    def before_changes(self) -> None:
        """Read the clocks once for all changes of the transaction."""
        self._changing_ns = self._now_ns()

    def before_commit(self) -> None:
        """Add the clock mark and the signatures, which all changes of the transaction share."""
        self._time.save_mark(self._time.now_ns())
        self._ledger.sign_leases()

    def take_facts(self) -> list[AgentFact]:
        """The facts that were collected since the last call."""
        facts, self._ledger.facts = self._ledger.facts, []
        return facts

    def committed(self) -> None:
        """Send the leases that the transaction made by itself; a newer one has gone out itself.

        Who is sent away has to come again, on another condition.
        """
        self._changes.note()
        sent_away, self._ledger.sent_away = self._ledger.sent_away, []
        for node in sent_away:
            self._drop(node)
        prolonged, self._ledger.prolonged = self._ledger.prolonged, {}
        for node, signed in prolonged.items():
            if node in self._peers and self._ledger.members[node].signed is signed:
                self._peers[node].push(Renewal("prolonged", signed, []).message())

    def intact(self) -> bool:
        """Whether the ledger is as it is stored, apart from what heartbeats touch."""
        return self._ledger.intact()

    # Within.

    def _relicensing_request(self, server_challenge: str = "") -> SignedRequest:
        challenge = new_challenge(self._host.dice)
        asked = relicensing_request(
            self._ledger, self._host.locking_id, self._now_ns(), challenge, server_challenge
        )
        return sign_request(asked, self.key)

    async def _accept(self, document: str, license_server: str = "") -> Activated:
        """Make a document the license file in force; `license_server` has issued it just now."""
        now_ns = self._now_ns()
        document = license_document(document, self._vendor_key)

        def change() -> tuple[LicenseFile, list[_Renewed] | None]:
            newest = self._ledger.file
            file = judge_license_file(
                document, self._vendor_key, self._host.locking_id, newest, self._ledger.wall_ns
            )
            if license_server:
                self._time.will_ask(license_server)
            if newest and file.serial == newest.serial:
                return file, None
            self._ledger.accept(document, file, now_ns)
            return file, self._renewals(relicensed=newest is not None and file.epoch > newest.epoch)

        try:
            file, renewals = await self._writer.commit(change)
        except LicensingError as refusal:
            self.note(LicenseFileRefused(code=refusal.code))
            raise
        for peer, renewed in renewals or ():
            if isinstance(renewed, LicensingError):
                peer.dismiss(renewed)
            else:
                peer.push(renewed.message())
        repeated = renewals is None
        return Activated(
            serial=file.serial, epoch=file.epoch, licenses=file.licenses, repeated=repeated
        )

    def _renewals(self, *, relicensed: bool) -> list[_Renewed]:
        """New leases for all connected nodes, in the order in which they came."""
        reason: Literal["activated", "relicensed"] = "relicensed" if relicensed else "activated"
        return [
            (peer, change)
            for node, peer in self._peers.items()
            for change in self._ledger.renew(node, reason)
        ]

    def _signed(self, hello: Hello, message: bytes) -> bool:
        member = self._ledger.members.enrolled(hello.node)
        return member is not None and has_signed(member.key, hello, message)

    def _note_unknown(self, hello: Hello, message: bytes, address: str, now_ns: int) -> None:
        """Keep name and key of whoever is not enrolled with it, and has proved to have it."""
        try:
            key = VerificationKey(hello.public_key)
        except SignatureInvalid:
            return
        member = self._ledger.members.enrolled(hello.node)
        known = member is not None and member.key == key
        if not known and is_node_name(hello.node) and has_signed(key, hello, message):
            self._unknown.asked(Stranger(hello.node, key, now_ns, address))
            self._changes.note()

    def _now_ns(self) -> int:
        """Agent time, and with it the wall time by which license files end."""
        now_ns = self._time.now_ns()
        if self._time.jumped(now_ns):
            self._writer.commit_later(lambda: self._time.save_mark(now_ns))
        self._ledger.wall_ns = self._time.latest_wall_ns
        return now_ns

    def _note_fact(self, fact: AgentFact) -> None:
        """A fact of the transaction that runs, journaled after it."""
        self._ledger.facts.append(fact)
