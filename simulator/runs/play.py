"""Playing a scenario: every step at its instant, every expectation judged, one result.

A step starts at its instant whether or not earlier ones have been answered. A step that a program
refuses and an expectation that does not hold are shortfalls: the run goes on, and fails at its end.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeAlias

import msgspec

from licensing.errors import LicensingError
from licensing.events import (
    Entry,
    ExpectationFailed,
    ExpectationMet,
    OverUseChanged,
    RunEnded,
    StepRefused,
)
from licensing.license_table import LicenseTable
from licensing.words import DemandState
from simulator.loop.failures import Deadlock, Livelock, ProgramDied
from simulator.loop.runner import run
from simulator.loop.tripwire import NondeterminismError
from simulator.oracle import Oracle, Violation
from simulator.runs.internetwork import DeadlinePassed, Internetwork, NoDeadline, Unexpected
from simulator.runs.interrupted_run import interruptible
from simulator.runs.logged_tracebacks import LoggedTraceback, logged_tracebacks
from simulator.runs.steps.judgments import judge_over_use, judge_unasked, place_of
from simulator.scenario import Deadline, Moment, Scenario, Step
from simulator.worlds.backups import backups_of
from simulator.worlds.client_programs import require_not_left_behind
from simulator.worlds.known_names import UnknownName
from simulator.worlds.run_journal import Reader
from simulator.worlds.simulated import SimulatedWorld
from simulator.worlds.world import WorldFactory

STOPPED = (Deadlock, Livelock, NondeterminismError, ProgramDied)
"""What ends a run before its time; anything else is a bug, with its traceback."""

_MISSED = (NoDeadline, DeadlinePassed, UnknownName)
Missed: TypeAlias = NoDeadline | DeadlinePassed | UnknownName
"""Why the moment of a step never comes; an earlier step was to make a name, and was refused."""

Afterwards = Callable[[Internetwork], Awaitable[None]]


class Result(msgspec.Struct, frozen=True):
    """What came of a run. `ended_ns` is counted from the start; `last_facts` is keyed by host.

    `met` is how many expectations held; what did not, and what was refused, is in `shortfalls`.
    `licenses` has the table of each CLA that could be asked at the end, by its host, `unanswered`
    the hosts of the others; `demands` the nodes whose check and unlock is open then. `over_used` is
    the largest number of each license that was used beyond its purchases, `over_use_said` what the
    scenario says of it. `tracebacks` are errors that programs bore and logged.
    """

    seed: int
    digest: str
    entries: int
    ended_ns: int
    met: int
    shortfalls: tuple[Entry, ...]
    violation: Violation | None
    last_facts: dict[str, list[Entry]]
    licenses: dict[str, LicenseTable]
    unanswered: tuple[str, ...]
    demands: dict[str, DemandState]
    over_used: dict[str, int]
    over_use_said: dict[str, int]
    tracebacks: tuple[LoggedTraceback, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether every expectation and every invariant held, and no step was refused.

        And nothing was used beyond its purchase but what the scenario says (O10), and no program
        has logged an error with a traceback.
        """
        sound = not self.shortfalls and self.violation is None and not self.tracebacks
        return sound and self.over_used == self.over_use_said


_REMEMBERED = (ExpectationMet, ExpectationFailed, StepRefused, OverUseChanged)


class _Memory(msgspec.Struct):
    """The reader that remembers what a result tells."""

    met: int = 0
    shortfalls: list[Entry] = msgspec.field(default_factory=list)
    over_used: dict[str, int] = msgspec.field(default_factory=dict)

    def __call__(self, entry: Entry) -> None:
        if isinstance(entry.fact, OverUseChanged):
            largest = max(entry.fact.excess, self.over_used.get(entry.fact.license, 0))
            self.over_used[entry.fact.license] = largest
        elif isinstance(entry.fact, ExpectationMet):
            self.met += 1
        else:
            self.shortfalls.append(entry)


class Performance:
    """One playing of a scenario in a world; to be awaited once, then asked for its `result`."""

    def __init__(
        self,
        scenario: Scenario,
        *,
        seed: int | None = None,
        readers: Sequence[Reader] = (),
        world: WorldFactory = SimulatedWorld,
        oracle: Oracle | None = None,
        afterwards: Afterwards | None = None,
    ) -> None:
        self.tracebacks: list[LoggedTraceback] = []
        self._memory = _Memory()
        self._afterwards = afterwards
        self.net = Internetwork(scenario, seed=seed, readers=readers, world=world, oracle=oracle)
        self.net.journal.add_reader(self._memory, *_REMEMBERED)
        self._licenses: dict[str, LicenseTable] = {}
        self._unanswered: list[str] = []
        self._demands: dict[str, DemandState] = {}

    async def __call__(self) -> None:
        """Play it to its end."""
        async with self.net as net:
            await play_timeline(net)
            if self._afterwards:
                await self._afterwards(net)
            for agent in net.world.installation.agents:
                try:
                    self._licenses[agent] = await net.license_table(agent)
                except LicensingError:  # it is down at the end
                    self._unanswered.append(agent)
            for node in net.scenario.internetwork.nodes:
                with suppress(LicensingError):
                    self._demands[node] = (await net.state(node)).demand
            await net.world.settled()
            net.journal.observe(net.world.now_ns() + 1)
            net.world.record("world", RunEnded(verdict=self._verdict()))

    def _verdict(self) -> str:
        over_used, scenario = self._memory.over_used, self.net.scenario
        as_said = over_used == scenario.over_use
        if scenario.over_use:
            judge_over_use(self.net.world, scenario, over_used)
        failed = self._memory.shortfalls or self.tracebacks
        if failed or (scenario.over_use and not as_said):
            return "fails"
        return "holds" if as_said else "over-used"

    @property
    def failure(self) -> Exception | None:
        """What a live world was ended by; a simulated one raises it."""
        return getattr(self.net.world, "failure", None)

    def result(self, violation: Violation | None) -> Result:
        """What came of it; `violation` is what ended it, if the oracle did."""
        memory = self._memory
        return Result(
            seed=self.net.seed,
            digest=self.net.journal.digest,
            entries=self.net.journal.entries,
            ended_ns=self.net.journal.now_ns,
            met=memory.met,
            shortfalls=tuple(memory.shortfalls),
            violation=violation,
            last_facts=self.net.oracle.all_last_facts(),
            licenses=self._licenses,
            unanswered=tuple(self._unanswered),
            demands={
                node: each for node, each in self._demands.items() if each != DemandState.NONE
            },
            over_used=dict(memory.over_used),
            over_use_said=self.net.scenario.over_use,
            tracebacks=tuple(self.tracebacks),
        )


