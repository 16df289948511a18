"""Opening the CLA's books at a start: what cannot be trusted is not used (A12, F7, F11).

Nothing is repaired or thrown away here; every problem is a `LicensingError` that ends the program.
"""

import sqlite3

from licensing.errors import LicensingError
from licensing.events import RecoveryWindowBegan
from licensing.license_file import LicenseFile, read_license_file
from licensing.policies import TIMING
from licensing.signing import SignatureInvalid, SigningKey, VerificationKey
from master_cla import stated
from master_cla.agent_clock import AgentClock
from master_cla.ledger import Ledger
from master_cla.rows import member_of
from master_cla.store import FILE_NAME, SCHEMA, Store
from runtime.audit import AuditBroken
from runtime.database import DatabaseDamaged
from runtime.host import Host


def read_vendor_key(text: str) -> VerificationKey:
    """The key that license files are signed with; raises `request-malformed` where it is none."""
    try:
        return VerificationKey(text)
    except SignatureInvalid as error:
        raise LicensingError("request-malformed", reason=f"vendor_key: {error}") from error


def open_books(host: Host, vendor_key: VerificationKey) -> tuple[Store, Ledger, AgentClock]:
    """The store, the books in it and the clock by which they count.

    Raises `state-damaged`, `license-file-invalid`, `locking-id-changed`, `agent-clock-set-back`.
    """
    try:
        store = Store(host.database(FILE_NAME, SCHEMA), host.directory / stated.FILE_NAME)
        clock = _start_clock(host, store)
        with store.transaction():
            return _open(host, store, clock, vendor_key)
    except (
        DatabaseDamaged,
        AuditBroken,
        SignatureInvalid,
        ValueError,
        sqlite3.DatabaseError,
    ) as error:
        reason = error.reason if isinstance(error, DatabaseDamaged) else str(error)
        path = host.directory / FILE_NAME
        raise LicensingError("state-damaged", path=path, reason=reason) from error


def _start_clock(host: Host, store: Store) -> AgentClock:
    mark = store.clock_mark()
    try:
        return AgentClock(mark, host.clock.monotonic_ns(), host.clock.wall_ns())
    except LicensingError:
        assert mark, "without a mark no clock was set back"
        store.save_clock_set_back(mark)
        raise


def _open(
    host: Host, store: Store, clock: AgentClock, vendor_key: VerificationKey
) -> tuple[Store, Ledger, AgentClock]:
    store.begin(store.secret() or host.dice.token(32))
    store.save_clock_mark(clock.marked)
    store.forget_clock_set_back()
    file = _stored_file(store, vendor_key, host.locking_id)
    ledger = Ledger(store, SigningKey(store.secret() or b""), host.name, file)
    ledger.facts.extend(store.unstated())
    grants = store.grants()
    for row in store.nodes():
        ledger.members[row.name] = member_of(row, ledger.key.verification_key)
        ledger.pool.load(row.name, grants.get(row.name, []), lapsed=row.lapsed)
    if any(member.lease for member in ledger.members.values()):
        ledger.reclaim_not_before_ns = clock.marked.time_ns + TIMING.recovery_window_ns
        ledger.facts.append(RecoveryWindowBegan(lasts_ns=TIMING.recovery_window_ns))
    return store, ledger, clock


def _stored_file(store: Store, vendor_key: VerificationKey, locking_id: str) -> LicenseFile | None:
    document = store.standing().license_file
    if document is None:
        return None
    file = read_license_file(document, vendor_key)
    if file.locking_id != locking_id:
        raise LicensingError("locking-id-changed", bound_to=file.locking_id, locking_id=locking_id)
    return file
