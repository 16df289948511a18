from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from machine import LOCKING_ID, OTHER_LOCKING_ID

from license_server.issuance import (
    RegisteredSystem,
    StoredOrder,
    activation,
    check_order,
    checked_activation,
    reissue,
)
from licensing.agent_requests import RelicensingRequest
from licensing.entitlements import Entitlement
from licensing.errors import LicensingError
from licensing.identifiers import make_lac
from licensing.license_file import LicenseFile
from licensing.messages import ActivateAtServer, Registration
from licensing.policies import NS_PER_SECOND, SHORTEST_FAILOVER_PERIOD_NS
from licensing.recovery import Recovery, RecoveryPolicy
from licensing.reservation import HOLD
from licensing.words import ExpiryScope

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
MONTH_S = 30 * 86_400
SHORTEST_S = SHORTEST_FAILOVER_PERIOD_NS // NS_PER_SECOND
LAC, ADD_ON = make_lac(b"first order!"), make_lac(b"second order")
REGISTRATION = Registration(company="Example Ltd", contact="it@example.com")
REQUEST = ActivateAtServer(lac=LAC, locking_id=LOCKING_ID, registration=REGISTRATION)
RESUME = Recovery(policy=RecoveryPolicy.RESUME)
FRESH = RegisteredSystem(locking_id=LOCKING_ID)


def order(**changes: object) -> StoredOrder:
    """A free order of `LAC`."""
    bought = StoredOrder(lac=LAC, licenses={"base": 1, "ip": 40}, failover_period_s=MONTH_S)
    return msgspec.structs.replace(bought, **changes)


def active(
    *, epoch: int = 1, serial: int = 1, orders: tuple[StoredOrder, ...] = ()
) -> RegisteredSystem:
    """A system that activated `LAC`, relicensed up to `epoch`."""
    orders = orders or (order(locking_id=LOCKING_ID),)
    file = activation(REQUEST, order(), FRESH, serial=serial, now=NOW).file
    newest = msgspec.structs.replace(file, epoch=epoch)
    return RegisteredSystem(
        locking_id=LOCKING_ID, registration=REGISTRATION, orders=orders, newest=newest
    )


def relicense(system: RegisteredSystem, epoch: int, *, required: bool = True) -> LicenseFile:
    """The file for a system whose central CLA reports this epoch."""
    request = RelicensingRequest(
        locking_id=LOCKING_ID, epoch=epoch, relicensing_required=required, challenge="c" * 32
    )
    return reissue(request, system, serial=7, now=NOW).file


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"licenses": {}}, "order-empty"),
        ({"licenses": {"iq": 1}}, "license-unknown"),
        ({"licenses": {"ip": 0}}, "request-malformed"),
        ({"licenses": {"base": 1, "ip": -4}}, "request-malformed"),
        ({"licenses": {"ip": 10**30}}, "request-malformed"),
        ({"failover_period_s": 0}, "request-malformed"),
        ({"failover_period_s": SHORTEST_S - 1}, "request-malformed"),
        ({"failover_period_s": MONTH_S + 1}, "request-malformed"),
        ({"recovery": Recovery(policy=RecoveryPolicy.AFTER_STABLE)}, "request-malformed"),
        ({"recovery": Recovery(stable_s=-1)}, "request-malformed"),
        ({"reserved_at_most_s": SHORTEST_S - 1}, "request-malformed"),
        ({"reserved_at_most_s": -1}, "request-malformed"),
        ({"valid_until": datetime(2027, 1, 1)}, "request-malformed"),  # noqa: DTZ001 - the fault
        ({"valid_until": NOW}, "request-malformed"),
    ],
)
def test_an_order_that_cannot_be_sold_is_refused_with_its_reason(changes, code):
    """Nothing is sold that the catalogue, the manual's 30 days or the calendar forbid."""
    with pytest.raises(LicensingError) as refusal:
        check_order(order(**changes), NOW)
    assert refusal.value.code == code


def test_a_period_that_could_end_unnoticed_is_refused_with_that_reason():
    """As a scenario is: what no node could tell in time is not sold either."""
    with pytest.raises(LicensingError, match="under 75 min could end before its beginning"):
        check_order(order(failover_period_s=SHORTEST_S - 1), NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"failover_period_s": SHORTEST_S},
        {"recovery": RESUME},
        {"reserved_at_most_s": 0},
        {"reserved_at_most_s": SHORTEST_S},
        {"expiry_scope": ExpiryScope.INTERNETWORK},
        {"valid_until": NOW + timedelta(1)},
    ],
)
def test_an_order_within_the_limits_is_taken(changes):
    """The limits themselves are allowed."""
    check_order(order(**changes), NOW)


