"""A year of outages on the real programs, in virtual time.

The technician of the plan brings a new license file by hand (F15), a stated time after the central
CLA requires it; where the master's host is off then, as soon as it is on again.
"""

import asyncio
from functools import partial

from licensing.events import Entry, ProgramStarted, RelicensingRequired
from licensing.words import NODE_PROGRAM
from simulator.loop.runner import run
from simulator.plan.proof.chance import PlannedWorld, Redialing
from simulator.plan.proof.timeline import YEAR_BEGINS
from simulator.plan.proof.year_facts import YearFacts
from simulator.runs.internetwork import Internetwork
from simulator.runs.play import play_timeline
from simulator.scenario import RelicenseByFile, RequestRelicensing, Scenario, UploadLicenseFile


def played_on_programs(
    scenario: Scenario, *, horizon_ns: int, relicensing_ns: int, redialing: Redialing
) -> YearFacts:
    """What the programs do in a year of `scenario`, whose timeline has its outages.

    Raises `Violation` where the oracle sees a rule broken, and what no program should.
    """
    began_ns = YEAR_BEGINS.after_ns(scenario.start)
    facts, technician = YearFacts(began_ns), _Technician(relicensing_ns)
    net = Internetwork(
        scenario, readers=[facts, technician], world=partial(PlannedWorld, redialing=redialing)
    )
    run(_year(net, began_ns + horizon_ns, technician))
    return facts


async def _year(net: Internetwork, ends_ns: int, technician: "_Technician") -> None:
    async with net, asyncio.TaskGroup() as tasks:
        working = tasks.create_task(technician.work(net))
        playing = tasks.create_task(play_timeline(net))
        await net.sleep_until_ns(ends_ns)
        for task in (working, playing):
            task.cancel()


class _Technician:
    """Reads in the journal that relicensing is required, and does it `relicensing_ns` later."""

    def __init__(self, relicensing_ns: int) -> None:
        self._relicensing_ns = relicensing_ns
        self._due_ns = asyncio.Queue[int]()

    def __call__(self, entry: Entry) -> None:
        if isinstance(entry.fact, RelicensingRequired):
            self._due_ns.put_nowait(entry.at + self._relicensing_ns)

    async def work(self, net: Internetwork) -> None:
        """Relicense whenever it is due, for ever."""
        master = net.scenario.internetwork.master()
        assert master, "a planned network has one"
        while True:
            await net.sleep_until_ns(await self._due_ns.get())
            if not net.world.machines[master].is_up:
                await net.happens(lambda entry: _is_node_start(entry, master))
            await net.perform(RequestRelicensing(node=master, request="asked"))
            await net.perform(RelicenseByFile(request="asked", file="answer"))
            await net.perform(UploadLicenseFile(node=master, file="answer"))


def _is_node_start(entry: Entry, host: str) -> bool:
    fact = entry.fact
    started = isinstance(fact, ProgramStarted) and fact.program == NODE_PROGRAM
    return started and entry.host == host
