"""A scenario as data: the internetwork, its policies and what happens to it.

Each model says how its part is written and what single values mean. Whether the parts fit each
other is asked in `rules`; nothing here reads a file or plays anything.
"""

from dataclasses import replace
from itertools import chain, product
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import Field, PrivateAttr, ValidationInfo, field_validator

from licensing.catalogue import MODELS, TrunkKind
from licensing.node_names import spelled
from licensing.recovery import Recovery
from licensing.words import Role
from simulator.scenario.diagnostics import KeyPath
from simulator.scenario.license_steps import LicenseKey, SeatsByLicense
from simulator.scenario.locking_ids import LockingId
from simulator.scenario.moments import Deadline, StartTime
from simulator.scenario.order import Order
from simulator.scenario.policies import Policies
from simulator.scenario.server_steps import Purchase
from simulator.scenario.step import Part
from simulator.scenario.system_steps import TypeName, Virtual
from simulator.scenario.timeline import AnyStep
from simulator.scenario.values import (
    Amount,
    BitRate,
    CallNumber,
    Count,
    Duration,
    IdleTime,
    Name,
    Numbers,
    Sentence,
    one_of,
)

if TYPE_CHECKING:
    from simulator.scenario.document import Document

INTERNET = "internet"
"""The host behind which the license server is reached; no node may have its name."""
_HOST_KEYS = ("node", "master", "from_host", "to_host", "system", "source")
"""Fields of steps that name a host."""


class SubscriberGroup(Part):
    """Subscribers of one type, with the licenses that each of them is to get."""

    numbers: Numbers
    type: TypeName
    licenses: tuple[LicenseKey, ...] = ()


class Trunk(Part):
    """A trunk with its physical channels; `licensed` of them are demanded, by default all."""

    name: Name
    kind: Annotated[TrunkKind, one_of("a kind of trunk", TrunkKind)]
    channels: Amount
    licensed: Count | None = None

    @property
    def demanded(self) -> int:
        """How many channels are to be licensed."""
        return self.channels if self.licensed is None else self.licensed


class Node(Part):
    """A communication system. Without a `locking_id` the world derives one from its name.

    An S in a virtual environment says how it is configured instead: its Advanced Locking ID follows
    from that.
    """

    model: Annotated[str, one_of("a model", MODELS)]
    role: Annotated[Role, one_of("a role", (Role.MASTER, Role.SLAVE, Role.STANDALONE))]
    locking_id: LockingId | None = None
    virtual: Virtual | None = None
    attendant: CallNumber | None = None
    subscribers: tuple[SubscriberGroup, ...]
    trunks: tuple[Trunk, ...] = ()

    def numbers(self) -> tuple[str, ...]:
        """The call numbers of all subscribers, in file order."""
        return tuple(chain.from_iterable(group.numbers for group in self.subscribers))

    @property
    def written_locking_id(self) -> str | None:
        """The Locking ID that the scenario gives, or from which it follows, at the start."""
        return self.virtual.locking_id if self.virtual else self.locking_id

    @property
    def attendant_number(self) -> str | None:
        """Who answers incoming calls in emergency mode: by default the first subscriber (F5)."""
        return self.attendant or next(iter(self.numbers()), None)


class Link(Part):
    """A link between two hosts; its name is `A-B`.

    Where a device on it forgets connections, that is after `forgets_idle_after` without data.
    """

    bandwidth: BitRate
    latency: Duration
    jitter: Duration = 0
    forgets_idle_after: IdleTime | None = None
    _ends: tuple[str, str] | None = PrivateAttr(default=None)

    @property
    def ends(self) -> tuple[str, str]:
        """The two hosts, as its name in an internetwork says."""
        assert self._ends, "only a link of an internetwork has ends"
        return self._ends

    def between(self, ends: tuple[str, str] | None) -> Self:
        """The same link, joining two hosts."""
        copy = self.model_copy()
        copy._ends = ends  # noqa: SLF001 - a copy of the same class
        return copy


