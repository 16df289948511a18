"""The technician who comes when all faults have ended, and does what docs/operating.md names.

Looks at every node, and knows of each state and each refusal one way out, its row of the table
`Ways out`. Between two looks lies the time within which all come back by themselves (O8). A node
that is not regular then, and of which the table knows nothing, stays as it is: the run fails.
"""

from typing import Any

from msgspec.structs import replace

from licensing.errors import LicensingError
from licensing.policies import MINUTE_NS, TIMING
from licensing.words import CLA_PROGRAM
from master_cla.administration import AgentState
from simulator.explore.ways_out import Sight, Written, after_refusal, ways_out
from simulator.runs.internetwork import Internetwork
from simulator.runs.steps import Unexpected
from simulator.scenario import Step
from simulator.scenario.steps.timeline import STEP_OF
from simulator.worlds.known_names import UnknownName

RECOVERY_NS = TIMING.longest_backoff_ns + 2 * TIMING.dial_ns + TIMING.clock_slack_ns
"""O8: within so long after the last fault all are regular: a dialing that began before it fails,
the longest pause follows, and the next dialing succeeds; the rest is for slow answers."""

_VISITS = 6
_MOST_REFUSALS = 2


class Technician:
    """Brings an internetwork back; afterwards `done` has the steps as a file says them."""

    def __init__(self) -> None:
        self.done: list[Written] = []

    async def __call__(self, net: Internetwork) -> None:
        """Look, do what is named, wait; at last state whether all are regular."""
        before: list[Written] = []
        for _ in range(_VISITS):
            await _wait(net, RECOVERY_NS)
            required, refusal = await _central_cla(net)
            named = ways_out(
                await _sights(net, refusal),
                _order(net),
                relicensing_required=required,
                number=len(self.done),
            )
            if named is None:
                break
            # What has just been done is not done again at once: it may take a heartbeat.
            before = [step for step in named if step not in before]
            for step in before:
                await self._do(net, step)
        await self._do(net, {"expect": {"all": "regular"}})

    async def _do(self, net: Internetwork, written: Written, refusals: int = 0) -> None:
        """One step, and what its refusal asks for, which may be refused once more."""
        self.done.append({"at": net.now, **written})
        try:
            await net.perform(_step(written))
        except (Unexpected, UnknownName):  # of what a refused step was to make there is nothing
            return
        except LicensingError as refusal:
            further = after_refusal(
                refusal.code, written, _order(net), sites=_sites(net), number=len(self.done)
            )
        else:
            further = []
        await _wait(net, MINUTE_NS)
        for step in further if refusals < _MOST_REFUSALS else ():
            await self._do(net, step, refusals + 1)


async def _wait(net: Internetwork, pause_ns: int) -> None:
    """To a whole second, so that a file can say when it was."""
    await net.sleep_until_ns(-(-(net.world.now_ns() + pause_ns) // MINUTE_NS) * MINUTE_NS)


def _master(net: Internetwork) -> str:
    master = net.scenario.internetwork.master()
    assert master, "explored internetworks have one"
    return master


def _sites(net: Internetwork) -> list[str]:
    """All nodes, the master first."""
    return sorted(net.scenario.internetwork.nodes, key=lambda name: name != _master(net))


def _order(net: Internetwork) -> str:
    return next(iter(net.scenario.internetwork.purchase))


async def _sights(net: Internetwork, refusal: str) -> list[Sight]:
    """All nodes, the master first, whose pages tell as well why its CLA refuses, if it does."""
    master, *others = [await _sight(net, node) for node in _sites(net)]
    return [replace(master, refusal=master.refusal or refusal), *others]


async def _central_cla(net: Internetwork) -> tuple[bool, str]:
    """Whether the internetwork has to be relicensed, and why the central CLA serves nobody."""
    try:
        state = await net.admin.ask(_master(net), CLA_PROGRAM, "/v1/state", AgentState)
    except LicensingError as error:
        return False, error.code
    return state.relicensing_required, ""


async def _sight(net: Internetwork, node: str) -> Sight:
    try:
        state = await net.state(node)
    except LicensingError as error:
        return Sight(node, role="", state="", cause="", refusal=error.code)
    return Sight(node, state.role, state.state, state.cause, state.refusal)


def _step(written: Written) -> Step:
    [action] = written
    data: dict[str, Any] = {"at": "day 0", **written}
    return STEP_OF[action].model_validate(data)