@pytest.mark.parametrize("field", ["company", "contact"])
def test_registration_data_must_be_complete(field):
    """Manual 4.3.1: registration data come before activation; blanks are none."""
    registration = msgspec.structs.replace(REGISTRATION, **{field: "  "})
    with pytest.raises(LicensingError, match=field) as refusal:
        checked_activation(msgspec.structs.replace(REQUEST, registration=registration))
    assert refusal.value.code == "registration-incomplete"


def test_identifiers_are_taken_as_people_type_them():
    """Small letters, blanks and O for 0 lead to the same LAC and Locking ID."""
    typed = msgspec.structs.replace(
        REQUEST, lac=LAC.lower().replace("-", " ").replace("0", "o"), locking_id="00-1a-e8-4c-00-01"
    )
    assert checked_activation(typed) == REQUEST


def test_the_first_activation_issues_epoch_1_bound_to_the_locking_id():
    """A free LAC is bound, and the file says what it bought."""
    issue = activation(REQUEST, order(), FRESH, serial=5, now=NOW)
    assert not issue.repeated
    assert issue.file == LicenseFile(
        serial=5,
        issued_at=NOW,
        locking_id=LOCKING_ID,
        epoch=1,
        entitlements=[Entitlement(seats={"base": 1, "ip": 40})],
        failover_period_s=MONTH_S,
        lacs=[LAC],
        company="Example Ltd",
    )


def test_an_unknown_lac_and_one_of_another_system_are_refused():
    """Each has its own reason."""
    elsewhere = order(locking_id=OTHER_LOCKING_ID)
    for bought, code in ((None, "lac-unknown"), (elsewhere, "lac-used")):
        with pytest.raises(LicensingError) as refusal:
            activation(REQUEST, bought, FRESH, serial=1, now=NOW)
        assert refusal.value.code == code


def test_an_add_on_lac_adds_its_licenses_and_keeps_the_epoch():
    """Sum of all orders; the strictest of their terms count; add-ons do not relicense."""
    add_on = order(
        lac=ADD_ON,
        licenses={"ip": 2, "fax": 3},
        failover_period_s=3600,
        recovery=RESUME,
        valid_until=NOW + timedelta(days=365),
    )
    request = msgspec.structs.replace(REQUEST, lac=ADD_ON)
    file = activation(request, add_on, active(epoch=4), serial=9, now=NOW).file
    assert file.entitlements == [
        Entitlement(seats={"ip": 2, "fax": 3}, valid_until=NOW + timedelta(days=365)),
        Entitlement(seats={"base": 1, "ip": 40}),
    ]
    assert file.valid_until is None
    assert (file.epoch, file.serial, file.lacs) == (4, 9, [LAC, ADD_ON])
    assert (file.failover_period_s, file.recovery) == (3600, RESUME)


def test_of_several_orders_the_longest_reservation_and_the_widest_scope_count():
    """F9, F6: no seat is used twice that one of them wants kept; what ends all ends all."""
    bound = order(lac=ADD_ON, reserved_at_most_s=0, expiry_scope=ExpiryScope.INTERNETWORK)
    request = msgspec.structs.replace(REQUEST, lac=ADD_ON)
    alone = activation(request, bound, FRESH, serial=1, now=NOW).file
    assert (alone.reserved_at_most_s, alone.expiry_scope) == (0, ExpiryScope.INTERNETWORK)
    both = activation(request, bound, active(), serial=2, now=NOW).file
    assert (both.reserved_at_most_s, both.expiry_scope) == (HOLD, ExpiryScope.INTERNETWORK)


def test_an_ended_order_does_not_end_the_file_of_later_ones():
    """What ended is left out of the sum, so that the rest stays usable."""
    ended = order(lac=ADD_ON, licenses={"fax": 3}, valid_until=NOW, locking_id=LOCKING_ID)
    file = relicense(active(orders=(ended, order(locking_id=LOCKING_ID))), epoch=1)
    assert (file.licenses, file.valid_until) == ({"base": 1, "ip": 40}, None)


def test_where_all_orders_have_ended_no_file_is_issued():
    """A file that has ended already helps nobody, and the central CLA would refuse it."""
    ended = order(valid_until=NOW, locking_id=LOCKING_ID)
    with pytest.raises(LicensingError, match="ended on 2026-03-02") as refusal:
        relicense(active(orders=(ended,)), epoch=1)
    assert refusal.value.code == "license-file-ended"
    with pytest.raises(LicensingError) as refusal:
        activation(REQUEST, order(valid_until=NOW), FRESH, serial=1, now=NOW)
    assert refusal.value.code == "license-file-ended"


def test_no_file_is_issued_without_a_base_license():
    """All others need it (domain 2): its LAC is activated first, and none of them is burnt."""
    add_on = order(licenses={"ip": 2})
    with pytest.raises(LicensingError, match="no base license") as refusal:
        activation(REQUEST, add_on, FRESH, serial=1, now=NOW)
    assert "Activate the license authorization code of the base license first" in refusal.value.hint


