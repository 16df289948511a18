"""What has happened so far in a run that is being drawn, and what is broken now."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random  # noqa: TID251 - a stream of the run's seed, made elsewhere
from typing import Any

from licensing.policies import DAY_NS, HOUR_NS, MINUTE_NS
from simulator.explore.draws.sites import DrawnSites
from simulator.scenario import Instant

REGISTERED_TO = {"company": "Example", "contact": "it@example.com"}
LICENSED_NS = 9 * HOUR_NS + 30 * MINUTE_NS
"""All nodes are licensed then, in nanoseconds since midnight of day 0."""

FIRST_FAULT_NS = 10 * HOUR_NS


@dataclass
class RunCourse:
    """The timeline as far as it is drawn, and what has to be mended at last.

    `now_ns` is the instant of the next step, in nanoseconds since midnight of day 0; `pauses_ns`
    are those of this run between two steps. Sets have the names of links, routers and hosts.
    """

    dice: Random
    sites: DrawnSites
    pauses_ns: tuple[int, int]
    now_ns: int = FIRST_FAULT_NS
    steps: list[dict[str, Any]] = field(default_factory=list)
    cut: set[str] = field(default_factory=set)
    slow: set[str] = field(default_factory=set)
    lossy: set[str] = field(default_factory=set)
    narrow: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    down: set[str] = field(default_factory=set)
    frozen: set[str] = field(default_factory=set)
    full: set[str] = field(default_factory=set)
    ahead_ns: dict[str, int] = field(default_factory=dict)
    foreign: set[str] = field(default_factory=set)
    forgotten: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    moved: bool = False
    numbers: dict[str, tuple[str, str]] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)
    names: int = 0

    def __post_init__(self) -> None:
        self.numbers = dict(self.sites.numbers)
        self.orders = [*self.sites.orders]
        self._taken = self.sites.names

    @property
    def master(self) -> str:
        """Where the central CLA is."""
        return self.sites.master

    @property
    def hosts(self) -> list[str]:
        """All nodes."""
        return self.sites.nodes

    @property
    def links(self) -> list[str]:
        """All links, that to the license server among them."""
        return [*self.sites.links]

    def silent(self, host: str) -> bool:
        """Whether nobody answers at a host."""
        return host in self.down | self.frozen | self.full

    def new_name(self, kind: str) -> str:
        """A name that nothing has had in this run."""
        return self._free_name(lambda number: f"{kind}-{number}")

    def new_locking_id(self) -> str:
        """That of a mainboard that no other host has."""
        return self._free_name(lambda number: f"00-1A-E8-4C-FF-{number:02X}")

    def _free_name(self, called: Callable[[int], str]) -> str:
        self.names += 1
        while (name := called(self.names)) in self._taken:
            self.names += 1
        return name

    def step(self, action: str, what: object, pause_ns: int | None = None) -> None:
        """Something happens now; after a pause, by default a drawn one, the next may."""
        self.steps.append({"at": str(Instant(self.now_ns)), action: what})
        self.now_ns += self.pause_ns() if pause_ns is None else pause_ns

    def soon(self, action: str, what: object) -> None:
        """Something happens now, and the next thing a minute later."""
        self.step(action, what, MINUTE_NS)

    def pause_ns(self) -> int:
        """Until the next step, in whole minutes."""
        shortest, longest = (each // MINUTE_NS for each in self.pauses_ns)
        return self.dice.randint(shortest, longest) * MINUTE_NS

    def choice_of(self, names: set[str]) -> str | None:
        """One of them; None where there is none."""
        return self.dice.choice(sorted(names)) if names else None


def wizard(node: str, master: str) -> dict[str, Any]:
    """The Network Wizard of a node that is to be in the internetwork, whatever was before."""
    if node == master:
        return {"node": master, "role": "master"}
    return {"node": node, "role": "slave", "master": master, "destroyed": "yes"}


def activation(master: str, lac: str) -> dict[str, Any]:
    """What the master's technician enters for an order."""
    return {"node": master, "lac": lac, "registration": REGISTERED_TO}


LONGEST_RUN_NS = 45 * DAY_NS
