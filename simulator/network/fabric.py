"""The fabric: hosts, links and faults. It has no clock, sends nothing and knows no protocol.

Links are direct, there is no transit; each direction of a link is a path of its own. A fault is
a rule with a verdict; whoever made a rule holds its lifetime. `Traffic` carries bytes on it: asks a
path whether it is passable, and hears of what changes.
"""

import itertools
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter

from simulator.network.link import ALL_ABILITIES, Ability, Link
from simulator.network.path import Discard, Hold, LinkDice, Pass, Path, Verdict
from simulator.network.traffic import NoTraffic, Traffic

LOOPBACK_NS = 10_000


class Rule:
    """A fault in force: `verdict` for what goes from `source` to `destination` (None: any).

    `number` counts the rules of a network: the lower wins.
    """

    def __init__(
        self,
        network: "Network",
        number: int,
        verdict: Verdict,
        source: str | None,
        destination: str | None,
    ) -> None:
        self._network = network
        self.number = number
        self.verdict = verdict
        self.source = source
        self.destination = destination

    def matches(self, path: "Path") -> bool:
        """Whether the rule decides about this path; no rule reaches a host's loopback."""
        if path.source == path.destination:
            return False
        return self.source in {None, path.source} and self.destination in {None, path.destination}

    def lift(self) -> None:
        """End the fault; a second time does nothing."""
        self._network.lift(self)


