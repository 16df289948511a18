"""When failover periods end, as far as the dated steps of a scenario tell beforehand.

A period begins with an outage; how much of it is left depends on the outages before (F3).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from licensing.policies import TIMING
from licensing.recovery import Recovery
from simulator.scenario import (
    FREED,
    Crash,
    Cut,
    CutOneWay,
    Disk,
    Drop,
    Fail,
    Freeze,
    Heal,
    Relicense,
    Repair,
    ReplaceHardware,
    Scenario,
    Start,
    Step,
    Thaw,
)

ANSWERED_NS = 2 * TIMING.answer_ns
"""After how long it has an answer, or has given it up."""

_BEGIN = Cut | CutOneWay | Drop | Fail | Crash | Freeze | ReplaceHardware
_END = Heal | Repair | Start | Thaw
_ALL = "all"


def begins_an_outage(step: Step) -> bool:
    """Whether somebody may be cut off from its CLA by it."""
    return isinstance(step, _BEGIN) or (isinstance(step, Disk) and step.state != FREED)


def ends_an_outage(step: Step) -> bool:
    """Whether who was cut off may be back after it."""
    return isinstance(step, _END) or (isinstance(step, Disk) and step.state == FREED)


def ends_of_periods(
    steps: Sequence[tuple[int, Step]], scenario: Scenario
) -> Iterator[tuple[int, int, Step]]:
    """When a period may end that an outage has begun, by how much that is not sure, and the outage.

    It depends on what earlier outages have left of it (F3): those of the same link or host, or all,
    for a node may be behind several. Which orders are in its license file is not asked here: all
    terms are thought of that it may have.
    """
    for period_ns, recovery in scenario.terms():
        outages: defaultdict[str, _Outages] = defaultdict(_Outages)
        for at_ns, step in steps:
            if isinstance(step, Relicense):
                outages.clear()
            for of_it in (outages[_faulted(step)], outages[_ALL]):
                if begins_an_outage(step):
                    used_ns = of_it.begin(at_ns, recovery, period_ns)
                    yield at_ns + period_ns - used_ns, of_it.vague_ns, step
                elif ends_an_outage(step):
                    of_it.end(at_ns)


def _faulted(step: Step) -> str:
    """The link, host or router that a step is about; "" where it is about none."""
    names = (getattr(step, key, "") for key in ("link", "transit", "node"))
    return next(filter(None, names), "")


class _Outages(msgspec.Struct):
    """What the outages of one link or host have used up of a period so far.

    An outage counts from an answer up to `TIMING.noticed_ns` before it, and to a redialing after
    it; the connection that follows is as much shorter.
    """

    used_ns: int = 0
    vague_ns: int = 0
    _began_ns: int | None = None
    _ended_ns: int = 0

    def begin(self, at_ns: int, recovery: Recovery, period_ns: int) -> int:
        """Another one, unless one lasts; returns what is used up when it begins."""
        if self._began_ns is None:
            connected_ns = at_ns - self._ended_ns
            self.used_ns = recovery.used_ns(
                self.used_ns,
                connected_ns=connected_ns,
                stable_ns=connected_ns,
                period_ns=period_ns,
            )
            self.vague_ns = self.vague_ns if self.used_ns else 0
            self._began_ns = at_ns
        return self.used_ns

    def end(self, at_ns: int) -> None:
        """It is over, if there was one."""
        if self._began_ns is not None:
            self.used_ns += at_ns - self._began_ns
            self.vague_ns += 2 * (TIMING.noticed_ns + TIMING.redialed_ns)
            self._began_ns, self._ended_ns = None, at_ns
