"""What the CLA knows of one enrolled node, and what follows from it alone.

Pure. Times are agent time (`master_cla.agent_time`).
"""

from dataclasses import dataclass, field

from licensing.entitlements import Entitlement
from licensing.errors import LicensingError
from licensing.lease import Lease
from licensing.license_file import LicenseFile
from licensing.messages import Hello
from licensing.node_names import spelled
from licensing.policies import NS_PER_SECOND, TIMING
from licensing.reservation import HOLD, SeatsBound, reserved_ns
from licensing.signing import VerificationKey
from master_cla.admission import needs_newer_epoch
from master_cla.allowance import Allowance
from master_cla.lease_signing import SignedLease


@dataclass(slots=True)
class Member:
    """An enrolled node.

    `seq` is the newest that the node may have, `signed` the signed form of `lease`, `contact_ns`
    its last contact while it might use its seats (None: never), `heard_ns` its last sign of life
    since the program started. `expired_ns`, when its failover period ended, stays until the
    node has stored a lease of a newer epoch: the message that brings it may be lost.

    While the node may still have an older lease than `lease`, `earlier_period_ns` is the longest
    failover period of those (0: none). `unseen_ns` is how much of the time since `contact_ns` the
    CLA was switched off: against a hold it counts as none (F9).

    A `forgotten` one is let in no more (F16). `former_of` is the node whose key it was, where
    another was enrolled since; "" where it is the node itself.
    """

    name: str
    key: VerificationKey
    acknowledged: int = 0
    seq: int = 0
    lease: Lease | None = None
    signed: SignedLease | None = None
    contact_ns: int | None = None
    heard_ns: int | None = None
    expired_ns: int | None = None
    earlier_period_ns: int = 0
    unseen_ns: int = 0
    forgotten: bool = False
    former_of: str = ""
    allowance: Allowance = field(default_factory=Allowance)

    @property
    def seen(self) -> bool:
        """Whether it has ever been here: otherwise nothing can be in use by its key."""
        return self.contact_ns is not None or self.heard_ns is not None

    def acknowledge(self, seq: int) -> bool:
        """The node has stored the lease `seq`; one that it was never given is not believed.

        Whether an older lease counted until now.
        """
        if self.acknowledged < seq:
            self.acknowledged = max(self.acknowledged, min(seq, self.seq))
        if not self.earlier_period_ns or not self.lease or self.acknowledged < self.lease.seq:
            return False
        self.earlier_period_ns = 0
        return True

    def met(self, now_ns: int) -> None:
        """A contact while it may use its seats: its period counts from here."""
        self.contact_ns, self.unseen_ns = now_ns, 0

    def leased(self, lease: Lease, signed: SignedLease) -> None:
        """Another lease is signed; until it is acknowledged the node may go by an older one."""
        if self.lease:
            self.earlier_period_ns = max(self.earlier_period_ns, self.lease.failover_period_ns)
        self.seq, self.lease, self.signed = lease.seq, lease, signed

    def unleased(self) -> None:
        """The node has left by its own word: no period of its own runs, and it has no lease."""
        self.lease, self.signed, self.acknowledged, self.earlier_period_ns = None, None, 0, 0

    @property
    def period_end_ns(self) -> int | None:
        """When its failover period ends at the latest if it stays away; None where it has no lease.

        The CLA cannot see which of its leases the node goes by, so that the longest period of them
        counts, and only time for which the CLA ran (F9).
        """
        if self.lease is None or self.contact_ns is None:
            return None
        return self.contact_ns + self._longest_period_ns + self.unseen_ns

    def reserved_until_ns(self, bound_s: SeatsBound) -> int | None:
        """Until when its seats are reserved if it stays away: no longer than the file says (F9)."""
        end_ns = self.period_end_ns
        if end_ns is None or bound_s is HOLD:
            return end_ns
        period_ns = self._longest_period_ns
        return end_ns - period_ns + reserved_ns(bound_s, period_ns)

    @property
    def _longest_period_ns(self) -> int:
        return max(self.lease.failover_period_ns if self.lease else 0, self.earlier_period_ns)

    @property
    def period_counts(self) -> bool:
        """Whether the CLA goes by its own count of the period: until that has ended (F6).

        It does not where nothing was acknowledged, or the newest lease was not and a former period
        has ended; nor of who was forgotten.
        """
        return bool(self.acknowledged) and not self.forgotten and self.expired_ns is None

    def uses_nothing(self, wall_ns: int) -> bool:
        """Whether its period, or the license file of its lease, has ended: all is restricted."""
        lease = self.lease
        ended = lease and lease.valid_until is not None and lease.file_ends_ns <= wall_ns
        return self.expired_ns is not None or bool(ended)

    @property
    def silence_end_ns(self) -> int:
        """When its session counts as lost: the node itself has given it up by then."""
        return (self.heard_ns or 0) + TIMING.silence_ns + TIMING.clock_slack_ns

    def expired_by(self, hello: Hello, now_ns: int, *, epoch: int, accepted_ns: int) -> int | None:
        """When its period ended, by the CLA's own count or the node's report, whichever came first.

        A node that reports an end under `epoch`, the present one, expired after that was accepted,
        whatever the clocks say. Otherwise no report reaches back before the last contact: a node
        whose clock jumped while it was switched off could claim to have expired before the newest
        epoch.
        """
        if hello.expired_for_s is None or needs_newer_epoch(self.expired_ns, accepted_ns):
            return self.expired_ns
        if hello.epoch >= epoch:
            return max(now_ns, accepted_ns + 1)
        if self.expired_ns is not None:
            return self.expired_ns
        ago_ns = max(0, hello.expired_for_s) * NS_PER_SECOND
        return max(self.contact_ns or 0, now_ns - ago_ns)

    def next_lease(self, file: LicenseFile, seats: list[Entitlement]) -> Lease | None:
        """The lease to sign for these seats; None where the node's own says the same (F12)."""
        if self.lease and self.lease.seq == self.seq and _says(self.lease, file, seats):
            return None
        return Lease(
            lease_id=f"{self.name}/{file.epoch}",
            node=self.name,
            epoch=file.epoch,
            seq=self.seq + 1,
            serial=file.serial,
            entitlements=seats,
            failover_period_s=file.failover_period_s,
            recovery=file.recovery,
            valid_until=file.valid_until,
        )


class Members(dict[str, Member]):
    """Everybody in the books, by the name with which it was first enrolled."""

    def one(self, node: str) -> Member:
        """An enrolled node, not a forgotten one; raises `node-unknown`."""
        if member := self.enrolled(node):
            return member
        raise LicensingError("node-unknown", node=node)

    def enrolled(self, node: str) -> Member | None:
        """The same; None for an unknown or forgotten one."""
        member = self.get(node) or self.alike(node)
        return None if member is None or member.forgotten else member

    def alike(self, node: str) -> Member | None:
        """Who is not forgotten and has this name, whatever its capital letters."""
        living = (name for name, member in self.items() if not member.forgotten)
        name = spelled(node, living)
        return self[name] if name else None

    def spelled(self, node: str) -> str:
        """A name as it stands in the books, and as it is given where nobody has it."""
        if node in self:
            return node
        member = self.alike(node)
        return member.name if member else node


def _says(lease: Lease, file: LicenseFile, seats: list[Entitlement]) -> bool:
    return (
        lease.entitlements == seats
        and lease.epoch == file.epoch
        and lease.serial == file.serial
        and lease.failover_period_s == file.failover_period_s
        and lease.recovery == file.recovery
        and lease.valid_until == file.valid_until
    )