def play(
    scenario: Scenario,
    *,
    seed: int | None = None,
    readers: Sequence[Reader] = (),
    world: WorldFactory = SimulatedWorld,
    afterwards: Afterwards | None = None,
) -> Result:
    """Play `scenario` in virtual time; `readers` see every entry as it is journaled.

    What is to be done `afterwards` follows the timeline, and belongs to the run.

    Raises what no party should: one of `STOPPED`, a program's own failure.
    """
    performance = Performance(
        scenario, seed=seed, readers=readers, world=world, afterwards=afterwards
    )
    try:
        with logged_tracebacks(performance.tracebacks, pass_on=bool(scenario.clients)):
            run(interruptible(performance) if scenario.clients else performance())
    except Violation as violation:
        return performance.result(violation)
    except SystemExit as error:  # of a task: it would end this process, and with its own status
        raise ProgramDied(f"a task of a program has called sys.exit({error.code!r})") from error
    except STOPPED:
        raise
    except Exception as error:
        require_not_left_behind(scenario.clients, error)
        raise
    return performance.result(None)


async def play_timeline(net: Internetwork) -> None:
    """Play all steps of the scenario in `net` and wait until each has been answered."""
    earliest_ns = 0
    async with asyncio.TaskGroup() as tasks:
        for node, asked_ns in backups_of(net.scenario):
            tasks.create_task(back_up_when_due(net, node, asked_ns))
        for step in net.scenario.timeline:
            tasks.create_task(play_step(net, step, earliest_ns))
            if not isinstance(step.at, Deadline):
                earliest_ns = max(earliest_ns, step.at.after_ns(net.scenario.start))


async def back_up_when_due(net: Internetwork, node: str, asked_ns: int) -> None:
    """Back up a disk before whatever else is to happen at that instant (ns since the start)."""
    await net.sleep_until_ns(asked_ns)
    net.back_up(node, asked_ns)


async def play_step(net: Internetwork, step: Step, earliest_ns: int) -> None:
    """Wait for the step's moment, do it, and state what came of it in the journal."""
    await do_step(net, step, await until_due(net, step, earliest_ns))


async def until_due(net: Internetwork, step: Step, earliest_ns: int) -> Missed | None:
    """Wait for the step's moment; why it never comes, where it does not.

    `earliest_ns` is when the last step before a deadline's is: no earlier period is meant.
    """
    if isinstance(step.at, Deadline):
        await net.sleep_until_ns(earliest_ns)
    try:
        await net.sleep_until_ns(await _instant_ns(net, step.at))
    except _MISSED as error:
        return error
    return None


async def do_step(net: Internetwork, step: Step, missed: Missed | None) -> None:
    """Do it, unless its moment was `missed`, and state what came of it in the journal."""
    if missed is not None:
        _miss(net, step, missed)
        return
    try:
        await net.perform(step)
    except Unexpected:
        return  # it stands in the journal already
    except _MISSED as error:
        _miss(net, step, error)
    except LicensingError as error:
        _refuse(net, step, error.code, error.message)


def _miss(net: Internetwork, step: Step, why: Missed) -> None:
    if isinstance(why, UnknownName):
        _refuse(net, step, "unknown-name", str(why))
        return
    with suppress(Unexpected):
        judge_unasked(net.world, step, why)
        code = "no-deadline" if isinstance(why, NoDeadline) else "deadline-passed"
        _refuse(net, step, code, str(why))


async def _instant_ns(net: Internetwork, when: Moment) -> int:
    """As the internetwork has it; raises `DeadlinePassed` where it was over before it was known."""
    instant_ns = await net.instant_ns(when)
    if isinstance(when, Deadline) and instant_ns < net.world.now_ns():
        raise DeadlinePassed(when, net.now)
    return instant_ns


def _refuse(net: Internetwork, step: Step, code: str, text: str) -> None:
    refused = StepRefused(step=str(step), place=place_of(step), code=code, text=text)
    net.world.record("world", refused)