class Internetwork(Part):
    """Nodes, the links between them, and what each order at the license server bought."""

    nodes: dict[Name, Node]
    links: dict[Name, Link]
    purchase: dict[Name, Order]

    @field_validator("links")
    @classmethod
    def _join(cls, links: dict[str, Link], info: ValidationInfo) -> dict[str, Link]:
        hosts = [*info.data.get("nodes", ()), INTERNET]
        found = {name: possible_ends(name, hosts) for name in links}
        return {
            name: link.between(found[name][0] if len(found[name]) == 1 else None)
            for name, link in links.items()
        }

    def bandwidths(self) -> dict[str, int]:
        """The bandwidth of all links of each node, in bit/s."""
        totals = dict.fromkeys(self.nodes, 0)
        for link in self.links.values():
            for end in set(link.ends) & totals.keys():
                totals[end] += link.bandwidth
        return totals

    def link_named(self, name: str) -> str | None:
        """The name of the link that `name` means: its own, or its ends the other way round."""
        if link := spelled(name, self.links):
            return link
        turned = [f"{b}-{a}" for a, b in possible_ends(name, [*self.nodes, INTERNET])]
        found = {link for each in turned if (link := spelled(each, self.links))}
        return found.pop() if len(found) == 1 else None

    def as_declared(self, step: AnyStep) -> AnyStep:
        """The step with the names of hosts and links spelled as here; unknown ones as they are."""
        hosts = [*self.nodes, INTERNET]
        names = {
            key: name for key in _HOST_KEYS if isinstance(name := getattr(step, key, None), str)
        }
        changes: dict[str, object] = {
            key: found
            for key, name in names.items()
            if (found := spelled(name, hosts) or name) != name
        }
        if link := self.link_named(getattr(step, "link", "")):
            changes["link"] = link
        if isinstance(step.at, Deadline):
            changes["at"] = replace(step.at, node=spelled(step.at.node, hosts) or step.at.node)
        return step.model_copy(update=changes) if changes else step

    def master(self) -> str | None:
        """The name of the master; None where all nodes begin as standalone systems."""
        masters = (name for name, node in self.nodes.items() if node.role is Role.MASTER)
        return next(masters, None)


class Scenario(Part):
    """A scenario file. Made by `load_scenario` or `parse_scenario`, it has passed all rules.

    `over_use` is what the run is to use beyond its purchases (O10): the largest number of each
    license, no more and no less.
    """

    title: Sentence
    about: Sentence
    start: StartTime
    seed: Count
    internetwork: Internetwork
    policies: Policies = Field(default_factory=Policies)
    over_use: SeatsByLicense = Field(default_factory=dict)
    timeline: tuple[AnyStep, ...]
    _document: "Document | None" = PrivateAttr(default=None)

    @field_validator("timeline")
    @classmethod
    def _names_as_declared(
        cls, steps: tuple[AnyStep, ...], info: ValidationInfo
    ) -> tuple[AnyStep, ...]:
        internetwork = info.data.get("internetwork")
        return tuple(internetwork.as_declared(step) for step in steps) if internetwork else steps

    def orders(self) -> dict[str, Order]:
        """All orders by name: those from before day 0, then those of the timeline."""
        bought = [step.orders for step in self.timeline if isinstance(step, Purchase)]
        return dict(chain(self.internetwork.purchase.items(), *(each.items() for each in bought)))

    def terms(self) -> list[tuple[int, Recovery]]:
        """Failover periods, in nanoseconds, and their recovery, as a license file may have them.

        A file takes each from the strictest of its orders (F2, F3).
        """
        orders = self.orders().values()
        periods = dict.fromkeys(self.failover_period_ns(order) for order in orders)
        recoveries = dict.fromkeys(self.recovery(order) for order in orders)
        return list(product(periods, recoveries))

    def failover_period_ns(self, order: Order) -> int:
        """That of an order, its own or the policy, in nanoseconds."""
        return order.failover_period or self.policies.failover_period

    def recovery(self, order: Order) -> Recovery:
        """What contact gives back of its failover period (F3): its own word, or the policy."""
        return order.recovery or self.policies.recovery

    @property
    def document(self) -> "Document | None":
        """The text that the scenario was read from, for messages."""
        return self._document

    def place_of(self, path: KeyPath) -> str:
        """`file:line` of what stands at `path`, "" where it was not read from a text."""
        line = self._document.line_of(path) if self._document else None
        return f"{self._document.name}:{line}" if self._document and line else ""

    def read_from(self, document: "Document") -> Self:
        """The same scenario, it and its steps knowing where they were written."""
        steps = []
        for index, step in enumerate(self.timeline):
            line = document.line_of(("timeline", index))
            steps.append(step.placed(document.name, line) if line else step)
        copy = self.model_copy(update={"timeline": tuple(steps)})
        copy._document = document  # noqa: SLF001 - a copy of the same class
        return copy


def possible_ends(link: str, hosts: list[str]) -> list[tuple[str, str]]:
    """Every way to split `A-B` into two known hosts; names may contain `-` themselves."""
    known = {host.casefold(): host for host in hosts} | {host: host for host in hosts}
    dashes = (at for at, char in enumerate(link) if char == "-")
    splits = ((link[:at], link[at + 1 :]) for at in dashes)
    ends = ([known.get(end) or known.get(end.casefold()) for end in pair] for pair in splits)
    return [(a, b) for a, b in ends if a and b]
