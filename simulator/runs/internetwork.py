"""A running internetwork, and every step of the scenario language as a method.

Scenarios are played through this API, and so are scripts and tests:

    async with Internetwork(scenario) as net:
        await net.activate("hq", "LAC-1", Registration(company="Example", contact="it@example.com"))
        await net.unlock()
        await net.run_until("day 3 08:00")
        await net.cut("hq-north")

under `simulator.run(main())` or our pytest loop factory.
"""

import asyncio
import shutil
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

from licensing.events import Entry
from licensing.license_table import LicenseTable
from licensing.wall_time import date_after
from licensing.words import CLA_PROGRAM, NODE_PROGRAM
from nodes.administration import CallInProgress, Calls, Displays, Licenses, SaveWbmUser, State
from runtime.http import Nothing
from simulator.oracle import Oracle
from simulator.runs.steps import RunState, Unexpected, perform
from simulator.runs.world_steps import WorldSteps
from simulator.scenario import Deadline, Moment, Scenario, Step, moment
from simulator.worlds.admin_client import AdminClient
from simulator.worlds.disks import new_directory
from simulator.worlds.installation import programs_of
from simulator.worlds.preparations import prepare
from simulator.worlds.run_journal import Reader, RunJournal
from simulator.worlds.simulated import SimulatedWorld
from simulator.worlds.world import World, WorldFactory

__all__ = ["DeadlinePassed", "Internetwork", "NoDeadline", "Unexpected"]


class NoDeadline(Exception):
    """A step that waits for the end of a failover period, and none has begun since then."""

    def __init__(self, when: Deadline, since: str) -> None:
        why = f"{when.node} has not been in failover since {since}"
        super().__init__(f"{when}: {why}, so it has no deadline")


class DeadlinePassed(Exception):
    """A step whose moment was over when the run came to know it."""

    def __init__(self, when: Deadline, now: str) -> None:
        super().__init__(f"{when}: that was before {now}, when this step's turn came")


