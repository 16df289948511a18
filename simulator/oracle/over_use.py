"""O10: what is used of one purchase by several license files, which no program of them can know.

A system whose file was rehosted or combined may go on with it, and so may whoever was cut off from
it. That is no breach of a rule by a program: facts state when it begins and ends, facts that only
the observer can state, and the verdict says so.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from licensing.catalogue import LICENSES
from licensing.events import (
    AssignmentsChanged,
    ConnectionEstablished,
    DecisionReceived,
    DiskReplaced,
    HeartbeatAnswered,
    HostCrashed,
    HostFrozen,
    HostStarted,
    HostStopped,
    HostThawed,
    LeaseInstalled,
    LicenseFileAccepted,
    LicenseFileIssued,
    OrderTaken,
    OverUseChanged,
    ProgramEnded,
    ProgramRestarted,
    SeatsInUse,
    StateChanged,
    StateDamaged,
)
from licensing.policies import MICROSECOND_NS
from licensing.words import ON_A_LEASE
from simulator.network.virtual_time import NEVER_NS
from simulator.oracle.picture import Handlers, Picture
from simulator.oracle.purchase_pools import NOTHING, Purchases, Use

_NEVER_TICKED = "networking"
"""A slave uses one from its lease on, without anybody's assigning it."""


class OverUse:
    """Reads the journal, and says when more is used of purchases than was bought of them.

    A node uses seats by the newest file that its CLA had when it last answered.
    """

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._purchases = Purchases()
        self._agents: dict[str, str] = {}
        self._serials: dict[str, int] = {}
        self._leases: dict[str, LeaseInstalled] = {}
        self._touched = False
        self._told: Counter[str] = Counter()
        self._since_ns: dict[str, int] = {}
        """Since when a license's over-use is not what was stated: a live run waits a tolerance."""
        self.handlers: Handlers = {
            OrderTaken: self._order_taken,
            LicenseFileIssued: self._file_issued,
            LicenseFileAccepted: self._file_accepted,
            LeaseInstalled: self._lease_installed,
            ConnectionEstablished: self._answered,
            HeartbeatAnswered: self._answered,
            DecisionReceived: self._answered,
            AssignmentsChanged: self._node_changed,
            StateChanged: self._node_changed,
            StateDamaged: self._node_changed,
            ProgramEnded: self._node_changed,
            ProgramRestarted: self._node_changed,
            DiskReplaced: self._disk_replaced,
            HostStarted: self._node_changed,
            HostCrashed: self._node_changed,
            HostStopped: self._node_changed,
            HostFrozen: self._node_changed,
            HostThawed: self._node_changed,
        }

    def seen_before(self, at_ns: int) -> Sequence[OverUseChanged]:
        """What there is to tell of the present instant, which is over when it is `at_ns`."""
        now_ns = self._picture.now_ns
        if now_ns >= self._purchases.next_end_ns:
            self._purchases.end_orders(now_ns)
            self._touched = True
        if not self._touched and not self._since_ns:
            return ()
        self._touched = False
        return list(self._changes(now_ns, at_ns))

    def _changes(self, now_ns: int, at_ns: int) -> Iterator[OverUseChanged]:
        pools = self._purchases.pools()
        beyond = [self._purchases.beyond(pool, now_ns) for pool in pools]
        total = sum(beyond, Counter[str]())
        for key in LICENSES:
            if total[key] == self._told[key]:
                self._since_ns.pop(key, None)
            elif self._lasts(key, now_ns, at_ns):
                del self._since_ns[key]
                self._told[key] = total[key]
                yield self._fact(key, beyond, now_ns)

    def _lasts(self, key: str, now_ns: int, at_ns: int) -> bool:
        since_ns = self._since_ns.setdefault(key, now_ns)
        return since_ns + self._picture.tolerance_ns(since_ns, at_ns) < at_ns

    def _fact(self, key: str, beyond: list[Counter[str]], now_ns: int) -> OverUseChanged:
        every = zip(self._purchases.pools(), beyond, strict=True)
        pools = [pool for pool, too_much in every if too_much[key]]
        users = [
            SeatsInUse(
                node=use.node,
                license=used,
                quantity=use.seats[used],
                serial=use.serial,
                lease_id=self._leases[use.node].lease_id if use.node in self._leases else "",
            )
            for pool in pools
            for use, used in self._purchases.users(pool, key)
        ]
        bought = sum(self._purchases.bought(pool.lacs, now_ns)[key] for pool in pools)
        return OverUseChanged(license=key, excess=self._told[key], bought=bought, users=users)

    # The books of the license server.

    def _order_taken(self, _: str, fact: OrderTaken) -> None:
        ends_ns = NEVER_NS
        if fact.valid_until is not None:
            valid = fact.valid_until - self._picture.start
            ends_ns = valid // timedelta(microseconds=1) * MICROSECOND_NS
        self._purchases.order(fact.lac, fact.licenses, ends_ns)

    def _file_issued(self, _: str, fact: LicenseFileIssued) -> None:
        self._purchases.file(fact.serial, fact.lacs)

    # CLAs and their nodes.

    def _file_accepted(self, host: str, fact: LicenseFileAccepted) -> None:
        now_ns = self._picture.now_ns
        self._purchases.accept(host, fact.serial, now_ns, flexible=fact.flexible)
        self._touched = True

    def _lease_installed(self, host: str, fact: LeaseInstalled) -> None:
        self._leases[host] = fact
        self._serials[host] = self._purchases.newest(self._picture.nodes[host].agent)
        self._node_changed(host, fact)

    def _disk_replaced(self, host: str, fact: DiskReplaced) -> None:
        if fact.saved_ns is None:
            self._leases.pop(host, None)
        self._node_changed(host, fact)

    def _answered(self, host: str, fact: object) -> None:
        serial = self._purchases.newest(self._picture.nodes[host].agent)
        if self._serials.get(host) != serial:
            self._serials[host] = serial
            self._node_changed(host, fact)

    def _node_changed(self, host: str, _: object) -> None:
        node = self._picture.nodes.get(host)
        if node is None:
            return
        former = self._agents.get(host, node.agent)
        if former != node.agent:
            self._purchases.leave(former, host)
        self._agents[host] = node.agent
        kept = self._kept_by(host)
        use = Use(host, self._serials.get(host, 0), kept if node.up else NOTHING, kept)
        self._purchases.use(node.agent, use)
        self._touched = True

    def _kept_by(self, host: str) -> Mapping[str, int]:
        """What a node uses while it runs."""
        node = self._picture.nodes[host]
        if node.state not in ON_A_LEASE:
            return NOTHING
        used = {key: seats for key, seats in node.used.items() if seats}
        lease = self._leases.get(host)
        if lease and (seats := lease.seats.get(_NEVER_TICKED)):
            used[_NEVER_TICKED] = seats
        return used
