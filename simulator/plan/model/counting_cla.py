"""What the central CLA counts of one site that has gone silent, and when it requires relicensing.

It counts a whole period from when it last heard of the site, and only time that it ran itself (F6,
F9); a site that comes back before that says itself that its period has ended.
"""

from bisect import bisect_right
from collections.abc import Sequence

from simulator.plan.model.contacts import EndedPeriod
from simulator.plan.model.courses import TimeSpan
from simulator.plan.model.network import PlannedNetwork


class CountingCla:
    """The central CLA towards one site, in a year in which new license files come at `issued_ns`.

    In the spans of `master_off` its host is off, in those of `refusing` it grants nothing new.
    `required_ns` are the instants at which it comes to require relicensing because of the site.
    """

    def __init__(
        self,
        network: PlannedNetwork,
        master_off: Sequence[TimeSpan],
        issued_ns: Sequence[int],
        refusing: Sequence[TimeSpan],
        heard_ns: int,
    ) -> None:
        self._network = network
        self._master_off = master_off
        self._issued_ns = issued_ns
        self._refusing = refusing
        self._heard_ns = heard_ns
        self.required_ns: list[int] = []

    def hear(self, at_ns: int) -> None:
        """A request of the site has come, or that it has stored a lease."""
        self._heard_ns = at_ns

    def hear_of_end(self, ended: EndedPeriod, welcomed_ns: int, *, newer: bool) -> None:
        """The site says that its period has ended, unless that was counted before (F6).

        It needs no other license file than a `newer` one that is there.
        """
        self.count(ended, welcomed_ns)
        if not ended.required:
            ended.required = True
            if not newer:
                self.required_ns.append(welcomed_ns)

    def refuses(self, welcomed_ns: int) -> bool:
        """Its seats came free, and while relicensing is required nobody is granted any (F6)."""
        requires = any(span.began_ns <= welcomed_ns < span.ended_ns for span in self._refusing)
        return requires and self._counted_ns() < welcomed_ns

    def count(self, ended: EndedPeriod, until_ns: int) -> None:
        """By its own count it comes to know that the period has ended, if before `until_ns`."""
        counted_ns, slack_ns = self._counted_ns(), self._network.timing.clock_slack_ns
        if not ended.required and counted_ns < until_ns:
            ended.required = True
            ended.after_ns = counted_ns - slack_ns
            files_ns = self._issued_ns[: bisect_right(self._issued_ns, counted_ns)]
            if not files_ns or files_ns[-1] <= ended.after_ns:
                self.required_ns.append(counted_ns)

    def _counted_ns(self) -> int:
        network = self._network
        counted_ns = self._heard_ns + network.failover_period_ns + network.timing.clock_slack_ns
        for off in self._master_off:
            if self._heard_ns < off.ended_ns and off.began_ns < counted_ns:
                counted_ns += off.ended_ns - max(off.began_ns, self._heard_ns)
        return counted_ns
