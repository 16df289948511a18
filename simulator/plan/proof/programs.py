"""A year of outages on the real programs, in virtual time.

The technician of the plan relicenses a stated time after the central CLA requires it, and tries
again while nothing answers.
"""

import asyncio
from functools import partial

from licensing.errors import LicensingError
from licensing.events import Entry, RelicensingRequired
from licensing.policies import MINUTE_NS
from simulator.loop.runner import run
from simulator.plan.proof.chance import PlannedWorld, Redialing
from simulator.plan.proof.timeline import YEAR_BEGINS
from simulator.plan.proof.year_facts import YearFacts
from simulator.runs.internetwork import Internetwork
from simulator.runs.play import play_timeline
from simulator.scenario import Relicense, Scenario

_TRIES_AGAIN_NS = 10 * MINUTE_NS


def played_on_programs(
    scenario: Scenario, *, horizon_ns: int, relicensing_ns: int, redialing: Redialing
) -> YearFacts:
    """What the programs do in a year of `scenario`, whose timeline has its outages.

    Raises `Violation` where the oracle sees a rule broken, and what no program should.
    """
    began_ns = YEAR_BEGINS.after(scenario.start)
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
        while True:
            due_ns = await self._due_ns.get()
            await net.sleep_until_ns(due_ns)
            while not await _relicensed(net):
                due_ns += _TRIES_AGAIN_NS
                await net.sleep_until_ns(due_ns)


async def _relicensed(net: Internetwork) -> bool:
    master = net.scenario.internetwork.master()
    assert master, "a planned network has one"
    try:
        await net.perform(Relicense(node=master))
    except LicensingError:  # the master's host is off, or nothing leads to the license server
        return False
    return True
