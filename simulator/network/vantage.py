"""From where a capture sees the wire: the interface of a host, or both ends of a link."""

from typing import Protocol

from simulator.network.route import Route, passable


class Vantage(Protocol):
    """A place on the network, by its `name`."""

    name: str

    def follows(self, route: Route) -> bool:
        """Whether a connection over a route may ever be seen."""

    def after_ns(self, route: Route) -> int | None:
        """How long after it is sent a packet comes by; None where it does not."""

    def sees_losses(self, route: Route) -> bool:
        """Whether also those come by that are lost on the way and repeated."""

    def receives(self, route: Route) -> bool:
        """Whether it is seen where it arrives."""


class AtHost:
    """All that a host sends, lost or not, and all that reaches it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def follows(self, route: Route) -> bool:
        """Those of the host."""
        return self.name in {route.source, route.destination}

    def after_ns(self, route: Route) -> int | None:
        """At once, what it sends itself."""
        return 0 if route.source == self.name else None

    def sees_losses(self, _: Route) -> bool:
        """Always: they are lost later."""
        return True

    def receives(self, route: Route) -> bool:
        """What is for the host."""
        return route.destination == self.name


class OnLink:
    """All that gets onto a link, at the end where it does; what is lost before is missing."""

    def __init__(self, name: str) -> None:
        self.name = name

    def follows(self, _: Route) -> bool:
        """All: a connection may be led over the link later."""
        return True

    def after_ns(self, route: Route) -> int | None:
        """What the hops before the link take."""
        after_ns = 0
        for place, hop in enumerate(route.hops):
            if hop.link == self.name:
                return after_ns if passable(route.hops[: place + 1]) else None
            after_ns += hop.latency_ns
        return None

    def sees_losses(self, route: Route) -> bool:
        """Where the link itself or a later one loses them."""
        place = [hop.link for hop in route.hops].index(self.name)
        return any(hop.loss_percent for hop in route.hops[place:])

    def receives(self, _: Route) -> bool:
        """Never: it has been seen before."""
        return False
