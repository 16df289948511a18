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
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self, TypeVar

from licensing import messages
from licensing.errors import LicensingError
from licensing.events import Entry, ExpectationFailed, ExpectationMet, StepBegan
from licensing.messages import Activated, LicenseTable, Seat
from licensing.policies import NS_PER_SECOND
from licensing.records import Record
from licensing.words import CallOutcome
from nodes.administration import (
    ActivateOnline,
    Assignments,
    CallAnswer,
    Displays,
    Licenses,
    OutsideCall,
    PlaceCall,
    ReleaseCall,
    SaveWbmUser,
    State,
    Unlocked,
)
from runtime.http import Nothing
from simulator.installation import AGENT, NODE
from simulator.journal import Reader, RunJournal
from simulator.oracle import Oracle
from simulator.preparations import prepare
from simulator.programs import Programs, known_name
from simulator.scenario import (
    Activate,
    Assign,
    Call,
    ClockStep,
    Crash,
    Cut,
    CutOneWay,
    Deadline,
    Expect,
    Heal,
    Latency,
    Moment,
    Registration,
    Relicense,
    Scenario,
    Start,
    Step,
    Unassign,
    Unlock,
    duration,
    moment,
)
from simulator.simulated import SimulatedWorld
from simulator.world import World, WorldFactory

Answer = TypeVar("Answer", bound=Record)


class Unexpected(AssertionError):
    """An expectation that does not hold: what was `wanted`, and what was `got`."""

    def __init__(self, step: Step, wanted: str, got: str) -> None:
        super().__init__(f"{step}: wanted {wanted}, got {got}")
        self.wanted = wanted
        self.got = got


class NoDeadline(Exception):
    """A step that waits for the end of a failover period, and none has begun."""

    def __init__(self, when: Deadline) -> None:
        super().__init__(f"{when}: {when.node} has never been in failover, so it has no deadline")


