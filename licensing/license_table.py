"""What the central CLA counts of licenses: for a person, and for a node where one assigns."""

import msgspec

from licensing.entitlements import Entitlement
from licensing.records import Record


class LicenseRow(Record):
    """One line of the license table.

    `bought` is what is in force now, `reserved` seats belong to nodes that are cut off (F9).
    """

    license: str
    name: str
    bought: int
    in_use: int
    reserved: int
    free: int
    held: dict[str, int]


class LicenseTable(Record):
    """All licenses that were bought or are held, in the price list's order.

    `entitlements` has what was bought by its ends, also what has ended (F14).
    """

    licenses: list[LicenseRow]
    entitlements: list[Entitlement] = msgspec.field(default_factory=list)


class FreeLicense(Record):
    """How many of a license were bought and are in force, and how many of them are free.

    `free` counts what may stand in, too (flexible licensing); `own` does not.
    """

    bought: int
    own: int
    free: int
