"""The world of a scenario: its machines on the simulated network, its faults, its clocks.

What the world does to machines, links and clocks is journaled here; what is done *to a program*
goes through that program's administration socket and is `internetwork`'s business.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

from license_server.service import LicenseServerSettings
from license_server.service import serve as serve_license_server
from licensing.errors import LicensingError
from licensing.events import (
    ClockStepped,
    ConnectionOpened,
    Fact,
    HostCrashed,
    HostStarted,
    LatencyChanged,
    LinkCut,
    LinkHealed,
    NodeFacts,
    ProgramEnded,
    RunBegan,
)
from licensing.identifiers import parse_locking_id
from licensing.messages import AGENT_PORT, LICENSE_SERVER_PORT
from licensing.words import Role
from master_cla.service import AgentSettings
from master_cla.service import serve as serve_agent
from nodes.equipment import Equipment, Neighbor, Subscriber, Trunk
from nodes.service import serve as serve_node
from nodes.system import NodeSettings
from runtime.host import Host
from simulator.journal import RunJournal
from simulator.loop import VirtualLoop
from simulator.machine import Machine, Program, stream
from simulator.scenario import INTERNET, Node, Scenario

INTERNET_ADDRESS = "198.51.100.1"
CLS, AGENT, NODE = "cls", "cla", "node"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class World:
    """All machines of `scenario`, switched off, on the network of `loop`.

    `directory` holds their disks; facts go to `journal`.
    """

    def __init__(
        self,
        loop: VirtualLoop,
        scenario: Scenario,
        *,
        seed: int,
        directory: Path,
        journal: RunJournal,
    ) -> None:
        self._loop = loop
        self._scenario = scenario
        self._seed = seed
        self._directory = directory
        self._journal = journal
        self._vendor_key = ""
        nodes = scenario.internetwork.nodes
        self.addresses = {name: f"10.0.{at // 250}.{at % 250 + 1}" for at, name in enumerate(nodes)}
        self.machines = {INTERNET: self._machine(INTERNET, INTERNET_ADDRESS, _license_server())}
        for name, node in nodes.items():
            self.machines[name] = self._machine(
                name, self.addresses[name], self._programs(name, node)
            )
        self._link()
        loop.sockets.on_connection = self._connected

    @property
    def master(self) -> str:
        """The name of the master node."""
        return self._scenario.internetwork.master()

    @property
    def master_address(self) -> str:
        """What the Network Wizard is told at every node."""
        return f"{self.addresses[self.master]}:{AGENT_PORT}"

    def begin(self) -> None:
        """State what the run is about: the journal's first line."""
        nodes = self._scenario.internetwork.nodes
        self.record(
            "world",
            RunBegan(
                title=self._scenario.title,
                seed=self._seed,
                start=self._scenario.start,
                nodes={name: self._facts(name, node) for name, node in nodes.items()},
            ),
        )

    def record(self, host: str, fact: Fact) -> None:
        """Append a fact of the world."""
        self._journal.record(self._loop.time_ns(), host, fact)

    def trust(self, vendor_key: str) -> None:
        """The key that the vendor has built into every central CLA."""
        self._vendor_key = vendor_key

    def admin_socket(self, host: str, program: str) -> Path:
        """The administration socket of a program."""
        return self.machines[host].program_directory(program) / "admin.sock"

    # Faults and clocks.

    def start(self, host: str) -> None:
        """Power on, and start what is not running."""
        machine = self.machines[host]
        if not machine.is_up:
            self.record(host, HostStarted(wall_ns=machine.clock.wall_ns()))
        machine.start()

    def crash(self, host: str) -> None:
        """The power fails."""
        machine = self.machines[host]
        if machine.is_up:
            machine.crash()
            self.record(host, HostCrashed(wall_ns=machine.clock.wall_ns()))

    def step_clock(self, host: str, by_ns: int) -> None:
        """Somebody sets the clock."""
        machine = self.machines[host]
        machine.step_clock(by_ns)
        self.record(host, ClockStepped(by_ns=by_ns, wall_ns=machine.clock.wall_ns()))

    def cut(self, link: str) -> None:
        """Cut a link both ways."""
        one, other = self._ends(link)
        self._loop.sockets.network.cut(one, other)
        self.record("world", LinkCut(link=link, directions=[f"{one}->{other}", f"{other}->{one}"]))

    def cut_one_way(self, source: str, destination: str) -> None:
        """Cut what goes from `source` to `destination`."""
        link = self._link_between(source, destination)
        self._loop.sockets.network.cut(source, destination, one_way=True)
        self.record("world", LinkCut(link=link, directions=[f"{source}->{destination}"]))

    def heal(self, link: str) -> None:
        """Heal a link in both directions."""
        self._loop.sockets.network.heal(*self._ends(link))
        self.record("world", LinkHealed(link=link))

    def set_latency(self, link: str, latency_ns: int) -> None:
        """Give a link another latency."""
        jitter_ns = self._scenario.internetwork.links[link].jitter
        self._loop.sockets.network.set_latency(*self._ends(link), latency_ns, jitter_ns)
        self.record("world", LatencyChanged(link=link, latency_ns=latency_ns))

    async def stop(self) -> None:
        """Stop all programs in order, as SIGTERM does."""
        for machine in reversed(list(self.machines.values())):
            await machine.stop()

    # Construction.

    def _machine(self, name: str, address: str, programs: dict[str, Program]) -> Machine:
        node = self._scenario.internetwork.nodes.get(name)
        return Machine(
            self._loop,
            name=name,
            address=address,
            locking_id=(node and node.locking_id) or locking_id_of(name),
            directory=self._directory / name,
            programs=programs,
            record=self._journal.record,
            epoch_ns=(self._scenario.start - _EPOCH) // _MICROSECOND * 1_000,
            seed=self._seed,
            on_program_end=self._program_ended,
        )

    def _programs(self, name: str, node: Node) -> dict[str, Program]:
        settings = NodeSettings(
            equipment=self._equipment(name, node),
            agent_socket=str(self._directory / name / AGENT / "admin.sock"),
            license_server=f"{INTERNET_ADDRESS}:{LICENSE_SERVER_PORT}",
        )

        async def run_node(host: Host) -> None:
            await serve_node(host, settings)

        async def run_agent(host: Host) -> None:
            await serve_agent(host, AgentSettings(vendor_key=self._vendor_key))

        if node.role is Role.MASTER:
            return {AGENT: run_agent, NODE: run_node}
        return {NODE: run_node}

    def _equipment(self, name: str, node: Node) -> Equipment:
        others = self._scenario.internetwork.nodes.items()
        return Equipment(
            model=node.model,
            subscribers=[
                Subscriber(number=number, type=group.type)
                for group in node.subscribers
                for number in group.numbers
            ],
            trunks=[
                Trunk(name=trunk.name, kind=trunk.kind, channels=trunk.channels)
                for trunk in node.trunks
            ],
            attendant=node.attendant_number or "",
            neighbors={
                other: Neighbor(address=self.addresses[other], numbers=list(neighbor.numbers()))
                for other, neighbor in others
                if other != name
            },
        )

    def _link(self) -> None:
        for link in self._scenario.internetwork.links.values():
            self._loop.sockets.network.add_link(
                *link.ends,
                latency_ns=link.latency,
                jitter_ns=link.jitter,
                bandwidth=link.bandwidth,
                dice=lambda label: stream(self._seed, label),
            )

    def _facts(self, name: str, node: Node) -> NodeFacts:
        return NodeFacts(
            role=node.role,
            address=self.addresses[name],
            subscribers={
                number: group.type for group in node.subscribers for number in group.numbers
            },
            trunks={trunk.name: trunk.channels for trunk in node.trunks},
            attendant=node.attendant_number or "",
        )

    def _ends(self, link: str) -> tuple[str, str]:
        return self._scenario.internetwork.links[link].ends

    def _link_between(self, one: str, other: str) -> str:
        links = self._scenario.internetwork.links.items()
        return next(name for name, link in links if set(link.ends) == {one, other})

    def _connected(self, source: str, destination: str, port: int) -> None:
        self.record(source, ConnectionOpened(to=destination, port=port))

    def _program_ended(self, machine: Machine, program: str, error: BaseException | None) -> None:
        """A program may end itself with a reason of the registry; anything else fails the run."""
        if isinstance(error, LicensingError):
            self.record(machine.name, ProgramEnded(program=program, reason=error.code))
        elif error is not None:
            error.add_note(f"program {program} of {machine.name} failed")
            self._loop.fail(error)


def locking_id_of(name: str) -> str:
    """The Locking ID of a host whose scenario gives none: always the same for the same name."""
    digest = hashlib.sha256(name.encode()).hexdigest().upper()
    return parse_locking_id(f"00-1A-E8-{digest[0:2]}-{digest[2:4]}-{digest[4:6]}")


def _license_server() -> dict[str, Program]:
    async def run_license_server(host: Host) -> None:
        await serve_license_server(host, LicenseServerSettings())

    return {CLS: run_license_server}
