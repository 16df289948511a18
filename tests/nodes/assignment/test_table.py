"""License assignment of a node: the seven states, check and unlock, failover, lost seats."""

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from licensing.catalogue import LICENSES, TrunkKind, prerequisites_met
from licensing.errors import LEASE_REPLACED, LicensingError
from licensing.messages import RefusedSeat, Seat
from licensing.words import LicenseState
from nodes.assignment import table as table_module
from nodes.assignment.states import Action, TableEntry
from nodes.assignment.table import AssignmentTable, Check
from nodes.telephony.equipment import Equipment, Subscriber, TrunkLine


def _equipment(type_of_200: str = "ip-hfa", channels: int = 10, *further: str) -> Equipment:
    numbers = {"200": type_of_200, "201": "up0"} | dict.fromkeys(further, "mobile")
    return Equipment(
        model="X3",
        subscribers=[Subscriber(number=number, type=key) for number, key in numbers.items()],
        trunks=[TrunkLine(name="s2m-1", kind=TrunkKind.S2M, channels=channels)],
    )


@pytest.fixture
def table() -> AssignmentTable:
    """An X3 with an IP and a TDM telephone and a trunk of ten channels."""
    return AssignmentTable(_equipment())


def seat(holder: str, license_key: str, quantity: int = 1) -> Seat:
    """Shorter to read in a list."""
    return Seat(holder=holder, license=license_key, quantity=quantity)


def refusal(holder: str, license_key: str, quantity: int = 1) -> RefusedSeat:
    """A refused seat; the table does not care why."""
    reason = "too-few-licenses"
    return RefusedSeat(holder=holder, license=license_key, quantity=quantity, reason=reason)


def state(table: AssignmentTable, holder: str, license_key: str) -> str:
    """The words in one cell of the overview."""
    row, *none = [r for r in table.overview() if (r.holder, r.license) == (holder, license_key)]
    assert not none
    return row.state.value


def unlock(table: AssignmentTable, *refused: RefusedSeat) -> None:
    """Check and unlock, with everything granted that is not refused."""
    check = table.check()
    missing = {(r.holder, r.license): r.quantity for r in refused}
    wants = [(w, w.quantity - missing.get((w.holder, w.license), 0)) for w in check.wants]
    granted = [seat(w.holder, w.license, quantity) for w, quantity in wants if quantity]
    table.settle(check, granted, refused)


def licensed_station(table: AssignmentTable, *user: str) -> AssignmentTable:
    """Subscriber 200 holds its station license and `user` licenses."""
    for key in ("ip", *user):
        table.tick("200", key)
    unlock(table)
    return table


# The life of a cell (domain.md 2)


def test_ticking_a_station_license_opens_the_user_oriented_columns(table):
    """Manual 4.3.2, steps a and b; Fax waits for a UC or groupware user."""
    assert state(table, "200", "ip") == "configurable"
    assert state(table, "200", "voicemail") == "not configurable"
    changes = table.tick("200", "ip")
    assert [(c.license, c.after.value) for c in changes[:2]] == [
        ("ip", "unsaved demand"),
        ("voicemail", "configurable"),
    ]
    assert state(table, "200", "fax") == "not configurable"
    table.tick("200", "groupware-user")
    assert state(table, "200", "fax") == "configurable"


def test_check_and_unlock_licenses_what_is_granted_and_shows_the_rest_in_red(table):
    """Steps c and d; what was refused is asked for again."""
    table.tick("201", "tdm")
    licensed_station(table)
    table.tick("200", "voicemail")
    unlock(table, refusal("200", "voicemail"))
    assert [(r.holder, r.license) for r in table.invalid()] == [("200", "voicemail")]
    assert table.licensed() == {"ip": 1, "tdm": 1}
    assert table.check().wants == [seat("200", "voicemail")]
    unlock(table)
    assert state(table, "200", "voicemail") == "licensed"


def test_a_release_goes_back_to_the_pool_at_check_and_unlock(table):
    """Until then it stays in effect."""
    licensed_station(table)
    table.untick("200", "ip")
    assert state(table, "200", "ip") == "unsaved release"
    assert table.licensed_quantity("200", "ip") == 1
    assert table.check() == Check(releases=[seat("200", "ip")])
    unlock(table)
    assert state(table, "200", "ip") == "configurable"
    assert table.licensed() == {}


