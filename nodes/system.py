"""The communication system: one application layer for WBM, administration API and scenarios."""

import asyncio
from typing import Annotated

import msgspec

from licensing.addresses import (
    parse_address,
    require_dialed_address,
    require_listening_address,
)
from licensing.errors import LicensingError
from licensing.events import CallAnswered, CallReleased, SubscriberChanged
from licensing.messages import (
    AGENT_PORT,
    INCOMING_CALL_PATH,
    NODE_PORT,
    IncomingCall,
    IncomingCallAnswer,
)
from licensing.policies import NS_PER_SECOND, TIMING
from licensing.records import Record
from licensing.words import OUTSIDE, CallOutcome, Role
from nodes.accounts import Accounts
from nodes.activation import Activation, Entered, Installed
from nodes.administration import (
    Assignments,
    CallAnswer,
    CallInProgress,
    Calls,
    DeleteSubscriber,
    Displays,
    LicenseInformation,
    Licenses,
    OutsideCall,
    PlaceCall,
    ReleaseCall,
    State,
    Ticks,
    TicksOfHolders,
    Unlocked,
    Wizard,
    WizardDone,
)
from nodes.assignment.views import AssignmentViews
from nodes.cla_session.free_count import FreeLicenses
from nodes.cla_session.membership import bandwidth_advice, central_cla
from nodes.cla_session.trial import try_master
from nodes.count_watch import CountWatch
from nodes.license_operations import NodeLicensing
from nodes.licensed_node import LicensedNode
from nodes.store import NodeStore
from nodes.telephony.calls import ActiveCall, Exchange, Placed, ToNeighbor
from nodes.telephony.equipment import Equipment, Subscriber
from nodes.telephony.subscribers import (
    Subscribers,
    added,
    deleted,
    restored,
    retyped,
    subscribers_of,
    type_of,
)
from runtime.host import Host
from runtime.http import Nothing, client, post, url_of


class NodeSettings(Record):
    """How a node is installed.

    `agent_socket` is the administration socket of the CLA on this host, "" where there is none;
    nodes reach that CLA at `agent_address`, by default at our own address and its usual port.
    `license_server` is the CLS address `host[:port]`, until Settings give another. `equipment`
    holds the subscribers of the first start; later those that technicians have made of them.
    The WBM signs out a user who is idle for `idle_s`, and every user after `session_s`.
    """

    equipment: Equipment
    address: str = "0.0.0.0"  # noqa: S104 - a telephone system serves its network
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535)] = NODE_PORT
    agent_socket: str = ""
    agent_address: str = ""
    license_server: str = ""
    idle_s: Annotated[int, msgspec.Meta(ge=60)] = 30 * 60
    session_s: Annotated[int, msgspec.Meta(ge=60)] = 12 * 3600

    @property
    def has_agent(self) -> bool:
        """Whether a CLA is installed on this host."""
        return bool(self.agent_socket)

    def __post_init__(self) -> None:
        require_listening_address(self.address)
        require_dialed_address("agent_address", self.agent_address)
        require_dialed_address("license_server", self.license_server)
        for name, neighbor in self.equipment.neighbors.items():
            require_dialed_address(f"the address of the neighbor {name}", neighbor.address)


