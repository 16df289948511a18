"""What is installed where: the programs of each host, with settings, as a scenario describes them.

The same for a simulated world and for real processes, which differ only in the addresses.
"""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

from license_server.administration import AddCustomer
from license_server.service import LicenseServerSettings
from licensing.addresses import with_port
from licensing.events import NetworkFacts, NodeFacts, RunBegan
from licensing.identifiers import parse_locking_id
from licensing.messages import AGENT_PORT, LICENSE_SERVER_PORT, NODE_PORT
from licensing.words import CLA_PROGRAM, CLS_PROGRAM, NODE_PROGRAM, Role
from master_cla.service import AgentSettings
from nodes.system import NodeSettings
from nodes.telephony.equipment import Equipment, Neighbor, Subscriber, TrunkLine
from simulator.scenario import INTERNET, Internetwork, Node, RunWizard, Scenario

Addresses = Callable[[str, str], str]
"""What the first host dials to reach the second; a host reaches itself at its own address."""


def agents_of(scenario: Scenario) -> list[str]:
    """The hosts on which a CLA runs: those of all nodes that ever are master or standalone."""
    nodes = scenario.internetwork.nodes
    own = {name for name, node in nodes.items() if node.role is not Role.SLAVE}
    own |= {
        step.node
        for step in scenario.timeline
        if isinstance(step, RunWizard) and step.role is not Role.SLAVE and not step.refused
    }
    return [name for name in nodes if name in own]


def programs_of(scenario: Scenario) -> int:
    """How many programs run: the license server, the nodes, and their CLAs."""
    return 1 + len(scenario.internetwork.nodes) + len(agents_of(scenario))


