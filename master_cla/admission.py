"""Who is let in: the decision on a node's hello, as a table (F4, F6, F12; pitfalls A6, A13).

Pure: signatures are checked before, times are the agent's own (`master_cla.agent_time`).
"""

from collections.abc import Callable
from dataclasses import dataclass

from licensing.errors import LicensingError
from licensing.license_file import LicenseFile
from licensing.messages import Hello
from licensing.words import ON_A_LEASE, Condition


@dataclass(frozen=True, slots=True)
class Case:
    """A hello and what the CLA knows about its sender.

    `serial` and `epoch` are those of the newest accepted license file (0: none), `accepted_ns` when
    that epoch was accepted, `expired_ns` when the node's failover period ended (None: it has not).
    `networking` says whether the node needs no networking license, holds one or can be given one;
    `ended` is the day on which the file ended ("": it has not).
    """

    hello: Hello
    enrolled: bool
    signed: bool
    acknowledged: int
    serial: int
    epoch: int
    accepted_ns: int
    expired_ns: int | None
    networking: bool
    relicensing_required: bool
    ended: str = ""


def needs_newer_epoch(expired_ns: int | None, accepted_ns: int) -> bool:
    """Whether a node must wait for a license file of a newer epoch (F4, F6).

    A node whose period ended before the present epoch was accepted was merely away, and leases
    anew; one whose period ended after it is not helped by it.
    """
    return expired_ns is not None and expired_ns > accepted_ns


def why_closed(file: LicenseFile | None, *, relicensing_required: bool, wall_ns: int) -> str:
    """Why nobody is granted anything at present, a code of `licensing.errors.REFUSALS`, or ""."""
    if file is None:
        return "not-activated"
    if relicensing_required:
        return "relicensing-required"
    return "file-ended" if ended_on(file, wall_ns) else ""


def ended_on(file: LicenseFile, wall_ns: int) -> str:
    """The day on which `file` ended, "" where it has not."""
    end = file.valid_until
    return "" if end is None or wall_ns < file.ends_ns else end.date().isoformat()


_Outcome = Condition | str
_ROWS: tuple[tuple[_Outcome, Callable[[Case], bool]], ...] = (
    ("node-unknown", lambda case: not case.enrolled),
    ("signature-invalid", lambda case: not case.signed),
    ("clone-suspected", lambda case: case.hello.seq < case.acknowledged),
    ("agent-outdated", lambda case: case.hello.serial > case.serial),
    # Who has left knows no file any more, but under which epoch its period has ended (F4).
    ("agent-outdated", lambda case: case.hello.epoch > case.epoch),
    (Condition.NOT_ACTIVATED, lambda case: not case.serial),
    (
        Condition.RELICENSING_REQUIRED,
        lambda case: needs_newer_epoch(case.expired_ns, case.accepted_ns),
    ),
    # A lease that was given back, and that a backup brought again, ends with its own period (F2).
    (
        Condition.RELICENSING_REQUIRED,
        lambda case: (
            case.relicensing_required and not case.networking and case.hello.state not in ON_A_LEASE
        ),
    ),
    ("license-file-ended", lambda case: not case.networking and bool(case.ended)),
    ("no-networking-license", lambda case: not case.networking),
    (Condition.LICENSED, lambda _: True),
)
"""The first row that applies decides: a condition welcomes, an error code refuses."""


def admit(case: Case) -> Condition:
    """On which condition the node is welcome; raises the `LicensingError` that refuses it."""
    outcome = next(outcome for outcome, applies in _ROWS if applies(case))
    if isinstance(outcome, Condition):
        return outcome
    raise LicensingError(
        outcome,
        node=case.hello.node,
        seq=case.hello.seq,
        acknowledged=case.acknowledged,
        **_newer(case),
        locking_id=case.hello.locking_id,
        ended=case.ended,
    )


def _newer(case: Case) -> dict[str, str]:
    """What the node of an outdated CLA knows, and what the CLA has in place of it."""
    if case.hello.serial > case.serial:
        return {"known": f"license file {case.hello.serial}", "newest": f"file {case.serial}"}
    return {"known": f"epoch {case.hello.epoch}", "newest": f"epoch {case.epoch}"}
