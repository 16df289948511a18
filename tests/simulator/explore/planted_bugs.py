"""Bugs that are planted into the programs for a while, each of a kind that somebody could make.

Every one is switched on by `monkeypatch`, in tests only. The last five were written after the mix
of steps had been frozen, and are caught by it unchanged.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import aiohttp
import msgspec
import pytest

from license_server import issuance
from license_server.issuance import IssueDecision, RegisteredSystem
from licensing.agent_requests import RelicensingRequest
from licensing.messages import Seat
from licensing.policies import DAY_NS, HOUR_NS, MINUTE_NS, NS_PER_SECOND
from licensing.reservation import HOLD
from licensing.words import NodeState
from master_cla import admission, holdings, ledger, members, pool
from master_cla.absence import Absence
from master_cla.agent import CentralAgent
from master_cla.enrolment import Enrolment
from master_cla.ledger import Ledger
from master_cla.members import Member
from master_cla.pool import Pool
from nodes.assignment import states as assignment_states
from nodes.assignment import views as assignment_views
from nodes.assignment.table import AssignmentTable
from nodes.books import NodeBooks
from nodes.cla_session import link
from nodes.failover import displays, status
from nodes.failover.contact import Answer, UnbrokenContact
from nodes.failover.machine import Failover, Reading, StoredFailover
from nodes.failover.status import LicenseStatus
from nodes.license_operations import NodeLicensing
from nodes.telephony.calls import Exchange, Placed
from simulator.worlds.simulated import INTERNET_ADDRESS

Plant = Callable[[pytest.MonkeyPatch], None]
PLANTED: dict[str, tuple[str, Plant]] = {}
"""By name: the rule that it breaks, and how it is planted."""


def plants(rule: str) -> Callable[[Plant], Plant]:
    """Put a bug into the table; its name is that of its function."""

    def put(plant: Plant) -> Plant:
        PLANTED[plant.__name__] = rule, plant
        return plant

    return put


@contextmanager
def planted(name: str) -> Iterator[None]:
    """The programs have the bug for the time of the block; "" is none."""
    with pytest.MonkeyPatch.context() as patch:
        if name:
            PLANTED[name][1](patch)
        yield


@plants("O1")
def hold_that_ends_too_early(patch: pytest.MonkeyPatch) -> None:
    """The seats of a cut-off node are free half an hour before its period ends."""
    end = Member.period_end_ns.fget
    early = lambda self: None if (at := end(self)) is None else at - 30 * MINUTE_NS  # noqa: E731
    patch.setattr(Member, "period_end_ns", property(early))


@plants("O1")
def hold_by_the_wrong_lease(patch: pytest.MonkeyPatch) -> None:
    """A node that may still go by a lease with a longer period is held by the newest one."""

    def end(self: Member) -> int | None:
        if self.lease is None or self.contact_ns is None:
            return None
        return self.contact_ns + self.lease.failover_period_ns + self.unseen_ns

    patch.setattr(Member, "period_end_ns", property(end))


@plants("O1")
def downtime_counted_against_a_hold(patch: pytest.MonkeyPatch) -> None:
    """Time for which the CLA was switched off ends a hold as well."""

    def end(self: Member) -> int | None:
        if self.lease is None or self.contact_ns is None:
            return None
        return self.contact_ns + max(self.lease.failover_period_ns, self.earlier_period_ns)

    patch.setattr(Member, "period_end_ns", property(end))


@plants("O1")
def reclaimed_between_two_heartbeats(patch: pytest.MonkeyPatch) -> None:
    """Where the file reserves no seats, they go before a node that is well would be heard."""
    bound = lambda bound_s, period_ns: period_ns if bound_s is HOLD else bound_s * NS_PER_SECOND  # noqa: E731
    patch.setattr(members, "reserved_ns", bound)


@plants("O2")
def seats_that_go_end_the_period(patch: pytest.MonkeyPatch) -> None:
    """A node whose seats others may have counts as one whose period has ended."""
    expiry = Absence.expiry_ns.fget
    at_once = lambda self: self.hold_end_ns if expiry(self) else None  # noqa: E731
    patch.setattr(Absence, "expiry_ns", property(at_once))


@plants("O2")
def one_period_ends_all(patch: pytest.MonkeyPatch) -> None:
    """Whatever the file says: with one node all come to emergency mode."""
    require = Ledger.require_relicensing

    def require_of_all(self: Ledger, node: str, *, reported_by_node: bool) -> None:
        first = not self.relicensing_required
        require(self, node, reported_by_node=reported_by_node)
        if first:
            self._expire_all(self.members[node].expired_ns)

    patch.setattr(Ledger, "require_relicensing", require_of_all)


@plants("O1")
def one_seat_too_many(patch: pytest.MonkeyPatch) -> None:
    """The pool grants one more than was bought of whatever was bought."""
    bought = Pool._own_free
    more = lambda self, key: bought(self, key) + (1 if self.bought.get(key) else 0)  # noqa: E731
    patch.setattr(Pool, "_own_free", more)


@plants("O1")
def seats_of_the_cut_off_are_free(patch: pytest.MonkeyPatch) -> None:
    """A session that ends frees what its node had."""
    leave = CentralAgent.leave

    def leave_and_free(self: CentralAgent, node: str, peer: Any) -> None:
        leave(self, node, peer)
        self._ledger.pool.lapse(node)

    patch.setattr(CentralAgent, "leave", leave_and_free)


@plants("O1")
def forgotten_is_destroyed(patch: pytest.MonkeyPatch) -> None:
    """A node that is forgotten gives its seats up at once, although it lives."""
    forget = Enrolment.forget

    def forget_at_once(self: Enrolment, node: str, **named: Any) -> dict[str, int]:
        seats = forget(self, node, **named)
        self._ledger.pool.lapse(node)
        return seats

    patch.setattr(Enrolment, "forget", forget_at_once)


@plants("O2")
def restart_gives_a_new_period(patch: pytest.MonkeyPatch) -> None:
    """What was used up before a restart counts no more."""
    begin = Failover.__init__

    def begin_anew(self: Failover, stored: StoredFailover, now: Reading) -> None:
        begin(self, stored, now)
        if self._origin_ns is not None:
            self._origin_ns = now.monotonic_ns

    patch.setattr(Failover, "__init__", begin_anew)


@plants("O2")
def clock_set_back_lengthens(patch: pytest.MonkeyPatch) -> None:
    """After a restart the wall clock alone says how long a node was off."""
    begin = Failover.__init__

    def begin_by_the_clock(self: Failover, stored: StoredFailover, now: Reading) -> None:
        begin(self, stored, now)
        if stored.charged_ns is not None:
            away_ns = now.wall_ns - stored.high_water_ns
            self._origin_ns = now.monotonic_ns - stored.charged_ns - away_ns

    patch.setattr(Failover, "__init__", begin_by_the_clock)


@plants("O2")
def failover_begins_late(patch: pytest.MonkeyPatch) -> None:
    """A lost connection is a loss only after an hour more."""
    lost = Failover.disconnected

    def late(self: Failover, now: Reading) -> None:
        before = self._lost_at_ns
        lost(self, now)
        if before is None and self._lost_at_ns is not None:
            self._lost_at_ns += HOUR_NS

    patch.setattr(Failover, "disconnected", late)


@plants("O3")
def some_telephones_stay_idle(patch: pytest.MonkeyPatch) -> None:
    """Only telephones of one type show the message."""
    shown = displays.displays

    def of_one_type(equipment: Any, state: NodeState) -> dict[str, str]:
        types = {each.number: each.type for each in equipment.subscribers}
        told = shown(equipment, state)
        return {number: text if types[number] != "up0" else "" for number, text in told.items()}

    patch.setattr(status.displays, "displays", of_one_type)


@plants("O3")
def another_telephone_is_not_told(patch: pytest.MonkeyPatch) -> None:
    """The bug that exploring found: a telephone that replaces another one."""

    def equip(self: LicenseStatus, equipment: Any, _: str) -> None:
        self._equipment = equipment
        self._show()

    patch.setattr(LicenseStatus, "equip", equip)


@plants("O4")
def reconnecting_is_enough(patch: pytest.MonkeyPatch) -> None:
    """The CLA licenses whoever comes, also after the end of a period."""
    for module in (admission, ledger):
        patch.setattr(module, "needs_newer_epoch", lambda *_: False)


@plants("O5")
def slaves_ask_the_license_server(patch: pytest.MonkeyPatch) -> None:
    """Check and unlock looks there what there is."""
    unlock = NodeLicensing.check_and_unlock

    async def ask_and_unlock(self: NodeLicensing) -> Any:
        try:
            timeout = aiohttp.ClientTimeout(total=10)
            async with aiohttp.ClientSession(timeout=timeout) as session:
                await session.get(f"http://{INTERNET_ADDRESS}:7790/")
        except (aiohttp.ClientError, TimeoutError):
            pass
        return await unlock(self)

    patch.setattr(NodeLicensing, "check_and_unlock", ask_and_unlock)


@plants("O6")
def no_calls_in_failover(patch: pytest.MonkeyPatch) -> None:
    """Features go with the connection."""
    refusal = Exchange._caller_refusal

    def refused(self: Exchange, source: str, state: NodeState) -> str:
        failover = state is NodeState.FAILOVER
        return "no-station-license" if failover else refusal(self, source, state)

    patch.setattr(Exchange, "_caller_refusal", refused)


@plants("O6")
def emergency_calls_need_a_license(patch: pytest.MonkeyPatch) -> None:
    """112 is refused where the caller has no station license."""
    place = Exchange._emergency_call

    def licensed_only(self: Exchange, source: str, destination: str) -> Placed:
        if not self._station_licensed(source, NodeState.REGULAR):
            return Placed(outcome="refused", reason="no-station-license")  # type: ignore[call-arg,arg-type]
        return place(self, source, destination)

    patch.setattr(Exchange, "_emergency_call", licensed_only)


@plants("O7")
def period_is_not_written_down(patch: pytest.MonkeyPatch) -> None:
    """What is used up of a period is kept in memory only, and with it the status."""

    def write(self: LicenseStatus, **records: Any) -> None:
        self._written_ns = self.reading().monotonic_ns
        if records:
            self._store.save(**records)

    patch.setattr(LicenseStatus, "write", write)


@plants("O8")
def redialing_gives_up(patch: pytest.MonkeyPatch) -> None:
    """After three dialings in vain a node waits for ten days."""
    pause = link.backoff_ns
    patch.setattr(
        link,
        "backoff_ns",
        lambda count, rest, chance: 10 * DAY_NS if count > 3 else pause(count, rest, chance),
    )


@plants("O9")
def dependents_are_granted_alone(patch: pytest.MonkeyPatch) -> None:
    """Node and CLA each believe that the other one looks at prerequisites."""
    for module in (assignment_states, assignment_views, holdings, pool):
        patch.setattr(module, "prerequisites_met", lambda *_: True)
    patch.setattr(AssignmentTable, "_check_prerequisites", lambda *_, **__: None)


@plants("O1")
def half_a_demand_decided(patch: pytest.MonkeyPatch) -> None:
    """Of several seats of a demand the last is granted, and not counted as in use."""
    grant_all = Pool._grant_all

    def half(self: Pool, node: str, wants: list[Seat], closed: str) -> Any:
        granted, refused = grant_all(self, node, wants, closed)
        if len(granted) > 1:
            self._used[granted[-1].license] -= granted[-1].quantity
        return granted, refused

    patch.setattr(Pool, "_grant_all", half)


@plants("O1")
def entitlement_that_ends_alone(patch: pytest.MonkeyPatch) -> None:
    """F14: a node goes on with what has ended until its CLA says otherwise."""
    patch.setattr(NodeBooks, "give_up_ended", lambda _: None)


@plants("O2")
def frozen_time_is_not_charged(patch: pytest.MonkeyPatch) -> None:
    """A period runs by its ticks: what lies between two of them by more than an hour is lost."""
    tick = Failover.tick

    def forgetful(self: Failover, now: Reading) -> Any:
        gap_ns = now.monotonic_ns - getattr(self, "_ticked_ns", now.monotonic_ns)
        self._ticked_ns = now.monotonic_ns  # type: ignore[attr-defined]
        if gap_ns > HOUR_NS and self._origin_ns is not None:
            self._origin_ns += gap_ns
        return tick(self, now)

    patch.setattr(Failover, "tick", forgetful)


@plants("O1")
def grants_are_forgotten_at_a_restart(patch: pytest.MonkeyPatch) -> None:
    """The CLA starts with an empty pool."""
    patch.setattr(Pool, "load", lambda *_, **__: None)


@plants("O3")
def message_stays_after_failover(patch: pytest.MonkeyPatch) -> None:
    """A display changes once: what went to failover shows it for good."""
    shown = displays.changed

    def once(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
        return {number: text for number, text in shown(before, after).items() if text}

    patch.setattr(status.displays, "changed", once)


@plants("O1")
def stand_ins_are_free(patch: pytest.MonkeyPatch) -> None:
    """An IP license that stands in for another one is not counted as used."""
    patch.setattr(Pool, "_charged", lambda _, seats: Counter(seats))


@plants("O8")
def new_keys_are_ignored(patch: pytest.MonkeyPatch) -> None:
    """Another key under a known name is taken for the old one."""
    patch.setattr(Enrolment, "_instead", lambda _, before, key, stated: before)


@plants("O10")
def orders_count_twice(patch: pytest.MonkeyPatch) -> None:
    """The license server adds an order to a file that is a sum already, and sums all once more."""
    entitlements = issuance._entitlements
    twice = lambda orders: entitlements([*orders, *[*orders][:-1]])  # noqa: E731
    patch.setattr(issuance, "_entitlements", twice)


# Written after the mix was frozen.


@plants("O7")
def assignments_are_not_written_down(patch: pytest.MonkeyPatch) -> None:
    """What is ticked and granted is in memory only, until the next start writes the whole table."""

    def write(self: NodeBooks, **records: Any) -> None:
        self.status.write(**records)
        self.table.saved()

    patch.setattr(NodeBooks, "write", write)


@plants("O2")
def contact_gives_all_back(patch: pytest.MonkeyPatch) -> None:
    """F3: whatever the policy says, an answer lets the whole period begin anew."""

    def answered(self: UnbrokenContact, answer: Answer, **_: Any) -> int:
        self._good_ns = answer.sent_ns
        return answer.sent_ns

    patch.setattr(UnbrokenContact, "answered", answered)


@plants("O3")
def displays_are_forgotten_at_a_start(patch: pytest.MonkeyPatch) -> None:
    """A node that starts in failover waits for the next change before it tells its telephones."""
    start = LicenseStatus.start

    def start_idle(self: LicenseStatus) -> None:
        with pytest.MonkeyPatch.context() as silent:
            silent.setattr(LicenseStatus, "_show", lambda _: None)
            start(self)

    patch.setattr(LicenseStatus, "start", start_idle)


@plants("O8")
def relicensing_keeps_the_epoch(patch: pytest.MonkeyPatch) -> None:
    """The license server hands out the newest file once more, whatever is asked for (F4)."""
    reissue = issuance.reissue

    def again(request: RelicensingRequest, system: RegisteredSystem, **at: Any) -> IssueDecision:
        request = msgspec.structs.replace(request, relicensing_required=False)
        return reissue(request, system, **at)

    patch.setattr(issuance, "reissue", again)


@plants("O6")
def nobody_is_called_in_emergency_mode(patch: pytest.MonkeyPatch) -> None:
    """The attendant is refused like everybody else (F5)."""
    refusal = Exchange._called_refusal

    def refused(self: Exchange, destination: str, state: NodeState) -> str:
        emergency = state is NodeState.EMERGENCY
        return "emergency-mode" if emergency else refusal(self, destination, state)

    patch.setattr(Exchange, "_called_refusal", refused)