def test_a_tick_can_be_taken_back_and_forth_before_check_and_unlock(table):
    """Each unsaved state has its way back (domain.md 2)."""
    table.tick("200", "ip")
    table.untick("200", "ip")
    assert state(table, "200", "ip") == "configurable"
    licensed_station(table)
    table.untick("200", "ip")
    table.tick("200", "ip")
    assert state(table, "200", "ip") == "licensed"
    table.tick("200", "voicemail")
    unlock(table, refusal("200", "voicemail"))
    table.untick("200", "voicemail")
    assert state(table, "200", "voicemail") == "unsaved demand release"
    table.tick("200", "voicemail")
    assert state(table, "200", "voicemail") == "not licensed"
    table.untick("200", "voicemail")
    unlock(table)
    assert state(table, "200", "voicemail") == "configurable"


def test_losing_a_prerequisite_releases_what_depends_on_it(table):
    """`unsaved release` where something is held, else `not configurable`."""
    licensed_station(table, "uc-suite", "fax")
    table.tick("200", "voicemail")
    table.untick("200", "ip")
    held = ("ip", "uc-suite", "fax")
    assert {state(table, "200", key) for key in held} == {"unsaved release"}
    assert state(table, "200", "voicemail") == "not configurable"
    assert table.check().wants == []
    unlock(table)
    assert state(table, "200", "fax") == "not configurable"
    assert state(table, "200", "ip") == "configurable"


def test_a_dependent_is_not_licensed_again_before_its_prerequisite(table):
    """Taking back the release of Fax alone would break O9."""
    licensed_station(table, "uc-suite", "fax")
    table.untick("200", "uc-suite")
    table.tick("200", "groupware-user")
    with pytest.raises(LicensingError, match="Groupware User or UC Suite is not licensed"):
        table.tick("200", "fax")


def test_an_action_that_the_table_does_not_have_is_a_bug():
    """An absent entry is illegal."""
    with pytest.raises(KeyError):
        TableEntry(limit=1).take(Action.DEMAND)


# Mistakes of the person at the WBM


@pytest.mark.parametrize(
    ("holder", "license_key", "quantity", "code", "words"),
    [
        ("999", "ip", 1, "subscriber-unknown", "999"),
        ("200", "tdm", 1, "license-unsuitable", "it may hold IP User, Voicemail"),
        ("200", "ip", 2, "license-unsuitable", "it holds one, not 2"),
        ("s2m-1", "itsp", 1, "license-unsuitable", "it may hold S2M Channel"),
        ("system", "networking", 1, "license-unsuitable", "it may hold Company AutoAttendant"),
        ("s2m-1", "s2m", 11, "channels-exceeded", "s2m-1 has 10 channels, not 11"),
        ("s2m-1", "s2m", 0, "channels-exceeded", "not 0"),
        ("200", "fax", 1, "license-not-configurable", "yet: IP User is not assigned"),
    ],
)
def test_what_cannot_be_ticked_is_refused_with_its_reason(
    table, holder, license_key, quantity, code, words
):
    """And nothing changes."""
    before = table.overview()
    with pytest.raises(LicensingError, match=words) as caught:
        table.tick(holder, license_key, quantity)
    assert caught.value.code == code
    assert table.overview() == before


def test_only_what_is_ticked_can_be_unticked(table):
    """An open cell holds nothing that could be taken back."""
    with pytest.raises(LicensingError, match="IP User is not assigned to 200"):
        table.untick("200", "ip")


# Trunks


def test_trunk_quantities_grow_and_shrink_by_the_difference(table):
    """8 licensed, ticked to 10: a demand of 2; ticked to 5: a release of 3 from 8."""
    table.tick("s2m-1", "s2m", 8)
    unlock(table)
    table.tick("s2m-1", "s2m", 10)
    assert table.check().wants == [seat("s2m-1", "s2m", 2)]
    (change,) = table.tick("s2m-1", "s2m", 9)
    assert (change.before, change.after, change.quantity) == (*["unsaved demand"] * 2, 9)
    assert table.licensed_quantity("s2m-1", "s2m") == 8
    table.tick("s2m-1", "s2m", 5)
    assert table.check() == Check(releases=[seat("s2m-1", "s2m", 3)])
    unlock(table)
    assert state(table, "s2m-1", "s2m") == "licensed"
    assert table.licensed() == {"s2m": 5}


