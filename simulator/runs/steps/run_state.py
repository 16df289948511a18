"""A run in progress: what a step finds, and what the steps before it have left."""

import asyncio
from dataclasses import dataclass, field

from licensing import messages
from licensing.agent_requests import SignedRequest
from simulator.scenario import Instant, Registration, Scenario, Trunk, is_locking_id
from simulator.worlds.admin_client import AdminClient
from simulator.worlds.known_names import UnknownName, known_name, known_node
from simulator.worlds.world import World


@dataclass
class RunState:
    """The world of a run; `admin` talks to its programs, `tasks` are those that outlive their step.

    `agent_of` is the host of the CLA that each node uses since its last Network Wizard. `lacs` are
    the license authorization codes by the names of the orders; `files` license files, and
    `requests` relicensing requests, by the names that steps gave them; `ticked` the nodes whose
    lists of licenses have been ticked. `node_of` says where each call number is, `bound_to` to
    which Locking ID the license file of a host is bound that has another one now, `backups` when
    a backup was made, in nanoseconds since the start, by node and the instant that names it.
    """

    scenario: Scenario
    world: World
    admin: AdminClient
    tasks: asyncio.TaskGroup
    lacs: dict[str, str]
    node_of: dict[str, str] = field(init=False)
    agent_of: dict[str, str] = field(init=False)
    files: dict[str, str] = field(default_factory=dict)
    requests: dict[str, SignedRequest] = field(default_factory=dict)
    bound_to: dict[str, str] = field(default_factory=dict)
    ticked: set[str] = field(default_factory=set)
    backups: dict[tuple[str, int], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        nodes = self.scenario.internetwork.nodes.items()
        self.node_of = {number: name for name, node in nodes for number in node.numbers()}
        self.agent_of = {name: self.world.installation.agent_of(name) for name, _ in nodes}

    def host(self, name: str) -> str:
        """A host of the scenario; raises `UnknownName`."""
        return known_node(name, self.world.installation.hosts)

    def node_with(self, number: str) -> str:
        """The node that has a subscriber; raises `UnknownName`."""
        return self.node_of[known_name("subscriber", number, self.node_of)]

    def trunk(self, name: str, node: str | None = None) -> tuple[str, Trunk]:
        """The node that has a trunk, and the trunk.

        Raises `UnknownName`, and `ValueError` where several have one of that name and no `node`.
        """
        nodes = self.scenario.internetwork.nodes
        trunks = [(host, trunk) for host in nodes for trunk in nodes[host].trunks]
        known_name("trunk", name, (trunk.name for _, trunk in trunks))
        found = [each for each in trunks if each[1].name == name and node in (None, each[0])]
        if len(found) != 1:
            hosts = ", ".join(host for host, trunk in trunks if trunk.name == name)
            raise ValueError(f"a trunk {name!r} is at {hosts}: say which")
        return found[0]

    def lac(self, order: str) -> str:
        """The license authorization code of an order; raises `UnknownName`."""
        return self.lacs[known_name("order", order, self.lacs)]

    def file(self, name: str) -> str:
        """A license file; raises `UnknownName`."""
        return self.files[known_name("license file", name, self.files)]

    def request(self, name: str) -> SignedRequest:
        """A relicensing request; raises `UnknownName`."""
        return self.requests[known_name("relicensing request", name, self.requests)]

    def backup_ns(self, host: str, when: Instant) -> int:
        """The instant of the backup of a host that a step names; raises `UnknownName`."""
        asked_ns = when.after_ns(self.scenario.start)
        if (host, asked_ns) not in self.backups:
            raise UnknownName(f"There is no backup of {host} from {when}.")
        return self.backups[host, asked_ns]

    def forget(self, host: str) -> None:
        """The disk of a host is empty: what was ticked there is not ticked any more."""
        self.ticked.discard(host)

    def locking_id(self, system: str) -> str:
        """A Locking ID, or that of a host; raises `UnknownName`."""
        if is_locking_id(system):
            return system
        return self.world.installation.locking_id(self.host(system))


def entered(registration: Registration) -> messages.Registration:
    """Registration data as the programs take them."""
    return messages.Registration(company=registration.company, contact=registration.contact)
