"""The oracle: a reader of the journal that raises at the first fact that breaks a rule.

It knows nothing but the entries, in their order: no machine, no program, no clock of its own.
"""

from collections.abc import Callable
from typing import Any

from licensing.events import Entry, Event, RunEnded
from licensing.words import NodeState
from simulator.oracle.acknowledged import Acknowledged
from simulator.oracle.disks import Disks
from simulator.oracle.displays import Telephones
from simulator.oracle.ended_seats import EndedSeats
from simulator.oracle.features import Features
from simulator.oracle.leases import Leases
from simulator.oracle.over_use import OverUse
from simulator.oracle.periods import Periods
from simulator.oracle.picture import Picture, Tolerance, exact
from simulator.oracle.prerequisites import Prerequisites
from simulator.oracle.relicensing import Relicensing
from simulator.oracle.seats import Seats
from simulator.oracle.server_contacts import ServerContacts
from simulator.oracle.welcomes import Welcomes


class Oracle:
    """Call it with each entry of a run; raises `Violation`. After `RunEnded` it looks no more.

    In a simulated run everything is exact to the nanosecond. In a live run facts of one moment have
    neighboring instants, and `tolerance_ns` says how far apart they may be.
    """

    def __init__(self, *, tolerance_ns: Tolerance = exact) -> None:
        self._picture = Picture(tolerance_ns)
        self._periods = Periods(self._picture)
        leases = Leases(self._picture)
        self._ended_seats = EndedSeats(self._picture, leases)
        over_use, acknowledged = OverUse(self._picture), Acknowledged(self._picture)
        self.altered = acknowledged.altered
        """Tell of a host that somebody has altered what is on its disk: a loss is no program's."""
        self.seen_before = over_use.seen_before
        """What an observer has to state of the instant that is over at another one, in ns (O10)."""
        self._ended = False
        self._handlers: dict[type[Event], list[Callable[[str, Any], None]]] = {}
        # The order is that of cause and effect: the picture first, the rules as they are numbered.
        for reader in (
            self._picture,
            Disks(self._picture),
            self._periods,
            Seats(self._picture),
            leases,
            self._ended_seats,
            Telephones(self._picture),
            Relicensing(self._picture),
            ServerContacts(self._picture),
            Welcomes(self._picture),
            Features(self._picture, leases),
            acknowledged,
            Prerequisites(self._picture),
            over_use,
        ):
            for kind, handler in reader.handlers.items():
                self._handlers.setdefault(kind, []).append(handler)

    def __call__(self, entry: Entry) -> None:
        """Take note of one entry and judge it."""
        if self._ended:
            return
        at_ns, host, fact = entry.at, entry.host, entry.fact
        picture = self._picture
        if at_ns != picture.now_ns:
            picture.turn_to(at_ns)
            if at_ns > self._periods.alarm_ns:
                self._periods.look(at_ns)
            if at_ns > self._ended_seats.alarm_ns:
                self._ended_seats.look(at_ns)
        picture.last_facts[host].append(entry)
        for handler in self._handlers.get(type(fact), ()):
            handler(host, fact)
        if type(fact) is RunEnded:
            picture.judge_all()
            self._ended = True

    def deadline_ns(self, node: str) -> int | None:
        """When the running failover period of `node` ends (ns since the start); None if none does.

        Of a node that is switched off: when it would end if its clock is right at its next start.
        """
        return self._periods.deadline_ns(node)

    def period_ns(self, node: str) -> tuple[int, int] | None:
        """The failover period of `node` and how much of it was used up at the last answer; in ns.

        None before its first lease.
        """
        period = self._periods.period(node)
        if period is None or period.length_ns is None or period.good_ns is None:
            return None
        return period.length_ns, max(0, (period.newest_ns or period.good_ns) - period.good_ns)

    def state_of(self, node: str) -> NodeState:
        """The license status of a node, also of one that is switched off."""
        return self._picture.nodes[node].state

    def last_facts(self, host: str) -> list[Entry]:
        """The last few facts of a host, oldest first."""
        return list(self._picture.last_facts[host])

    def all_last_facts(self) -> dict[str, list[Entry]]:
        """The same of every host that has stated one."""
        return {host: list(facts) for host, facts in self._picture.last_facts.items() if facts}
