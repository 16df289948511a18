"""The live world: every program a process, every link a real one, time accelerated.

The scenario's instant 0 lies a little ahead when the world opens, so that all processes have
started by then; what happens before it has negative instants. The supervisor runs on the same
accelerated time as its processes, and their facts reach the journal in order, a moment late.
"""

import asyncio
import itertools
import time  # noqa: TID251 - the computer's monotonic clock is the origin of simulated time
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from licensing.events import Entry, Fact, RunBegan
from licensing.messages import AGENT_PORT, LICENSE_SERVER_PORT, NODE_PORT
from licensing.policies import NS_PER_SECOND
from licensing.records import Record
from licensing.wall_time import wall_time_ns
from licensing.words import CLA_PROGRAM, CLS_PROGRAM, NODE_PROGRAM
from runtime.acceleration import AcceleratedClock
from runtime.tempo import NOTICE_NS
from simulator.live.backend import Backend
from simulator.live.certificates import Authority
from simulator.live.fact_merge import FactMerge
from simulator.live.leftovers import REMOVE_DIRECTORY, to_its_end, unless_in_order
from simulator.live.link_specs import link_specs, transit_spec
from simulator.live.live_machine import LiveMachine
from simulator.live.live_setup import LiveSetup
from simulator.live.processes import LiveProgram
from simulator.live.slow_parts import around_deadline
from simulator.loop.failures import ProgramDied
from simulator.scenario import (
    INTERNET,
    Instant,
    Scenario,
)
from simulator.worlds.backups import backups_of
from simulator.worlds.installation import Installation
from simulator.worlds.random_streams import stream
from simulator.worlds.run_journal import RunJournal
from simulator.worlds.world import World

PORTS = (AGENT_PORT, NODE_PORT, LICENSE_SERVER_PORT)
TEMPO = "tempo"
"""The file in which the processes read how fast time runs."""

_LAG_NS = NS_PER_SECOND // 5
_LOOK_NS = NS_PER_SECOND // 50
_LOOK_S = _LOOK_NS / NS_PER_SECOND
_PATIENCE_S = 5.0
_START_S = 60.0
_FIRST_SESSIONS_S = 1.0
_CERTIFICATE_DAYS = 2


