"""O1 by the lease of each node: it has what its CLA has signed, and uses no more than that (F8).

A node goes by the newest lease that is on its disk, regular as in failover, and what it uses is
what its license table calls licensed: of that each quantity has been granted. A decision is
written down before the lease that came with it, and the disk may be full then.
"""

from collections import Counter, defaultdict

from licensing.entitlements import UNLIMITED_NS
from licensing.events import (
    AssignmentsChanged,
    DiskReplaced,
    DiskSaved,
    LeaseInstalled,
    LeaseSigned,
    StateChanged,
)
from licensing.words import ON_A_LEASE, LicenseState
from simulator.oracle.disks import Backup
from simulator.oracle.picture import Handlers, Picture

_Name = tuple[str, str, int]
"""Of a lease: its node, its identity, and its number."""


class Leases:
    """What was signed for each node, by whatever CLA, and the lease by which each node goes.

    A CLA on an older disk may use a number a second time, for other seats; a node may have either.
    """

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._signed: defaultdict[_Name, list[LeaseSigned]] = defaultdict(list)
        self._newest: dict[str, LeaseSigned] = {}
        """By node, what was signed last: it may know the decision before it has the lease."""
        self._leases: dict[str, LeaseInstalled] = {}
        self._unseen: defaultdict[str, list[LeaseInstalled]] = defaultdict(list)
        """By node, those of which it is still to be judged whether they were signed so."""
        self._saved: dict[Backup, LeaseInstalled] = {}
        self.handlers: Handlers = {
            LeaseSigned: self._lease_signed,
            LeaseInstalled: self._lease_installed,
            AssignmentsChanged: self._assignments_changed,
            StateChanged: self._judge_use_later,
            DiskSaved: self._disk_saved,
            DiskReplaced: self._disk_replaced,
        }

    def of(self, node: str) -> LeaseInstalled | None:
        """The lease by which a node goes: the newest one that is on its disk."""
        return self._leases.get(node)

    def has_ended(self, node: str, key: str) -> bool:
        """Whether seats of license `key` have ended that are on the lease of a node (F14).

        Where the clock of any host has shown that: by its own clock, or by what its CLA has said.
        """
        lease, now_ns = self._leases.get(node), self._picture.now_ns
        ends_ns = [each.end_ns for each in lease.entitlements if key in each.seats] if lease else []
        clocks = (each.clock for each in self._picture.nodes.values())
        latest_ns = max(clock.latest_ns(now_ns) for clock in clocks)
        return min(ends_ns, default=UNLIMITED_NS) <= latest_ns + self._picture.tolerance_ns(now_ns)

    def _lease_signed(self, _: str, fact: LeaseSigned) -> None:
        signed = self._signed[fact.node, fact.lease_id, fact.seq]
        if fact not in signed:
            signed.append(fact)
        self._newest[fact.node] = fact

    def _lease_installed(self, host: str, fact: LeaseInstalled) -> None:
        self._leases[host] = fact
        self._unseen[host].append(fact)
        self._picture.judge_later("O1 (lease)", host, lambda: self._judge_leases(host))
        self._judge_use_later(host, fact)

    def _assignments_changed(self, host: str, fact: AssignmentsChanged) -> None:
        for change in fact.changes:
            if change.after is LicenseState.LICENSED and change.granted < change.quantity:
                expected = f"{change.quantity} x {change.license} of {change.holder} granted"
                seen = f"{change.after} with {change.granted}"
                raise self._picture.violation("O1", host, expected, seen)
        self._judge_use_later(host, fact)

    def _judge_use_later(self, host: str, _: object) -> None:
        self._picture.judge_later("O1 (use)", host, lambda: self._judge_use(host))

    def _judge_leases(self, host: str) -> None:
        """In a live run the signing may be stated after it."""
        for lease in self._unseen[host]:
            self._judge_lease(host, lease)
        del self._unseen[host]

    def _judge_lease(self, host: str, lease: LeaseInstalled) -> None:
        signed = self._signed.get((host, lease.lease_id, lease.seq), [])
        if not any((s.epoch, s.seats) == (lease.epoch, lease.seats) for s in signed):
            expected = " or ".join(f"the seats {s.seats} of epoch {s.epoch}" for s in signed)
            seen = f"{lease.seats} of epoch {lease.epoch}"
            raise self._wrong(host, lease, expected or "none, it was never signed", seen)
        by_their_ends = sum((Counter(each.seats) for each in lease.entitlements), Counter[str]())
        if by_their_ends != Counter(lease.seats):
            raise self._wrong(host, lease, f"the ends of {lease.seats}", f"of {by_their_ends}")

    def _wrong(self, host: str, lease: LeaseInstalled, expected: str, seen: str) -> Exception:
        expected = f"lease {lease.lease_id}, number {lease.seq}: {expected}"
        return self._picture.violation("O1", host, expected, seen)

    def _judge_use(self, host: str) -> None:
        node = self._picture.nodes[host]
        if node.state not in ON_A_LEASE:
            return
        leases = [each.seats for each in (self._leases.get(host), self._newest.get(host)) if each]
        for key, used in node.used.items():
            most = max((seats.get(key, 0) for seats in leases), default=0)
            if used > most:
                expected = f"at most the {most} x {key} of its lease"
                raise self._picture.violation("O1", host, expected, f"{used} in use")

    def _disk_saved(self, host: str, _: DiskSaved) -> None:
        if lease := self._leases.get(host):
            self._saved[host, self._picture.now_ns] = lease

    def _disk_replaced(self, host: str, fact: DiskReplaced) -> None:
        self._leases.pop(host, None)
        self._newest.pop(host, None)
        if saved := self._saved.get((host, fact.saved_ns)):
            self._leases[host] = saved
