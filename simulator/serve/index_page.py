"""The index of a served internetwork: clock, hosts, links, purchases, and the buttons of them all.

What a person does here is done by the steps of the scenario language.
"""

from collections.abc import Callable, Mapping

from aiohttp import web

from licensing.errors import LicensingError
from licensing.policies import NS_PER_SECOND
from licensing.wall_time import date_after
from licensing.words import OUT_OF_USE, NodeState, Profile
from nodes.administration import State
from nodes.wbm.words import STATUS_WORDS, Status, span
from runtime.pages.rendering import Rendering, see_other
from runtime.pages.site import require_own_origin
from simulator.loop.pace import Pace
from simulator.report.groups import is_large
from simulator.runs.internetwork import Internetwork
from simulator.scenario import INTERNET
from simulator.stage.person_clock import RATES, STEPS_NS, PersonClock
from simulator.stage.stage_page import OF_ANOTHER_RUN

PASSWORD = "simulation"  # noqa: S105 - of accounts that exist in a simulation alone
ACCOUNTS = {"basic": Profile.BASIC, "advanced": Profile.ADVANCED, "expert": Profile.EXPERT}
_MOST_NAMED = 12
_OFF = Status("Switched off", "gone", "Nothing answers here.")
_WORST_FIRST = (
    *(STATUS_WORDS[state] for state in OUT_OF_USE),
    *(STATUS_WORDS[state] for state in (NodeState.FAILOVER, NodeState.ACTIVATION_PERIOD)),
    _OFF,
    STATUS_WORDS[NodeState.REGULAR],
)
INDEX = "/systems"
"""Its address."""
CUSTOMER = "customer"
"""Who may sign in at the license server; the scenario's purchases are theirs."""


class IndexPage:
    """The page, and the buttons on it; `hang_up` takes the host whose power fails.

    What was pressed on a page of another `run` is not done.
    """

    def __init__(
        self,
        net: Internetwork,
        clock: PersonClock,
        rendering: Rendering,
        hang_up: Callable[[str], None],
        run: str,
    ) -> None:
        self._run = run
        self._net = net
        self._clock = clock
        self._rendering = rendering
        self._hang_up = hang_up

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Show the page, or do what was pressed."""
        if request.method != "POST":
            return await self._page(request)
        if request.query.get("run", self._run) != self._run:
            return await self._page(request, told=OF_ANOTHER_RUN, status=409)
        try:
            require_own_origin(request)
            posted = await request.post()
            act, what = next(iter(posted.items()), ("", ""))
            await self._do(act, str(what))
        except (LicensingError, ValueError) as error:
            return await self._page(request, told=str(error))
        return see_other(INDEX)

    def signs(self) -> str:
        """Words that differ once the page does; no host is asked, so that time may stand still."""
        net, nodes = self._net, self._net.scenario.internetwork.nodes
        up = [name for name in nodes if net.world.is_up(name)]
        seconds = net.world.now_ns() // NS_PER_SECOND
        links = net.world.links
        faults = [*links.cut_links, "failed", *links.failed_transit]
        return " ".join([self._run, f"{self._clock.rate:g}", str(seconds), *faults, "up", *up])

    async def _page(
        self, request: web.Request, told: str = "", *, status: int = 200
    ) -> web.Response:
        scenario, net = self._net.scenario, self._net
        internetwork = scenario.internetwork
        with self._clock.answering():
            states = {name: await self._state(name) for name in internetwork.nodes}
        day, time = net.now.rsplit(" ", 1)
        return self._rendering.page(
            "index.html",
            status=status,
            run=self._run,
            title=scenario.title,
            about=scenario.about,
            port=port_of(request),
            signs=self.signs(),
            day=day,
            time=time,
            date=date_after(scenario.start, net.world.now_ns()),
            states=states,
            statuses=STATUS_WORDS,
            large=is_large(internetwork),
            census=_census(states),
            most_named=_MOST_NAMED,
            span=span,
            nodes=internetwork.nodes,
            links={name: link.ends for name, link in internetwork.links.items()},
            cut=net.world.links.cut_links,
            transit=list(internetwork.transit),
            failed=net.world.links.failed_transit,
            lacs=net.lacs,
            purchase=internetwork.purchase,
            steps=STEPS_NS,
            rates=RATES,
            rate=self._clock.rate,
            accounts=ACCOUNTS,
            password=PASSWORD,
            customer=CUSTOMER,
            internet=INTERNET,
            told=told,
        )

    async def _state(self, node: str) -> State | None:
        return await self._net.state(node) if self._net.world.is_up(node) else None

    async def _do(self, act: str, what: str) -> None:
        if act == "pass" and what in STEPS_NS:
            with self._clock.hurrying():
                await self._net.sleep_until_ns(self._net.world.now_ns() + STEPS_NS[what])
        elif act == "rate" and what in RATES:
            self._clock.chosen = Pace(RATES[what])
        elif act == "crash":
            await self._net.crash(what)
            self._hang_up(what)
        elif act in {"cut", "heal", "fail", "repair", "start"}:
            with self._clock.answering():
                await getattr(self._net, act)(what)
        else:
            raise ValueError(f"there is nothing like {act[:40]!r}")


def _census(states: Mapping[str, State | None]) -> dict[Status, list[str]]:
    """The names of the nodes in each state, the worst state first."""
    found: dict[Status, list[str]] = {status: [] for status in _WORST_FIRST}
    for name, state in states.items():
        found[STATUS_WORDS[state.state] if state else _OFF].append(name)
    return {status: names for status, names in found.items() if names}


def port_of(request: web.Request) -> str:
    """The port of the address that a browser asked, as text."""
    return request.host.rpartition(":")[2] if ":" in request.host else "80"
