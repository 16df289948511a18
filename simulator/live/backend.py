"""The network of a live run: what can be asked of it, whichever back end makes it real.

Its words are those of the simulated network, and a `Network` keeps the faults in force; a back end
makes sockets and links behave as the paths say. Nothing here opens a socket or starts a process.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import ClassVar, Self

from simulator.live.relays import Relays
from simulator.network.fabric import Network
from simulator.network.path import LinkDice, Path


class Ability(StrEnum):
    """What may be asked of a link."""

    CUT = "cut"
    CUT_ONE_WAY = "cut one way"
    LATENCY = "latency"
    BANDWIDTH = "bandwidth"
    LOSS = "loss"
    RESET = "reset"
    REFUSE = "refuse"
    DROP = "drop"


class Unavailable(Exception):
    """A back end, or something asked of it, is not to be had here; says why and the way out."""


@dataclass(frozen=True, slots=True)
class LinkPlan:
    """A link before the run: nanoseconds and bit/s of simulated time (None: no limit).

    `faults` is what the run may ask of it: a back end may build a link otherwise for that.
    """

    ends: tuple[str, str]
    latency_ns: int = 0
    jitter_ns: int = 0
    bandwidth: int | None = None
    faults: frozenset[Ability] = frozenset()

    def __str__(self) -> str:
        return "-".join(self.ends)


class Backend(ABC):
    """The hosts, addresses and links of one live run; `async with` sets up and tears down.

    `ports` are those on which a host's programs may listen; `rate` is simulated seconds per real
    second, as the running loop counts; `dice` makes the random stream of a path from its label.
    All methods act at once; they raise `ValueError` for a link that is not there, `Unavailable` for
    a fault that the link was not planned for.
    """

    name: ClassVar[str]
    caveats: ClassVar[tuple[str, ...]]
    """In which respects it is not as a real cable, in sentences."""

    def __init__(
        self,
        hosts: Sequence[str],
        links: Mapping[str, LinkPlan],
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
        self._network = Network()
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
            self._relays = await stack.enter_async_context(Relays(self.is_open, self.is_refused))
            await self._open(stack)
            self._stack = stack.pop_all()
        self._network.watch(self._apply, self._host_changed)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stack.__aexit__(kind, error, traceback)

    def _plan(self, addresses: Mapping[str, str]) -> None:
        """Fill the fabric: hosts with the addresses where they listen, links, random streams."""
        for host in self.hosts:
            self._network.add_host(host, addresses[host])
        for link in self.links:
            self._network.add_link(
                *link.ends,
                latency_ns=link.latency_ns,
                jitter_ns=link.jitter_ns,
                bandwidth=link.bandwidth,
                dice=self._dice,
            )

    def paths(self) -> list[Path]:
        """Both directions of every link."""
        return [path for link in self.links for path in self._directions(*link.ends)]

    def is_open(self, path: Path) -> bool:
        """Whether anything gets through: no fault keeps it back, both hosts have power."""
        up = self._network.is_up(path.source) and self._network.is_up(path.destination)
        return up and path.passable

    def is_refused(self, path: Path) -> bool:
        """Whether new dials from its source to its destination are refused."""
        return self._network.is_refused(path.source, path.destination)

    def _apply(self, path: Path) -> None:
        """Make the real thing as the path says: `is_open`, `is_refused`, its verdict."""
        self._relays.apply(path, self._back(path))

    def _back(self, path: Path) -> Path:
        return self._directions(path.source, path.destination)[1]

    def _require(self, ability: Ability, one: str, other: str) -> tuple[Path, Path]:
        """Both directions of a link; `Unavailable` where the link was not built for that."""
        assert ability in Ability
        return self._directions(one, other)

    # Faults

    def cut(self, source: str, destination: str, *, one_way: bool = False) -> None:
        """Hold what is sent until the heal: both ways, or only from `source` to `destination`."""
        self._network.cut(source, destination, one_way=one_way)

    def drop(self, one: str, other: str) -> None:
        """Lose what is sent for good: connections that meet it never get through again."""
        self._require(Ability.DROP, one, other)
        self._network.drop(one, other)

    def refuse(self, source: str, destination: str) -> None:
        """Refuse new dials from `source` to `destination` until the heal."""
        there, _ = self._require(Ability.REFUSE, source, destination)
        self._network.refuse(source, destination)
        self._apply(there)

    def heal(self, one: str, other: str) -> None:
        """End every cut, drop and refusal of the link, in both directions."""
        refused = [path for path in self._directions(one, other) if self.is_refused(path)]
        self._network.heal(one, other)
        for path in refused:
            self._apply(path)

    def set_latency(self, one: str, other: str, latency_ns: int, jitter_ns: int = 0) -> None:
        """Change the latency of both directions; what is under way is not slowed down."""
        self._require(Ability.LATENCY, one, other)
        self._network.set_latency(one, other, latency_ns, jitter_ns)

    def set_bandwidth(self, one: str, other: str, bandwidth: int | None) -> None:
        """Limit each direction to that many bit/s of simulated time; None ends the limit."""
        for path in self._require(Ability.BANDWIDTH, one, other):
            self._relays.set_bandwidth(path, bandwidth)

    def set_loss(self, one: str, other: str, share: float) -> None:
        """Lose that share (0 to 1) in both directions, which TCP repairs after a time-out."""
        for path in self._require(Ability.LOSS, one, other):
            self._relays.set_loss(path, share)

    def reset(self, one: str, other: str) -> None:
        """Every live connection between two hosts is reset, at both ends."""
        self._require(Ability.RESET, one, other)
        self._relays.reset(one, other)

    def set_up(self, host: str, up: bool) -> None:
        """A host loses or regains its power: meanwhile nothing leaves or reaches it.

        A real host that loses its power tells nobody, a process that is killed does: so first
        this, then the kill; and first the restart, then this.
        """
        self._network.set_up(host, up)

    def _host_changed(self, host: str) -> None:
        for path in self.paths():
            if host in {path.source, path.destination}:
                self._apply(path)

    def _directions(self, one: str, other: str) -> tuple[Path, Path]:
        there, back = self._network.path(one, other), self._network.path(other, one)
        if there is None or back is None:
            raise ValueError(f"no link {one} - {other}")
        return there, back
