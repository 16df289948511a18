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
from simulator.scenario import Scenario
from simulator.worlds.known_names import UnknownName, known_name

_CUTTING = ("cut", "drop")


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
        if self._is_new(name, "cut"):
            self._network.cut(one, other, link=name)
            directions = [f"{one}->{other}", f"{other}->{one}"]
            self._begin(name, "cut", LinkCut(link=name, directions=directions))

    def cut_one_way(self, link: str, source: str) -> None:
        """Hold what goes over a link from `source`, one of its ends, until the heal."""
        name, *ends = self._named(link)
        ends.remove(known_name("end", source, ends))
        destination = ends[0]
        fault = f"cut from {source} to {destination}"
        if "cut" in self._faults[name]:
            self._nothing(name, "it is cut in both directions already")
        elif self._is_new(name, fault):
            self._network.cut(source, destination, one_way=True, link=name)
            self._begin(name, fault, LinkCut(link=name, directions=[f"{source}->{destination}"]))

    def drop(self, link: str) -> None:
        """Lose what is sent over a link for good, in both directions, until the heal."""
        name, one, other = self._named(link)
        if self._is_new(name, "drop"):
            self._network.drop(one, other, link=name)
            self._begin(name, "drop", LinkFaulted(link=name, fault="drop"))

    def refuse(self, link: str) -> None:
        """Refuse new connections over a link, in both directions, until the heal."""
        name, one, other = self._named(link)
        if self._is_new(name, "refuse"):
            self._network.refuse(one, other, link=name)
            self._begin(name, "refuse", LinkFaulted(link=name, fault="refuse"))

    def heal(self, link: str) -> None:
        """End every cut, drop and refusal of a link, in both directions."""
        name, one, other = self._named(link)
        if self._faults[name]:
            self._network.heal(one, other, link=name)
            self._record(LinkHealed(link=name))
            self._faults[name].clear()
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
        self._record(LinkFaulted(link=name, fault="reset"))

    def set_latency(self, link: str, latency_ns: int) -> None:
        """Give a link another latency; its jitter stays."""
        name, one, other = self._named(link)
        jitter_ns = self._internetwork.links[name].jitter
        self._network.set_latency(one, other, latency_ns, jitter_ns, link=name)
        self._record(LatencyChanged(link=name, latency_ns=latency_ns))

    def set_bandwidth(self, link: str, bandwidth_bit_s: int) -> None:
        """Give a link another bandwidth, which what waits for its turn feels."""
        name, one, other = self._named(link)
        self._network.set_bandwidth(one, other, bandwidth_bit_s, link=name)
        self._record(BandwidthChanged(link=name, bandwidth_bit_s=bandwidth_bit_s))

    def set_loss(self, link: str, loss_percent: int) -> None:
        """Lose that much (0 to 99) of what open connections send over a link, until it changes."""
        name, one, other = self._named(link)
        self._network.set_loss(one, other, loss_percent, link=name)
        self._record(LossChanged(link=name, loss_percent=loss_percent))

    def _named(self, link: str) -> tuple[str, str, str]:
        """A link's own name and its ends."""
        links = self._internetwork.links
        found = self._internetwork.links_called(link) or [known_name("link", link, links)]
        if len(found) > 1:
            raise UnknownName(f"{link!r} may mean {' or '.join(found)}: name one of them.")
        return found[0], *links[found[0]].ends

    def _is_new(self, name: str, fault: str) -> bool:
        """Whether a link does not have that fault already; where it has, that is stated."""
        if fault in self._faults[name]:
            self._nothing(name, f"the link had that fault already ({fault})")
            return False
        return True

    def _begin(self, name: str, fault: str, fact: Fact) -> None:
        self._faults[name].append(fault)
        self._record(fact)

    def _nothing(self, name: str, why: str) -> None:
        self._record(NothingChanged(where=name, why=why))
