"""The routes between hosts, kept as routing knows the network: which paths are down.

What it knows follows what is so, as its network tells it. Where nothing leads any more, a route
keeps the hops that it had: what they cannot carry is held there. Only what may have changed is
computed anew: the routes over a path that is down, and those that may be better over one that is
not any more.
"""

from collections.abc import Iterable, Mapping

from simulator.network.path import Path
from simulator.network.route import Route
from simulator.network.routes import costs_from, costs_to, follow, next_hops


class Routing:
    """The routes over some paths, past the ends that are `forwarding`."""

    def __init__(self) -> None:
        self.forwarding: set[str] = set()
        self._paths: dict[Path, None] = {}
        self._into: dict[str, list[Path]] = {}
        self._down: set[Path] = set()
        self._routes: dict[tuple[str, str], Route] = {}
        self._over: dict[Path, dict[Route, None]] = {}
        self._next_hops: dict[str, dict[str, Path]] = {}

    def add(self, path: Path) -> None:
        """Another path that routes may take."""
        self._paths[path] = None
        self._into.setdefault(path.destination, []).append(path)
        self._next_hops.clear()

    def route(self, source: str, destination: str) -> Route | None:
        """The route between two hosts; None where nothing leads there even if all is whole."""
        route = self._routes.get((source, destination))
        if route is None and (hops := self._first_hops(source, destination)):
            route = self._routes[source, destination] = Route(source, destination, hops)
            self._note(route)
        return route

    def add_loopback(self, host: str, path: Path) -> None:
        """The route of a host to itself."""
        self._routes[host, host] = Route(host, host, (path,))

    def over(self, path: Path) -> list[Route]:
        """The routes that go over a path, or have gone over it."""
        return list(self._over.get(path, ()))

    def next_hops(self, destination: str) -> Mapping[str, Path]:
        """The first hop of the route to a host, by each end that has one."""
        if destination not in self._next_hops:
            usable = (path for path in self._paths if path not in self._down)
            self._next_hops[destination] = next_hops(usable, destination, self.forwarding)
        return self._next_hops[destination]

    def learn(self, changes: Mapping[Path, bool]) -> list[Route]:
        """Which paths are down now, and which are not any more; returns the routes it moved."""
        failed = [path for path, down in changes.items() if down and path not in self._down]
        healed = [path for path, down in changes.items() if not down and path in self._down]
        if not failed and not healed:
            return []
        self._down.update(failed)
        self._down.difference_update(healed)
        self._next_hops.clear()
        questioned = dict.fromkeys(route for path in failed for route in self.over(path))
        for path in healed:
            questioned |= dict.fromkeys(self._better_over(path))
        return [route for route in questioned if self._moves(route)]

    def _moves(self, route: Route) -> bool:
        hops = self._hops(route.source, route.destination)
        if not hops or hops == route.hops:
            return False
        route.take(hops)
        self._note(route)
        return True

    def _note(self, route: Route) -> None:
        for hop in route.hops:
            self._over.setdefault(hop, {})[route] = None

    def _hops(self, source: str, destination: str) -> tuple[Path, ...]:
        """Backwards for as long as there is a single way in, which asks nobody else."""
        last: list[Path] = []
        end, passed = destination, {source}
        while end not in passed and (way_in := self._only_way_in(end)):
            passed.add(end)
            last.append(way_in)
            end = way_in.source
            if end != source and end not in self.forwarding:
                return ()
        if end == source and last:
            return tuple(reversed(last))
        if end in passed:
            return ()
        first = tuple(follow(self.next_hops(end), source, end))
        return (*first, *reversed(last)) if first and first[-1].destination == end else ()

    def _only_way_in(self, end: str) -> Path | None:
        ways_in = [path for path in self._into.get(end, ()) if path not in self._down]
        return ways_in[0] if len(ways_in) == 1 else None

    def _first_hops(self, source: str, destination: str) -> tuple[Path, ...]:
        if hops := self._hops(source, destination):
            return hops
        whole = next_hops(self._paths, destination, self.forwarding)
        return tuple(follow(whole, source, destination))

    def _better_over(self, path: Path) -> Iterable[Route]:
        """The routes that cost no less than their way over a path that is not down any more."""
        if not self._routes:
            return
        usable = [known for known in self._paths if known not in self._down]
        to_it = costs_to(usable, path.source, self.forwarding)
        from_it = costs_from(usable, path.destination, self.forwarding)
        for route in self._routes.values():
            there, onward = to_it.get(route.source), from_it.get(route.destination)
            if there is None or onward is None or route.source == route.destination:
                continue
            cost = there[0] + path.declared_ns + onward[0], there[1] + 1 + onward[1]
            if cost <= route.cost or not self._down.isdisjoint(route.hops):
                yield route
