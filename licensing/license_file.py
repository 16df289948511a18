"""The license file: signed by the license server, kept by the central CLA (manual 4.3.1, 4.4)."""

from datetime import datetime
from typing import Literal

import msgspec

from licensing.catalogue import LICENSES
from licensing.errors import LicensingError
from licensing.policies import LONGEST_FAILOVER_PERIOD_NS, NS_PER_SECOND
from licensing.records import Record
from licensing.recovery import FULL, Recovery
from licensing.signing import SignatureInvalid, SigningKey, VerificationKey

LICENSE_FILE_KIND = "license-file+jws"


class LicenseFile(Record, kw_only=True):
    """What a file says.

    `serial` rises with every file that a server issues, `epoch` with every relicensing.
    `licenses` maps license keys to bought seats, `flexible` says whether IP licenses may stand in
    for those of other stations, `recovery` what contact gives back of a failover period (F3);
    `valid_until` is None where it is unlimited.
    """

    version: Literal[1] = 1
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

    @property
    def failover_period_ns(self) -> int:
        """The failover period in nanoseconds."""
        return self.failover_period_s * NS_PER_SECOND


def sign_license_file(file: LicenseFile, key: SigningKey) -> str:
    """The signed document, as it is downloaded and stored."""
    return key.sign_document(msgspec.json.encode(file, order="deterministic"), LICENSE_FILE_KIND)


def read_license_file(document: str, vendor_key: VerificationKey) -> LicenseFile:
    """Verify and read a document; raises `license-file-invalid` naming what is wrong.

    Whether the file fits *this* system (Locking ID, serial) is the central CLA's decision.
    """
    try:
        payload = vendor_key.verify_document(document, LICENSE_FILE_KIND)
        file = msgspec.json.decode(payload, type=LicenseFile)
    except (SignatureInvalid, msgspec.DecodeError) as error:
        raise LicensingError("license-file-invalid", reason=str(error)) from error
    problem = _problem(file)
    if problem:
        raise LicensingError("license-file-invalid", reason=problem)
    return file


def _problem(file: LicenseFile) -> str:
    unknown = sorted(set(file.licenses) - set(LICENSES))
    if unknown:
        return f"unknown licenses: {', '.join(unknown)}"
    if any(seats < 0 for seats in file.licenses.values()):
        return "negative number of licenses"
    if not 0 < file.failover_period_ns <= LONGEST_FAILOVER_PERIOD_NS:
        return "a failover period outside of 0 to 30 days"
    if file.recovery.problem:
        return file.recovery.problem
    if file.issued_at.tzinfo is None or (file.valid_until and file.valid_until.tzinfo is None):
        return "a date without time zone"
    return ""