class Network:
    """The hosts by name and address, the paths between them, the rules in force.

    Every fault of a link is a method here, in simulated worlds and live ones; `one` and `other` are
    its ends in any order. They raise `ValueError` for a link that is not there, `LinkUnable` for
    what it was not built for.
    """

    def __init__(self) -> None:
        self.addresses: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._up: dict[str, bool] = {}
        self._paths: dict[tuple[str, str], Path] = {}
        self._links: dict[tuple[str, str], Link] = {}
        self._rules: dict[tuple[str | None, str | None], list[Rule]] = {}
        self._rule_number = itertools.count().__next__
        self._cuts: dict[tuple[str, str], list[Rule]] = {}
        self._traffic: Traffic = NoTraffic()

    def add_host(self, name: str, address: str) -> None:
        """A new host, up; raises `ValueError` where its name or its IPv4 address is taken."""
        if name in self._up or address in self._names:
            raise ValueError(f"host {name} ({address}): the name or the address is taken")
        self.addresses[name] = address
        self._names[address] = name
        self._up[name] = True
        self._paths[name, name] = Path(name, name, latency_ns=LOOPBACK_NS)

    def add_link(
        self,
        one: str,
        other: str,
        *,
        latency_ns: int,
        jitter_ns: int = 0,
        bandwidth_bit_s: int | None = None,
        forgets_idle_ns: int | None = None,
        dice: Callable[[str], LinkDice] | None = None,
        abilities: frozenset[Ability] = ALL_ABILITIES,
    ) -> None:
        """A direct link; `dice` makes the random stream of a path from the path's label.

        Raises `ValueError` where a host is not there, or a link is already.
        """
        ends = ((one, other), (other, one))
        for source, destination in ends:
            if source not in self._up:
                raise ValueError(f"link {one} - {other}: no host {source}")
            if (source, destination) in self._paths:
                raise ValueError(f"link {one} - {other}: there is one already")
            path = self._paths[source, destination] = Path(
                source,
                destination,
                latency_ns=latency_ns,
                jitter_ns=jitter_ns,
                bandwidth_bit_s=bandwidth_bit_s,
                forgets_idle_ns=forgets_idle_ns,
                dice=dice(f"link {source} -> {destination}") if dice else None,
            )
            path.judge(self._verdict(path))
        there, back = (self._paths[direction] for direction in ends)
        self._links[one, other] = self._links[other, one] = Link(there, back, abilities)

    def path(self, source: str, destination: str) -> Path | None:
        """The path between two hosts, a host's loopback included; None without a direct link."""
        return self._paths.get((source, destination))

    def address_of(self, name: str) -> str | None:
        """The address of a host name."""
        return self.addresses.get(name)

    def name_of(self, address: str) -> str | None:
        """The host that has an address."""
        return self._names.get(address)

    def is_up(self, name: str) -> bool:
        """Whether a host has power."""
        return self._up[name]

    def set_up(self, name: str, up: bool) -> None:
        """A host loses or regains its power: meanwhile nothing leaves or reaches it."""
        if self._up[name] != up:
            self._up[name] = up
            for path in self._paths.values():
                if name in {path.source, path.destination}:
                    path.empty()  # what waits is lost here, or held there
            self._traffic.host_changed(name)

    # Faults

    def add_rule(
        self, verdict: Verdict, source: str | None = None, destination: str | None = None
    ) -> Rule:
        """Put a fault in force until its `lift()`. Earlier rules win over later ones."""
        rule = Rule(self, self._rule_number(), verdict, source, destination)
        self._rules.setdefault((source, destination), []).append(rule)
        self._judge(self._reach(rule))
        return rule

    def lift(self, rule: Rule) -> None:
        """End a fault."""
        if self._remove(rule):
            self._judge(self._reach(rule))

    def cut(self, source: str, destination: str, *, one_way: bool = False) -> list[Rule]:
        """Hold what is sent until the heal: both ways, or only from `source` to `destination`."""
        self._link(source, destination, Ability.CUT_ONE_WAY if one_way else Ability.CUT)
        return self._until_healed(Hold(), source, destination, one_way=one_way)

    def drop(self, one: str, other: str) -> list[Rule]:
        """Lose what is sent for good, both ways: connections that meet it are dead then."""
        self._link(one, other, Ability.DROP)
        return self._until_healed(Discard(), one, other, one_way=False)

    def _until_healed(
        self, verdict: Verdict, source: str, destination: str, *, one_way: bool
    ) -> list[Rule]:
        both = [(source, destination), (destination, source)]
        rules = []
        for direction in both[:1] if one_way else both:
            rule = self.add_rule(verdict, *direction)
            self._cuts.setdefault(direction, []).append(rule)
            rules.append(rule)
        return rules

    def refuse(self, one: str, other: str) -> None:
        """Refuse new dials in both directions until the heal; open connections stay."""
        for path in self._link(one, other, Ability.REFUSE).paths:
            if not path.refuses:
                path.refuses = True
                self._traffic.path_changed(path)

    def heal(self, one: str, other: str) -> None:
        """End every cut, drop and refusal of the link, in both directions."""
        paths = self._link(one, other).paths
        refused = [path for path in paths if path.refuses]
        for path in paths:
            path.refuses = False
            for rule in self._cuts.pop((path.source, path.destination), ()):
                self._remove(rule)
        self._judge(paths, refused)

    def fail(self, name: str) -> None:
        """A router or a cloud fails: nothing gets through it."""
        self.set_up(name, False)

    def repair(self, name: str) -> None:
        """A router or a cloud that failed works again."""
        self.set_up(name, True)

    def reset(self, one: str, other: str) -> None:
        """Every connection that is open between two hosts is reset, at both ends."""
        self._link(one, other, Ability.RESET)
        self._traffic.reset(one, other)

    def set_latency(self, one: str, other: str, latency_ns: int, jitter_ns: int = 0) -> None:
        """Change the latency of both directions; what is under way is not slowed down."""
        for path in self._link(one, other, Ability.LATENCY).paths:
            path.latency_ns = latency_ns
            path.jitter_ns = jitter_ns

    def set_bandwidth(self, one: str, other: str, bandwidth_bit_s: int | None) -> None:
        """Change the bandwidth of both directions (None: no limit); what waits feels it at once."""
        link = self._link(one, other, Ability.BANDWIDTH)
        self._traffic.requeue(one, other, bandwidth_bit_s)
        for path in link.paths:
            path.set_bandwidth(bandwidth_bit_s, self._traffic.now_ns())

    def set_loss(self, one: str, other: str, loss_percent: int) -> None:
        """Lose that much (0 to 99) of what open connections send, both ways; TCP repeats it."""
        for path in self._link(one, other, Ability.LOSS).paths:
            path.loss_percent = loss_percent

    def carry(self, traffic: Traffic) -> None:
        """From now on `traffic` hears of what changes: who carries bytes on this network."""
        self._traffic = traffic

    def _link(self, one: str, other: str, ability: Ability | None = None) -> Link:
        if (one, other) not in self._links:
            raise ValueError(f"no link {one} - {other}")
        link = self._links[one, other]
        if ability is not None:
            link.require(ability)
        return link

    def _remove(self, rule: Rule) -> bool:
        """Forget a rule; False where it was lifted before."""
        key = (rule.source, rule.destination)
        rules = self._rules.get(key, [])
        if rule not in rules:
            return False
        rules.remove(rule)
        if not rules:
            del self._rules[key]
        return True

    def _reach(self, rule: Rule) -> list[Path]:
        """The paths about which a rule decides: one, unless an end of it is any."""
        if rule.source is None or rule.destination is None:
            return [path for path in self._paths.values() if rule.matches(path)]
        path = self._paths.get((rule.source, rule.destination))
        return [path] if path is not None and rule.matches(path) else []

    def _verdict(self, path: Path) -> Verdict:
        """What the earliest of the rules that match says; rules of one key stand in their order."""
        source, destination = path.source, path.destination
        keys = ((source, destination), (source, None), (None, destination), (None, None))
        earliest = [self._rules[key][0] for key in keys if key in self._rules]
        return min(earliest, key=attrgetter("number")).verdict if earliest else Pass()

    def _judge(self, paths: Iterable[Path], besides: Sequence[Path] = ()) -> None:
        """Judge these paths, all of them before anybody hears of the first that has changed.

        `besides` have changed already.
        """
        changed = [path for path in paths if path.judge(self._verdict(path)) or path in besides]
        for path in changed:
            self._traffic.path_changed(path)
