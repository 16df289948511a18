"""What the license server decides: which order is taken, which file is issued, what is refused.

Pure: what is known comes in as arguments, the decision goes out as a value, refusals are
`LicensingError`s. Nothing here reads a clock, a database or a socket.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime

import msgspec

from licensing.agent_requests import RelicensingRequest
from licensing.catalogue import LICENSES
from licensing.entitlements import BASE_LICENSE, Entitlement, end_ns, entitlements_of
from licensing.errors import LONGEST_QUOTE, LicensingError
from licensing.events import HowMoved
from licensing.identifiers import parse_lac, parse_locking_id
from licensing.license_file import LicenseFile
from licensing.messages import ActivateAtServer, Registration
from licensing.policies import NS_PER_SECOND, failover_period_problem
from licensing.records import Record
from licensing.recovery import FULL, Recovery, strictest
from licensing.registration import check_registration
from licensing.reservation import HOLD, SeatsBound, longest, seats_bound_problem
from licensing.words import ExpiryScope, SaidScope

FIRST_EPOCH = 1
MOST_SEATS = 1_000_000
"""The most seats of one license in one order; more is a slip of the keyboard."""


class StoredOrder(Record, kw_only=True):
    """What one LAC bought; `locking_id` is "" until an activation binds it.

    `customer` is the account that the order belongs to, "" where it belongs to none.
    """

    lac: str
    licenses: dict[str, int]
    flexible: bool = False
    failover_period_s: int
    recovery: Recovery = FULL
    reserved_at_most_s: SeatsBound = HOLD
    expiry_scope: SaidScope = msgspec.UNSET
    valid_until: datetime | None = None
    locking_id: str = ""
    customer: str = ""


class Succession(Record):
    """Where the license file of a Locking ID went, and by which of the two ways."""

    successor: str
    how: HowMoved


class RegisteredSystem(Record):
    """What the server knows of one Locking ID; its orders stand in the order of their purchase.

    All of them belong to one `customer`. With a `succession` the Locking ID has given up `newest`.
    `agent_key` is that of the CLA whose file it is, "" where none is bound; `key_released` says
    that one was, and may be replaced (F18).
    """

    locking_id: str
    registration: Registration | None = None
    orders: tuple[StoredOrder, ...] = ()
    newest: LicenseFile | None = None
    customer: str = ""
    succession: Succession | None = None
    agent_key: str = ""
    key_released: bool = False

    @property
    def in_force(self) -> bool:
        """Whether a license file is bound to this Locking ID, and has not gone elsewhere."""
        return self.newest is not None and self.succession is None


class IssueDecision(Record):
    """The file to hand out; `repeated` where it is the one that was issued last.

    `claimed` are the orders that become those of the customer who asks, for good.
    """

    file: LicenseFile
    repeated: bool = False
    claimed: tuple[StoredOrder, ...] = ()


def check_order(order: StoredOrder, now: datetime) -> None:
    """Raises `order-empty`, `license-unknown` or `request-malformed` for what cannot be sold."""
    if not order.licenses:
        raise LicensingError("order-empty")
    for license_key, seats in order.licenses.items():
        if license_key not in LICENSES:
            raise LicensingError("license-unknown", license=license_key[:LONGEST_QUOTE])
        if not 1 <= seats <= MOST_SEATS:
            raise _malformed(f"{license_key} is ordered 1 to {MOST_SEATS} times, not {seats} times")
    if problem := failover_period_problem(order.failover_period_s * NS_PER_SECOND):
        raise _malformed(problem)
    if problem := order.recovery.problem or seats_bound_problem(order.reserved_at_most_s):
        raise _malformed(problem)
    if order.valid_until and order.valid_until.tzinfo is None:
        raise _malformed("valid_until has no time zone")
    if order.valid_until and order.valid_until <= now:
        raise _malformed("valid_until is past")


def checked_activation(request: ActivateAtServer) -> ActivateAtServer:
    """`request` with LAC and Locking ID in canonical form (manual 4.3.1).

    Raises `lac-mistyped`, `locking-id-malformed`, or as `check_registration`.
    """
    check_registration(request.registration)
    return msgspec.structs.replace(
        request, lac=parse_lac(request.lac), locking_id=parse_locking_id(request.locking_id)
    )


def activation(
    request: ActivateAtServer,
    order: StoredOrder | None,
    system: RegisteredSystem,
    *,
    serial: int,
    now: datetime,
    customer: str = "",
) -> IssueDecision:
    """The file for a checked `request`; `order` is what its LAC bought, `serial` the next number.

    A LAC that is already bound to this Locking ID gets the newest file as `in_use_again`, so that a
    lost answer burns nothing. Anybody who has a LAC may activate it, but a `customer` who is signed
    in not that of another. An order of nobody becomes the customer's; whoever enters one that the
    Locking ID has activated already claims all that is bound to it, for a Locking ID alone could be
    guessed. Raises `lac-unknown`, `license-file-given-up`, `lac-used`, or as
    `_require_same_account` and `file_of`.
    """
    if order is None or (customer and order.customer not in ("", customer)):
        raise LicensingError("lac-unknown", lac=request.lac)
    require_not_given_up(system)
    if order.locking_id not in ("", request.locking_id):
        raise LicensingError("lac-used", lac=request.lac)
    if order.locking_id:
        claimed = _unowned(system.orders, customer)
        return in_use_again(system, serial=serial, now=now, claimed=claimed)
    _require_same_account(system, order.customer or customer)
    owner = msgspec.structs.replace(
        system, registration=request.registration, orders=(*system.orders, order)
    )
    epoch = system.newest.epoch if system.newest else FIRST_EPOCH
    file = file_of(owner, epoch=epoch, serial=serial, now=now)
    return IssueDecision(file=file, claimed=_unowned((order,), customer))


def _unowned(orders: tuple[StoredOrder, ...], customer: str) -> tuple[StoredOrder, ...]:
    """What `customer` claims of these orders: those that are nobody's, where somebody asks."""
    return tuple(order for order in orders if customer and not order.customer)


