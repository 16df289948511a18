"""The fabric: hosts, routers, links and faults. It has no clock, sends nothing, knows no protocol.

Each direction of a link is a path of its own; a route leads over paths from host to host. A fault
is a rule with a verdict; whoever made a rule holds its lifetime. `Traffic` carries bytes on it:
asks a route whether it is passable, and hears of what changes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from simulator.network.link import ALL_ABILITIES, Ability, Link
from simulator.network.path import Discard, Hold, LinkDice, Path, Verdict
from simulator.network.queue import Queue
from simulator.network.route import Route
from simulator.network.routing import Routing
from simulator.network.rules import Rule, Rules
from simulator.network.traffic import NoTraffic, Traffic

LOOPBACK_NS = 10_000


class Network:
    """The hosts by name and address, the links between them, the routes, the rules in force.

    Every fault of a link is a method here, in simulated worlds and live ones; `one` and `other` are
    its ends in any order, `link` names it where two join them. They raise `ValueError` for a link
    that is not there, `LinkUnable` for what it was not built for. Routes follow a change after
    `convergence_ns`.
    """

    def __init__(self) -> None:
        self.addresses: dict[str, str] = {}
        self.convergence_ns = 0
        self.routing = Routing()
        self._names: dict[str, str] = {}
        self._up: dict[str, bool] = {}
        self._lines: dict[str, tuple[Queue, Queue]] = {}
        self._failed: dict[str, list[Rule]] = {}
        self._links: dict[str, Link] = {}
        self._joining: dict[frozenset[str], list[Link]] = {}
        self._rules = Rules(self.lift)
        self._cuts: dict[Path, list[Rule]] = {}
        self._traffic: Traffic = NoTraffic()

    def add_host(self, name: str, address: str) -> None:
        """A new host, up; raises `ValueError` where its name or its IPv4 address is taken."""
        if self._is_end(name) or address in self._names:
            raise ValueError(f"host {name} ({address}): the name or the address is taken")
        self.addresses[name] = address
        self._names[address] = name
        self._up[name] = True
        self.routing.add_loopback(name, Path(name, name, latency_ns=LOOPBACK_NS))

    def add_transit(self, name: str) -> None:
        """A router or a cloud; raises `ValueError` where its name is taken."""
        if self._is_end(name):
            raise ValueError(f"router or cloud {name}: the name is taken")
        self._failed[name] = []
        self.routing.forwarding.add(name)

    def equip_site(self, host: str, *, forwards: bool, line_bit_s: int | None) -> None:
        """Whether a host's site passes on what is for others, and what its access line carries.

        Links that are added from then on go over the line, in each direction.
        """
        if forwards:
            self.routing.forwarding.add(host)
        if line_bit_s is not None:
            self._lines[host] = Queue(line_bit_s), Queue(line_bit_s)

    def _is_end(self, name: str) -> bool:
        return name in self._up or name in self._failed

    def add_link(
        self,
        one: str,
        other: str,
        *,
        latency_ns: int,
        name: str = "",
        jitter_ns: int = 0,
        bandwidth_bit_s: int | None = None,
        forgets_idle_ns: int | None = None,
        dice: Callable[[str], LinkDice] | None = None,
        abilities: frozenset[Ability] = ALL_ABILITIES,
    ) -> None:
        """A link, called by its ends unless it has a `name`.

        `dice` makes the random stream of a path from the path's label. Raises `ValueError` where
        an end is not there, or a link of that name is already.
        """
        taken = {name or f"{one}-{other}", name or f"{other}-{one}"}
        name = name or f"{one}-{other}"
        for end in (one, other):
            if not self._is_end(end):
                raise ValueError(f"link {name}: no host {end}")
        if not taken.isdisjoint(self._links):
            raise ValueError(f"link {name}: there is one already")
        ends = ((one, other), (other, one))
        called = "" if name in {f"{one}-{other}", f"{other}-{one}"} else f"{name} "
        there, back = (
            Path(
                source,
                destination,
                link=name,
                latency_ns=latency_ns,
                jitter_ns=jitter_ns,
                bandwidth_bit_s=bandwidth_bit_s,
                forgets_idle_ns=forgets_idle_ns,
                dice=dice(f"link {called}{source} -> {destination}") if dice else None,
            )
            for source, destination in ends
        )
        link = self._links[name] = Link(name, there, back, abilities)
        self._joining.setdefault(frozenset((one, other)), []).append(link)
        for path in link.paths:
            out = [self._lines[path.source][0]] if path.source in self._lines else []
            into = [self._lines[path.destination][1]] if path.destination in self._lines else []
            path.queues = (*out, path.queue, *into)
            self.routing.add(path)
            path.judge(self._rules.verdict(path))

    @property
    def paths(self) -> list[Path]:
        """Both directions of every link."""
        return [path for link in self._links.values() for path in link.paths]

    def path(self, source: str, destination: str, link: str = "") -> Path | None:
        """One direction of the link between two ends; None where no link joins them.

        Raises `ValueError` where two do, and `link` is none of them.
        """
        if not link and frozenset((source, destination)) not in self._joining:
            return None
        return self.link(source, destination, link).direction(source)

    def route(self, source: str, destination: str) -> Route | None:
        """The route between two hosts, or a host's loopback; None where nothing leads there."""
        return self.routing.route(source, destination)

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
        """A host loses or regains its power: meanwhile nothing leaves or reaches it.

        Its site's router is another box.
        """
        if self._up[name] != up:
            self._up[name] = up
            for path in self._at(name):
                path.queue.empty()  # what waits is lost here, or held there
            self._traffic.host_changed(name)

    # Faults

    def add_rule(
        self,
        verdict: Verdict,
        source: str | None = None,
        destination: str | None = None,
        link: str | None = None,
    ) -> Rule:
        """Put a fault in force until its `lift()`. Earlier rules win over later ones."""
        rule = self._rules.add(verdict, source, destination, link)
        self._judge(self._reach(rule))
        return rule

    def lift(self, rule: Rule) -> None:
        """End a fault."""
        if self._rules.remove(rule):
            self._judge(self._reach(rule))

    def cut(
        self, source: str, destination: str, *, one_way: bool = False, link: str = ""
    ) -> list[Rule]:
        """Hold what is sent until the heal: both ways, or only from `source` to `destination`."""
        ability = Ability.CUT_ONE_WAY if one_way else Ability.CUT
        cut = self.link(source, destination, link, ability)
        there, back = cut.direction(source), cut.direction(destination)
        return self._until_healed(Hold(), (there,) if one_way else (there, back))

    def drop(self, one: str, other: str, link: str = "") -> list[Rule]:
        """Lose what is sent for good, both ways: connections that meet it are dead there."""
        return self._until_healed(Discard(), self.link(one, other, link, Ability.DROP).paths)

    def _until_healed(self, verdict: Verdict, paths: Sequence[Path]) -> list[Rule]:
        rules = []
        for path in paths:
            rule = self._rules.add(verdict, path.source, path.destination, path.link)
            self._cuts.setdefault(path, []).append(rule)
            rules.append(rule)
        self._judge(paths)
        return rules

    def refuse(self, one: str, other: str, link: str = "") -> None:
        """Refuse new dials in both directions until the heal; open connections stay."""
        paths = self.link(one, other, link, Ability.REFUSE).paths
        changed = [path for path in paths if not path.refuses]
        for path in changed:
            path.refuses = True
        self._tell(changed, {})

    def heal(self, one: str, other: str, link: str = "") -> None:
        """End every cut, drop and refusal of the link, in both directions."""
        paths = self.link(one, other, link).paths
        refused = [path for path in paths if path.refuses]
        for path in paths:
            path.refuses = False
            for rule in self._cuts.pop(path, ()):
                self._rules.remove(rule)
        self._judge(paths, refused)

    def fail(self, name: str) -> None:
        """A router or a cloud fails: nothing gets through it. A second time does nothing."""
        if not self._failed[name]:
            away, towards = self._rules.add(Hold(), name), self._rules.add(Hold(), None, name)
            self._failed[name] = [away, towards]
            self._judge(self._at(name))

    def repair(self, name: str) -> None:
        """A router or a cloud that failed works again; a second time does nothing."""
        for rule in self._failed[name]:
            self._rules.remove(rule)
        self._failed[name] = []
        self._judge(self._at(name))

    def _at(self, end: str) -> list[Path]:
        return [path for path in self.paths if end in {path.source, path.destination}]

    def reset(self, one: str, other: str, link: str = "") -> None:
        """Every connection that is open over the link is reset, at both ends."""
        self._traffic.reset(self.link(one, other, link, Ability.RESET).paths)

    def set_latency(
        self, one: str, other: str, latency_ns: int, jitter_ns: int = 0, *, link: str = ""
    ) -> None:
        """Change the latency of both directions; what is under way is not slowed down."""
        for path in self.link(one, other, link, Ability.LATENCY).paths:
            path.latency_ns = latency_ns
            path.jitter_ns = jitter_ns
            self._review_routes(path)

    def set_bandwidth(
        self, one: str, other: str, bandwidth_bit_s: int | None, *, link: str = ""
    ) -> None:
        """Change the bandwidth of both directions (None: no limit); what waits feels it at once."""
        for path in self.link(one, other, link, Ability.BANDWIDTH).paths:
            self._traffic.requeue(path.queue, bandwidth_bit_s)
            path.queue.set_bandwidth(bandwidth_bit_s, self._traffic.now_ns())

    def set_loss(self, one: str, other: str, loss_percent: int, *, link: str = "") -> None:
        """Lose that much (0 to 99) of what open connections send, both ways; TCP repeats it."""
        for path in self.link(one, other, link, Ability.LOSS).paths:
            path.loss_percent = loss_percent
            self._review_routes(path)

    def _review_routes(self, path: Path) -> None:
        for route in self.routing.over(path):
            route.review()

    def carry(self, traffic: Traffic) -> None:
        """From now on `traffic` hears of what changes: who carries bytes on this network."""
        self._traffic = traffic

    def link(self, one: str, other: str, name: str = "", ability: Ability | None = None) -> Link:
        """The link that joins two ends; raises as all faults do, also where `name` must be said."""
        joining = self._joining.get(frozenset((one, other)), [])
        found = [link for link in joining if name in {"", link.name}]
        if not found:
            raise ValueError(f"no link {name or f'{one} - {other}'}")
        if len(found) > 1:
            names = " and ".join(link.name for link in found)
            raise ValueError(f"{names} join {one} and {other}: name one of them")
        if ability is not None:
            found[0].require(ability)
        return found[0]

    def _reach(self, rule: Rule) -> list[Path]:
        """The paths about which a rule decides: of one link, unless an end of it is any."""
        links: Iterable[Link] = self._links.values()
        if rule.source is not None and rule.destination is not None:
            links = self._joining.get(frozenset((rule.source, rule.destination)), ())
        return [path for link in links for path in link.paths if rule.matches(path)]

    def _judge(self, paths: Iterable[Path], besides: Sequence[Path] = ()) -> None:
        """Judge these paths, all of them before anybody hears of the first that has changed.

        `besides` have changed already.
        """
        judged = list(paths)
        changed = [
            path for path in judged if path.judge(self._rules.verdict(path)) or path in besides
        ]
        self._tell(changed, {path: self._is_down(path) for path in judged})

    def _is_down(self, path: Path) -> bool:
        """Whether routing notices that nothing gets through: of what is dropped it does not."""
        return self._rules.holds(path)

    def _tell(self, changed: Iterable[Path], down: Mapping[Path, bool]) -> None:
        """Traffic hears of the paths that have changed, and then of the routes over them."""
        routes: dict[Route, None] = {}
        for path in changed:
            routes |= dict.fromkeys(self.routing.over(path))
        for route in routes:
            route.review()
        if not self.convergence_ns:
            routes |= dict.fromkeys(self.routing.learn(down))
        elif down:
            self._traffic.later(self.convergence_ns, lambda: self._learn(down))
        for path in changed:
            self._traffic.path_changed(path)
        for route in routes:
            self._traffic.route_changed(route)

    def _learn(self, down: Mapping[Path, bool]) -> None:
        for route in self.routing.learn(down):
            self._traffic.route_changed(route)
