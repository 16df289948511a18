"""The pool of seats: what was bought, which node holds what, who may have more (F9, F13).

Pure: no clock, store or connection. A node's seats count as in use until its hold ends, whether it
is connected or not. Nothing here ever grants a seat that is not free, and nothing is taken from a
node except what it releases, what lapses with its hold and the surplus of a smaller license file.
"""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from functools import partial

from licensing.catalogue import STANDS_IN, STOOD_IN_FOR, charged, prerequisites_met
from licensing.entitlements import Entitlement
from licensing.license_file import LicenseFile
from licensing.messages import NETWORKING, SYSTEM_HOLDER, UNCLAIMED, RefusedSeat, Seat
from master_cla.holdings import (
    ADDING_UP,
    NO_GRANTS,
    NOBODY,
    NOTHING_HELD,
    RANK,
    DemandOutcome,
    Grant,
    Holding,
    part_of,
    refusal,
    seat_of,
)
from master_cla.seat_ends import GrantedSeats, SeatEnds


class Pool:
    """Seats by node and holder. `bought` maps license keys to the newest file's seats in force.

    Where that is `flexible`, free IP licenses stand in for those of other stations (domain 2). A
    grant says what was wanted; which license stands in follows from what is in use altogether.
    """

    def __init__(self, bought: Mapping[str, int], *, flexible: bool = False) -> None:
        self.bought = bought
        self.ends = SeatEnds()
        self._file: LicenseFile | None = None
        self._same_dates_ns = (0, 0)
        self.flexible = flexible
        self._holdings: dict[str, Holding] = {}
        self._used: Counter[str] = Counter()
        self._leaving: Counter[str] = Counter()
        self._newest_number = 0
        self._changed: dict[int, tuple[str, Grant | None]] = {}
        self._settled_under: Mapping[str, int] | None = None
        """The `bought` under which nothing was overdrawn: grants are of free seats, so it stays."""

    def renew(self, file: LicenseFile, leased: Mapping[str, list[Entitlement]]) -> None:
        """`file` is the newest from now on; `leased` is what the nodes' leases say."""
        counted = self.ends.several
        self._file, self.flexible = file, file.flexible
        self.ends.renew(file.entitlements, flexible=file.flexible)
        if not counted:
            for node in self._holdings:
                self.ends.load(node, self.held(node), leased.get(node, ()))
            for key, quantity in self._leaving.items():
                self.ends.leave(key, quantity)
        self._look_at(self.ends.date_ns)

    def turn_to(self, wall_ns: int) -> None:
        """It is `wall_ns`: what has ended by then is not in force any more (F14)."""
        since_ns, until_ns = self._same_dates_ns
        if since_ns <= wall_ns < until_ns:
            self.ends.date_ns = wall_ns
        else:
            self._look_at(wall_ns)

    def _look_at(self, wall_ns: int) -> None:
        self.ends.date_ns = wall_ns
        if self._file:
            # At its end a file stays as it was: it is not in force, but takes nothing away.
            self.ends.date_ns = min(wall_ns, self._file.ends_ns - 1)
            self._same_dates_ns = self.ends.same_dates_ns
            self.bought = self._file.licenses_at(wall_ns)

    def load(
        self,
        node: str,
        grants: Iterable[Grant],
        *,
        lapsed: bool,
        leased: Iterable[Entitlement] = (),
        earlier: Iterable[Entitlement] = (),
    ) -> None:
        """Take over a node's stored grants, in the order of granting, and what its leases say."""
        self._holdings[node] = Holding(lapsed=lapsed)
        for grant in grants:
            self._add(node, grant, given=False)
        self.ends.load(node, self.held(node), leased, earlier)
        self._changed.clear()
        self._settled_under = None

    def prolong(self, nodes: Iterable[str]) -> set[str]:
        """Let the seats of `nodes` end as late as free ones allow, the earliest granted first.

        Returns those of `nodes` whose seats have other ends now (F14).
        """
        if not self.ends.several:
            return set()
        granted = [
            (grant.number, GrantedSeats(node, grant.license, grant.quantity))
            for node in nodes
            if not self.lapsed(node)
            for grant in self.grants(node)
            if grant.holder != NOBODY
        ]
        return self.ends.prolong(piece for _, piece in sorted(granted))

    def entitlements(self, node: str) -> list[Entitlement]:
        """What `node` holds, one entry for each end."""
        return self.ends.of(node, self.held(node))

    def take_changed(self) -> dict[int, tuple[str, Grant | None]]:
        """Grants that changed since the last call, by number: whose, and None where it is gone."""
        changed, self._changed = self._changed, {}
        return changed

    @property
    def changed(self) -> bool:
        """Whether grants have changed since they were last taken to be stored."""
        return bool(self._changed)

    def grants(self, node: str) -> list[Grant]:
        """Everything granted to `node` in the order of granting, lapsed or not."""
        return self._holding(node).grants

    def held(self, node: str) -> dict[str, int]:
        """The seats that `node` has now, by license in the price list's order."""
        return self._holding(node).held

    def used(self, license_key: str) -> int:
        """Seats in use or reserved, over all nodes."""
        return self._used[license_key]

    def free(self, license_key: str) -> int:
        """Seats that may be granted, own and standing in; 0 where more are in use than bought."""
        stood_in_for = self.flexible and license_key in STOOD_IN_FOR
        return self._own_free(license_key) + (self._own_free(STANDS_IN) if stood_in_for else 0)

    def _own_free(self, license_key: str) -> int:
        charged = self._charged(self._used).get(license_key, 0)
        return max(0, self.bought.get(license_key, 0) - charged)

    def free_for(self, node: str, license_key: str, *, standing_in: bool = True) -> int:
        """The same for `node`: what it gave up and may still use, it may have again.

        Without what is `standing_in` where that is not to be counted.
        """
        own = self._holding(node).quantity(NOBODY, license_key)
        self._used[license_key] -= own
        free = self.free(license_key) if standing_in else self._own_free(license_key)
        self._used[license_key] += own
        return free

    @property
    def _kept(self) -> Counter[str]:
        return self._used - self._leaving

    def _charged(self, seats: Counter[str]) -> Mapping[str, int]:
        return charged(seats, self.bought, flexible=self.flexible)

    def lapsed(self, node: str) -> bool:
        """Whether the node's hold has ended: its seats are remembered, but not its own any more."""
        return self._holding(node).lapsed

    def has_networking(self, node: str) -> bool:
        """Whether `node` holds a networking seat now."""
        holding = self._holding(node)
        return not holding.lapsed and NETWORKING.license in holding.licenses_of(SYSTEM_HOLDER)

    def decide(
        self, node: str, wants: list[Seat], releases: list[Seat], *, closed: str = ""
    ) -> DemandOutcome:
        """Carry out a demand: first the releases, then the wants.

        `closed` is the reason why nothing at all is granted at present, a code of
        `licensing.errors.REFUSALS`, or "". Releasing what is not held is no error (A8).
        Prerequisites are decided before their dependents, whatever their place in the demand.
        """
        released = [self._take(node, seat) for seat in releases]
        granted, refused = self._grant_all(node, wants, closed) if wants else ([], [])
        if released:
            released += self._dropped_with(released, node)
            if NETWORKING in released:
                released += self._take_unclaimed(node)
            released = [seat for seat in released if seat.quantity]
        return DemandOutcome(granted, refused, released)

    def _grant_all(
        self, node: str, wants: list[Seat], closed: str
    ) -> tuple[list[Seat], list[RefusedSeat]]:
        """What is granted of `wants` and what is refused, both in their order."""
        ranks = [RANK[want.license] for want in wants]
        decided = [(0, "")] * len(wants)
        for place in sorted(range(len(wants)), key=ranks.__getitem__):
            decided[place] = self._grant(node, wants[place], closed)
        granted, refused = [], []
        for want, (quantity, reason) in zip(wants, decided, strict=True):
            if quantity:
                granted.append(part_of(want, quantity))
            if quantity < want.quantity:
                refused.append(refusal(want, want.quantity - quantity, reason))
        return granted, refused

    def lapse(self, node: str) -> dict[str, int]:
        """The node's hold ended (F9): its seats are free. Returns them by license."""
        self.let_go(node)
        self.ends.forget(node)
        seats = self.held(node)
        self._holdings.setdefault(node, Holding()).lapsed = True
        self._used.subtract(seats)
        return seats

    def restore(self, node: str) -> list[Seat]:
        """Grant lapsed seats again as far as they are free; returns the seats that are lost."""
        grants = self.grants(node)
        for grant in grants:
            self._remove(node, grant, grant.quantity)
        self._holdings.setdefault(node, Holding()).lapsed = False
        lost = []
        for grant in grants:
            quantity = min(grant.quantity, self.free(grant.license))
            if quantity:
                self._add(node, grant._replace(quantity=quantity))
            if quantity < grant.quantity:
                lost.append(seat_of(grant, grant.quantity - quantity))
        return [*lost, *self._dropped_with(lost, node)]

    def drop(self, node: str) -> None:
        """Nothing is granted to `node` any more, nor remembered for it."""
        for grant in self.grants(node):
            self._remove(node, grant, grant.quantity)
        self._holdings.pop(node, None)

    def move(self, node: str, to: str) -> None:
        """All that was granted to `node` is granted to `to` from now on, who had nothing."""
        self._holdings[to] = self._holdings.pop(node, Holding())
        self.ends.pass_on(node, to)
        self._changed.update((grant.number, (to, grant)) for grant in self.grants(to))

    def hand_over(self, node: str) -> None:
        """Another system is `node` now, which does not know who held what: its demands claim it."""
        for grant in self.grants(node):
            if grant.holder != NOBODY and seat_of(grant, grant.quantity) != NETWORKING:
                passed = self._holdings[node].hand_over(grant, UNCLAIMED)
                self._changed[grant.number] = (node, passed)

    @property
    def overdrawn(self) -> list[str]:
        """The licenses of which more are in use than the newest file has, in the list's order."""
        if self._settled_under is self.bought:
            return []
        kept = self._charged(self._kept).items()
        over = [key for key, count in kept if count > self.bought.get(key, 0)]
        if not over:
            self._settled_under = self.bought
        return sorted(over, key=RANK.__getitem__)

    def give_up_surplus(self, node: str) -> list[Seat]:
        """What `node` must give up after a smaller file (F13), and give it up.

        Over all nodes the seats granted latest go first; those of other nodes stay until their
        own turn, so the order in which nodes ask makes no difference. Until the node `let_go` of
        them, nobody else can have them: it may be cut off before it learns of it (F9).
        """
        lost = []
        for key in self.overdrawn:
            for owner, grant, quantity in self._surplus(key):
                if owner == node:
                    self._remove(node, grant, quantity)
                    lost.append(seat_of(grant, quantity))
        lost += self._dropped_with(lost, node)
        for seat in lost:
            number = self._newest_number + 1
            self._add(node, Grant(number, NOBODY, seat.license, seat.quantity))
        return lost

    def let_go(self, node: str) -> None:
        """The node has stored its newest lease: the seats that it gave up are free."""
        self.ends.acknowledged(node)
        for grants in list(self._holding(node).holders.get(NOBODY, NO_GRANTS).values()):
            for grant in list(grants):
                self._remove(node, grant, grant.quantity)

    def _surplus(self, license_key: str) -> list[tuple[str, Grant, int]]:
        """What has to go, the latest first, until no more is charged to a license than bought.

        Of a license that another stands in for only goes what is beyond its own.
        """
        kept, bought = self._kept, self.bought
        excess = self._charged(kept).get(license_key, 0) - bought.get(license_key, 0)
        beyond = {license_key: excess}
        if self.flexible and license_key == STANDS_IN:
            beyond |= {key: kept[key] - bought.get(key, 0) for key in STOOD_IN_FOR}
        surplus = []
        for owner, grant, last in self._latest_first(beyond):
            quantity = max(0, min(excess, last, beyond[grant.license]))
            excess -= quantity
            beyond[grant.license] -= quantity
            if quantity:
                surplus.append((owner, grant, quantity))
        return surplus

    def _latest_first(self, license_keys: Container[str]) -> list[tuple[str, Grant, int]]:
        """Grants with the number of seats to go, those that have ended before all others (F14)."""
        ended, others = [], []
        for node, holding in self._holdings.items():
            rest = {key: self.ends.ended(node, key) for key in holding.seats}
            for grant in [] if holding.lapsed else self.grants(node)[::-1]:
                if grant.license in license_keys and grant.holder != NOBODY:
                    over = min(rest[grant.license], grant.quantity)
                    rest[grant.license] -= over
                    ended.append((node, grant, over))
                    others.append((node, grant, grant.quantity - over))
        return [
            *sorted(ended, key=lambda owned: -owned[1].number),
            *sorted(others, key=lambda owned: -owned[1].number),
        ]

    def _grant(self, node: str, want: Seat, closed: str) -> tuple[int, str]:
        """How many seats of `want` are granted now, and why not all of them."""
        if closed:
            return 0, closed
        held = self._holding(node).licenses_of(want.holder)
        if not prerequisites_met(want.license, held):
            return 0, "prerequisite-refused"
        if want.license in held and want.license not in ADDING_UP:
            return want.quantity, ""
        free = self.free_for(node, want.license)  # while what it claims still counts as used
        unclaimed = Seat(holder=UNCLAIMED, license=want.license, quantity=want.quantity)
        quantity = self._take(node, unclaimed).quantity
        missing = min(want.quantity - quantity, free)
        if missing:
            self._take(node, Seat(holder=NOBODY, license=want.license, quantity=missing))
        if quantity + missing:
            number = self._newest_number + 1
            self._add(node, Grant(number, want.holder, want.license, quantity + missing))
        return quantity + missing, "too-few-licenses"

    def _take(self, node: str, seat: Seat) -> Seat:
        rest = seat.quantity
        licenses = self._holding(node).holders.get(seat.holder, NO_GRANTS)
        for grant in licenses.get(seat.license, [])[::-1]:
            quantity = min(rest, grant.quantity)
            if quantity:
                self._remove(node, grant, quantity)
                rest -= quantity
        return part_of(seat, seat.quantity - rest)

    def _dropped_with(self, lost: list[Seat], node: str) -> Iterator[Seat]:
        """Take what the holders of `lost` seats may no longer have without them (O9)."""
        holding = self._holding(node)
        for holder in dict.fromkeys([seat.holder for seat in lost]):
            for key in holding.dependents_left(holder) if holder != UNCLAIMED else ():
                yield self._take(node, Seat(holder=holder, license=key))

    def _take_unclaimed(self, node: str) -> Iterator[Seat]:
        """The node has left: what it has not demanded since it has another key goes, too."""
        holding = self._holding(node)
        for key in [*holding.licenses_of(UNCLAIMED)]:
            quantity = holding.quantity(UNCLAIMED, key)
            yield self._take(node, Seat(holder=UNCLAIMED, license=key, quantity=quantity))

    def _holding(self, node: str) -> Holding:
        """To be read only."""
        return self._holdings.get(node, NOTHING_HELD)

    def _add(self, node: str, grant: Grant, *, given: bool = True) -> None:
        holding = self._holdings.setdefault(node, Holding())
        if given and grant.holder != NOBODY:
            self.ends.give(node, grant.license, grant.quantity)
        holding.add(grant)
        self._newest_number = max(self._newest_number, grant.number)
        self._changed[grant.number] = (node, grant)
        self._count(holding, grant, grant.quantity)

    def _remove(self, node: str, grant: Grant, quantity: int) -> None:
        holding = self._holdings[node]
        if grant.holder != NOBODY and not holding.lapsed:
            granted_before = partial(holding.granted_before, grant, quantity)
            self.ends.take(node, grant.license, quantity, granted_before)
        left = grant.quantity - quantity
        rest = grant._replace(quantity=left) if left else None
        holding.replace(grant, rest)
        self._changed[grant.number] = (node, rest)
        self._count(holding, grant, -quantity)

    def _count(self, holding: Holding, grant: Grant, quantity: int) -> None:
        if grant.holder == NOBODY:
            self._leaving[grant.license] += quantity
            self.ends.leave(grant.license, quantity)
        else:
            holding.count(grant.license, quantity)
        if not holding.lapsed:
            self._used[grant.license] += quantity
