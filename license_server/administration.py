"""Paths and bodies that only the license server has; what parties share is in `licensing`."""

from datetime import datetime

from msgspec import UNSET

from licensing.records import Record
from licensing.recovery import FULL, Recovery
from licensing.reservation import HOLD, SeatsBound
from licensing.words import SaidScope

ORDER_PATH = "/v1/order"
CUSTOMER_PATH = "/v1/customer"
COMBINE_PATH = "/v1/combine"
REHOST_PATH = "/v1/rehost"
RELEASE_KEY_PATH = "/v1/release-key"
STATE_PATH = "/v1/state"
VERIFICATION_KEY_PATH = "/v1/verification-key"


class PlaceOrder(Record, kw_only=True):
    """The sales department's order: license key to seats; `valid_until` None is unlimited.

    With `flexible` licensing IP licenses may stand in for those of other stations (domain 2).
    `reserved_at_most_s` bounds for how long seats of a cut-off node are reserved (F9): 0 for not at
    all. `expiry_scope` says whom the end of a node's period concerns (F6). `customer` is the
    account that the order belongs to, "" for none.
    """

    licenses: dict[str, int]
    flexible: bool = False
    failover_period_s: int
    recovery: Recovery = FULL
    reserved_at_most_s: SeatsBound = HOLD
    expiry_scope: SaidScope = UNSET
    valid_until: datetime | None = None
    customer: str = ""


class OrderedLac(Record):
    """The License Authorization Code that goes out with the delivery note."""

    lac: str


class AddCustomer(Record):
    """A new account, with which the customer signs in at the pages."""

    name: str
    password: str


class Customer(Record):
    """The account as it was made."""

    name: str


class Combine(Record):
    """Signed license files of separate nodes, to be one file bound to the master's Locking ID."""

    license_files: list[str]
    locking_id: str


class Rehost(Record):
    """The license file of one Locking ID, to be bound to another."""

    locking_id: str
    new_locking_id: str


class ReleaseKey(Record):
    """Forget which CLA's key a Locking ID is bound to: it has lost its disk (F18)."""

    locking_id: str


class KeyReleased(Record):
    """The Locking ID of which the next CLA that comes with a LAC is taken for the owner."""

    locking_id: str


class ServerState(Record):
    """Figures for the operator; `newest_serial` is 0 before the first license file."""

    orders: int
    bound_lacs: int
    newest_serial: int


class PublishedKey(Record):
    """The public key under which license files are verified, as base64url text."""

    verification_key: str