def test_a_file_without_a_base_license_left_is_at_its_end():
    """F14: the end of the base license ends the file, whatever else was bought."""
    ended = order(valid_until=NOW, locking_id=LOCKING_ID)
    with pytest.raises(LicensingError, match="ended on 2026-03-02") as refusal:
        relicense(active(orders=(ended, order(lac=ADD_ON, licenses={"fax": 3}))), epoch=1)
    assert refusal.value.code == "license-file-ended"


def test_of_several_base_licenses_the_file_has_the_one_that_ends_last():
    """F14, domain 2: one for each file, and that file lasts as long as one of them does."""
    later, earlier = NOW + timedelta(days=365), NOW + timedelta(days=90)
    orders = (order(valid_until=later), order(lac=ADD_ON, valid_until=earlier))
    file = relicense(active(orders=orders), epoch=1)
    assert file.entitlements == [
        Entitlement(seats={"ip": 40}, valid_until=earlier),
        Entitlement(seats={"base": 1, "ip": 40}, valid_until=later),
    ]
    assert file.valid_until == later


@pytest.mark.parametrize("lac", [LAC, ADD_ON])
def test_activating_either_lac_again_replaces_a_file_that_has_ended(lac):
    """F14: a license server of the version before ended a file with the first of its orders."""
    system = ended_before_its_time()
    request = msgspec.structs.replace(REQUEST, lac=lac)
    bought = next(order for order in system.orders if order.lac == lac)
    issue = activation(request, bought, system, serial=9, now=NOW)
    assert (issue.repeated, issue.file.serial, issue.file.epoch) == (False, 9, 4)
    assert (issue.file.licenses, issue.file.valid_until) == ({"base": 1, "ip": 40}, None)


@pytest.mark.parametrize("epoch", [3, 4])
def test_relicensing_replaces_a_file_that_has_ended_without_another_epoch(epoch):
    """F14: also where the CLA requires none, and where it never received the file."""
    file = relicense(ended_before_its_time(), epoch=epoch, required=False)
    assert (file.serial, file.epoch, file.valid_until) == (7, 4, None)


def ended_before_its_time() -> RegisteredSystem:
    """A permanent order and one that has ended, in a file of version 1: it ended with that."""
    permanent = order(locking_id=LOCKING_ID)
    ended = order(lac=ADD_ON, licenses={"fax": 3}, valid_until=NOW, locking_id=LOCKING_ID)
    system = active(epoch=4, orders=(permanent, ended))
    assert system.newest
    seats = {"base": 1, "ip": 40, "fax": 3}
    entitlements = [Entitlement(seats=seats, valid_until=NOW)]
    newest = msgspec.structs.replace(system.newest, entitlements=entitlements)
    return msgspec.structs.replace(system, newest=newest)


def test_relicensing_raises_the_epoch_by_one():
    """F4: a newly issued file, of the next epoch, for the same orders."""
    file = relicense(active(epoch=3), epoch=3)
    assert (file.epoch, file.serial, file.lacs) == (4, 7, [LAC])


@pytest.mark.parametrize("required", [True, False])
def test_a_lost_answer_to_relicensing_burns_no_epoch(required):
    """Whoever still has the epoch before gets the newest file, whatever it reports by now."""
    system = active(epoch=4)
    assert relicense(system, epoch=3, required=required) == system.newest


@pytest.mark.parametrize(
    ("epoch", "required", "code"),
    [
        (5, False, "epoch-unknown"),
        (5, True, "epoch-unknown"),
        (2, True, "epoch-unknown"),
        (0, True, "epoch-unknown"),
        (-1, True, "epoch-unknown"),
    ],
)
def test_relicensing_is_refused_for_an_epoch_that_is_not_in_use(epoch, required, code):
    """F4: whatever the central CLA reports."""
    with pytest.raises(LicensingError) as refusal:
        relicense(active(epoch=4), epoch, required=required)
    assert refusal.value.code == code


def test_where_no_relicensing_is_required_the_newest_file_is_handed_out_as_it_is():
    """F11: the same epoch, the same serial; what the CLA gets is the time in the answer."""
    system = active(epoch=4)
    assert relicense(system, epoch=4, required=False) == system.newest


def test_epoch_0_is_never_the_one_before_the_first():
    """A system without any file activates; it does not relicense its way to one."""
    with pytest.raises(LicensingError, match="epoch 0"):
        relicense(active(epoch=1), epoch=0)


def test_relicensing_an_unregistered_locking_id_is_refused():
    """No file was ever issued, so there is nothing to issue anew."""
    with pytest.raises(LicensingError) as refusal:
        relicense(FRESH, epoch=1)
    assert refusal.value.code == "locking-id-unregistered"
