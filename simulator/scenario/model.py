"""A scenario as data: the internetwork, its policies and what happens to it.

Each model says how its part is written and what single values mean. Whether the parts fit each
other is asked in `rules`; nothing here reads a file or plays anything.
"""

from collections.abc import Mapping
from itertools import chain, product
from typing import TYPE_CHECKING, Annotated, Self

from msgspec.structs import replace
from pydantic import Field, PrivateAttr, ValidationInfo, field_validator

from licensing.catalogue import EMERGENCY_NUMBERS, MODELS, TrunkKind
from licensing.node_names import spelled
from licensing.policies import DAY_NS
from licensing.recovery import Recovery
from licensing.words import Role
from simulator.network.routes import PlainHop, Reach
from simulator.scenario.diagnostics import KeyPath
from simulator.scenario.dial_plan import DialPlan, EmergencyNumbers
from simulator.scenario.links import INTERNET, Cloud, Link, Router, links_called, possible_ends
from simulator.scenario.locking_ids import LockingId
from simulator.scenario.moments import Deadline, Instant, StartTime
from simulator.scenario.own_clients import ClientFile, OwnClients
from simulator.scenario.places import Coordinates
from simulator.scenario.policies import Policies
from simulator.scenario.reliability import Failures
from simulator.scenario.step import Part
from simulator.scenario.steps.fault_steps import CutOneWay
from simulator.scenario.steps.license_steps import LicenseKey, SeatsByLicense
from simulator.scenario.steps.order import Order
from simulator.scenario.steps.server_steps import Purchase
from simulator.scenario.steps.system_steps import TypeName, Virtual
from simulator.scenario.steps.timeline import AnyStep
from simulator.scenario.values import (
    Amount,
    BitRate,
    CallNumber,
    Count,
    Duration,
    Name,
    Numbers,
    Sentence,
    YesOrNo,
    one_of,
)

if TYPE_CHECKING:
    from simulator.scenario.document import Document

_HOST_KEYS = ("node", "master", "from_host", "to_host", "system", "source", "transit")
"""Fields of steps that name a host, a router or a cloud."""


class SubscriberGroup(Part):
    """Subscribers of one type, with the licenses that each of them is to get."""

    numbers: Numbers
    """One call number, a range, or a list of such; a leading zero is part of a number. Example:
    `numbers: 130-149`"""

    type: TypeName
    """What each of them is. Example: `type: ip-hfa`"""

    licenses: tuple[LicenseKey, ...] = ()
    """What the first check and unlock asks for each of them. Example: `licenses: [ip,
    voicemail]`"""


class Trunk(Part):
    """A trunk with its physical channels; `licensed` of them are demanded, by default all."""

    name: Name
    """Its name at the node. Example: `name: s2m-1`"""

    kind: Annotated[TrunkKind, one_of("a kind of trunk", TrunkKind)]
    """ITSP, over the Internet, or S2M, which a SoftSwitch has not. Example: `kind: s2m`"""

    channels: Amount
    """How many calls it can carry at a time. Example: `channels: 10`"""

    licensed: Count | None = None
    """How many of its channels the first check and unlock asks for; by default all. Example:
    `licensed: 4`"""

    @property
    def demanded(self) -> int:
        """How many channels are to be licensed."""
        return self.channels if self.licensed is None else self.licensed


class Node(Part):
    """A communication system at its site. Without a `locking_id` one is derived from its name.

    An S in a virtual environment says how it is configured instead: its Advanced Locking ID follows
    from that. The site's router forwards for others too, unless `forwards` is no. `line` is the
    site's access line: it caps the sum of its links. `place` is longitude and latitude in degrees.
    """

    model: Annotated[str, one_of("a model", MODELS)]
    """The hardware, or the SoftSwitch S. Example: `model: X3`"""

    role: Annotated[Role, one_of("a role", (Role.MASTER, Role.SLAVE, Role.STANDALONE))]
    """`master`, `slave` of the one master, or `standalone`. Example: `role: slave`"""

    locking_id: LockingId | None = None
    """Locking ID of the hardware; without it the node has one of its own. Example: `locking_id:
    00-1A-E8-4C-00-01`"""

    virtual: Virtual | None = None
    """Of an S in a virtual environment: what its Advanced Locking ID follows from. Example:
    `virtual: {host_name: hq, ip_address: 10.0.0.1, default_gateway: 10.0.0.254, dns_server:
    10.0.0.53, time_zone: Europe/Berlin}`"""

    attendant: CallNumber | None = None
    """Whom incoming calls reach in emergency mode (F5); by default the first number. Example:
    `attendant: 130`"""

    subscribers: tuple[SubscriberGroup, ...]
    """Groups of subscribers; a node has at most 10,000. Example: `subscribers: [{numbers:
    130-149, type: ip-hfa}]`"""

    trunks: tuple[Trunk, ...] = ()
    """Ways out of the node; without one no emergency call can leave it. Example: `trunks:
    [{name: itsp-1, kind: itsp, channels: 8}]`"""

    line: BitRate | None = None
    """The site's access line: it caps the sum of its links in each direction. Example: `line: 1
    Gbit/s`"""

    forwards: YesOrNo = True
    """Whether the site's router passes on what is for others. Example: `forwards: no`"""

    place: Coordinates | None = None
    """Longitude and latitude in degrees, for maps. Example: `place: [11.6, 48.1]`"""

    emergency_numbers: EmergencyNumbers | None = None
    """Those that are dialed here; without it the scenario's. Example: `emergency_numbers: [999]`"""

    outside_line: CallNumber | None = None
    """The prefix that is dialed here for an outside line; without it the scenario's.
    Example: `outside_line: 9`"""

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