class CommunicationSystem:
    """One running node. Operations raise `LicensingError`; refused calls and seats are values."""

    def __init__(self, host: Host, settings: NodeSettings) -> None:
        self._host = host
        self.settings = settings
        store = NodeStore(host)
        self.answers = store.answers
        self.equipment = restored(settings.equipment, store.load("subscribers", Subscribers))
        self.accounts = Accounts(host, store)
        entered = Entered.stored_in(store)
        self.licensed_node = LicensedNode(host, store, self.equipment)
        self.books = self.licensed_node.books
        self.licensing = NodeLicensing(host, self.licensed_node)
        self.activation = Activation(
            host, store, _installed(settings), self.licensing, self.books, entered
        )
        self.count_watch = CountWatch(self.activation, self.books.status)
        self._exchange = Exchange(self.equipment, self.books.table.licensed_quantity)
        self._calls: dict[str, ActiveCall] = {}

    # The internetwork (manual 4.4).

    async def wizard(self, wizard: Wizard) -> WizardDone:
        """Network Wizard: role and the master's address; answers the key to enrol at the CLA.

        A node that will use the CLA on its own host is enrolled there. A slave's address is tried
        before; one that does not answer is kept. Raises as `central_cla` and `try_master`, or
        `slaves-licensed` at a master that has slaves and would stop being one.
        """
        own = _installed(self.settings).agent_address
        address = central_cla(wizard.role, wizard.master_address, own)
        if self.books.membership.role is Role.MASTER is not wizard.role:
            await self._require_no_slaves()
        failure = await self._try(wizard, address) if wizard.role is Role.SLAVE else ""
        self.licensing.require_free(wizard.role)
        if own and address == own:  # what may be refused comes first
            await self.activation.enrol_ourselves()
        changed = await self.licensing.make_member(wizard.role, address, failure)
        advice = bandwidth_advice(wizard.role, self.equipment)
        return WizardDone(
            public_key=self.books.public_key, changed=changed, advice=advice, failure=failure
        )

    async def _try(self, wizard: Wizard, address: str) -> str:
        member = self.books.membership
        pinned = member.role is Role.SLAVE and not wizard.trust_new_key
        return await try_master(self._host, address, member.agent_key if pinned else "")

    async def _require_no_slaves(self) -> None:
        """The CLA would go on licensing them, at a system that is no master."""
        if slaves := await self.activation.licensed_slaves():
            raise LicensingError("slaves-licensed", slaves=", ".join(slaves))

    # Subscribers (manual 4.3.2).

    async def subscribers(self) -> Subscribers:
        """The subscribers and the attendant."""
        return subscribers_of(self.equipment)

    async def add_subscriber(self, new: Subscriber) -> Nothing:
        """Another subscriber, without licenses; raises `subscriber-refused`."""
        return await self._equip(added(self.equipment, new), new.number, "", new.type)

    async def delete_subscriber(self, order: DeleteSubscriber) -> Nothing:
        """A subscriber goes, and the licenses are released; raises `subscriber-unknown`."""
        before = type_of(self.equipment, order.number)
        return await self._equip(deleted(self.equipment, order.number), order.number, before, "")

    async def retype_subscriber(self, changed: Subscriber) -> Nothing:
        """Another type for a call number; its licenses are released where they do not fit that.

        Raises `subscriber-unknown`, `subscriber-refused`.
        """
        before = type_of(self.equipment, changed.number)
        if before == changed.type:
            return Nothing()
        equipment = retyped(self.equipment, changed)
        return await self._equip(equipment, changed.number, before, changed.type)

    async def _equip(self, equipment: Equipment, number: str, before: str, after: str) -> Nothing:
        self.equipment = equipment
        change = SubscriberChanged(number=number, before=before, after=after)
        self.licensing.equip(equipment, change, subscribers=subscribers_of(equipment))
        for call in self._exchange.equip(equipment):
            self._forget(call)
            self._released(call, cleared=False)
        await self.licensing.give_back()
        return Nothing()

    # Assignment (manual 4.3.2).

    async def assign(self, assignments: Assignments) -> Nothing:
        """Tick licenses: all of them, or none where one is refused."""
        self.licensing.tick(assignments.seats)
        return Nothing()

    async def unassign(self, assignments: Assignments) -> Nothing:
        """Untick licenses: all of them, or none where one is refused."""
        self.licensing.untick(assignments.seats)
        return Nothing()

    async def tick_exactly(self, ticks: Ticks) -> Nothing:
        """Tick and untick, so that one holder has what was chosen."""
        self.licensing.tick_exactly(ticks)
        return Nothing()

    async def tick_each_exactly(self, decision: TicksOfHolders) -> Nothing:
        """The same for several holders in one decision: where one is refused, nothing changes."""
        self.licensing.tick_exactly(*decision.holders)
        return Nothing()

    async def unlock(self, _: Nothing) -> Unlocked:
        """Check and unlock."""
        return await self.licensing.check_and_unlock()

    async def licenses(self) -> Licenses:
        """Local User Licenses > Overview, and what is in use."""
        return Licenses(
            rows=self.books.table.overview(),
            in_use=self.licensing.seats_in_use(),
            networking=self.licensing.networking_in_use(),
        )

    @property
    def assignments(self) -> AssignmentViews:
        """The same, for whoever needs a part of it."""
        return self.books.table

    def require_answered(self) -> None:
        """Raise `request-pending` where the CLA has not answered the last check and unlock yet."""
        self.licensing.require_answered()

    async def free_licenses(self) -> FreeLicenses:
        """What the central CLA may grant to this node, asked anew where it can be reached."""
        return await self.licensed_node.free_count.ask()

    # Calls (F5).

    async def call(self, order: PlaceCall) -> CallAnswer:
        """Place a call from one of our subscribers."""
        placed = self._exchange.place(
            order.source, order.destination, state=self.books.status.state
        )
        if isinstance(placed, ToNeighbor):
            placed = self._exchange.complete(placed, await self._ask_neighbor(placed))
        return self._answer(order.source, order.destination, placed)

    async def call_from_outside(self, order: OutsideCall) -> CallAnswer:
        """A call arrives over a trunk."""
        state = self.books.status.state
        placed = self._exchange.place(OUTSIDE, order.destination, state=state)
        assert isinstance(placed, Placed)
        return self._answer(OUTSIDE, order.destination, placed)

    async def incoming_call(self, call: IncomingCall) -> IncomingCallAnswer:
        """A neighbor asks whether we take a call; it is not kept here, the neighbor keeps it."""
        state = self.books.status.state
        placed = self._exchange.accept(call.source, call.destination, state=state)
        if placed.call:
            self._exchange.release(placed.call)
        connected = placed.outcome is CallOutcome.CONNECTED
        return IncomingCallAnswer(connected=connected, reason=placed.reason)

    async def release(self, order: ReleaseCall) -> Nothing:
        """Hang up."""
        call = self._calls.pop(order.call_id, None)
        if call:
            self._exchange.release(call)
            self._released(call, cleared=False)
        return Nothing()

    async def calls(self) -> Calls:
        """The calls in progress."""
        return Calls(
            calls=[
                CallInProgress(
                    call_id=call_id,
                    source=call.source,
                    destination=call.destination,
                    trunk=call.trunk,
                    emergency=call.emergency,
                )
                for call_id, call in self._calls.items()
            ]
        )

    # What a person sees.

    async def displays(self) -> Displays:
        """What the system telephones show right now (F1)."""
        return Displays(displays=self.books.status.displays)

    async def information(self) -> LicenseInformation:
        """License information."""
        return self.licensing.information()

    async def state(self) -> State:
        """The node at a glance."""
        member, status, link = self.books.membership, self.books.status, self.licensed_node.link
        rest_ns = status.rest_ns if status.period_runs else None
        return State(
            node=self._host.name,
            role=member.role,
            master_address=member.master_address,
            state=status.state,
            cause=status.cause,
            connected=link.connected,
            refusal=link.refusal,
            failure=link.failure,
            epoch=self.books.lease.epoch,
            lease_seq=self.books.lease.seq,
            rest_s=None if rest_ns is None else rest_ns // NS_PER_SECOND,
            request_pending=self.books.pending is not None,
            demand=self.licensing.demand,
            registered=self.activation.registration is not None,
        )

    async def _ask_neighbor(self, asked: ToNeighbor) -> IncomingCallAnswer:
        neighbor = self.equipment.neighbors[asked.node]
        if not neighbor.address:
            return IncomingCallAnswer(connected=False, reason="no-link")
        address = parse_address(neighbor.address, NODE_PORT)
        url = url_of(self._host, address, INCOMING_CALL_PATH)
        call = IncomingCall(
            call_id=self._host.dice.token(8).hex(),
            source=asked.source,
            destination=asked.destination,
        )
        try:
            async with (
                asyncio.timeout(TIMING.dial_ns / NS_PER_SECOND),
                client(self._host.tls) as session,
            ):
                return await post(session, url, call, IncomingCallAnswer, party=asked.node)
        except (LicensingError, TimeoutError):
            return IncomingCallAnswer(connected=False, reason="node-unreachable")

    def _answer(self, source: str, destination: str, placed: Placed) -> CallAnswer:
        if placed.cleared:
            self._forget(placed.cleared)
            self._released(placed.cleared, cleared=True)
        call_id = ""
        if placed.call:
            call_id = self._host.dice.token(8).hex()
            self._calls[call_id] = placed.call
        self._host.journal.record(
            CallAnswered(
                source=source,
                destination=destination,
                outcome=placed.outcome,
                reason=placed.reason,
                trunk=placed.trunk,
                emergency=placed.emergency,
            )
        )
        return CallAnswer(
            call_id=call_id, outcome=placed.outcome, reason=placed.reason, trunk=placed.trunk
        )

    def _forget(self, call: ActiveCall) -> None:
        for call_id in [key for key, known in self._calls.items() if known == call]:
            del self._calls[call_id]

    def _released(self, call: ActiveCall, *, cleared: bool) -> None:
        self._host.journal.record(
            CallReleased(source=call.source, destination=call.destination, cleared=cleared)
        )


def _installed(settings: NodeSettings) -> Installed:
    everywhere = settings.address in ("", "0.0.0.0", "::")  # noqa: S104 - compared, not bound
    ours = settings.agent_address or ("localhost" if everywhere else settings.address)
    address = parse_address(ours, AGENT_PORT) if settings.has_agent else ""
    return Installed(settings.agent_socket, address, settings.license_server)
