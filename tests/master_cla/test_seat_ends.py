"""Licenses of a file that end at different instants: who has which, and who loses what (F14)."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from licensing.catalogue import charged
from licensing.entitlements import UNLIMITED_NS, Entitlement, entitlements_of
from licensing.license_file import LicenseFile
from licensing.messages import Seat
from licensing.policies import DAY_NS, HOUR_NS
from licensing.wall_time import wall_time_ns
from master_cla.pool import Pool
from master_cla.seat_ends import SeatEnds

NOW = wall_time_ns(datetime(2026, 3, 2, tzinfo=UTC))
SPRING, SUMMER = NOW + 30 * DAY_NS, NOW + 120 * DAY_NS
NEVER = UNLIMITED_NS
TDM, IP, VOICEMAIL = "tdm", "ip", "voicemail"


def license_file(seats: dict[int, dict[str, int]], *, flexible: bool = False) -> LicenseFile:
    """A file of these seats by their ends, with a base license without end unless it says one."""
    if not any("base" in licenses for licenses in seats.values()):
        seats = seats | {NEVER: seats.get(NEVER, {}) | {"base": 1}}
    return LicenseFile(
        serial=1,
        issued_at=datetime(2026, 3, 2, tzinfo=UTC),
        locking_id="00-1A-E8-4C-00-01",
        epoch=1,
        entitlements=entitlements_of(seats),
        flexible=flexible,
        failover_period_s=2_592_000,
        lacs=[],
    )


def pool_of(seats: dict[int, dict[str, int]], *, flexible: bool = False) -> Pool:
    """A pool with such a file, now."""
    pool = Pool({})
    pool.turn_to(NOW)
    pool.renew(license_file(seats, flexible=flexible), {})
    return pool


def demand(pool: Pool, node: str, license_key: str, *holders: str) -> list[str]:
    """Demand one seat for each holder; returns the holders that were granted it."""
    wants = [Seat(holder=holder, license=license_key) for holder in holders]
    return [seat.holder for seat in pool.decide(node, wants, []).granted]


def release(pool: Pool, node: str, license_key: str, holder: str) -> None:
    """Give a seat back."""
    pool.decide(node, [], [Seat(holder=holder, license=license_key)])


def ends(pool: Pool, node: str, license_key: str) -> dict[int, int]:
    """How many seats of a node have which end."""
    return {
        e.end_ns: e.seats[license_key] for e in pool.entitlements(node) if license_key in e.seats
    }


def test_a_demand_takes_the_seats_that_end_last() -> None:
    """F14: whoever asks first has what lasts."""
    pool = pool_of({SPRING: {TDM: 2}, SUMMER: {TDM: 1}, NEVER: {TDM: 1}})
    assert demand(pool, "north", TDM, "200", "201") == ["200", "201"]
    assert demand(pool, "south", TDM, "300", "301", "302") == ["300", "301"]
    assert ends(pool, "north", TDM) == {NEVER: 1, SUMMER: 1}
    assert ends(pool, "south", TDM) == {SPRING: 2}


def test_what_comes_free_is_for_the_earliest_granted_of_the_connected_nodes() -> None:
    """F14: no lease reaches a cut-off node, which goes by what it has."""
    pool = pool_of({SPRING: {TDM: 3}, NEVER: {TDM: 1}})
    demand(pool, "hq", TDM, "100")
    for node, holder in (("cut-off", "400"), ("north", "200"), ("south", "300")):
        demand(pool, node, TDM, holder)
    release(pool, "hq", TDM, "100")
    assert pool.prolong(["hq", "north", "south"]) == {"north"}
    assert ends(pool, "north", TDM) == {NEVER: 1}
    assert ends(pool, "cut-off", TDM) == ends(pool, "south", TDM) == {SPRING: 1}


def test_a_release_frees_the_seat_of_its_own_turn() -> None:
    """F14: of a node those granted earliest end last, and so does the seat that one gives back."""
    pool = pool_of({SPRING: {TDM: 2}, NEVER: {TDM: 1}})
    demand(pool, "north", TDM, "200")
    demand(pool, "south", TDM, "300")
    demand(pool, "north", TDM, "201")
    release(pool, "north", TDM, "200")
    assert ends(pool, "north", TDM) == {SPRING: 1}
    assert pool.prolong(["north", "south"]) == {"south"}


def test_own_licenses_come_before_stand_ins_and_stand_ins_in_time_for_an_end() -> None:
    """F14, domain 2: at an end nobody loses what free seats still cover."""
    pool = pool_of({SPRING: {TDM: 1}, NEVER: {IP: 2}}, flexible=True)
    demand(pool, "north", TDM, "200", "201")
    assert ends(pool, "north", TDM) == {SPRING: 1, NEVER: 1}
    assert pool.prolong(["north"]) == set(), "an own license that lasts is no reason to stand in"
    pool.turn_to(SPRING - 12 * HOUR_NS)
    assert pool.prolong(["north"]) == {"north"}
    assert ends(pool, "north", TDM) == {NEVER: 2}
    assert demand(pool, "south", IP, "300") == ["300"]
    assert ends(pool, "south", IP) == {SPRING: 1}, "from then on both stand in"


def test_an_end_takes_its_own_licenses_and_nothing_else() -> None:
    """F14: what was granted later, and has not ended, stays; the seats of the end are not free."""
    pool = pool_of({SPRING: {TDM: 1}, NEVER: {TDM: 1, IP: 1}})
    demand(pool, "north", TDM, "200", "201")
    demand(pool, "south", IP, "300")
    pool.turn_to(SPRING)
    assert pool.overdrawn == [TDM]
    assert pool.give_up_surplus("south") == []
    assert pool.give_up_surplus("north") == [Seat(holder="201", license=TDM)]
    pool.let_go("north")
    assert (pool.overdrawn, pool.free(TDM)) == ([], 0)


def test_a_cut_off_nodes_ended_seats_take_nothing_from_others() -> None:
    """F9, F13: they are reserved until its hold ends, though it was granted its seats earlier."""
    pool = pool_of({SPRING: {TDM: 1}, NEVER: {TDM: 1}})
    demand(pool, "hq", TDM, "100")
    demand(pool, "cut-off", TDM, "400")
    release(pool, "hq", TDM, "100")
    demand(pool, "south", TDM, "300")
    pool.turn_to(SPRING)
    assert pool.overdrawn == [TDM]
    assert pool.give_up_surplus("south") == []
    assert pool.lapse("cut-off") == {TDM: 1}
    assert (pool.overdrawn, pool.free(TDM)) == ([], 0)


def test_an_end_that_a_wrong_clock_brought_is_undone() -> None:
    """F14: the seats are free again."""
    pool = pool_of({SPRING: {TDM: 2}, NEVER: {TDM: 1}})
    pool.turn_to(SUMMER)
    assert (pool.bought[TDM], pool.free(TDM)) == (1, 1)
    pool.turn_to(NOW)
    assert (pool.bought[TDM], pool.free(TDM)) == (3, 3)


def test_a_file_at_its_end_takes_nothing_away() -> None:
    """F14: it is not in force any more; the next one finds everything as it was."""
    pool = pool_of({SPRING: {TDM: 1}, SUMMER: {TDM: 2, "base": 1}})
    demand(pool, "north", TDM, "200", "201", "202")
    pool.turn_to(SPRING)
    pool.give_up_surplus("north")
    pool.turn_to(SUMMER)
    assert (pool.overdrawn, pool.held("north")) == ([], {TDM: 2})
    pool.renew(license_file({NEVER: {TDM: 2}}), {})
    assert (pool.overdrawn, ends(pool, "north", TDM)) == ([], {NEVER: 2})


def test_a_file_that_ends_earlier_ends_the_latest_granted() -> None:
    """F13, F14: the smaller part without end is that of the earliest granted, over all nodes."""
    pool = pool_of({NEVER: {TDM: 3}})
    for node, holder in (("north", "200"), ("south", "300"), ("north", "201")):
        demand(pool, node, TDM, holder)
    leased = {node: pool.entitlements(node) for node in ("north", "south")}
    pool.renew(license_file({SPRING: {TDM: 1}, NEVER: {TDM: 2}}), leased)
    assert pool.prolong(["north", "south"]) == {"north"}
    assert ends(pool, "north", TDM) == {NEVER: 1, SPRING: 1}


def test_a_lease_that_was_not_acknowledged_may_end_later() -> None:
    """F9: until the node has stored the lease that ends earlier, nobody else has what lasts."""
    pool = pool_of({NEVER: {TDM: 3}})
    demand(pool, "south", TDM, "300")
    demand(pool, "north", TDM, "200", "201")
    leased = {node: pool.entitlements(node) for node in ("north", "south")}
    pool.renew(license_file({SPRING: {TDM: 1}, NEVER: {TDM: 2}}), leased)
    pool.prolong(["north", "south"])
    release(pool, "south", TDM, "300")
    demand(pool, "south", TDM, "301")
    assert ends(pool, "south", TDM) == {SPRING: 1}
    pool.let_go("north")
    pool.prolong(["south"])
    assert ends(pool, "south", TDM) == {NEVER: 1}


def test_what_an_earlier_lease_says_outlasts_a_start_of_the_cla() -> None:
    """F9: as above, when the CLA was started again meanwhile."""
    pool = pool_of({NEVER: {TDM: 3}})
    demand(pool, "north", TDM, "200", "201", "202")
    leased = {"north": pool.entitlements("north")}
    smaller = license_file({SPRING: {TDM: 1}, NEVER: {TDM: 2}})
    pool.renew(smaller, leased)
    pool.prolong(["north"])
    again = Pool({})
    again.turn_to(NOW)
    again.renew(smaller, {})
    ended, earlier = pool.entitlements("north"), pool.ends.earlier("north")
    again.load("north", pool.grants("north"), lapsed=False, leased=ended, earlier=earlier)
    assert ends(again, "north", TDM) == {NEVER: 2, SPRING: 1}
    assert again.ends.earlier("north") == earlier == [Entitlement(seats={TDM: 3})]
    again.let_go("north")
    assert again.ends.earlier("north") == []


def test_stored_grants_end_as_their_leases_say() -> None:
    """After a start of the CLA; what a lease does not name ends first."""
    pool = pool_of({SPRING: {TDM: 2}, NEVER: {TDM: 2}})
    demand(pool, "north", TDM, "200", "201", "202")
    again = pool_of({SPRING: {TDM: 2}, NEVER: {TDM: 2}})
    said = [Entitlement(seats={TDM: 2})]
    again.load("north", pool.grants("north"), lapsed=False, leased=said)
    assert ends(again, "north", TDM) == ends(pool, "north", TDM) == {NEVER: 2, SPRING: 1}


NODES = ("hq", "north", "south")
KEYS = (TDM, IP)
FILE = {SPRING: {TDM: 2, IP: 1}, SUMMER: {TDM: 1, IP: 1}, NEVER: {TDM: 1, IP: 2}}


class EndsMachine(RuleBasedStateMachine):
    """Any order of demands, releases, moves, holds and days, under one file."""

    flexible = False

    def __init__(self) -> None:
        super().__init__()
        self.pool = pool_of(FILE, flexible=self.flexible)
        self.date_ns = NOW
        self.ceiling = {key: sum(seats[key] for seats in FILE.values()) for key in KEYS}

    @rule(
        node=st.sampled_from(NODES),
        key=st.sampled_from(KEYS),
        holders=st.sets(st.sampled_from("123")),
    )
    def demand(self, node: str, key: str, holders: set[str]) -> None:
        """Check and unlock."""
        if not self.pool.lapsed(node):
            demand(self.pool, node, key, *sorted(holders))

    @rule(node=st.sampled_from(NODES), key=st.sampled_from(KEYS), holder=st.sampled_from("123"))
    def release(self, node: str, key: str, holder: str) -> None:
        """A seat is given back."""
        release(self.pool, node, key, holder)

    @rule(nodes=st.sets(st.sampled_from(NODES)))
    def move(self, nodes: set[str]) -> None:
        """Some nodes are connected."""
        self.pool.prolong(sorted(nodes))

    @rule(node=st.sampled_from(NODES))
    def lapse_or_restore(self, node: str) -> None:
        """A hold ends, or a lapsed node leases anew."""
        if self.pool.lapsed(node):
            self.pool.restore(node)
        else:
            self.pool.lapse(node)

    @rule(node=st.sampled_from(NODES))
    def check(self, node: str) -> None:
        """The node's check after an end, and it has stored its smaller lease."""
        self.pool.give_up_surplus(node)
        self.pool.let_go(node)

    @rule(days=st.integers(1, 100))
    def time_passes(self, days: int) -> None:
        """Something may end."""
        self.date_ns += days * DAY_NS
        self.pool.turn_to(self.date_ns)
        self.ceiling = self.taken()  # what stood in is charged elsewhere after an end

    @invariant()
    def what_a_node_holds_has_ends(self) -> None:
        """Every seat is in one entry."""
        for node in NODES:
            counts = Counter[str]()
            for entry in self.pool.entitlements(node):
                counts.update(entry.seats)
            assert counts == Counter(self.pool.held(node))

    @invariant()
    def never_more_beyond_a_date_than_bought(self) -> None:
        """O1 at every instant to come, as leases say it."""
        for date in (self.date_ns, SPRING, SUMMER):
            if date >= self.date_ns:
                bought = {k: sum(s[k] for end, s in FILE.items() if end > date) for k in KEYS}
                used = {key: self.lasting(key, date) for key in KEYS}
                for key, taken in charged(used, bought, flexible=self.flexible).items():
                    assert taken <= bought.get(key, 0)

    @invariant()
    def in_use_never_grows_above(self) -> None:
        """O1: after an end in-use never grows until below what is in force."""
        taken = self.taken()
        for key in KEYS:
            assert taken[key] <= max(self.pool.bought.get(key, 0), self.ceiling[key])
        self.ceiling = taken

    def taken(self) -> dict[str, int]:
        """What is in use or reserved, stand-ins counted where they stand in."""
        used = {key: self.pool.used(key) for key in KEYS}
        taken = charged(used, self.pool.bought, flexible=self.flexible)
        return {key: taken[key] for key in KEYS}

    def lasting(self, key: str, date: int) -> int:
        """Seats whose leases end later."""
        every = (ends(self.pool, node, key) for node in NODES if not self.pool.lapsed(node))
        return sum(n for by_end in every for end, n in by_end.items() if end > date)


class FlexibleEndsMachine(EndsMachine):
    """IP licenses may stand in for TDM."""

    flexible = True


EndsMachine.TestCase.settings = FlexibleEndsMachine.TestCase.settings = settings(
    max_examples=30, stateful_step_count=30, deadline=None
)
test_any_order_of_events = EndsMachine.TestCase
test_any_order_of_events_with_stand_ins = FlexibleEndsMachine.TestCase


@pytest.mark.parametrize("machine", [EndsMachine, FlexibleEndsMachine])
def test_a_pool_that_forgets_ends_to_come_is_caught(
    machine: type[EndsMachine], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted bug: a seat is free until its end where it is free now."""
    own: Callable[..., int] = SeatEnds._room

    def only_now(self: SeatEnds, room_at: Callable, key: str, since: int, end: int) -> int:
        return own(self, room_at, key, since, min(end, self.date_ns + 1))

    monkeypatch.setattr(SeatEnds, "_room", only_now)
    here = machine()
    with pytest.raises(AssertionError):  # noqa: PT012 - the rules and their invariants
        for holder in "123":
            here.demand("north", TDM, {holder})
            here.demand("south", TDM, {holder})
            here.demand("hq", IP, {holder})
            here.never_more_beyond_a_date_than_bought()
