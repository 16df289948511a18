"""The simulated world: machines in this process, on the virtual loop and its network."""

import asyncio
import gc
from pathlib import Path

from license_server.service import serve as serve_license_server
from licensing.errors import LicensingError
from licensing.events import ConnectionOpened
from licensing.wall_time import wall_time_ns
from licensing.words import CLA_PROGRAM, CLS_PROGRAM, NODE_PROGRAM
from master_cla.service import serve as serve_agent
from nodes.service import serve as serve_node
from runtime.host import Host
from simulator.loop.failures import ProgramDied
from simulator.loop.runner import current_loop
from simulator.network.incarnation import current_host
from simulator.network.tap import Tap
from simulator.scenario import INTERNET, Scenario
from simulator.worlds.client_programs import serve_client
from simulator.worlds.disks import ComputerExhausted, allow_open_files, exhausted
from simulator.worlds.installation import Installation
from simulator.worlds.random_streams import LateStream
from simulator.worlds.run_journal import RunJournal
from simulator.worlds.simulated_machine import ProgramEntry, SimulatedMachine
from simulator.worlds.world import World

INTERNET_ADDRESS = "198.51.100.1"

_COLLECTION_AFTER, *_LATER_COLLECTIONS = gc.get_threshold()
_OBJECTS_OF_A_HOST = 10
"""So many more objects for each host are no reason to look for garbage: they are exchanges that are
under way at the same time."""


class SimulatedWorld(World):
    """Everything in it follows from the seed. Raises `NotSimulated` on another loop.

    `installation` is the kind of the installation; `tap` sees the connections between hosts.
    """

    tells_at_once = True

    def __init__(
        self,
        scenario: Scenario,
        *,
        seed: int,
        directory: Path,
        journal: RunJournal,
        installation: type[Installation] = Installation,
        tap: Tap | None = None,
    ) -> None:
        allow_open_files()
        self.loop = current_loop()
        self.loop.sockets.tap = tap
        network = self.loop.sockets.network
        super().__init__(scenario, seed=seed, directory=directory, journal=journal, network=network)
        nodes = scenario.internetwork.nodes
        self._addresses = {name: _address(place) for place, name in enumerate(nodes)}
        self._addresses[INTERNET] = INTERNET_ADDRESS
        self.installation = installation(
            scenario, directory, lambda _, destination: self._addresses[destination]
        )
        self.machines: dict[str, SimulatedMachine] = {
            host: self._machine(host) for host in self.installation.hosts
        }

    def now_ns(self) -> int:
        """Virtual nanoseconds since the start."""
        return self.loop.time_ns()

    def idle_until_ns(self) -> int:
        """The instant of the next timer, where nothing is ready or may come from outside."""
        return self.loop.idle_until_ns()

    async def sleep_until_ns(self, instant_ns: int) -> None:
        """Let virtual time pass, to the nanosecond: what falls due then comes afterwards."""
        reached: asyncio.Future[None] = self.loop.create_future()
        self.loop.call_first_at_ns(instant_ns, _reach, reached)
        await reached

    async def settled(self) -> None:
        """Facts are in the journal at once."""

    def fail(self, error: Exception) -> None:
        """Let the loop raise `error` from the run."""
        self.loop.fail(error)

    async def _close(self) -> None:
        """Stop the machines in order, the last one first; the links stay."""
        gc.set_threshold(_COLLECTION_AFTER, *_LATER_COLLECTIONS)
        for machine in reversed(list(self.machines.values())):
            machine.thaw()
            await machine.stop()

    async def _open(self) -> None:
        under_way = _OBJECTS_OF_A_HOST * len(self.machines)
        gc.set_threshold(max(_COLLECTION_AFTER, under_way), *_LATER_COLLECTIONS)
        self._lay_links()

    def _lay_links(self) -> None:
        internetwork, network = self.scenario.internetwork, self.loop.sockets.network
        network.convergence_ns = internetwork.convergence
        for name in internetwork.transit:
            network.add_transit(name)
        for name, node in internetwork.nodes.items():
            network.equip_site(name, forwards=node.forwards, line_bit_s=node.line)
        for name, link in internetwork.links.items():
            network.add_link(
                *link.ends,
                name=name,
                latency_ns=link.latency,
                jitter_ns=link.jitter,
                bandwidth_bit_s=link.bandwidth,
                forgets_idle_ns=link.forgets_idle_after,
                dice=lambda label: LateStream(self.seed, label),
            )
        self.loop.sockets.on_connection = self._connected

    def _machine(self, host: str) -> SimulatedMachine:
        return SimulatedMachine(
            self.loop,
            name=host,
            address=self._addresses[host],
            locking_id=self.installation.locking_id(host),
            directory=self._directory / host,
            programs={name: self._program(host, name) for name in self.installation.programs(host)},
            record=self._journal.record,
            epoch_ns=wall_time_ns(self.scenario.start),
            seed=self.seed,
            on_program_end=self._program_ended,
        )

    def _program(self, host: str, program: str) -> ProgramEntry:
        async def run_license_server(seam: Host) -> None:
            await serve_license_server(seam, self.installation.license_server_settings())

        async def run_agent(seam: Host) -> None:
            await serve_agent(seam, self.installation.agent_settings(host, self.vendor_key))

        async def run_node(seam: Host) -> None:
            await serve_node(seam, self.installation.node_settings(host))

        async def run_client(seam: Host) -> None:
            client = self.scenario.clients[host]
            try:
                await serve_client(client, seam, self.installation.node_settings(host))
            except ProgramDied as died:
                own = current_host.get()
                returned = died.__cause__ is None
                if not returned or own is None or not own.signalled:
                    raise  # else it has returned because it was stopped

        if program == NODE_PROGRAM and host in self.scenario.clients:
            return run_client
        return {CLS_PROGRAM: run_license_server, CLA_PROGRAM: run_agent, NODE_PROGRAM: run_node}[
            program
        ]

    def _connected(self, source: str, destination: str, port: int) -> None:
        self.record(source, ConnectionOpened(to=destination, port=port))

    def _program_ended(
        self, machine: SimulatedMachine, program: str, error: BaseException | None
    ) -> None:
        """A program may end itself with a reason of the registry; anything else fails the run.

        So does a reason that is not the program's, but that of the computer that simulates it.
        """
        lacking = self._lacking(machine, error)
        if lacking is not None:
            self.loop.fail(lacking)
        elif isinstance(error, LicensingError):
            self.end_program(machine.name, program, error.code)
        elif error is not None:
            error.add_note(f"program {program} of {machine.name} failed")
            self.loop.fail(error)

    def _lacking(
        self, machine: SimulatedMachine, error: BaseException | None
    ) -> ComputerExhausted | None:
        """What this computer lacked, where a program could not write to a disk that has room."""
        unreachable = isinstance(error, LicensingError) and error.code == "state-unreachable"
        if self.is_disk_full(machine.name) or not (unreachable or isinstance(error, OSError)):
            return None
        return exhausted(self._directory)


def _address(place: int) -> str:
    return f"10.0.{place // 250}.{place % 250 + 1}"


def _reach(instant: "asyncio.Future[None]") -> None:
    if not instant.done():
        instant.set_result(None)
