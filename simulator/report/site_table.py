"""What became of each site of a large internetwork, those that fared worst first."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

import msgspec

from licensing.events import CallAnswered, Entry
from licensing.license_table import LicenseTable
from licensing.policies import MINUTE_NS, NS_PER_SECOND
from licensing.words import CallOutcome, NodeState
from simulator.report.groups import Groups
from simulator.report.node_states import NodeStates
from simulator.report.page import Row, Tone, aligned
from simulator.report.phrases import period
from simulator.runs.play import Result
from simulator.scenario import Internetwork

_TROUBLES = (NodeState.EMERGENCY, NodeState.RESTRICTED, NodeState.FAILOVER)
"""The worst first."""

_HEADS = ("sites", "in failover", "in emergency", "restricted", "calls refused", "seats")


class _Site(msgspec.Struct):
    """How long it was in each state, and how many calls were refused there."""

    state: NodeState = NodeState.ACTIVATION_PERIOD
    since_ns: int = 0
    spent_ns: Counter[NodeState] = msgspec.field(default_factory=Counter)
    refused: int = 0

    def becomes(self, state: NodeState, at_ns: int) -> None:
        self.spent_ns[self.state] += at_ns - self.since_ns
        self.state, self.since_ns = state, at_ns

    @property
    def badness(self) -> tuple[int, ...]:
        return (*(-self.spent_ns[state] for state in _TROUBLES), -self.refused)


class SiteAccount:
    """The reader of the journal that adds it up."""

    def __init__(self) -> None:
        self._sites: defaultdict[str, _Site] = defaultdict(_Site)
        self._states = NodeStates()

    def __call__(self, entry: Entry) -> None:
        """Read the next entry of the journal."""
        if after := self._states(entry):
            self._sites[entry.host].becomes(after, entry.at)
        if isinstance(entry.fact, CallAnswered) and entry.fact.outcome is CallOutcome.REFUSED:
            self._sites[entry.host].refused += 1

    def rows(self, internetwork: Internetwork, result: Result) -> Iterator[Row]:
        """A row a site, counted up to the end of the run; sites with the same figures share one."""
        for site in self._sites.values():
            site.becomes(site.state, result.ended_ns)
        ordered = sorted(internetwork.nodes, key=lambda name: self._sites[name].badness)
        seats = _seats(result.licenses.values())
        alike: dict[tuple[str, ...], list[str]] = {}
        for name in ordered:
            alike.setdefault(_cells(self._sites[name], seats[name]), []).append(name)
        groups = Groups(internetwork)
        cells = [[groups.called(names), *rest] for rest, names in alike.items()]
        head, *lines = aligned(_without_empty_state([[*_HEADS], *cells]))
        yield Row(head, Tone.HEADING)
        for line, names in zip(lines, alike.values(), strict=True):
            yield Row(f"{line}  {groups.which(names)}".rstrip())


def _cells(site: _Site, seats: int) -> tuple[str, ...]:
    order = (NodeState.FAILOVER, NodeState.EMERGENCY, NodeState.RESTRICTED)
    counts = (str(count or "-") for count in (site.refused, seats))
    return (*(_lasting(site.spent_ns[state]) for state in order), *counts)


def _lasting(spent_ns: int) -> str:
    unit_ns = MINUTE_NS if spent_ns >= MINUTE_NS else NS_PER_SECOND
    return period(spent_ns // unit_ns * unit_ns) if spent_ns else "-"


def _seats(tables: Iterable[LicenseTable]) -> Counter[str]:
    """How many licenses each node holds, of whatever kind."""
    held: Counter[str] = Counter()
    for table in tables:
        for row in table.licenses:
            held.update(row.held)
    return held


def _without_empty_state(cells: list[list[str]]) -> list[list[str]]:
    """Without the column of a rare state that no site was in."""
    rare = _HEADS.index("restricted")
    if any(row[rare] != "-" for row in cells[1:]):
        return cells
    return [row[:rare] + row[rare + 1 :] for row in cells]