class LiveWorld(World):
    """Real processes on real sockets, as `setup` has them.

    `open` raises `Unavailable` where this computer does not have the back end, a fault `LinkUnable`
    where no step of the timeline has asked for it.
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        seed: int,
        directory: Path,
        journal: RunJournal,
        setup: LiveSetup,
    ) -> None:
        self.setup = setup
        self.backend = _backend(scenario, seed, setup)
        network = self.backend.network
        super().__init__(scenario, seed=seed, directory=directory, journal=journal, network=network)
        self.answer_s = setup.simulated_s(_PATIENCE_S)
        self.ready_s = setup.first_simulated_s(_START_S)
        self.first_sessions_s = setup.first_simulated_s(_FIRST_SESSIONS_S)
        self.poll_s = setup.first_simulated_s(_LOOK_S)
        self.failure: Exception | None = None
        self.fact_merge = FactMerge(journal.record, setup.note_late_fact)
        epoch_ns = wall_time_ns(scenario.start)
        self._epoch_ns = epoch_ns
        self._clock = AcceleratedClock(setup.tempo, epoch_ns)
        self._dated = {0} | {
            step.at.after_ns(scenario.start)
            for step in scenario.timeline
            if isinstance(step.at, Instant)
        }
        self._dated |= {asked_ns for _, asked_ns in backups_of(scenario)}
        self._main = asyncio.current_task()
        self._lasting = AsyncExitStack()
        self._preparing = True
        self.installation = Installation(scenario, directory, self._address_of)
        self.machines: dict[str, LiveMachine] = {
            host: self._machine(host) for host in self.installation.hosts
        }

    # Time and facts.

    def now_ns(self) -> int:
        """Nanoseconds of simulated time since the start; negative before it."""
        return self._clock.instant_ns()

    async def settled(self) -> None:
        """A fact reaches the journal a moment after its instant, and that moment passes."""
        now_ns = time.monotonic_ns()
        released_ns = self.setup.tempo.simulated_ns(now_ns + _LAG_NS + 2 * _LOOK_NS)
        await self.sleep_until_ns(released_ns)
        self.fact_merge.release_until(self.setup.tempo.simulated_ns(now_ns))

    async def sleep_until_ns(self, instant_ns: int) -> None:
        """Let simulated time pass, as exactly as the computer sleeps."""
        if self._preparing:
            self._preparing = False
            self.setup.note_start(self.now_ns())
        if instant_ns not in self._dated:
            self._slow_down_around(instant_ns)
        await asyncio.sleep(max(0, instant_ns - self.now_ns()) / NS_PER_SECOND)

    def record(self, host: str, fact: Fact) -> int:
        """Append a fact of the world, in its place among the facts of the processes."""
        entry = Entry(at=self.now_ns(), host=host, fact=fact)
        self.fact_merge.add(entry)
        if isinstance(fact, RunBegan):
            self.fact_merge.release_until(self.now_ns())
        return entry.at

    def fail(self, error: Exception) -> None:
        """Cancel the run; the first `error` is its `failure`."""
        if self.failure is None and self._main is not None:
            self.failure = error
            self._main.cancel()

    # Machines.

    async def _close(self) -> None:
        """Stop all processes and take the links away; impatience (Ctrl-C) changes nothing of it."""
        await to_its_end(self._lasting.aclose())

    async def _open(self) -> None:
        async with AsyncExitStack() as stack:
            stack.enter_context(unless_in_order(REMOVE_DIRECTORY, str(self._directory)))
            await stack.enter_async_context(self.backend)
            self.setup.tempo.share(self._directory / TEMPO)
            for machine in self.machines.values():
                machine.prepare()
            if self.setup.tls:
                self._make_certificates()
            stack.callback(self.fact_merge.release_all)
            releasing = asyncio.create_task(self._release())
            stack.callback(releasing.cancel)
            for program in itertools.chain(*(each.programs for each in self.machines.values())):
                stack.push_async_callback(self._end, program)
            self._lasting = stack.pop_all()

    async def _end(self, program: LiveProgram) -> None:
        program.thaw()
        await program.stop()
        for delay in program.delays():
            self.setup.note_delay(delay, f"{program.program} of {program.host}")

    # Within.

    def _slow_down_around(self, instant_ns: int) -> None:
        """A step at the end of a failover period is dated only now."""
        earliest_ns = self.setup.tempo.last.simulated_ns + 1
        self.setup.rate_plan.slow_parts += [
            replace(part, begins_ns=max(earliest_ns, part.begins_ns))
            for part in around_deadline(self.scenario, instant_ns)
        ]

    def _address_of(self, source: str, destination: str) -> str:
        if source == destination:
            return self.backend.bind_address(source)
        return self.backend.address_of(source, destination) or self.backend.ip.nobody

    def _machine(self, host: str) -> LiveMachine:
        machine = LiveMachine(
            host,
            [self._program(host, name) for name in self.installation.programs(host)],
            installation=self.installation,
            directory=self._directory / host,
            network=self.backend.network,
            settings=self._settings,
            true_ns=lambda: self._epoch_ns + self.now_ns(),
        )
        machine.options |= {"tempo": str(self._directory / TEMPO), "epoch": self._epoch_ns}
        return machine

    def _program(self, host: str, program: str) -> LiveProgram:
        client = self.scenario.clients.get(host) if program == NODE_PROGRAM else None
        return LiveProgram(
            host,
            program,
            client=client.path if client else "",
            command=lambda argv: self.backend.command(host, argv),
            log=self._directory / host / f"{program}.log",
            delays=self._directory / host / f"{program}.delays",
            read=self.fact_merge.add,
            ended=self._program_ended,
            look_s=self.poll_s,
        )

    def _program_ended(self, host: str, program: str, reason: str, death: ProgramDied) -> None:
        """A program may end itself with a reason of the registry; anything else fails the run."""
        if reason:
            self.end_program(host, program, reason)
        else:
            self.fail(death)

    def _settings(self, host: str, program: str) -> Record:
        makers: dict[str, Callable[[], Record]] = {
            CLS_PROGRAM: self.installation.license_server_settings,
            CLA_PROGRAM: lambda: self.installation.agent_settings(host, self.vendor_key),
            NODE_PROGRAM: lambda: self.installation.node_settings(host),
        }
        return makers[program]()

    def _make_certificates(self) -> None:
        """Each host's certificate is good for every address under which it is dialed."""
        now = datetime.now(UTC)  # noqa: TID251 - TLS judges by the computer's clock
        lasting = timedelta(days=_CERTIFICATE_DAYS)
        token = stream(self.seed, "certificates").randbytes
        authority = Authority(token, now - lasting, now + lasting)
        hosts = self.installation.hosts
        for host in hosts:
            dialed = {self._address_of(other, host) for other in hosts} - {self.backend.ip.nobody}
            self.machines[host].options |= authority.equip(
                self._directory / host, names=[host], addresses=sorted(dialed)
            )

    async def _release(self) -> None:
        """Let facts out, and announce what is next of the tempo."""
        tempo = self.setup.tempo
        while True:
            due_ns = time.monotonic_ns() + _LOOK_NS
            await asyncio.sleep((tempo.simulated_ns(due_ns) - self.now_ns()) / NS_PER_SECOND)
            now_ns = time.monotonic_ns()
            self._announce(now_ns)
            self.fact_merge.release_until(tempo.simulated_ns(now_ns - _LAG_NS))

    def _announce(self, now_ns: int) -> None:
        """Announce every change of rate that comes soon, in time for all to hear of it."""
        tempo, rate_plan = self.setup.tempo, self.setup.rate_plan
        while change := rate_plan.next_change(tempo.last.simulated_ns, tempo.last.rate):
            if tempo.real_ns(change[0]) > now_ns + 3 * NOTICE_NS:
                break
            tempo.announce(now_ns, *change)


def _backend(scenario: Scenario, seed: int, setup: LiveSetup) -> Backend:
    """Not set up yet: its links as the scenario has them, built for what its steps ask."""
    return setup.backend(
        [INTERNET, *scenario.internetwork.nodes],
        link_specs(scenario),
        transit=transit_spec(scenario),
        ports=PORTS,
        dice=lambda label: stream(seed, label),
        rate=setup.rate_plan.fastest,
    )
