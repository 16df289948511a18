"""What happens to the links of a world, from a cut to another latency: all of it goes through here.

A step names a link, the network of the world carries the fault out, the journal has the fact.
"""

from collections import defaultdict
from collections.abc import Callable

from licensing.events import (
    BandwidthChanged,
    Fact,
    LatencyChanged,
    LinkCut,
    LinkFaulted,
    LinkHealed,
    LossChanged,
    NothingChanged,
    TransitFailed,
    TransitRepaired,
)
from simulator.network.fabric import Network
from simulator.scenario import Scenario, bandwidth_in_words, duration_in_words
from simulator.worlds.known_names import UnknownName, known_name

_CUTTING = ("cut", "drop")
_IN_FORCE = {"refuse": "refusal of new connections"}
"""Faults that have other words in a list of them."""


class LinkFaults:
    """The faults of a scenario's links in `network`; facts go to `record`.

    Links are named as in a scenario, from either end. Methods act at once, and state so where they
    change nothing. They raise `UnknownName` for a link that the scenario does not have, and
    `LinkUnable` for what a link of a live run was not built for.
    """

    def __init__(
        self, scenario: Scenario, network: Network, record: Callable[[Fact], object]
    ) -> None:
        self._internetwork = scenario.internetwork
        self._network = network
        self._record = record
        self._faults: defaultdict[str, list[str]] = defaultdict(list)
        """What is wrong with each link, router and cloud until it is healed, oldest first."""
        self._changes: defaultdict[str, dict[str, str]] = defaultdict(dict)
        """How each link differs from what was declared, in words, by what was changed."""

    @property
    def cut_links(self) -> list[str]:
        """The links that were cut, in either direction, or drop all, and are not healed."""
        return [
            link
            for link in self._internetwork.links
            if any(fault.startswith(_CUTTING) for fault in self._faults[link])
        ]

    @property
    def failed_transit(self) -> list[str]:
        """The routers and clouds that have failed and are not repaired."""
        return [name for name in self._internetwork.transit if self._faults[name]]

    def cut(self, link: str) -> None:
        """Hold what is sent over a link, in both directions, until the heal."""
        name, one, other = self._named(link)
        if self._is_new(name, "cut", unless="drop"):
            self._network.cut(one, other, link=name)
            directions = [f"{one}->{other}", f"{other}->{one}"]
            cut = LinkCut(link=name, directions=directions, besides=self._in_force(name))
            self._begin(name, "cut", cut)

    def cut_one_way(self, link: str, source: str) -> None:
        """Hold what goes over a link from `source`, one of its ends, until the heal."""
        name, *ends = self._named(link)
        ends.remove(known_name("end", source, ends))
        destination = ends[0]
        fault = f"cut from {source} to {destination}"
        if "cut" in self._faults[name]:
            self._nothing(name, "it is cut in both directions already")
        elif self._is_new(name, fault, unless="drop"):
            self._network.cut(source, destination, one_way=True, link=name)
            directions = [f"{source}->{destination}"]
            cut = LinkCut(link=name, directions=directions, besides=self._in_force(name))
            self._begin(name, fault, cut)

    def drop(self, link: str) -> None:
        """Lose what is sent over a link for good, in both directions, until the heal."""
        name, one, other = self._named(link)
        if self._is_new(name, "drop", unless="cut"):
            self._network.drop(one, other, link=name)
            self._begin(name, "drop", self._faulted(name, "drop"))

    def refuse(self, link: str) -> None:
        """Refuse new connections over a link, in both directions, until the heal."""
        name, one, other = self._named(link)
        if self._is_new(name, "refuse"):
            self._network.refuse(one, other, link=name)
            self._begin(name, "refuse", self._faulted(name, "refuse"))

    def heal(self, link: str) -> None:
        """End every cut, drop and refusal of a link, in both directions; nothing else."""
        name, one, other = self._named(link)
        remains = [*self._changes[name].values()]
        if self._faults[name]:
            self._network.heal(one, other, link=name)
            self._faults[name].clear()
            self._record(LinkHealed(link=name, remains=remains))
        elif remains:
            self._nothing(name, f"no heal ends what is in force: {', '.join(remains)}")
        else:
            self._nothing(name, "the link was healthy")

    def fail(self, transit: str) -> None:
        """A router or a cloud fails: nothing gets through it until it is repaired."""
        name = known_name("router or cloud", transit, self._internetwork.transit)
        if self._faults[name]:
            self._nothing(name, "it had failed already")
        else:
            self._network.fail(name)
            self._begin(name, "failed", TransitFailed(name=name))

    def repair(self, transit: str) -> None:
        """A router or a cloud that failed works again."""
        name = known_name("router or cloud", transit, self._internetwork.transit)
        if self._faults[name]:
            self._network.repair(name)
            self._record(TransitRepaired(name=name))
            self._faults[name].clear()
        else:
            self._nothing(name, "it had not failed")

    def reset(self, link: str) -> None:
        """Reset the connections that are open over a link; new ones are as before."""
        name, one, other = self._named(link)
        self._network.reset(one, other, link=name)
        self._record(self._faulted(name, "reset"))

    def set_latency(self, link: str, latency_ns: int) -> None:
        """Give a link another latency; its jitter stays."""
        name, one, other = self._named(link)
        declared = self._internetwork.links[name]
        self._network.set_latency(one, other, latency_ns, declared.jitter, link=name)
        words = f"latency {duration_in_words(latency_ns)}"
        besides = self._change(name, "latency", words, latency_ns != declared.latency)
        self._record(LatencyChanged(link=name, latency_ns=latency_ns, besides=besides))

    def set_bandwidth(self, link: str, bandwidth_bit_s: int) -> None:
        """Give a link another bandwidth, which what waits for its turn feels."""
        name, one, other = self._named(link)
        self._network.set_bandwidth(one, other, bandwidth_bit_s, link=name)
        words = f"bandwidth {bandwidth_in_words(bandwidth_bit_s)}"
        other_than = bandwidth_bit_s != self._internetwork.links[name].bandwidth
        besides = self._change(name, "bandwidth", words, other_than)
        changed = BandwidthChanged(link=name, bandwidth_bit_s=bandwidth_bit_s, besides=besides)
        self._record(changed)

    def set_loss(self, link: str, loss_percent: int) -> None:
        """Lose that much (0 to 99) of what open connections send over a link, until it changes."""
        name, one, other = self._named(link)
        self._network.set_loss(one, other, loss_percent, link=name)
        besides = self._change(name, "loss", f"{loss_percent} % loss", loss_percent > 0)
        self._record(LossChanged(link=name, loss_percent=loss_percent, besides=besides))

    def _change(self, name: str, what: str, words: str, differs: bool) -> list[str]:
        """Note how a link differs from what was declared; returns what else is in force."""
        self._changes[name].pop(what, None)
        besides = self._in_force(name)
        if differs:
            self._changes[name][what] = words
        return besides

    def _in_force(self, name: str) -> list[str]:
        """All that is wrong with a link, in words."""
        faults = [_IN_FORCE.get(fault, fault) for fault in self._faults[name]]
        return [*faults, *self._changes[name].values()]

    def _faulted(self, name: str, fault: str) -> LinkFaulted:
        return LinkFaulted(link=name, fault=fault, besides=self._in_force(name))

    def _named(self, link: str) -> tuple[str, str, str]:
        """A link's own name and its ends."""
        links = self._internetwork.links
        found = self._internetwork.links_called(link) or [known_name("link", link, links)]
        if len(found) > 1:
            raise UnknownName(f"{link!r} may mean {' or '.join(found)}: name one of them.")
        return found[0], *links[found[0]].ends

    def _is_new(self, name: str, fault: str, unless: str = "") -> bool:
        """Whether a link does not have that fault already, nor the one that goes before it.

        Where it has, that is stated: of a cut and a drop the earlier one is in force.
        """
        if unless in self._faults[name]:
            self._nothing(name, f"the {unless} that came before is in force until the heal")
            return False
        if fault in self._faults[name]:
            self._nothing(name, f"the link had that fault already ({fault})")
            return False
        return True

    def _begin(self, name: str, fault: str, fact: Fact) -> None:
        self._faults[name].append(fault)
        self._record(fact)

    def _nothing(self, name: str, why: str) -> None:
        self._record(NothingChanged(where=name, why=why))