def _require_same_account(system: RegisteredSystem, owner: str) -> None:
    """Raise `locking-id-unclaimed` or `locking-id-foreign`: all orders of a system have one owner.

    Otherwise an order could be lost to another account, when that moves the license file.
    """
    if not system.in_force or system.customer == owner:
        return
    code = "locking-id-foreign" if system.customer else "locking-id-unclaimed"
    raise LicensingError(code, locking_id=system.locking_id)


def reissue(
    request: RelicensingRequest, system: RegisteredSystem, *, serial: int, now: datetime
) -> IssueDecision:
    """The file with which a relicensing request is answered, online or carried by a person (F15).

    That of the next epoch where relicensing is required (F4), else the newest as it is (F11).
    Whoever still has the epoch before the newest did not receive the newest: it gets that file
    again, as `in_use_again`. Raises `locking-id-unregistered`, `license-file-given-up`,
    `epoch-unknown`, or as `file_of`.
    """
    newest = system.newest
    if newest is None:
        raise LicensingError("locking-id-unregistered", locking_id=system.locking_id)
    require_not_given_up(system)
    behind = FIRST_EPOCH <= request.epoch == newest.epoch - 1
    if not behind and request.epoch != newest.epoch:
        raise LicensingError("epoch-unknown", epoch=request.epoch)
    if behind or not request.relicensing_required:
        return in_use_again(system, serial=serial, now=now)
    return IssueDecision(file=file_of(system, epoch=newest.epoch + 1, serial=serial, now=now))


def require_not_given_up(system: RegisteredSystem) -> None:
    """Raise `license-file-given-up` for a Locking ID whose file was combined or rehosted."""
    if system.succession:
        how = system.succession.how
        raise LicensingError("license-file-given-up", locking_id=system.locking_id, how=how)


def file_of(system: RegisteredSystem, *, epoch: int, serial: int, now: datetime) -> LicenseFile:
    """Sum of the system's orders, each with its own end (F14).

    The file promises no longer period, no milder recovery and no more flexibility than the
    strictest of them, and reserves seats for as long as any of them. An order that has ended counts
    no more; raises `license-file-ended` where no base license is left, and `base-license-missing`
    where none was ever bought, for all others need it (domain 2). However many orders brought one,
    the file has one: the last to end.
    """
    assert system.registration, "only registered systems have orders"
    orders = [order for order in system.orders if not _ended(order, now)]
    entitlements = _entitlements(orders)
    if not any(BASE_LICENSE in entry.seats for entry in entitlements):
        raise _without_base(system)
    return LicenseFile(
        serial=serial,
        issued_at=now,
        locking_id=system.locking_id,
        epoch=epoch,
        entitlements=entitlements,
        flexible=all(order.flexible for order in orders),
        failover_period_s=min(order.failover_period_s for order in orders),
        recovery=strictest(order.recovery for order in orders),
        reserved_at_most_s=longest(order.reserved_at_most_s for order in orders),
        expiry_scope=_widest(order.expiry_scope for order in orders),
        lacs=[order.lac for order in orders],
        company=system.registration.company.strip(),
    )


def _widest(scopes: Iterable[SaidScope]) -> SaidScope:
    return next((scope for scope in scopes if scope is ExpiryScope.INTERNETWORK), msgspec.UNSET)


def _entitlements(orders: Iterable[StoredOrder]) -> list[Entitlement]:
    seats: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for order in orders:
        seats[end_ns(order.valid_until)].update(order.licenses)
    with_base = [end for end, bought in seats.items() if bought.pop(BASE_LICENSE, 0)]
    if with_base:
        seats[max(with_base)][BASE_LICENSE] = 1
    return entitlements_of(seats)


def _without_base(system: RegisteredSystem) -> LicensingError:
    with_base = (order for order in system.orders if BASE_LICENSE in order.licenses)
    ends = [order.valid_until for order in with_base if order.valid_until]
    if not ends:
        return LicensingError("base-license-missing", locking_id=system.locking_id)
    ended = max(ends).date().isoformat()
    return LicensingError("license-file-ended", locking_id=system.locking_id, ended=ended)


def in_use_again(
    system: RegisteredSystem, *, serial: int, now: datetime, claimed: tuple[StoredOrder, ...] = ()
) -> IssueDecision:
    """The newest file again, byte for byte; where it has ended, a newer one of the same epoch.

    Raises as `file_of` where none can be made: nobody is handed a file that is not valid (F14).
    """
    newest = system.newest
    assert newest, "there is a file to hand out again"
    if newest.valid_until is None or now < newest.valid_until:
        return IssueDecision(file=newest, repeated=True, claimed=claimed)
    newer = file_of(system, epoch=newest.epoch, serial=serial, now=now)
    return IssueDecision(file=newer, claimed=claimed)


def _ended(order: StoredOrder, now: datetime) -> bool:
    return order.valid_until is not None and order.valid_until <= now


def _malformed(reason: str) -> LicensingError:
    return LicensingError("request-malformed", reason=reason)