class Internetwork(Part):
    """Nodes, the network between them, and what each order at the license server bought.

    Routes follow a change of the network after `convergence`. Sites are named as their nodes.
    """

    nodes: dict[Name, Node]
    """Communication systems by their names, which differ in more than case. Example: `nodes:
    {hq: {model: S, role: master, subscribers: []}}`"""

    routers: dict[Name, Router] = Field(default_factory=dict)
    """Routers that belong to no site. Example: `routers: {hub: {}}`"""

    clouds: dict[Name, Cloud] = Field(default_factory=dict)
    """Providers' networks, such as MPLS or a VPN. Example: `clouds: {mpls: {place: [10.0,
    50.1]}}`"""

    links: dict[Name, Link]
    """Links by the names of both ends, or by names of their own. Example: `links: {hq-north:
    {bandwidth: 20 Mbit/s, latency: 15 ms}}`"""

    convergence: Duration = 0
    """How long routes take to follow when something fails or works again. Example:
    `convergence: 3 s`"""

    purchase: dict[Name, Order]
    """What each order bought before day 0; its name stands for its LAC. Example: `purchase:
    {LAC-1: {base: 1, networking: 1, ip: 10}}`"""

    @field_validator("links")
    @classmethod
    def _join(cls, links: dict[str, Link], info: ValidationInfo) -> dict[str, Link]:
        parts = (info.data.get(key, ()) for key in ("nodes", "routers", "clouds"))
        ends = [*chain.from_iterable(parts), INTERNET]
        found = {name: possible_ends(name, link, ends) for name, link in links.items()}
        return {
            name: link.between(found[name][0] if len(found[name]) == 1 else None)
            for name, link in links.items()
        }

    @property
    def transit(self) -> dict[str, Router | Cloud]:
        """The routers and clouds, which can fail and be repaired."""
        return {**self.routers, **self.clouds}

    @property
    def ends(self) -> list[str]:
        """Everything that a link may join."""
        return [*self.nodes, *self.transit, INTERNET]

    @property
    def forwarding(self) -> frozenset[str]:
        """What passes on traffic that is for others: routers, clouds, and sites unless told not."""
        sites = (name for name, node in self.nodes.items() if node.forwards)
        return frozenset((*sites, *self.transit))

    def hops(self) -> list[PlainHop]:
        """Both directions of every link."""
        return [
            PlainHop(name, *ends, link.latency)
            for name, link in self.links.items()
            for ends in (link.ends, link.ends[::-1])
        ]

    def reach(self) -> Reach:
        """Who reaches whom as long as nothing fails."""
        return Reach(self.hops(), self.forwarding)

    def links_called(self, name: str) -> list[str]:
        """The links that `name` may mean: their own name, or both ends in any order."""
        return links_called(name, self.links, self.ends)

    def link_called(self, name: str) -> str | None:
        """The name of the one link that `name` means; None where there is none, or several."""
        found = self.links_called(name)
        return found[0] if len(found) == 1 else None

    def as_declared(self, step: AnyStep) -> AnyStep:
        """The step with the names of hosts and links spelled as here; unknown ones as they are."""
        keys = type(step).model_fields.keys() & _HOST_KEYS
        names = {key: name for key in sorted(keys) if isinstance(name := getattr(step, key), str)}
        changes: dict[str, object] = {
            key: found
            for key, name in names.items()
            if (found := spelled(name, self.ends) or name) != name
        }
        if isinstance(by_node := getattr(step, "refused", None), dict):
            changes["refused"] = {
                spelled(name, self.nodes) or name: code for name, code in by_node.items()
            }
        if link := self.link_called(_link_of(step)):
            changes["link"] = link
        if isinstance(step.at, Deadline):
            node = spelled(step.at.node, self.nodes) or step.at.node
            changes["at"] = replace(step.at, node=node)
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
    """What it shows, in a few words. Example: `title: A slave is cut off for 31 days`"""

    about: Sentence
    """What it proves, and by which rule, in a paragraph. Example: `about: Manual 4.4. After 30
    days emergency mode begins.`"""

    start: StartTime
    """When day 0 begins, in UTC; the run begins then. Example: `start: 2026-03-02 08:00`"""

    seed: Count
    """All chance of the run follows from it. Example: `seed: 1`"""

    internetwork: Internetwork
    """What it is played in. Example: `internetwork: {nodes: {}, links: {}, purchase: {}}`"""

    policies: Policies = Field(default_factory=Policies)
    """What the operator may choose where the manual is silent. Example: `policies:
    {failover_period: 30 days}`"""

    over_use: SeatsByLicense = Field(default_factory=dict)
    """The largest number of each license beyond its purchases, no more and no less (O10).
    Example: `over_use: {ip: 10, itsp: 4}`"""

    reliability: Failures = Field(default_factory=Failures)
    """What fails by chance, how often and how long, for `internetsim plan`. Example:
    `reliability: {routers: {hub: {fails: every 900 days, repair: fixed(4 h)}}}`"""

    relicensing: Duration = DAY_NS
    """From the instant at which the central CLA requires relicensing to the new license file,
    for `internetsim plan`. Example: `relicensing: 2 days`"""

    emergency_numbers: EmergencyNumbers = EMERGENCY_NUMBERS
    """Numbers that always get out, whatever the licenses say (F5).
    Example: `emergency_numbers: [110, 112]`"""

    outside_line: CallNumber | None = None
    """The prefix of an outside line: an emergency number may have it once, twice or not at all.
    Example: `outside_line: 0`"""

    timeline: tuple[AnyStep, ...] = ()
    """What happens, and what must hold then. Example: `timeline: [{at: day 3 08:00, cut:
    hq-north}]`"""

    _document: "Document | None" = PrivateAttr(default=None)
    _clients: Mapping[str, ClientFile] = PrivateAttr(default_factory=dict)

    @field_validator("timeline")
    @classmethod
    def _names_as_declared(
        cls, steps: tuple[AnyStep, ...], info: ValidationInfo
    ) -> tuple[AnyStep, ...]:
        internetwork = info.data.get("internetwork")
        return tuple(internetwork.as_declared(step) for step in steps) if internetwork else steps

    def dial_plan(self, node: Node) -> DialPlan:
        """What is dialed at a node: by its own word, or the scenario's."""
        return DialPlan(
            node.emergency_numbers or self.emergency_numbers,
            node.outside_line or self.outside_line or "",
        )

    def orders(self) -> dict[str, Order]:
        """All orders by name: those from before day 0, then those of the timeline."""
        bought = [step.orders for step in self.timeline if isinstance(step, Purchase)]
        return dict(chain(self.internetwork.purchase.items(), *(each.items() for each in bought)))

    def last_dated_ns(self) -> int:
        """When the last step is whose instant the file tells, in nanoseconds since the start."""
        dated = (step.at for step in self.timeline if isinstance(step.at, Instant))
        return max((instant.after_ns(self.start) for instant in dated), default=0)

    def terms(self) -> list[tuple[int, Recovery]]:
        """Failover periods, in nanoseconds, and their recovery, as a license file may have them.

        A file takes each from the strictest of its orders (F2, F3).
        """
        orders = self.orders().values()
        terms = [order.terms(self.policies) for order in orders]
        periods = dict.fromkeys(each.failover_period_ns for each in terms)
        recoveries = dict.fromkeys(each.recovery for each in terms)
        return list(product(periods, recoveries))

    @property
    def document(self) -> "Document | None":
        """The text that the scenario was read from, for messages."""
        return self._document

    @property
    def clients(self) -> Mapping[str, ClientFile]:
        """By the name of its node, the program of somebody's own that is played in its place."""
        return self._clients

    def with_clients(self, clients: OwnClients) -> Self:
        """The same scenario, with these programs in the place of nodes."""
        roles = {name: node.role for name, node in self.internetwork.nodes.items()}
        copy = self.model_copy()
        copy._clients = clients.in_place_of(roles)  # noqa: SLF001 - a copy of the same class
        return copy

    def place_of(self, path: KeyPath) -> str:
        """`file:line` of what stands at `path`, "" where it was not read from a text."""
        place = self._document.place_of(path) if self._document else None
        return f"{place.file}:{place.line}" if place else ""

    def read_from(self, document: "Document") -> Self:
        """The same scenario, it and its steps knowing where they were written."""
        steps = []
        for index, step in enumerate(self.timeline):
            place = document.place_of(("timeline", index))
            steps.append(step.placed(place.file, place.line) if place else step)
        copy = self.model_copy(update={"timeline": tuple(steps)})
        copy._document = document  # noqa: SLF001 - a copy of the same class
        return copy


def _link_of(step: AnyStep) -> str:
    """By its name or by its ends; "" where a step is about none."""
    if isinstance(step, CutOneWay) and step.to_host:
        return f"{step.from_host}-{step.to_host}"
    return getattr(step, "link", None) or ""
