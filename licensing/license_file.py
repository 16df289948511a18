"""The license file: signed by the license server, kept by the central CLA (manual 4.3.1, 4.4)."""

from datetime import datetime

import msgspec

from licensing.entitlements import (
    EARLIEST_NS,
    Entitlement,
    end_of,
    entitlements_problem,
    file_end_ns,
    seats_in_force,
)
from licensing.errors import LicensingError
from licensing.policies import LONGEST_FAILOVER_PERIOD_NS, NS_PER_SECOND
from licensing.records import Record
from licensing.recovery import FULL, Recovery
from licensing.reservation import HOLD, SeatsBound, seats_bound_problem
from licensing.signing import SignatureInvalid, SigningKey, VerificationKey
from licensing.words import SaidScope

LICENSE_FILE_KIND = "license-file+jws"


class LicenseFile(Record, kw_only=True, tag_field="version", tag=2):
    """What a file says.

    `serial` rises with every file that a server issues, `epoch` with every relicensing.
    `entitlements` are the bought seats, one entry for each end, the earliest first; `flexible` says
    whether IP licenses may stand in for those of other stations, `recovery` what contact gives back
    of a failover period (F3), `reserved_at_most_s` bounds for how long the seats of a cut-off node
    are reserved (F9), `expiry_scope` says whom the end of a node's period concerns (F6): the node
    alone where it is unset.
    """

    serial: int
    issued_at: datetime
    locking_id: str
    epoch: int
    entitlements: list[Entitlement]
    flexible: bool = False
    failover_period_s: int
    recovery: Recovery = FULL
    reserved_at_most_s: SeatsBound = HOLD
    expiry_scope: SaidScope = msgspec.UNSET
    lacs: list[str]
    company: str = ""

    @property
    def licenses(self) -> dict[str, int]:
        """License keys to seats, whenever they end."""
        return seats_in_force(self.entitlements, EARLIEST_NS)

    @property
    def ends_ns(self) -> int:
        """The wall time of its end in nanoseconds: no base license is left from then on (F14)."""
        return file_end_ns(self.entitlements)

    @property
    def valid_until(self) -> datetime | None:
        """The same as a date; None where it has no end."""
        return end_of(self.ends_ns)

    def licenses_at(self, date_ns: int) -> dict[str, int]:
        """License keys to the seats in force; at its end a file stays as it was just before."""
        return seats_in_force(self.entitlements, min(date_ns, self.ends_ns - 1))

    @property
    def failover_period_ns(self) -> int:
        """The failover period in nanoseconds."""
        return self.failover_period_s * NS_PER_SECOND


class _Version1(Record, kw_only=True, tag_field="version", tag=1):
    """A file as license servers made it before single licenses had ends of their own."""

    serial: int
    issued_at: datetime
    locking_id: str
    epoch: int
    licenses: dict[str, int]
    flexible: bool = False
    failover_period_s: int
    recovery: Recovery = FULL
    valid_until: datetime | None = None
    lacs: list[str]
    company: str = ""

    def as_now(self) -> LicenseFile:
        """The same as one entry."""
        same = {field: getattr(self, field) for field in self.__struct_fields__}
        seats, end = same.pop("licenses"), same.pop("valid_until")
        return LicenseFile(entitlements=[Entitlement(seats=seats, valid_until=end)], **same)


_read = msgspec.json.Decoder(LicenseFile | _Version1).decode


def sign_license_file(file: LicenseFile, key: SigningKey) -> str:
    """The signed document, as it is downloaded and stored."""
    return key.sign_document(msgspec.json.encode(file, order="deterministic"), LICENSE_FILE_KIND)


def read_license_file(document: str, vendor_key: VerificationKey) -> LicenseFile:
    """Verify and read a document; raises `license-file-invalid` naming what is wrong.

    Whether the file fits *this* system (Locking ID, serial) is the central CLA's decision.
    """
    try:
        payload = vendor_key.verify_document(document, LICENSE_FILE_KIND)
        said = _read(payload)
        file = said.as_now() if isinstance(said, _Version1) else said
    except (SignatureInvalid, msgspec.DecodeError) as error:
        raise LicensingError("license-file-invalid", reason=str(error)) from error
    problem = _problem(file)
    if problem:
        raise LicensingError("license-file-invalid", reason=problem)
    return file


def _problem(file: LicenseFile) -> str:
    if problem := entitlements_problem(file.entitlements):
        return problem
    if not 0 < file.failover_period_ns <= LONGEST_FAILOVER_PERIOD_NS:
        return "a failover period outside of 0 to 30 days"
    if problem := file.recovery.problem or seats_bound_problem(file.reserved_at_most_s):
        return problem
    return "a date without time zone" if file.issued_at.tzinfo is None else ""