class Internetwork:
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
        self.journal = RunJournal([*readers, self.oracle, self._tell_watchers], self._fail)
        self._exits = AsyncExitStack()
        self._watchers: list[tuple[Callable[[Entry], bool], asyncio.Future[None]]] = []
        self._lacs: dict[str, str] = {}
        self._ticked: set[str] = set()
        self._cut_links: set[str] = set()
        self._node_of = {
            number: name
            for name, node in scenario.internetwork.nodes.items()
            for number in node.numbers()
        }

    async def __aenter__(self) -> Self:
        """Switch everything on and make the technician's preparations (scenario.md, Words)."""
        directory = Path(tempfile.mkdtemp(prefix="internetsim-", dir=_fast_disk()))
        self._exits.callback(shutil.rmtree, directory, ignore_errors=True)
        self._tasks = await self._exits.enter_async_context(asyncio.TaskGroup())
        try:
            self.world: World = self._make_world(
                self.scenario, seed=self.seed, directory=directory, journal=self.journal
            )
            self._exits.push_async_callback(self.world.close)
            self.programs = Programs(self.world)
            await self.world.open()
            self._lacs = await prepare(self.scenario, self.world, self.programs)
        except BaseException:
            await self._exits.aclose()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._exits.__aexit__(kind, error, trace)

    # The steps of the language.

    async def activate(self, node: str, lac: str, registration: Registration) -> None:
        """Enter the registration data and activate online what the order `lac` bought."""
        await self.perform(Activate(node=node, lac=lac, registration=registration))

    async def relicense(self, node: str) -> None:
        """Fetch and activate a newly issued network file (F4)."""
        await self.perform(Relicense(node=node))

    async def unlock(self, node: str = "all") -> None:
        """Check and unlock; the first time, all that the scenario lists is ticked before."""
        await self.perform(Unlock(node=node))

    async def assign(self, number: str, license_key: str) -> None:
        """Tick a license."""
        await self.perform(Assign(number=number, license=license_key))

    async def unassign(self, number: str, license_key: str) -> None:
        """Take a tick back."""
        await self.perform(Unassign(number=number, license=license_key))

    async def cut(self, link: str) -> None:
        """Cut a link in both directions."""
        await self.perform(Cut(link=link))

    async def cut_one_way(self, source: str, destination: str) -> None:
        """Cut one direction of a link."""
        await self.perform(CutOneWay(from_host=source, to_host=destination))

    async def heal(self, link: str) -> None:
        """Heal a link in both directions."""
        await self.perform(Heal(link=link))

    async def latency(self, link: str, to: str) -> None:
        """Give a link another latency, such as `200 ms`."""
        await self.perform(Latency(link=link, to=duration(to)))

    async def crash(self, node: str) -> None:
        """The power of a node's host fails."""
        await self.perform(Crash(node=node))

    async def start(self, node: str) -> None:
        """The power is back; programs that had ended start again."""
        await self.perform(Start(node=node))

    async def clock(self, node: str, by: str) -> None:
        """Set a host's wall clock, such as `-1 h`."""
        sign = -1 if by.startswith("-") else 1
        await self.perform(ClockStep(node=node, by=sign * duration(by.lstrip("+-").strip())))

    async def call(
        self, source: str, destination: str, *, expect: str | None = None, lasting: str = "0 s"
    ) -> CallAnswer:
        """Place a call and keep it up for `lasting`; `source` may be `outside`."""
        step = Call(
            caller=source,
            to=destination,
            expect=None if expect is None else CallOutcome(expect),
            lasting=duration(lasting),
        )
        self._begin(step)
        return await self._call(step)

    async def expect(
        self,
        node: str = "all",
        *,
        state: str | None = None,
        display: str | None = None,
        licensed: Mapping[str, int] | None = None,
    ) -> None:
        """What must hold now; raises `Unexpected`."""
        counts = None if licensed is None else dict(licensed)
        await self.perform(Expect(node=node, state=state, display=display, licensed=counts))

    async def perform(self, step: Step) -> None:
        """Do what a step says; the methods above are this with a step of theirs."""
        self._begin(step)
        await self._doers[type(step)](self, step)

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
            return when.after(self.scenario.start)
        began = asyncio.ensure_future(self._failover_of(when.node))
        given_up_ns = self._last_dated_ns() + self.scenario.policies.failover_period
        waiting = asyncio.ensure_future(self.world.sleep_until_ns(given_up_ns))
        try:
            await _first_of(began, waiting)
        finally:
            waiting.cancel()
            began.cancel()
        deadline_ns = self.oracle.deadline_ns(when.node)
        if deadline_ns is None:
            raise NoDeadline(when)
        return deadline_ns + when.shift

    async def _failover_of(self, node: str) -> None:
        while self.oracle.deadline_ns(node) is None:
            await self.happens(lambda entry: entry.host == node)

    def _last_dated_ns(self) -> int:
        dated = [step.at for step in self.scenario.timeline if not isinstance(step.at, Deadline)]
        last_ns = max((moment.after(self.scenario.start) for moment in dated), default=0)
        return max(last_ns, self.world.now_ns())

    async def happens(self, condition: Callable[[Entry], bool]) -> None:
        """Let time pass until an entry for which `condition` holds has been journaled."""
        happened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._watchers.append((condition, happened))
        await happened

    # What is there to see.

    async def state(self, node: str) -> State:
        """A node at a glance, as its administration API tells it."""
        return await self.programs.ask(node, NODE, "/v1/state", State)

    async def displays(self, node: str) -> dict[str, str]:
        """What a node's system telephones show."""
        return (await self.programs.ask(node, NODE, "/v1/displays", Displays)).displays

    async def licenses(self, node: str) -> Licenses:
        """A node's license overview."""
        return await self.programs.ask(node, NODE, "/v1/licenses", Licenses)

    async def license_table(self) -> LicenseTable:
        """The whole internetwork's licenses, as the central CLA counts them."""
        return await self.programs.ask(
            self.world.installation.master, AGENT, "/v1/licenses", LicenseTable
        )

    @property
    def lacs(self) -> dict[str, str]:
        """The license authorization codes by the names of the purchases."""
        return dict(self._lacs)

    @property
    def cut_links(self) -> list[str]:
        """The links that were cut, in either direction, and are not healed."""
        return [link for link in self.scenario.internetwork.links if link in self._cut_links]

    @property
    def now(self) -> str:
        """The day of the run and the time of day."""
        at = self.scenario.start + timedelta(microseconds=self.world.now_ns() // 1000)
        day = (at.date() - self.scenario.start.date()).days
        return f"day {day} {at:%H:%M:%S}"

    async def save_wbm_user(self, node: str, user: SaveWbmUser) -> None:
        """Let somebody sign in at a node's WBM."""
        await self.programs.tell(node, NODE, "/v1/wbm-user", user, Nothing)

    # Doing.

    async def _activate(self, step: Activate) -> None:
        registration = step.registration
        await self.programs.tell(
            step.node, NODE, "/v1/registration", _entered(registration), Nothing
        )
        order = ActivateOnline(lac=self._lacs[step.lac])
        await self.programs.tell(step.node, NODE, "/v1/activate", order, Activated)

    async def _relicense(self, step: Relicense) -> None:
        await self.programs.tell(step.node, NODE, "/v1/relicense", Nothing(), Activated)

    async def _unlock(self, step: Unlock) -> None:
        nodes = self.scenario.internetwork.nodes if step.everywhere else [step.node]
        problems = [problem for node in nodes if (problem := await self._unlock_node(node))]
        if problems:
            raise problems[0]

    async def _unlock_node(self, name: str) -> LicensingError | None:
        try:
            if name not in self._ticked:
                await self.programs.tell(name, NODE, "/v1/assign", self._listed(name), Nothing)
                self._ticked.add(name)
            await self.programs.tell(name, NODE, "/v1/unlock", Nothing(), Unlocked)
        except LicensingError as error:
            return error
        return None

    def _listed(self, name: str) -> Assignments:
        node = self.scenario.internetwork.nodes[name]
        seats = [
            Seat(holder=number, license=license_key)
            for group in node.subscribers
            for number in group.numbers
            for license_key in group.licenses
        ]
        seats += [
            Seat(holder=trunk.name, license=trunk.kind.value, quantity=trunk.demanded)
            for trunk in node.trunks
            if trunk.demanded
        ]
        return Assignments(seats=seats)

    async def _assign(self, step: Assign) -> None:
        await self._tick(step.number, step.license, "/v1/assign")

    async def _unassign(self, step: Unassign) -> None:
        await self._tick(step.number, step.license, "/v1/unassign")

    async def _tick(self, number: str, license_key: str, path: str) -> None:
        seats = Assignments(seats=[Seat(holder=number, license=license_key)])
        await self.programs.tell(self._node_with(number), NODE, path, seats, Nothing)

    async def _cut(self, step: Cut) -> None:
        link = self._link(step.link)
        await self.world.cut(link)
        self._cut_links.add(link)

    async def _cut_one_way(self, step: CutOneWay) -> None:
        await self.world.cut_one_way(step.from_host, step.to_host)

    async def _heal(self, step: Heal) -> None:
        link = self._link(step.link)
        await self.world.heal(link)
        self._cut_links.discard(link)

    async def _latency(self, step: Latency) -> None:
        await self.world.set_latency(self._link(step.link), step.to)

    async def _crash(self, step: Crash) -> None:
        await self.world.crash(self._host(step.node))

    async def _start(self, step: Start) -> None:
        await self.world.start(self._host(step.node))

    async def _clock(self, step: ClockStep) -> None:
        await self.world.step_clock(self._host(step.node), step.by)

    async def _place_call(self, step: Call) -> None:
        await self._call(step)

    async def _call(self, step: Call) -> CallAnswer:
        node = self._node_with(step.to if step.incoming else step.caller)
        if step.incoming:
            outside = OutsideCall(destination=step.to)
            answer = await self.programs.tell(
                node, NODE, "/v1/call-from-outside", outside, CallAnswer
            )
        else:
            order = PlaceCall(source=step.caller, destination=step.to)
            answer = await self.programs.tell(node, NODE, "/v1/call", order, CallAnswer)
        if answer.call_id:
            self._tasks.create_task(self._hang_up(node, answer.call_id, step.lasting))
        if step.expect:
            got = f"{answer.outcome} ({answer.reason})" if answer.reason else answer.outcome
            self._judge(step, {"call": step.expect}, {"call": got}, step.expect == answer.outcome)
        return answer

    async def _hang_up(self, node: str, call_id: str, after_ns: int) -> None:
        if after_ns:
            await asyncio.sleep(after_ns / NS_PER_SECOND)
        try:
            await self.programs.tell(
                node, NODE, "/v1/release", ReleaseCall(call_id=call_id), Nothing
            )
        except LicensingError:
            return  # the host is down, and the call with it

    async def _expect(self, step: Expect) -> None:
        everyone = list(self.scenario.internetwork.nodes)
        nodes = everyone if step.everywhere else [self._host(step.node or "")]
        wanted: dict[str, str] = {}
        got: dict[str, str] = {}
        for name in nodes:
            if step.wanted_state is not None:
                wanted[f"{name} state"] = step.wanted_state
                got[f"{name} state"] = await self._state_word(name)
            if step.display is not None:
                wanted[f"{name} display"] = step.display
                got[f"{name} display"] = await self._display_word(name)
        if step.licensed is not None:
            counts = await self._licensed(nodes)
            wanted |= {key: str(number) for key, number in step.licensed.items()}
            got |= {key: str(counts.get(key, 0)) for key in step.licensed}
        self._judge(step, wanted, got, wanted == got)

    async def _state_word(self, name: str) -> str:
        if not self.world.is_up(name):
            return "down"
        return (await self.state(name)).state.value

    async def _display_word(self, name: str) -> str:
        if not self.world.is_up(name):
            return "dark"
        texts = sorted(set((await self.displays(name)).values()))
        return " and ".join(texts) if texts else "no system telephone"

    async def _licensed(self, nodes: Iterable[str]) -> dict[str, int]:
        counts: dict[str, int] = {}
        for name in nodes:
            if self.world.is_up(name):
                for key, number in (await self.licenses(name)).in_use.items():
                    counts[key] = counts.get(key, 0) + number
        return counts

    def _judge(
        self, step: Step, wanted: Mapping[str, str], got: Mapping[str, str], holds: bool
    ) -> None:
        if holds:
            self.world.record("world", ExpectationMet(step=str(step), place=_place(step)))
            return
        differ = [key for key in wanted if wanted[key] != got[key]]
        wanted_words = ", ".join(f"{key}: {wanted[key] or 'idle'}" for key in differ)
        got_words = ", ".join(f"{key}: {got[key] or 'idle'}" for key in differ)
        failed = ExpectationFailed(
            step=str(step), place=_place(step), wanted=wanted_words, got=got_words
        )
        self.world.record("world", failed)
        raise Unexpected(step, wanted_words, got_words)

    # Within.

    def _fail(self, error: Exception) -> None:
        self.world.fail(error)

    def _begin(self, step: Step) -> None:
        self.world.record("world", StepBegan(step=str(step), place=_place(step)))

    def _tell_watchers(self, entry: Entry) -> None:
        if self._watchers:
            met = [watcher for watcher in self._watchers if watcher[0](entry)]
            self._watchers = [watcher for watcher in self._watchers if watcher not in met]
            for _, happened in met:
                _set(happened)

    # Names.

    def _host(self, name: str) -> str:
        return known_name("node", name, self.world.installation.hosts)

    def _link(self, name: str) -> str:
        known = self.scenario.internetwork.link_named(name)
        return known or known_name("link", name, self.scenario.internetwork.links)

    def _node_with(self, number: str) -> str:
        return self._node_of[known_name("subscriber", number, self._node_of)]

    _doers: ClassVar[dict[type[Step], Callable[[Any, Any], Awaitable[None]]]] = {
        Activate: _activate,
        Relicense: _relicense,
        Unlock: _unlock,
        Assign: _assign,
        Unassign: _unassign,
        Cut: _cut,
        CutOneWay: _cut_one_way,
        Heal: _heal,
        Latency: _latency,
        Crash: _crash,
        Start: _start,
        ClockStep: _clock,
        Call: _place_call,
        Expect: _expect,
    }


def _entered(registration: Registration) -> messages.Registration:
    return messages.Registration(company=registration.company, contact=registration.contact)


def _place(step: Step) -> str:
    return f"{step.place[0]}:{step.place[1]}" if step.place else ""


async def _first_of(*futures: asyncio.Future[None]) -> None:
    """Wait for the first of `futures`, in whose order it looks at them."""
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    for future in futures:
        future.add_done_callback(lambda _: _set(done))
    await done


def _set(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _fast_disk() -> str | None:
    """Memory where there is some: a simulated disk need not survive the run (design.md)."""
    memory = Path("/dev/shm")  # noqa: S108 - a fresh private directory is made in it
    return str(memory) if memory.is_dir() and os.access(memory, os.W_OK) else None