def test_a_trunk_granted_in_part_is_red_and_uses_its_part(table):
    """6 of 10: `not licensed`, 6 in effect; correcting it to 6 makes it `licensed`."""
    table.tick("s2m-1", "s2m", 10)
    unlock(table, refusal("s2m-1", "s2m", 4))
    (row,) = table.invalid()
    assert (row.quantity, row.granted, table.licensed()) == (10, 6, {"s2m": 6})
    assert table.check().wants == [seat("s2m-1", "s2m", 4)]
    table.tick("s2m-1", "s2m", 6)
    assert state(table, "s2m-1", "s2m") == "licensed"


# The CLA's answer arrives later


def test_what_was_unticked_while_the_demand_was_under_way_is_given_back(table):
    """The grant is not lost: it is a release at the next check and unlock."""
    table.tick("200", "ip")
    table.tick("200", "voicemail")
    check = table.check()
    table.untick("200", "ip")
    table.settle(check, check.wants, [])
    assert state(table, "200", "ip") == "unsaved release"
    assert table.check().releases == [seat("200", "ip"), seat("200", "voicemail")]


def test_what_was_ticked_again_while_its_release_was_under_way_is_a_demand(table):
    """The seat is back in the pool, and somebody wants it again."""
    licensed_station(table)
    table.untick("200", "ip")
    check = table.check()
    table.tick("200", "ip")
    table.settle(check, [], [])
    assert state(table, "200", "ip") == "unsaved demand"
    assert table.licensed() == {}


def test_a_dependent_granted_without_its_prerequisite_is_never_licensed(table):
    """Whatever the CLA answers, O9 holds here."""
    table.tick("200", "ip")
    table.tick("200", "voicemail")
    table.settle(table.check(), [seat("200", "voicemail")], [refusal("200", "ip")])
    assert state(table, "200", "voicemail") == "unsaved release"
    assert table.licensed() == {}


# Failover (F8), smaller files (F13), restarts


def test_during_failover_releases_take_effect_and_demands_wait(table):
    """What was released is remembered for the CLA, also when it is demanded again."""
    licensed_station(table)
    table.tick("201", "tdm")
    table.untick("200", "ip")
    table.release_only(table.check())
    assert state(table, "200", "ip") == "configurable"
    assert state(table, "201", "tdm") == "unsaved demand"
    assert table.licensed() == {}
    assert table.remembered_releases() == [seat("200", "ip")]
    table.tick("200", "ip")
    reconnection = Check(releases=table.remembered_releases())
    assert table.check().releases == reconnection.releases
    table.settle(reconnection, [], [])
    assert table.remembered_releases() == []
    assert table.check().wants == [seat("200", "ip"), seat("201", "tdm")]


def test_a_release_under_a_replaced_lease_stays_remembered(table):
    """A8: the CLA has not taken it back, so it is asked again; nothing turns red."""
    licensed_station(table)
    table.untick("200", "ip")
    check = table.check()
    table.release_only(check)
    refused = msgspec.structs.replace(refusal("200", "ip"), reason=LEASE_REPLACED)
    table.settle(check, [], [refused])
    assert state(table, "200", "ip") == "configurable"
    assert table.licensed() == {}
    assert table.remembered_releases() == [seat("200", "ip")]


def test_lost_seats_turn_red_and_their_dependents_are_released(table):
    """F13: nobody is cut silently, the changes say who lost what."""
    licensed_station(table, "voicemail")
    changes = table.lose([seat("200", "ip")])
    assert [(c.license, c.after.value) for c in changes] == [
        ("ip", "not licensed"),
        ("voicemail", "unsaved release"),
    ]
    assert table.licensed() == {}


