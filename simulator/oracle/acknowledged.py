"""O7: what was acknowledged is never lost, whatever stops a program; a lost disk apart."""

from collections import defaultdict

from licensing.events import (
    DecisionReceived,
    DemandDecided,
    DiskReplaced,
    HardwareReplaced,
    HostReconfigured,
    LeaseSigned,
    LicenseFileAccepted,
    NodeForgotten,
    NodeKeyChanged,
    ProgramStarted,
    SessionOpened,
    StateDamaged,
)
from licensing.words import NODE_PROGRAM, Condition
from simulator.oracle.picture import Handlers, Picture


class Acknowledged:
    """What each program has told, and has to go on from: license files, leases, decisions.

    That each change of an assignment goes on from the one before is seen by the picture, and the
    period that is used up by O2. A disk that is lost or put back takes with it what its programs
    knew; on other hardware a program trusts nothing of what is stored.
    """

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._excused: set[str] = set()
        """Hosts whose node has not started since they got another disk or mainboard, or since
        somebody altered the disk: it says what is damaged once, before it has started."""
        self._files: dict[str, LicenseFileAccepted] = {}
        self._signed: dict[tuple[str, str], LeaseSigned] = {}
        """By CLA and node, the newest lease."""
        self._decided: dict[tuple[str, str], DemandDecided] = {}
        """By CLA and node, the newest decision: a node has one demand at a time."""
        self._decisions: set[tuple[str, str]] = set()
        """All that were ever made, by node and request."""
        self._answered: defaultdict[str, dict[str, None]] = defaultdict(dict)
        """By node, the requests with whose answers no decision has been seen yet."""
        self.handlers: Handlers = {
            StateDamaged: self._state_damaged,
            ProgramStarted: self._program_started,
            LicenseFileAccepted: self._file_accepted,
            SessionOpened: self._session_opened,
            LeaseSigned: self._lease_signed,
            DemandDecided: self._demand_decided,
            DecisionReceived: self._decision_received,
            NodeKeyChanged: self._node_anew,
            NodeForgotten: self._node_anew,
            DiskReplaced: self._disk_replaced,
            HardwareReplaced: self._trusts_nothing,
            HostReconfigured: self._trusts_nothing,
        }

    def altered(self, host: str) -> None:
        """Somebody has altered what is on the disk of a host."""
        self._excused.add(host)

    def _state_damaged(self, host: str, fact: StateDamaged) -> None:
        if host not in self._excused:
            raise self._picture.violation("O7", host, "all that is stored", fact.record)

    def _program_started(self, host: str, fact: ProgramStarted) -> None:
        if fact.program == NODE_PROGRAM:
            self._excused.discard(host)

    def _file_accepted(self, host: str, fact: LicenseFileAccepted) -> None:
        before = self._files.get(host)
        if before and (fact.serial, fact.epoch) < (before.serial, before.epoch):
            expected = f"a file newer than {before.serial} of epoch {before.epoch}"
            seen = f"{fact.serial} of epoch {fact.epoch}"
            raise self._picture.violation("O7", host, expected, seen)
        self._files[host] = fact

    def _session_opened(self, host: str, fact: SessionOpened) -> None:
        if fact.condition is Condition.NOT_ACTIVATED and host in self._files:
            expected = f"license file {self._files[host].serial}"
            raise self._picture.violation("O7", host, expected, f"{fact.node}: {fact.condition}")

    def _lease_signed(self, host: str, fact: LeaseSigned) -> None:
        """The same may be stated twice: by a CLA that was stopped right after the first time."""
        before = self._signed.get((host, fact.node), fact)
        if fact != before and (fact.seq <= before.seq or fact.epoch < before.epoch):
            expected = f"a lease for {fact.node} after {before.seq} of epoch {before.epoch}"
            seen = f"{fact.seq} of epoch {fact.epoch}"
            raise self._picture.violation("O7", host, expected, seen)
        self._signed[host, fact.node] = fact

    def _demand_decided(self, host: str, fact: DemandDecided) -> None:
        before = self._decided.get((host, fact.node))
        if before and before.request_id == fact.request_id and before != fact:
            expected = f"one decision of {fact.request_id}"
            raise self._picture.violation("O7", host, expected, f"another one for {fact.node}")
        self._decided[host, fact.node] = fact
        self._decisions.add((fact.node, fact.request_id))

    def _decision_received(self, host: str, fact: DecisionReceived) -> None:
        self._answered[host][fact.request_id] = None
        self._picture.judge_later("O7", host, lambda: self._judge_answers(host))

    def _judge_answers(self, host: str) -> None:
        """Also after the CLA has lost its disk, for the answer may have been on its way."""
        for request_id in self._answered[host]:
            if (host, request_id) not in self._decisions:
                expected = "an answer to a demand that was decided"
                raise self._picture.violation("O7", host, expected, f"one to {request_id}")
        del self._answered[host]

    def _node_anew(self, host: str, fact: NodeKeyChanged | NodeForgotten) -> None:
        self._signed.pop((host, fact.node), None)

    def _disk_replaced(self, host: str, _: DiskReplaced) -> None:
        self._excused.add(host)
        self._files.pop(host, None)
        self._signed = {of: each for of, each in self._signed.items() if of[0] != host}
        self._decided = {of: each for of, each in self._decided.items() if of[0] != host}

    def _trusts_nothing(self, host: str, _: HardwareReplaced | HostReconfigured) -> None:
        self._excused.add(host)
        self._files.pop(host, None)
