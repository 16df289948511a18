"""What the license server decides about license files that leave their Locking ID.

Combining makes one network license file of several nodes' files (manual 4.4), rehosting binds a
file to another Locking ID. Afterwards the sources have given up theirs: no license is ever usable
under two Locking IDs. Pure, like `issuance`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from license_server.issuance import (
    IssueDecision,
    RegisteredSystem,
    file_of,
    in_use_again,
    require_not_given_up,
)
from licensing.errors import LicensingError
from licensing.events import HowMoved
from licensing.license_file import LicenseFile
from licensing.records import Record

RISK = (
    "A system that had a file before goes on with its copy, and so does every node that is cut off"
    " from it, until its failover period is over: it does not know of the new file. What both use"
    " was bought once. Switch that system off, or make it a slave of the new file's master."
)
"""What a technician should know who moves a file; no program can see to it."""


class Presented(Record):
    """A license file that somebody presents, verified, and what is known of its Locking ID."""

    file: LicenseFile
    system: RegisteredSystem


class Move(Record):
    """The file to hand out, and the systems that give up theirs for it (none if repeated)."""

    how: HowMoved
    issue: IssueDecision
    sources: tuple[RegisteredSystem, ...] = ()


def combination(
    presented: Sequence[Presented],
    target: RegisteredSystem,
    *,
    serial: int,
    now: datetime,
    customer: str,
) -> Move:
    """One file for `target` with its own licenses and those of all `presented` files.

    `customer` is who asks, "" the operator. Repeated, it hands out the target's newest file. Raises
    `combine-too-few`, `license-file-superseded`, `license-file-given-up`, `license-file-ended`,
    or as `require_owner`.
    """
    files = {item.system.locking_id: item for item in presented}
    own = files.pop(target.locking_id, None)
    sources = [item.system for item in files.values()]
    for system in sources:
        require_owner(system, sources[0], customer)
    _require_newest(item for item in presented if item.system.locking_id != target.locking_id)
    if sources and all(_went_to(system, target, "combined") for system in sources):
        return _repeated("combined", target, serial=serial, now=now)
    for system in sources:
        require_not_given_up(system)
    _require_newest([own] if own else [])
    if len(sources) + target.in_force < 2:
        raise LicensingError("combine-too-few")
    _require_free_or_same_owner(target, sources[0])
    return _moved("combined", sources, target, serial=serial, now=now)


def rehosting(
    source: RegisteredSystem, target: RegisteredSystem, *, serial: int, now: datetime, customer: str
) -> Move:
    """The file of `source`, from now on bound to `target`.

    `customer` is who asks, "" the operator. Repeated, it hands out the target's newest file. Raises
    `license-file-given-up`, `locking-id-in-use`, `license-file-ended`, or as `require_owner`.
    """
    require_owner(source, source, customer)
    if _went_to(source, target, "rehosted"):
        return _repeated("rehosted", target, serial=serial, now=now)
    require_not_given_up(source)
    _require_free_or_same_owner(target, source)
    if target.in_force:
        raise LicensingError("locking-id-in-use", locking_id=target.locking_id)
    return _moved("rehosted", [source], target, serial=serial, now=now)


def _moved(
    how: HowMoved,
    sources: Sequence[RegisteredSystem],
    target: RegisteredSystem,
    *,
    serial: int,
    now: datetime,
) -> Move:
    owner = msgspec.structs.replace(
        target,
        registration=target.registration or sources[0].registration,
        orders=(*target.orders, *(order for system in sources for order in system.orders)),
    )
    file = file_of(owner, epoch=_epoch(sources, target), serial=serial, now=now)
    return Move(how=how, issue=IssueDecision(file=file), sources=tuple(sources))


def _epoch(sources: Sequence[RegisteredSystem], target: RegisteredSystem) -> int:
    """The target's own goes on: moving licenses is no relicensing (F4).

    A target without a file in force may be a new host of nodes that know the sources' epochs.
    """
    if target.in_force and target.newest:
        return target.newest.epoch
    return max(system.newest.epoch for system in (*sources, target) if system.newest)


def _repeated(how: HowMoved, target: RegisteredSystem, *, serial: int, now: datetime) -> Move:
    return Move(how=how, issue=in_use_again(target, serial=serial, now=now))


def _went_to(source: RegisteredSystem, target: RegisteredSystem, how: HowMoved) -> bool:
    succession = source.succession
    return (
        succession is not None
        and target.in_force
        and (succession.successor, succession.how) == (target.locking_id, how)
    )


def _require_newest(presented: Iterable[Presented]) -> None:
    for item in presented:
        newest = item.system.newest
        if newest and item.file.serial != newest.serial:
            raise LicensingError(
                "license-file-superseded",
                serial=item.file.serial,
                locking_id=newest.locking_id,
                newest=newest.serial,
            )


def require_owner(system: RegisteredSystem, first: RegisteredSystem, customer: str) -> None:
    """Raise `locking-id-not-yours`, `locking-id-unregistered` or `locking-id-foreign`.

    A customer learns nothing about Locking IDs of others, not even whether they exist.
    """
    if customer and (system.newest is None or system.customer != customer):
        raise LicensingError("locking-id-not-yours", locking_id=system.locking_id)
    if system.newest is None:
        raise LicensingError("locking-id-unregistered", locking_id=system.locking_id)
    _require_free_or_same_owner(system, first)


def _require_free_or_same_owner(system: RegisteredSystem, first: RegisteredSystem) -> None:
    if system.newest and system.customer != first.customer:
        raise LicensingError("locking-id-foreign", locking_id=system.locking_id)
