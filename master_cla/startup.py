"""Opening the CLA's books at a start: what cannot be trusted is not used (A12, F7, F11).

Nothing is repaired or thrown away here; every problem is a `LicensingError` that ends the program.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from licensing.errors import LicensingError
from licensing.license_file import LicenseFile, read_license_file
from licensing.node_names import alike
from licensing.policies import LONGEST_FAILOVER_PERIOD_NS, TIMING
from licensing.signing import SignatureInvalid, SigningKey, VerificationKey, signer_of
from master_cla.activation import judge_license_file
from master_cla.agent_time import AgentClock, ClockMark
from master_cla.holds import Holds
from master_cla.ledger import Ledger
from master_cla.members import Member
from master_cla.store import journal_mark
from master_cla.store.member_rows import earlier_ends_of, member_of, row_of
from master_cla.store.store import CLA_DATABASE, SCHEMA, ClaStore
from runtime.audit import AuditBroken
from runtime.database import DatabaseDamaged, state_problem
from runtime.host import Host


class Books(NamedTuple):
    """What is open: the store, the books in it and the clock by which they count."""

    store: ClaStore
    ledger: Ledger
    clock: AgentClock


def open_store(host: Host) -> ClaStore:
    """The CLA's store; raises `state-damaged` or `state-unreachable`."""
    with _state_problems():
        connection = host.database(CLA_DATABASE, SCHEMA)
        try:
            return ClaStore(connection, host.directory / journal_mark.MARK_FILE)
        except BaseException:
            connection.close()
            raise


def open_books(
    host: Host, vendor_key: VerificationKey, instead: str | None = None, *, vouched: bool = False
) -> Books:
    """Open the books.

    `instead` is a license file for a stored one of another Locking ID, or a newer one. Where the
    time of this host is `vouched` for, what its clock showed before counts no more (F11).

    Raises `state-damaged`, `state-unreachable`, `license-file-invalid`, `locking-id-changed`,
    `agent-clock-set-back`, `state-names-alike`, and for `instead` as `judge_license_file`.
    """
    with _state_problems():
        store = open_store(host)
        try:
            clock = _start_clock(host, store, vouched=vouched)
            with store.transaction():
                return _open(host, store, clock, vendor_key, instead)
        except BaseException:
            store.close()
            raise


def stored_ledger(host: Host, store: ClaStore, vendor_key: VerificationKey) -> Ledger:
    """The books as they are stored, to be read while no clock counts for them."""
    with _state_problems():
        mark = store.clock_mark() or ClockMark(0, 0)
        ledger = _ledger(host, store, _stored_file(store, vendor_key))
        _load_members(ledger, store, AgentClock(mark, 0, mark.wall_ns))
        ledger.wall_ns = mark.wall_ns
        return ledger


@contextmanager
def _state_problems() -> Iterator[None]:
    try:
        yield
    except (
        DatabaseDamaged,
        AuditBroken,
        SignatureInvalid,
        ValueError,
        sqlite3.DatabaseError,
    ) as error:
        raise state_problem(Path(CLA_DATABASE), error) from error


def _start_clock(host: Host, store: ClaStore, *, vouched: bool) -> AgentClock:
    mark, wall_ns = store.clock_mark(), host.clock.wall_ns()
    if mark and vouched:
        mark = ClockMark(mark.time_ns, min(mark.wall_ns, wall_ns))
    try:
        return AgentClock(mark, host.clock.monotonic_ns(), wall_ns)
    except LicensingError:
        assert mark, "without a mark no clock was set back"
        with store.transaction():
            store.save_clock_set_back(mark)
        raise


def _open(
    host: Host, store: ClaStore, clock: AgentClock, vendor_key: VerificationKey, instead: str | None
) -> Books:
    store.begin(store.secret() or host.dice.token(32))
    store.save_clock_mark(clock.marked)
    store.forget_clock_set_back()
    file = _stored_file(store, vendor_key)
    if file and file.locking_id != host.locking_id and instead is None:
        raise LicensingError(
            "locking-id-changed", bound_to=file.locking_id, locking_id=host.locking_id
        )
    ledger = _ledger(host, store, file)
    ledger.wall_ns = clock.marked.wall_ns
    ledger.facts.extend(store.unstated())
    members = _load_members(ledger, store, clock)
    for first, second in alike(each.name for each in members if not each.forgotten):
        raise LicensingError("state-names-alike", first=first, second=second)
    for member in members:
        store.save_node(row_of(member, ledger.pool))
    now_ns = clock.marked.time_ns
    not_before_ns = _reclaim_not_before_ns(store, now_ns, clock.off_ns)
    Holds(ledger).begin_recovery_window(now_ns, not_before_ns)
    if instead is not None:
        wall_ns = clock.marked.wall_ns
        fitting = judge_license_file(instead, vendor_key, host.locking_id, file, wall_ns)
        if file is None or fitting.serial != file.serial:
            ledger.accept(instead, fitting, now_ns)
    return Books(store, ledger, clock)


def _ledger(host: Host, store: ClaStore, file: LicenseFile | None) -> Ledger:
    return Ledger(store, SigningKey(store.secret() or b""), host.name, file)


def _load_members(ledger: Ledger, store: ClaStore, clock: AgentClock) -> list[Member]:
    """Put the stored nodes into the books."""
    grants, loaded = store.grants(), []
    for row in store.nodes():
        member = member_of(row, ledger.key.verification_key, clock)
        ledger.members[row.name] = member
        leased = member.lease.entitlements if member.lease else ()
        ledger.pool.load(
            row.name,
            grants.get(row.name, []),
            lapsed=row.lapsed,
            leased=leased,
            earlier=earlier_ends_of(row),
        )
        loaded.append(member)
    return loaded


def _reclaim_not_before_ns(store: ClaStore, now_ns: int, off_ns: int) -> int:
    """Until when nothing is reclaimed because a backup was put back; 0 where none was.

    Its last contacts are too old: a node may have had one just before the restore, and use its
    seats for a whole period after that (F9), in which the `off_ns` before this start do not count.
    """
    stored_ns = store.reclaim_not_before_ns()
    if store.restored:
        store.save_reclaim_not_before(now_ns + LONGEST_FAILOVER_PERIOD_NS + TIMING.clock_slack_ns)
    elif stored_ns > now_ns - off_ns:
        store.save_reclaim_not_before(stored_ns + off_ns)
    return store.reclaim_not_before_ns()


def _stored_file(store: ClaStore, vendor_key: VerificationKey) -> LicenseFile | None:
    document = store.standing().license_file
    if document is None:
        return None
    try:
        return read_license_file(document, vendor_key)
    except LicensingError:
        signer = _signer(document)
        if signer is None or signer == vendor_key:
            raise
    raise LicensingError("vendor-key-foreign", vendor_key=vendor_key.text, signer=signer.text)


def _signer(document: str) -> VerificationKey | None:
    """Whose file it is, where it is not damaged."""
    try:
        return signer_of(document)
    except SignatureInvalid:
        return None
