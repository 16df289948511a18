"""What the journal of the programs says of a year: each site, and relicensing."""

from collections import defaultdict
from typing import NamedTuple

import msgspec

from licensing.events import (
    ConnectionEstablished,
    DecisionReceived,
    Entry,
    HeartbeatAnswered,
    LeaseInstalled,
    LicenseFileAccepted,
    RelicensingRequired,
    StateChanged,
)
from licensing.policies import TIMING
from licensing.words import NodeState


class Answered(NamedTuple):
    """The CLA answered at `at_ns` what was sent at `sent_ns`."""

    sent_ns: int
    at_ns: int


class SiteFacts(msgspec.Struct):
    """One site. Instants are nanoseconds since the start of the year.

    `emergencies_ns` are when emergency mode began, `last_good_ns` when the last answered request
    before each of them was sent. `before` is the last answer before the year, `newest` of all;
    `written_ns` when the site had last written its status down before the year (F11). `returned`
    are the ends of failovers in time, each with how much of the period was used up.
    """

    emergencies_ns: list[int] = msgspec.field(default_factory=list)
    last_good_ns: list[int] = msgspec.field(default_factory=list)
    returned: list[tuple[int, int]] = msgspec.field(default_factory=list)
    before: Answered | None = None
    newest: Answered | None = None
    written_ns: int = 0

    def leased(self, at_ns: int) -> None:
        """A lease is written down, and the status with it."""
        if at_ns < 0:
            self.written_ns = at_ns

    def answered(self, answer: Answered) -> None:
        """The CLA answered; what it says is not asked."""
        self.newest = answer
        if answer.at_ns < 0:
            self.before = answer
            if answer.at_ns - self.written_ns >= TIMING.last_good_write_ns:
                self.written_ns = answer.at_ns

    def ended(self, at_ns: int) -> None:
        """Emergency mode begins."""
        self.emergencies_ns.append(at_ns)
        self.last_good_ns.append(self.newest.sent_ns if self.newest else at_ns)


class YearFacts(msgspec.Struct):
    """A reader of the journal of a run in which the year begins at `began_ns`."""

    began_ns: int
    sites: dict[str, SiteFacts] = msgspec.field(default_factory=lambda: defaultdict(SiteFacts))
    required_ns: list[int] = msgspec.field(default_factory=list)
    issued_ns: list[int] = msgspec.field(default_factory=list)

    def __call__(self, entry: Entry) -> None:
        """Read the next entry."""
        at_ns = entry.at - self.began_ns
        match entry.fact:
            case (
                HeartbeatAnswered(round_trip_ns=int(round_trip_ns))
                | ConnectionEstablished(round_trip_ns=int(round_trip_ns))
                | DecisionReceived(round_trip_ns=int(round_trip_ns))
            ):
                self.sites[entry.host].answered(Answered(at_ns - round_trip_ns, at_ns))
            case LeaseInstalled():
                self.sites[entry.host].leased(at_ns)
            case StateChanged(after=NodeState.EMERGENCY):
                self.sites[entry.host].ended(at_ns)
            case StateChanged(before=NodeState.FAILOVER, after=NodeState.REGULAR, charged_ns=used):
                self.sites[entry.host].returned.append((at_ns, used))
            case RelicensingRequired():
                self.required_ns.append(at_ns)
            case LicenseFileAccepted() if at_ns >= 0:
                self.issued_ns.append(at_ns)
