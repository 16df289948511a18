"""The network of a live run, whichever back end makes it real.

Faults happen to its `Network`, as in a simulated world; a back end hears of them and makes sockets
and links behave as the paths say. Nothing here opens a socket or starts a process.
"""

import asyncio
import itertools
import socket
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import ClassVar, Self

from licensing.policies import NS_PER_SECOND
from simulator.live.ip_version import IPV4, IpVersion
from simulator.live.link_specs import NO_TRANSIT, LinkSpec, TransitSpec
from simulator.live.relay_route import now_ns
from simulator.live.relays import Relays
from simulator.network.fabric import Network
from simulator.network.link import ALL_ABILITIES, Ability
from simulator.network.path import LinkDice, Path
from simulator.network.queue import Queue
from simulator.network.route import Route


class Unavailable(Exception):
    """A back end that this computer does not have; says why, and the way out."""


class Backend(ABC):
    """The hosts, addresses and links of one live run; `async with` sets up and tears down.

    `transit` says what stands between the hosts. `ports` are those on which a host's programs may
    listen; `rate` is simulated seconds per real second, as the running loop counts; `dice` makes
    the random stream of a path from its label. What befalls its links, routers and hosts is done to
    `network`, and takes effect at once.
    """

    name: ClassVar[str]
    caveats: ClassVar[tuple[str, ...]]
    """In which respects it is not as a real cable, in sentences."""
    ip: ClassVar[IpVersion] = IPV4

    def __init__(
        self,
        hosts: Sequence[str],
        links: Mapping[str, LinkSpec],
        *,
        ports: Sequence[int],
        dice: Callable[[str], LinkDice],
        rate: float = 1.0,
        transit: TransitSpec = NO_TRANSIT,
    ) -> None:
        self.hosts = tuple(hosts)
        self.links = dict(links)
        self.ports = tuple(ports)
        self.rate = rate
        self.transit = transit
        self._dice = dice
        self.network = Network()
        self._stack = AsyncExitStack()
        self._waiting: list[asyncio.TimerHandle] = []
        self._pairs: dict[tuple[str, str], tuple[Route, Route]] = {}
        """Who dials whom, with the routes there and back."""

    # What a back end is made of

    @classmethod
    @abstractmethod
    def probe(cls) -> None:
        """Raise `Unavailable`, with the reason, where this computer cannot do all of it."""

    @abstractmethod
    async def _open(self, stack: AsyncExitStack) -> None:
        """Set up; what `stack` holds is torn down, also after a failure half-way."""

    @abstractmethod
    def bind_address(self, host: str) -> str:
        """On which address that host's programs listen: on this one, never on all."""

    @abstractmethod
    def address_of(self, source: str, destination: str) -> str | None:
        """What `source` dials to reach `destination`; None where it never does."""

    @abstractmethod
    def command(self, host: str, argv: Sequence[str]) -> list[str]:
        """How to start a program on a host; the process is the program itself, no wrapper."""

    # From here on the same for all

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            self._relays = await stack.enter_async_context(Relays(self.is_open))
            await self._open(stack)
            stack.callback(self._end_waiting)
            self._stack = stack.pop_all()
        self.network.carry(self)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stack.__aexit__(kind, error, traceback)

    def _lay_out(self, addresses: Mapping[str, str]) -> None:
        """Fill the fabric: hosts with the addresses where they listen, links, random streams."""
        network, transit = self.network, self.transit
        network.convergence_ns = transit.convergence_ns
        for name in transit.names:
            network.add_transit(name)
        for host in self.hosts:
            network.add_host(host, addresses[host])
            line_bit_s = transit.lines_bit_s.get(host)
            network.equip_site(host, forwards=host in transit.forwarding, line_bit_s=line_bit_s)
        for name, link in self.links.items():
            network.add_link(
                *link.ends,
                name=name,
                latency_ns=link.latency_ns,
                jitter_ns=link.jitter_ns,
                bandwidth_bit_s=link.bandwidth_bit_s,
                forgets_idle_ns=link.forgets_idle_ns,
                abilities=self._abilities(name),
                dice=self._dice,
            )
        self._pairs = dict(self._find_pairs())

    def _find_pairs(self) -> Iterator[tuple[tuple[str, str], tuple[Route, Route]]]:
        for pair in itertools.permutations(self.hosts, 2):
            if self.transit.dialed is None or pair in self.transit.dialed:
                there, back = self.network.route(*pair), self.network.route(*pair[::-1])
                if there and back:
                    yield pair, (there, back)

    def _relay(
        self,
        pair: tuple[str, str],
        address: str,
        make_socket: Callable[[], socket.socket],
        make_onward: Callable[[], socket.socket],
    ) -> None:
        """Stand at `address` in the way from the first host to the second.

        `make_socket` makes sockets where dials come from, `make_onward` those that dial programs.
        """
        there, back = self._pairs[pair]
        for route in (there, back):
            dice = self._dice(f"relay {route.source} -> {route.destination}")
            self._relays.add_route(route, dice, rate=self.rate)
        for port in self.ports:
            self._relays.add_listener(
                there,
                back,
                address=(address, port),
                program=(self.bind_address(pair[1]), port),
                make_socket=make_socket,
                make_onward=make_onward,
            )

    def is_open(self, route: Route) -> bool:
        """Whether anything gets through: no fault keeps it back, both hosts have power."""
        up = self.network.is_up(route.source) and self.network.is_up(route.destination)
        return up and route.passable

    def _abilities(self, link: str) -> frozenset[Ability]:
        """What a link is built for."""
        assert link in self.links
        return ALL_ABILITIES

    # What the network tells of (`Traffic`)

    def now_ns(self) -> int:
        """The running loop's nanoseconds."""
        return now_ns()

    def later(self, after_ns: int, callback: Callable[[], None]) -> None:
        """On the running loop, in simulated time, unless the run is over before."""
        loop = asyncio.get_running_loop()
        self._waiting = [timer for timer in self._waiting if timer.when() > loop.time()]
        self._waiting.append(loop.call_later(after_ns / NS_PER_SECOND, callback))

    def _end_waiting(self) -> None:
        for timer in self._waiting:
            timer.cancel()

    def path_changed(self, path: Path) -> None:
        """Do nothing of one's own: relays feel what changes on a route."""
        assert path in self.network.paths

    def route_changed(self, route: Route) -> None:
        """Make the real thing as the route says: `is_open`, `refuses`, the hops that sever."""
        back = self.network.route(route.destination, route.source)
        assert back is not None, "every link has two directions"
        self._relays.apply(route, back)

    def host_changed(self, host: str) -> None:
        """Nothing gets through to a host or from it while it has no power."""
        for route in self.routes():
            if host in {route.source, route.destination}:
                self.route_changed(route)

    def routes(self) -> list[Route]:
        """Those between hosts that dial each other, in both directions."""
        return list(dict.fromkeys(itertools.chain.from_iterable(self._pairs.values())))

    def reset(self, paths: Sequence[Path]) -> None:
        """Every relayed connection over one of these paths is reset, at both ends."""
        self._relays.reset(paths)

    def requeue(self, queue: Queue, bandwidth_bit_s: int | None) -> None:
        """What waits in relays leaves at another bandwidth."""
        self._relays.requeue(queue, bandwidth_bit_s)
