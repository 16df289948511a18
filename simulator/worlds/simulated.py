"""The simulated world: machines in this process, on the virtual loop and its network."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from license_server.service import serve as serve_license_server
from licensing.errors import LicensingError
from licensing.events import ConnectionOpened
from master_cla.service import serve as serve_agent
from nodes.service import serve as serve_node
from runtime.host import Host
from simulator.loop.runner import current_loop
from simulator.scenario import INTERNET, Scenario
from simulator.worlds.installation import AGENT, CLS, NODE, Installation
from simulator.worlds.machine import Machine, Program, stream
from simulator.worlds.run_journal import RunJournal
from simulator.worlds.world import World

INTERNET_ADDRESS = "198.51.100.1"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class SimulatedWorld(World):
    """See `World`; everything follows from the seed. Raises `NotSimulated` on another loop."""

    def __init__(
        self,
        scenario: Scenario,
        *,
        seed: int,
        directory: Path,
        journal: RunJournal,
        installation: type[Installation] = Installation,
    ) -> None:
        self.loop = current_loop()
        network = self.loop.sockets.network
        super().__init__(scenario, seed=seed, directory=directory, journal=journal, network=network)
        nodes = scenario.internetwork.nodes
        self._addresses = {name: _address(place) for place, name in enumerate(nodes)}
        self._addresses[INTERNET] = INTERNET_ADDRESS
        self.installation = installation(
            scenario, directory, lambda _, destination: self._addresses[destination]
        )
        self.machines = {host: self._machine(host) for host in self.installation.hosts}

    def now_ns(self) -> int:
        """See `World`."""
        return self.loop.time_ns()

    async def sleep_until_ns(self, instant_ns: int) -> None:
        """See `World`; to the nanosecond."""
        reached: asyncio.Future[None] = self.loop.create_future()
        self.loop.call_at_ns(instant_ns, _reach, reached)
        await reached

    async def settled(self) -> None:
        """See `World`; they are at once."""

    def fail(self, error: Exception) -> None:
        """See `World`."""
        self.loop.fail(error)

    def is_up(self, host: str) -> bool:
        """See `World`."""
        return self.machines[host].is_up

    def is_running(self, host: str) -> bool:
        """See `World`."""
        machine = self.machines[host]
        return machine.is_up and len(machine.running) == len(machine.programs)

    async def close(self) -> None:
        """See `World`."""
        for machine in reversed(list(self.machines.values())):
            machine.thaw()
            await machine.stop()

    async def _open(self) -> None:
        for link in self.scenario.internetwork.links.values():
            self.loop.sockets.network.add_link(
                *link.ends,
                latency_ns=link.latency,
                jitter_ns=link.jitter,
                bandwidth_bit_s=link.bandwidth,
                dice=lambda label: stream(self.seed, label),
            )
        self.loop.sockets.on_connection = self._connected

    def _wall_ns(self, host: str) -> int:
        return self.machines[host].clock.wall_ns()

    async def _start(self, host: str) -> None:
        self.machines[host].locking_id = self.installation.locking_id(host)
        self.machines[host].start()

    async def _crash(self, host: str) -> None:
        self.machines[host].crash()

    async def _stop(self, host: str) -> None:
        await self.machines[host].stop()
        self.machines[host].crash()

    async def _freeze(self, host: str) -> None:
        self.machines[host].freeze()

    async def _thaw(self, host: str) -> None:
        self.machines[host].thaw()

    def _step_clock(self, host: str, by_ns: int) -> None:
        self.machines[host].step_clock(by_ns)

    def _machine(self, host: str) -> Machine:
        return Machine(
            self.loop,
            name=host,
            address=self._addresses[host],
            locking_id=self.installation.locking_id(host),
            directory=self._directory / host,
            programs={name: self._program(host, name) for name in self.installation.programs(host)},
            record=self._journal.record,
            epoch_ns=(self.scenario.start - _EPOCH) // _MICROSECOND * 1_000,
            seed=self.seed,
            on_program_end=self._program_ended,
        )

    def _program(self, host: str, program: str) -> Program:
        async def run_license_server(seam: Host) -> None:
            await serve_license_server(seam, self.installation.license_server_settings())

        async def run_agent(seam: Host) -> None:
            await serve_agent(seam, self.installation.agent_settings(host, self.vendor_key))

        async def run_node(seam: Host) -> None:
            await serve_node(seam, self.installation.node_settings(host))

        return {CLS: run_license_server, AGENT: run_agent, NODE: run_node}[program]

    def _connected(self, source: str, destination: str, port: int) -> None:
        self.record(source, ConnectionOpened(to=destination, port=port))

    def _program_ended(self, machine: Machine, program: str, error: BaseException | None) -> None:
        """A program may end itself with a reason of the registry; anything else fails the run."""
        if isinstance(error, LicensingError):
            self.end_program(machine.name, program, error.code)
        elif error is not None:
            error.add_note(f"program {program} of {machine.name} failed")
            self.loop.fail(error)


def _address(place: int) -> str:
    return f"10.0.{place // 250}.{place % 250 + 1}"


def _reach(instant: "asyncio.Future[None]") -> None:
    if not instant.done():
        instant.set_result(None)
