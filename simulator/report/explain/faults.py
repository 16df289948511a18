"""What keeps two hosts apart: faults of links, routers and hosts, as they stand in the journal."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from licensing import events
from licensing.events import Entry, NetworkFacts
from licensing.words import CLA_PROGRAM
from simulator.network.routes import PlainHop, next_hops
from simulator.report.explain.reason import Reason

_KEPT = 256

Key = tuple[str, ...]
"""What is at fault: `("hop", link, source)`, `("transit", name)`, `("link", name)`, ..."""


@dataclass(slots=True)
class KnownFault:
    """What began with a fact, and ended with another unless it lasts."""

    began: Entry
    ended: Entry | None = None

    @property
    def reason(self) -> Reason:
        """What a person or a fault did."""
        return Reason.of(self.began)


class Faults:
    """The reader that keeps what is wrong now, and what was wrong until lately."""

    def __init__(self) -> None:
        self._hops: list[PlainHop] = []
        self._forwarding: frozenset[str] = frozenset()
        self._in_force: dict[Key, KnownFault] = {}
        self._over: deque[tuple[Key, KnownFault]] = deque(maxlen=_KEPT)

    def __call__(self, entry: Entry) -> None:
        """Read the next entry of the journal."""
        if not isinstance(entry.fact, FAULT_FACTS):
            return
        match entry.fact:
            case events.RunBegan(network=network, nodes=nodes):
                self._hops = [*_hops(network)]
                open_sites = [name for name in nodes if name not in network.closed]
                self._forwarding = frozenset((*open_sites, *network.routers, *network.clouds))
        for key in _begun(entry):
            self._in_force.setdefault(key, KnownFault(entry))
        for key in _ended(entry, self._in_force):
            fault = self._in_force.pop(key)
            fault.ended = entry
            self._over.append((key, fault))

    def is_off(self, host: str) -> bool:
        """Whether it has no power."""
        return ("host", host) in self._in_force

    def between(self, node: str, agent: str, since_ns: int) -> list[KnownFault]:
        """Why `node` cannot reach the CLA on the host `agent`, now or at some time `since_ns`.

        Nothing where no fact says why.
        """
        known = {key: fault for key, fault in self._over if _ended_after(fault, since_ns)}
        known |= self._in_force
        hosts = [("host", agent), ("frozen", agent), ("program", agent, CLA_PROGRAM)]
        ends = [known[key] for key in hosts if key in known]
        way = [] if node == agent else self._on_the_way(node, agent, known)
        own = [known[key] for key in [("frozen", node), ("host", node)] if key in known]
        return _each_once(ends or way or own)

    def _on_the_way(self, node: str, agent: str, known: dict[Key, KnownFault]) -> list[KnownFault]:
        stopped = [*self._stopped(node, agent, known), *self._stopped(agent, node, known)]
        if stopped:
            return stopped
        links = {hop.link for hop in self._route(node, agent, self._hops)}
        kinds = ("drop", "refuse", "loss")
        return [
            known[kind, link] for link in sorted(links) for kind in kinds if (kind, link) in known
        ]

    def _stopped(
        self, source: str, destination: str, known: dict[Key, KnownFault]
    ) -> list[KnownFault]:
        """The failures for which no route leads there; [] where one does."""
        usable = [hop for hop in self._hops if _fault_of(hop, known) is None]
        if source in next_hops(usable, destination, self._forwarding):
            return []
        near = self._reached(source, usable)
        far = {destination, *next_hops(usable, destination, self._forwarding)}
        failed = [(hop, fault) for hop in self._hops if (fault := _fault_of(hop, known))]
        across = [fault for hop, fault in failed if hop.source in near and hop.destination in far]
        beside = [fault for hop, fault in failed if hop.source in near or hop.destination in far]
        return across or beside

    def _reached(self, source: str, usable: list[PlainHop]) -> set[str]:
        reached, ahead = {source}, [source]
        while ahead:
            at = ahead.pop()
            for hop in usable if at == source or at in self._forwarding else ():
                if hop.source == at and hop.destination not in reached:
                    reached.add(hop.destination)
                    ahead.append(hop.destination)
        return reached

    def _route(self, source: str, destination: str, hops: list[PlainHop]) -> Iterator[PlainHop]:
        first = next_hops(hops, destination, self._forwarding)
        at = source
        while at != destination and (hop := first.get(at)):
            yield hop
            at = hop.destination


FAULT_FACTS = (
    events.RunBegan, events.LinkCut, events.LinkFaulted, events.LinkHealed, events.LossChanged,
    events.TransitFailed, events.TransitRepaired, events.HostCrashed, events.HostStopped,
    events.HostStarted, events.HostFrozen, events.HostThawed, events.ProgramEnded,
    events.ProgramStarted, events.AgentStopped, events.RecoveryWindowBegan,
)  # fmt: skip
"""Those by which a fault begins or ends."""


def _each_once(faults: list[KnownFault]) -> list[KnownFault]:
    """One fact may be several faults: a cut is one of each direction."""
    return [*{id(fault.began): fault for fault in faults}.values()]


def _hops(network: NetworkFacts) -> Iterator[PlainHop]:
    for link, (one, other) in sorted(network.links.items()):
        for source, destination in ((one, other), (other, one)):
            yield PlainHop(link, source, destination, network.latencies_ns.get(link, 0))


def _fault_of(hop: PlainHop, known: dict[Key, KnownFault]) -> KnownFault | None:
    keys: list[Key] = [
        ("hop", hop.link, hop.source), ("transit", hop.source), ("transit", hop.destination),
    ]  # fmt: skip
    return next((known[key] for key in keys if key in known), None)


def _begun(entry: Entry) -> Iterator[Key]:
    match entry.fact:
        case events.LinkCut(link=link, directions=directions):
            yield from (("hop", link, each.partition("->")[0]) for each in directions)
        case events.LinkFaulted(link=link, fault="drop" | "refuse" as fault):
            yield fault, link
        case events.LossChanged(link=link, loss_percent=loss_percent) if loss_percent:
            yield "loss", link
        case events.TransitFailed(name=name):
            yield "transit", name
        case events.HostCrashed() | events.HostStopped():
            yield "host", entry.host
        case events.HostFrozen():
            yield "frozen", entry.host
        case events.ProgramEnded(program=program):
            yield "program", entry.host, program
        case events.AgentStopped():
            yield "program", entry.host, CLA_PROGRAM


def _ended(entry: Entry, in_force: dict[Key, KnownFault]) -> list[Key]:
    match entry.fact:
        case events.LinkHealed(link=link):
            return [
                key for key in in_force if key[1] == link and key[0] in ("hop", "drop", "refuse")
            ]
        case events.LossChanged(link=link, loss_percent=0):
            over: list[Key] = [("loss", link)]
        case events.TransitRepaired(name=name):
            over = [("transit", name)]
        case events.HostStarted():
            over = [("host", entry.host), ("frozen", entry.host)]
        case events.HostThawed():
            over = [("frozen", entry.host)]
        case events.ProgramStarted(program=program):
            over = [("program", entry.host, program)]
        case events.RecoveryWindowBegan():
            over = [("program", entry.host, CLA_PROGRAM)]
        case _:
            return []
    return [key for key in over if key in in_force]


def _ended_after(fault: KnownFault, since_ns: int) -> bool:
    return fault.ended is not None and fault.ended.at >= since_ns
