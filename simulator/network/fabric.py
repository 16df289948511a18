"""The fabric: hosts, links and faults. It has no clock, sends nothing and knows no protocol.

Links are direct, there is no transit; each direction of a link is a path of its own. A fault is
a rule with a verdict; whoever made a rule holds its lifetime. The socket layer asks a path
whether it is passable and is told when that may have changed.
"""

import itertools
from collections.abc import Callable, Iterable
from operator import attrgetter

from simulator.network.path import Drop, Hold, LinkDice, Pass, Path, Verdict

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
    """The hosts by name and address, the paths between them, the rules in force."""

    def __init__(self) -> None:
        self.addresses: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._up: dict[str, bool] = {}
        self._paths: dict[tuple[str, str], Path] = {}
        self._links: dict[tuple[str, str], tuple[Path, Path]] = {}
        self._rules: dict[tuple[str | None, str | None], list[Rule]] = {}
        self._rule_number = itertools.count().__next__
        self._refused: set[tuple[str, str]] = set()
        self._cuts: dict[tuple[str, str], list[Rule]] = {}
        self._path_watchers: list[Callable[[Path], None]] = []
        self._host_watchers: list[Callable[[str], None]] = []

    def add_host(self, name: str, address: str) -> None:
        """A new host, up; its IPv4 address and name must be its own."""
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
        bandwidth: int | None = None,
        dice: Callable[[str], LinkDice] | None = None,
    ) -> None:
        """A direct link; `dice` makes the random stream of a path from the path's label."""
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
                bandwidth_bit_s=bandwidth,
                dice=dice(f"link {source} -> {destination}") if dice else None,
            )
            path.judge(self._verdict(path))
        there, back = (self._paths[direction] for direction in ends)
        self._links[one, other] = self._links[other, one] = (there, back)

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
        """A host loses or regains its power; watchers are told."""
        if self._up[name] != up:
            self._up[name] = up
            for path in self._paths.values():
                if name in {path.source, path.destination}:
                    path.empty()  # what waits is lost here, or held there
            for watcher in self._host_watchers:
                watcher(name)

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
        """Cut the link both ways, or only what goes from `source` to `destination`."""
        return self._until_healed(Hold(), source, destination, one_way=one_way)

    def drop(self, one: str, other: str) -> list[Rule]:
        """Lose what is sent for good, both ways: its connections are dead then."""
        return self._until_healed(Drop(), one, other, one_way=False)

    def _until_healed(
        self, verdict: Verdict, source: str, destination: str, *, one_way: bool
    ) -> list[Rule]:
        self._link(source, destination)
        both = [(source, destination), (destination, source)]
        rules = []
        for direction in both[:1] if one_way else both:
            rule = self.add_rule(verdict, *direction)
            self._cuts.setdefault(direction, []).append(rule)
            rules.append(rule)
        return rules

    def refuse(self, source: str, destination: str) -> None:
        """Refuse new dials from `source` to `destination` until the heal."""
        self._link(source, destination)
        self._refused.add((source, destination))

    def is_refused(self, source: str, destination: str) -> bool:
        """Whether new dials are refused."""
        return (source, destination) in self._refused

    def heal(self, one: str, other: str) -> None:
        """End every cut, drop and refusal of the link, in both directions."""
        link = self._link(one, other)
        for path in link:
            self._refused.discard((path.source, path.destination))
            for rule in self._cuts.pop((path.source, path.destination), ()):
                self._remove(rule)
        self._judge(link)

    def set_latency(self, one: str, other: str, latency_ns: int, jitter_ns: int = 0) -> None:
        """Change the latency of both directions; what is under way is not slowed down."""
        for path in self._link(one, other):
            path.latency_ns = latency_ns
            path.jitter_ns = jitter_ns

    def set_bandwidth(self, one: str, other: str, bandwidth: int | None, now_ns: int) -> None:
        """Change the bandwidth of both directions; None is no limit."""
        for path in self._link(one, other):
            path.set_bandwidth(bandwidth, now_ns)

    def set_loss(self, one: str, other: str, share: float) -> None:
        """Lose that share (0 to 1) of what open connections send, both ways; TCP repeats it."""
        for path in self._link(one, other):
            path.loss = share

    def watch(
        self, on_path: Callable[[Path], None], on_host: Callable[[str], None] | None = None
    ) -> None:
        """Be told of a path whose verdict has changed, and of a host that went down or up."""
        self._path_watchers.append(on_path)
        if on_host is not None:
            self._host_watchers.append(on_host)

    def _link(self, one: str, other: str) -> tuple[Path, Path]:
        """The paths of a link, in the order in which it was added."""
        if (one, other) not in self._links:
            raise ValueError(f"no link {one} - {other}")
        return self._links[one, other]

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

    def _judge(self, paths: Iterable[Path]) -> None:
        """Judge these paths, all of them before a watcher is told of the first."""
        changed = [path for path in paths if path.judge(self._verdict(path))]
        for path in changed:
            for watcher in self._path_watchers:
                watcher(path)