def test_at_an_end_the_latest_granted_is_red_with_what_depends_on_it(table):
    """F14: a license that has ended goes; it is remembered to be given back, and stays red (O9)."""
    table.equip(_equipment("ip-hfa", 10, "202", "203"))
    for number in ("203", "202"):
        table.tick(number, "mobile")
        table.tick(number, "voicemail")
        unlock(table)
    table.give_up_ended({"mobile": 1, "voicemail": 2})
    assert state(table, "203", "mobile") == state(table, "203", "voicemail") == "licensed"
    assert state(table, "202", "mobile") == state(table, "202", "voicemail") == "not licensed"
    assert {row.reason for row in table.invalid()} == {"license-ended"}
    gone = [seat("202", "mobile"), seat("202", "voicemail")]
    assert table.remembered_releases() == gone
    table.settle(Check(releases=gone), [], [])
    assert state(table, "202", "mobile") == state(table, "202", "voicemail") == "not licensed"
    assert [row.holder for row in table.invalid()] == ["202", "202"]
    again = AssignmentTable(_equipment("ip-hfa", 10, "202", "203"))
    again.restore(table.rows())
    assert again.rows() == table.rows()


def test_what_the_cla_takes_of_what_was_given_up_is_not_taken_twice(table):
    """F14: both name the latest granted, whoever is first."""
    table.tick("s2m-1", "s2m", 4)
    unlock(table)
    table.give_up_ended({"s2m": 3})
    table.lose([seat("s2m-1", "s2m")])
    assert (table.licensed(), table.remembered_releases()) == ({"s2m": 3}, [])


def test_a_red_cell_says_why_until_it_is_red_no_more(table):
    """Refused, taken back, asked again with success; the reason is kept over a restart."""

    def reason(of: AssignmentTable) -> str:
        return next(r.reason for r in of.overview() if (r.holder, r.license) == ("200", "ip"))

    table.tick("200", "ip")
    unlock(table, refusal("200", "ip"))
    again = AssignmentTable(_equipment())
    again.restore(table.rows())
    assert reason(again) == reason(table) == "too-few-licenses"
    unlock(table)
    assert reason(table) == ""
    table.lose([seat("200", "ip")])
    assert reason(table) == "taken-back"


def test_a_restored_table_equals_the_saved_one(table):
    """Unsaved states included; restoring is no news."""
    licensed_station(table, "voicemail")
    table.tick("s2m-1", "s2m", 4)
    table.untick("200", "voicemail")
    restored = AssignmentTable(_equipment())
    assert restored.restore(table.rows()) == []
    assert restored.overview() == table.overview()
    assert restored.check() == table.check()


def test_licenses_that_no_longer_fit_the_equipment_are_released(table):
    """A deleted subscriber, another type, fewer channels (manual 4.3.2)."""
    licensed_station(table, "voicemail")
    table.tick("201", "tdm")
    table.tick("s2m-1", "s2m", 10)
    unlock(table)
    smaller = Equipment(
        model="X3",
        subscribers=[Subscriber(number="200", type="up0")],
        trunks=[TrunkLine(name="s2m-1", kind=TrunkKind.S2M, channels=4)],
    )
    restored = AssignmentTable(smaller)
    changes = restored.restore(table.rows())
    assert {c.after for c in changes} == {LicenseState.UNSAVED_RELEASE}
    expected = {("200", "ip", 1), ("200", "voicemail", 1), ("201", "tdm", 1), ("s2m-1", "s2m", 6)}
    assert {(s.holder, s.license, s.quantity) for s in restored.check().releases} == expected
    unlock(restored)
    assert "201" not in {row.holder for row in restored.overview()}
    assert restored.licensed() == {"s2m": 4}


# Any order of anything


def assert_rules(table: AssignmentTable, held: dict[tuple[str, str], int]) -> None:
    """O9, nothing licensed beyond what is `held` of the CLA, and the seven states' meaning."""
    licensed: dict[str, set[str]] = {}
    for row in table.overview():
        in_effect = table.licensed_quantity(row.holder, row.license)
        assert in_effect <= row.granted
        assert row.granted + row.remembered == held.get((row.holder, row.license), 0)
        if row.state is LicenseState.LICENSED:
            assert in_effect == row.quantity == row.granted > 0
            licensed.setdefault(row.holder, set()).add(row.license)
        if row.state in {LicenseState.CONFIGURABLE, LicenseState.NOT_CONFIGURABLE}:
            assert row.quantity == row.granted == 0
    for keys in licensed.values():
        assert all(prerequisites_met(key, keys) for key in keys)


