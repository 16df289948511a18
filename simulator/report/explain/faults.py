"""What keeps two hosts apart: faults of links, routers and hosts, as they stand in the journal."""

from collections import deque
from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from functools import lru_cache

import msgspec

from licensing import events
from licensing.entitlements import UNLIMITED_NS
from licensing.events import Entry, NetworkFacts
from licensing.words import CLA_PROGRAM
from simulator.network.routes import PlainHop, Reach, follow, next_hops
from simulator.report.explain.reason import Reason

_KEPT = 256
_KEPT_SEARCHES = 16
"""Of central CLAs, for whom all nodes ask at once."""

STILL_NS = UNLIMITED_NS
"""Since then nothing has ended: what was wrong at some time since is wrong still."""

Key = tuple[str, ...]
"""What is at fault: `("hop", link, source)`, `("transit", name)`, `("drop", link)`, ..."""

_OF_HOPS = ("hop", "transit")
"""What leads nowhere while it stands; there may be another way."""

_OF_LINKS = ("drop", "refuse", "loss")
"""What is in the way of those alone whose way it is."""


class KnownFault(msgspec.Struct):
    """What began with a fact, and ended with another unless it lasts."""

    began: Entry
    ended: Entry | None = None

    @property
    def reason(self) -> Reason:
        """What a person or a fault did."""
        return Reason.of(self.began)


class _WhileFailed:
    """Who reaches whom while these faults stand, and which of them are to blame where none do."""

    def __init__(
        self, hops: Sequence[PlainHop], forwarding: Container[str], faults: Collection[Key]
    ) -> None:
        by_hop = [(hop, _fault_of(hop, faults)) for hop in hops]
        self._failed = [(hop, fault) for hop, fault in by_hop if fault]
        usable = [hop for hop, fault in by_hop if not fault]
        onward, back = Reach(usable, forwarding), Reach(map(_turned, usable), forwarding)
        self._reaching = lru_cache(_KEPT_SEARCHES)(onward.to)
        self._reached = lru_cache(_KEPT_SEARCHES)(back.to)

    def blamed(self, source: str, destination: str) -> list[Key]:
        """The failures for which no route leads from one to the other; [] where one does."""
        far = self._reaching(destination)
        if source in far:
            return []
        near = self._reached(source)
        across = [key for hop, key in self._failed if hop.source in near and hop.destination in far]
        beside = [key for hop, key in self._failed if hop.source in near or hop.destination in far]
        return across or beside


class Faults:
    """The reader that keeps what is wrong now, and what was wrong until lately."""

    def __init__(self) -> None:
        self._hops: list[PlainHop] = []
        self._forwarding: frozenset[str] = frozenset()
        self._failed: frozenset[Key] = frozenset()
        self._while_failed = _WhileFailed((), (), ())
        self._routes = lru_cache(_KEPT_SEARCHES)(self._routes_to)
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
                self._while_failed = _WhileFailed(self._hops, self._forwarding, self._failed)
                self._routes.cache_clear()
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

    def _on_the_way(
        self, node: str, agent: str, known: Mapping[Key, KnownFault]
    ) -> list[KnownFault]:
        failed = frozenset(key for key in known if key[0] in _OF_HOPS)
        if failed != self._failed:
            self._failed = failed
            self._while_failed = _WhileFailed(self._hops, self._forwarding, failed)
        ways = [(node, agent), (agent, node)]
        blamed = [key for way in ways for key in self._while_failed.blamed(*way)]
        if not blamed and any(key[0] in _OF_LINKS for key in known):
            route = follow(self._routes(agent), node, agent)
            links = sorted({hop.link for hop in route})
            blamed = [(kind, link) for link in links for kind in _OF_LINKS if (kind, link) in known]
        return [known[key] for key in blamed]

    def _routes_to(self, agent: str) -> dict[str, PlainHop]:
        """While nothing has failed."""
        return next_hops(self._hops, agent, self._forwarding)


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


def _turned(hop: PlainHop) -> PlainHop:
    return PlainHop(hop.link, hop.destination, hop.source, hop.declared_ns)


def _fault_of(hop: PlainHop, faults: Collection[Key]) -> Key | None:
    keys: list[Key] = [
        ("hop", hop.link, hop.source), ("transit", hop.source), ("transit", hop.destination),
    ]  # fmt: skip
    return next((key for key in keys if key in faults), None)


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