class Internetwork(WorldSteps):
    """The machines of a scenario, prepared by the technician and running; use as `async with`.

    `readers` see every journal entry, `seed` replaces the scenario's. `world` is the kind of world,
    by default the simulated one; `oracle` judges, by default without tolerance. Methods raise
    `LicensingError` where a program refuses, `Unexpected` where an expectation does not hold,
    `ValueError` for a name that the scenario does not have.
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        seed: int | None = None,
        readers: Iterable[Reader] = (),
        world: WorldFactory = SimulatedWorld,
        oracle: Oracle | None = None,
    ) -> None:
        self.scenario = scenario
        self.seed = scenario.seed if seed is None else seed
        self._make_world = world
        self.oracle = oracle or Oracle()
        all_readers: list[Reader] = [*readers, self.oracle, self._tell_watchers]
        self.journal = RunJournal(all_readers, self._fail, self.oracle.seen_before)
        self._exits = AsyncExitStack()
        self._watchers: list[tuple[Callable[[Entry], bool], asyncio.Future[None]]] = []

    async def __aenter__(self) -> Self:
        """Switch everything on and make the technician's preparations (scenario.md, Words)."""
        directory = new_directory(programs_of(self.scenario))
        self._exits.callback(shutil.rmtree, directory, ignore_errors=True)
        try:
            self.world: World = self._make_world(
                self.scenario, seed=self.seed, directory=directory, journal=self.journal
            )
            self.admin = await self._exits.enter_async_context(AdminClient(self.world))
            # Who talks longer than the run lasts hangs up when its programs are gone.
            tasks = await self._exits.enter_async_context(asyncio.TaskGroup())
            self._exits.push_async_callback(self.world.close)
            await self.world.open()
            lacs = await prepare(self.scenario, self.world, self.admin)
        except BaseException:
            await self._exits.aclose()
            raise
        self._running = RunState(self.scenario, self.world, self.admin, tasks, lacs)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            await self._exits.__aexit__(kind, error, trace)
        except BaseExceptionGroup as group:
            if group.exceptions != (error,):
                raise
            # What alone went wrong is the caller's own: it goes on by itself, in no group.

    def back_up(self, node: str, asked_ns: int | None = None) -> None:
        """Make a backup of a node's disk now, from which it can be restored.

        It has the name of the instant `asked_ns` (since the start), which is about now.
        """
        host = self._running.host(node)
        saved_ns = self.world.save_disk(host)
        self._running.backups[host, saved_ns if asked_ns is None else asked_ns] = saved_ns

    async def perform(self, step: Step) -> object:
        """Do what a step says; the methods of the language are this with a step of theirs."""
        return await perform(self._running, self.scenario.internetwork.as_declared(step))

    # Time.

    async def run_until(self, when: str | Moment) -> None:
        """Let time pass until a moment such as `day 34 09:00` or `deadline of north - 5 min`."""
        await self.sleep_until_ns(await self.instant_ns(moment(when)))

    async def sleep_until_ns(self, instant_ns: int) -> None:
        """Let time pass until an instant, in nanoseconds since the start; at once if past."""
        await self.world.sleep_until_ns(instant_ns)

    async def instant_ns(self, when: Moment) -> int:
        """When a moment is, in nanoseconds since the start.

        For a deadline, time passes until that node's failover period runs; raises `NoDeadline`
        where none has begun a whole failover period after the last dated step.
        """
        if not isinstance(when, Deadline):
            return when.after_ns(self.scenario.start)
        node, since = self._running.host(when.node), self.now
        began = asyncio.ensure_future(self._failover_of(node))
        longest_ns = max((period for period, _ in self.scenario.terms()), default=0)
        last_ns = max(self.scenario.last_dated_ns(), self.world.now_ns())
        given_up_ns = last_ns + longest_ns
        waiting = asyncio.ensure_future(self.world.sleep_until_ns(given_up_ns))
        try:
            await first_of(began, waiting)
        finally:
            waiting.cancel()
            began.cancel()
        deadline_ns = self.oracle.deadline_ns(node)
        if deadline_ns is None:
            raise NoDeadline(when, since)
        return deadline_ns + when.shift_ns

    async def _failover_of(self, node: str) -> None:
        while self.oracle.deadline_ns(node) is None:
            await self.happens(lambda entry: entry.host == node)

    async def happens(self, condition: Callable[[Entry], bool]) -> None:
        """Let time pass until an entry for which `condition` holds has been journaled."""
        happened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._watchers.append((condition, happened))
        await happened

    # What is there to see.

    async def state(self, node: str) -> State:
        """A node at a glance, as its administration API tells it."""
        return await self.admin.ask(node, NODE_PROGRAM, "/v1/state", State)

    async def displays(self, node: str) -> dict[str, str]:
        """What a node's system telephones show."""
        return (await self.admin.ask(node, NODE_PROGRAM, "/v1/displays", Displays)).displays

    async def calls(self, node: str) -> list[CallInProgress]:
        """The calls that a node keeps up, oldest first."""
        return (await self.admin.ask(node, NODE_PROGRAM, "/v1/calls", Calls)).calls

    async def licenses(self, node: str) -> Licenses:
        """A node's license overview."""
        return await self.admin.ask(node, NODE_PROGRAM, "/v1/licenses", Licenses)

    async def license_table(self, agent: str = "") -> LicenseTable:
        """All licenses as a CLA counts them: the one on the host `agent`, or the master's."""
        agent = agent or self.world.installation.master or self.world.installation.agents[0]
        return await self.admin.ask(agent, CLA_PROGRAM, "/v1/licenses", LicenseTable)

    @property
    def lacs(self) -> dict[str, str]:
        """The license authorization codes by the names of the purchases."""
        return dict(self._running.lacs)

    @property
    def now(self) -> str:
        """The day of the run and the time of day."""
        at = date_after(self.scenario.start, self.world.now_ns())
        day = (at.date() - self.scenario.start.date()).days
        return f"day {day} {at:%H:%M:%S}"

    async def save_wbm_user(self, node: str, user: SaveWbmUser) -> None:
        """Let somebody sign in at a node's WBM."""
        await self.admin.tell(node, NODE_PROGRAM, "/v1/wbm-user", user, Nothing)

    # Within.

    def _fail(self, error: Exception) -> None:
        self.world.fail(error)

    def _tell_watchers(self, entry: Entry) -> None:
        if self._watchers:
            met = [watcher for watcher in self._watchers if watcher[0](entry)]
            self._watchers = [watcher for watcher in self._watchers if watcher not in met]
            for _, happened in met:
                _set(happened)


async def first_of(*futures: "asyncio.Future[Any]") -> None:
    """Wait until the first of `futures` is done."""
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    for future in futures:
        future.add_done_callback(lambda _: _set(done))
    await done


def _set(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
