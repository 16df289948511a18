"""The network of a live run, whichever back end makes it real.

Faults happen to its `Network`, as in a simulated world; a back end hears of them and makes sockets
and links behave as the paths say. Nothing here opens a socket or starts a process.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import ClassVar, Self

from licensing.policies import NS_PER_SECOND
from simulator.live.link_specs import LinkSpec
from simulator.live.relay_path import now_ns
from simulator.live.relays import Relays
from simulator.network.fabric import Network
from simulator.network.link import ALL_ABILITIES, Ability
from simulator.network.path import LinkDice, Path
from simulator.network.queue import Queue
from simulator.network.route import Route


class Unavailable(Exception):
    """A back end is not to be had here; says why and the way out."""


class Backend(ABC):
    """The hosts, addresses and links of one live run; `async with` sets up and tears down.

    `ports` are those on which a host's programs may listen; `rate` is simulated seconds per real
    second, as the running loop counts; `dice` makes the random stream of a path from its label.
    What befalls its links and hosts is done to `network`, and takes effect at once.
    """

    name: ClassVar[str]
    caveats: ClassVar[tuple[str, ...]]
    """In which respects it is not as a real cable, in sentences."""

    def __init__(
        self,
        hosts: Sequence[str],
        links: Mapping[str, LinkSpec],
        *,
        ports: Sequence[int],
        dice: Callable[[str], LinkDice],
        rate: float = 1.0,
    ) -> None:
        self.hosts = tuple(hosts)
        self.links = tuple(links.values())
        self.ports = tuple(ports)
        self.rate = rate
        self._dice = dice
        self.network = Network()
        self._stack = AsyncExitStack()

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
        """What `source` dials to reach `destination`; None without a direct link."""

    @abstractmethod
    def command(self, host: str, argv: Sequence[str]) -> list[str]:
        """How to start a program on a host; the process is the program itself, no wrapper."""

    # From here on the same for all

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            self._relays = await stack.enter_async_context(Relays(self.is_open))
            await self._open(stack)
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
        for host in self.hosts:
            self.network.add_host(host, addresses[host])
        for link in self.links:
            self.network.add_link(
                *link.ends,
                latency_ns=link.latency_ns,
                jitter_ns=link.jitter_ns,
                bandwidth_bit_s=link.bandwidth_bit_s,
                forgets_idle_ns=link.forgets_idle_ns,
                abilities=self._abilities(link),
                dice=self._dice,
            )

    def paths(self) -> list[Path]:
        """Both directions of every link."""
        return [path for link in self.links for path in self._directions(*link.ends)]

    def is_open(self, path: Path) -> bool:
        """Whether anything gets through: no fault keeps it back, both hosts have power."""
        up = self.network.is_up(path.source) and self.network.is_up(path.destination)
        return up and path.passable

    def _abilities(self, link: LinkSpec) -> frozenset[Ability]:
        """What a link is built for."""
        assert link in self.links
        return ALL_ABILITIES

    # What the network tells of (`Traffic`)

    def now_ns(self) -> int:
        """The running loop's nanoseconds."""
        return now_ns()

    def path_changed(self, path: Path) -> None:
        """Make the real thing as the path says: `is_open`, `refuses`, its verdict."""
        self._relays.apply(path, self._directions(path.source, path.destination)[1])

    def host_changed(self, host: str) -> None:
        """The links of a host let nothing through while it has no power."""
        for path in self.paths():
            if host in {path.source, path.destination}:
                self.path_changed(path)

    def later(self, after_ns: int, callback: Callable[[], None]) -> None:
        """On the running loop, in simulated time."""
        asyncio.get_running_loop().call_later(after_ns / NS_PER_SECOND, callback)

    def route_changed(self, route: Route) -> None:
        """A link is a route, whose paths have changed already."""
        assert len(route.hops) == 1

    def reset(self, paths: Sequence[Path]) -> None:
        """Every relayed connection between two hosts is reset, at both ends."""
        self._relays.reset(paths[0].source, paths[0].destination)

    def requeue(self, queue: Queue, bandwidth_bit_s: int | None) -> None:
        """What waits in relays leaves at another bandwidth."""
        path = next(path for path in self.paths() if path.queue is queue)
        self._relays.requeue(path.source, path.destination, bandwidth_bit_s)

    # Within

    def _directions(self, one: str, other: str) -> tuple[Path, Path]:
        there, back = self.network.path(one, other), self.network.path(other, one)
        if there is None or back is None:
            raise ValueError(f"no link {one} - {other}")
        return there, back