class Installation:
    """The hosts of `scenario`, their disks under `directory`, and `address_of` each other.

    The scenario's purchases are those of `customer`, of nobody where there is none.
    """

    customer: AddCustomer | None = None

    def __init__(self, scenario: Scenario, directory: Path, address_of: Addresses) -> None:
        self._scenario = scenario
        self._nodes = scenario.internetwork.nodes
        self._numbers = {name: list(node.numbers()) for name, node in self._nodes.items()}
        self._lines = {name: node.line or 0 for name, node in self._nodes.items()}
        reach = scenario.internetwork.reach()
        once: dict[frozenset[str], frozenset[str]] = {}  # most are reached by all others
        self._reaching = {
            name: once.setdefault(reaching, reaching)
            for name in self._nodes
            if (reaching := frozenset(reach.to(name)))
        }
        self._directory = directory
        self._address_of = address_of
        self._virtual = {host: node.virtual for host, node in self._nodes.items() if node.virtual}
        self._replaced: dict[str, str] = {}
        self._neighbors: dict[tuple[str, str], Neighbor] = {}
        self.agents = agents_of(scenario)
        """The hosts on which a CLA runs."""

    @property
    def hosts(self) -> list[str]:
        """All hosts, the one on the Internet first, then in file order."""
        return [INTERNET, *self._nodes]

    @property
    def master(self) -> str | None:
        """The host of the node that begins as master."""
        return self._scenario.internetwork.master()

    def agent_of(self, host: str) -> str:
        """The host of the CLA that a node uses at the start: the master's, or its own."""
        return self.master or host if self._nodes[host].role is Role.SLAVE else host

    def programs(self, host: str) -> list[str]:
        """What runs on a host, in the order of starting."""
        if host == INTERNET:
            return [CLS_PROGRAM]
        return [CLA_PROGRAM, NODE_PROGRAM] if host in self.agents else [NODE_PROGRAM]

    def locking_id(self, host: str) -> str:
        """The identity of a host: its hardware's, or the one that its configuration makes.

        From the host's name where the scenario gives none.
        """
        if host in self._replaced:
            return self._replaced[host]
        if host in self._virtual:
            return self._virtual[host].locking_id
        node = self._nodes.get(host)
        return (node and node.locking_id) or locking_id_of(host)

    def reconfigure(self, host: str, changes: Mapping[str, str]) -> str:
        """Change the configuration of a virtual S; returns its Advanced Locking ID from now on.

        Raises `ValueError` for a host that is not virtual.
        """
        if host not in self._virtual:
            raise ValueError(f"{host} is not virtual: its Locking ID is its hardware's")
        self._virtual[host] = self._virtual[host].model_copy(update=dict(changes))
        return self.locking_id(host)

    def replace_hardware(self, host: str, locking_id: str) -> None:
        """Give a host another identity from now on."""
        self._replaced[host] = locking_id

    def directory(self, host: str, program: str) -> Path:
        """A program's state directory."""
        return self._directory / host / program

    def admin_socket(self, host: str, program: str) -> Path:
        """A program's administration socket."""
        return self.directory(host, program) / "admin.sock"

    def agent_address(self, host: str, agent: str) -> str:
        """What is entered in the Network Wizard at `host`, for the CLA on the host `agent`."""
        return with_port(self._address_of(host, agent), AGENT_PORT)

    def license_server_settings(self) -> LicenseServerSettings:
        """Settings of the license server."""
        return LicenseServerSettings(address=self._address_of(INTERNET, INTERNET))

    def agent_settings(self, host: str, vendor_key: str) -> AgentSettings:
        """Settings of the CLA on `host`; `vendor_key` is what the vendor has built into it."""
        return AgentSettings(address=self._address_of(host, host), vendor_key=vendor_key)

    def node_settings(self, host: str) -> NodeSettings:
        """Settings of a node. Without a CLA of its own it never reaches the license server."""
        own = host in self.agents
        server = self._address_of(host, INTERNET) if own else ""
        return NodeSettings(
            equipment=self._equipment(host, self._nodes[host]),
            address=self._address_of(host, host),
            agent_socket=str(self.admin_socket(host, CLA_PROGRAM)) if own else "",
            license_server=with_port(server, LICENSE_SERVER_PORT) if server else "",
        )

    def run_began(self, seed: int) -> RunBegan:
        """The journal's first fact."""
        return RunBegan(
            title=self._scenario.title,
            seed=seed,
            start=self._scenario.start,
            nodes={
                host: NodeFacts(
                    role=node.role,
                    address=self._address_of(host, host),
                    subscribers=dict(_numbers_and_types(node)),
                    trunks={trunk.name: trunk.channels for trunk in node.trunks},
                    attendant=node.attendant_number or "",
                    emergency_numbers=[*self._scenario.dial_plan(node).emergency_numbers],
                    outside_line=self._scenario.dial_plan(node).outside_line,
                )
                for host, node in self._nodes.items()
            },
            network=network_facts(self._scenario.internetwork),
        )

    def _equipment(self, host: str, node: Node) -> Equipment:
        dial_plan = self._scenario.dial_plan(node)
        return Equipment(
            model=node.model,
            subscribers=[
                Subscriber(number=number, type=kind) for number, kind in _numbers_and_types(node)
            ],
            trunks=[
                TrunkLine(name=trunk.name, kind=trunk.kind, channels=trunk.channels)
                for trunk in node.trunks
            ],
            attendant=node.attendant_number or "",
            neighbors={
                other: self._neighbor(other, self._call_address(host, other))
                for other in self._numbers
                if other != host
            },
            bandwidth_bit_s=self._lines[host],
            emergency_numbers=[*dial_plan.emergency_numbers],
            outside_line=dial_plan.outside_line,
        )

    def _neighbor(self, other: str, address: str) -> Neighbor:
        """What all who reach `other` at this address know of it: in a large internetwork, once."""
        known = self._neighbors.get((other, address))
        if known is None:
            known = self._neighbors[other, address] = Neighbor(
                address=address, numbers=self._numbers[other], bandwidth_bit_s=self._lines[other]
            )
        return known

    def _call_address(self, host: str, other: str) -> str:
        if host not in self._reaching[other]:
            return ""
        return with_port(self._address_of(host, other), NODE_PORT)


def locking_id_of(name: str) -> str:
    """The Locking ID of a host whose scenario gives none: always the same for the same name."""
    digest = hashlib.sha256(name.encode()).hexdigest().upper()
    return parse_locking_id(f"00-1A-E8-{digest[0:2]}-{digest[2:4]}-{digest[4:6]}")


def network_facts(internetwork: Internetwork) -> NetworkFacts:
    """What a map needs of it."""
    standing = {**internetwork.nodes, **internetwork.transit}
    return NetworkFacts(
        links={name: link.ends for name, link in internetwork.links.items()},
        latencies_ns={name: link.latency for name, link in internetwork.links.items()},
        closed=[name for name, node in internetwork.nodes.items() if not node.forwards],
        routers=[*internetwork.routers],
        clouds=[*internetwork.clouds],
        places={name: each.place for name, each in standing.items() if each.place},
    )


def _numbers_and_types(node: Node) -> list[tuple[str, str]]:
    return [(number, group.type) for group in node.subscribers for number in group.numbers]