class Assignments(RuleBasedStateMachine):
    """Ticks, checks with any answer at any time, failover, losses and restarts, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.equipment = _equipment("ip-hfa", 4, "202")
        self.table = AssignmentTable(self.equipment)
        self.held: dict[tuple[str, str], int] = {}
        self.check: Check | None = None

    @rule(
        holder=st.sampled_from(["200", "201", "s2m-1"]),
        license_key=st.sampled_from(
            ["ip", "tdm", "voicemail", "groupware-user", "uc-suite", "fax"]
        ),
        quantity=st.integers(1, 4),
    )
    def tick(self, holder, license_key, quantity):
        """The person at the WBM ticks something; mistakes change nothing."""
        key, count = ("s2m", quantity) if holder == "s2m-1" else (license_key, 1)
        before = self.table.overview()
        try:
            self.table.tick(holder, key, count)
        except LicensingError:
            assert self.table.overview() == before

    @precondition(lambda self: any(row.quantity for row in self.table.rows()))
    @rule(data=st.data())
    def untick(self, data):
        """Or takes a tick off."""
        row = data.draw(st.sampled_from([row for row in self.table.rows() if row.quantity]))
        self.table.untick(row.holder, row.license)

    @precondition(lambda self: self.check is None)
    @rule()
    def begin_check(self):
        """Check and unlock; the answer comes later. Prerequisites stand before dependents."""
        self.check = self.table.check()
        order = list(LICENSES)
        for number in ("200", "201", "202"):
            places = [order.index(w.license) for w in self.check.wants if w.holder == number]
            assert places == sorted(places)

    @precondition(lambda self: self.check is not None)
    @rule(data=st.data())
    def decide(self, data):
        """The CLA grants any part of it and refuses the rest."""
        check, self.check = self.check, None
        granted, refused = [], []
        for want in check.wants:
            count = data.draw(st.integers(0, want.quantity))
            if count:
                granted.append(seat(want.holder, want.license, count))
            if rest := want.quantity - count:
                refused.append(refusal(want.holder, want.license, rest))
        self._give_back(check.releases)
        for part in granted:
            key = (part.holder, part.license)
            self.held[key] = self.held.get(key, 0) + part.quantity
        self.table.settle(check, granted, refused)

    @precondition(lambda self: self.check is None)
    @rule()
    def check_during_failover(self):
        """F8: whatever was held of the CLA still is, in its books."""
        self.table.release_only(self.table.check())

    @precondition(lambda self: self.check is None and any(self.held.values()))
    @rule(data=st.data())
    def lose(self, data):
        """F13: the CLA takes back any part of what it granted."""
        holder, key = data.draw(st.sampled_from([at for at, count in self.held.items() if count]))
        lost = [seat(holder, key, data.draw(st.integers(1, self.held[holder, key])))]
        self._give_back(lost)
        self.table.lose(lost)

    @rule()
    def restart(self):
        """The store's rows are the whole table."""
        rows, overview = self.table.rows(), self.table.overview()
        self.table = AssignmentTable(self.equipment)
        assert self.table.restore(rows) == []
        assert self.table.overview() == overview

    @invariant()
    def the_rules_hold(self):
        """After every step."""
        assert_rules(self.table, self.held)

    def _give_back(self, seats: list[Seat]) -> None:
        for part in seats:
            self.held[part.holder, part.license] -= part.quantity


TestAssignments = Assignments.TestCase
TestAssignments.settings = settings(stateful_step_count=40)


def test_the_check_of_the_rules_can_fail(table, monkeypatch):
    """Planted bug: licenses that do not follow their prerequisites break O9."""
    licensed_station(table, "voicemail")
    held = {("200", "ip"): 1, ("200", "voicemail"): 1}
    assert_rules(table, held)
    monkeypatch.setattr(table_module, "follow_prerequisites", lambda _entries: None)
    table.untick("200", "ip")
    with pytest.raises(AssertionError):
        assert_rules(table, held)
