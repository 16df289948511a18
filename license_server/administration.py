"""Paths and bodies that only the license server has; what parties share is in `licensing`."""

from datetime import datetime

from licensing.records import Record

ORDER_PATH = "/v1/order"
STATE_PATH = "/v1/state"
VERIFICATION_KEY_PATH = "/v1/verification-key"


class PlaceOrder(Record):
    """The sales department's order: license key to seats; `valid_until` None is unlimited."""

    licenses: dict[str, int]
    failover_period_s: int
    valid_until: datetime | None = None


class OrderedLac(Record):
    """The License Authorization Code that goes out with the delivery note."""

    lac: str


class ServerState(Record):
    """Figures for the operator; `newest_serial` is 0 before the first license file."""

    orders: int
    bound_lacs: int
    newest_serial: int


class PublishedKey(Record):
    """The public key under which license files are verified, as base64url text."""

    verification_key: str
