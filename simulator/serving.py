"""A scenario's internetwork for a person at a browser, through the gate for real sockets.

One local address: `localhost` is the index, `hq.localhost` the WBM of the node `hq` and so on
(browsers find every name under localhost on this machine). Requests are handed on to the simulated
hosts, by a browser that runs on the host itself. Where time stands, exactly as much of it passes
as an answer takes. Nothing of a scenario's timeline is played: the person does what is done.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import aiohttp
import msgspec
from aiohttp import web

from license_server.administration import CUSTOMER_PATH, AddCustomer, Customer
from licensing.errors import LicensingError
from licensing.messages import LICENSE_SERVER_PORT, NODE_PORT
from licensing.policies import DAY_NS, NS_PER_SECOND
from licensing.words import Profile
from nodes.administration import SaveWbmUser
from nodes.system import NodeSettings
from runtime.http import client
from runtime.pages.rendering import Rendering, see_other
from runtime.pages.site import require_own_origin
from simulator.incarnation import Incarnation
from simulator.installation import CLS, Installation
from simulator.internetwork import Internetwork
from simulator.pace import FAST, STANDING, Pace, times
from simulator.runner import current_loop
from simulator.scenario import INTERNET, Scenario
from simulator.simulated import SimulatedWorld
from simulator.world import World

PASSWORD = "simulation"  # noqa: S105 - of accounts that exist in a simulation alone
ACCOUNTS = {"basic": Profile.BASIC, "advanced": Profile.ADVANCED, "expert": Profile.EXPERT}
CUSTOMER = "customer"
"""Who may sign in at the license server."""
STEPS_NS = {
    "10 minutes": 600 * NS_PER_SECOND,
    "1 hour": 3600 * NS_PER_SECOND,
    "1 day": DAY_NS,
    "30 days": 30 * DAY_NS,
}
RATES = {"standing": 0.0, "real time": 1.0, "1 min/s": 60.0, "1 h/s": 3600.0}
_LARGEST_REQUEST = 4 << 20  # far above what any host takes, which tells so itself
_SETTLING_S = 2
_A_YEAR_S = 366 * 86_400
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "content-length"}


class PatientInstallation(Installation):
    """Nobody is signed out of a WBM because a person lets days pass."""

    def node_settings(self, host: str) -> NodeSettings:
        """See `Installation`."""
        settings = super().node_settings(host)
        return msgspec.structs.replace(settings, idle_s=_A_YEAR_S, session_s=_A_YEAR_S)


class Clockwork:
    """The pace that a person has chosen, and time that passes although it stands."""

    def __init__(self, pace: Pace) -> None:
        self._loop = current_loop()
        self._hurries = 0
        self.chosen = pace

    @property
    def chosen(self) -> Pace:
        """The pace while nobody waits."""
        return self._chosen

    @chosen.setter
    def chosen(self, pace: Pace) -> None:
        self._chosen = pace
        self._apply()

    @contextmanager
    def answering(self) -> Iterator[None]:
        """For the time of an answer, standing time goes to whatever the answer waits for."""
        if self._chosen.rate != 0:
            yield
            return
        with self.hurrying():
            yield

    @contextmanager
    def hurrying(self) -> Iterator[None]:
        """As fast as possible, for the time of the block."""
        self._hurries += 1
        self._apply()
        try:
            yield
        finally:
            self._hurries -= 1
            self._apply()

    def _apply(self) -> None:
        pace = FAST if self._hurries else self._chosen
        if self._loop.pace != pace:
            self._loop.pace = pace


class FrontDoor:
    """The one local address: the index, and the pages of every host behind its own name."""

    def __init__(self, net: Internetwork, clockwork: Clockwork) -> None:
        self._net = net
        self._clockwork = clockwork
        self._rendering = Rendering(Path(__file__).parent / "serving_pages")
        self._browsers = {host: Incarnation(host, "browser") for host in self._hosts}
        self._handing_on: dict[asyncio.Task[web.StreamResponse], str] = {}

    def application(self) -> web.Application:
        """Everything that the local address answers."""
        application = web.Application(client_max_size=_LARGEST_REQUEST)
        application.router.add_route("*", "/{path:.*}", self._answer)
        return application

    @property
    def _hosts(self) -> list[str]:
        return [INTERNET, *self._net.scenario.internetwork.nodes]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        name, _, rest = request.host.partition(".")
        if rest and name in self._hosts:
            return await self._hand_on(name, request)
        if request.path in {"/style.css", "/index.css", "/icon.svg"}:
            return await self._rendering.asset(request)
        if request.method == "POST":
            return await self._act(request)
        return await self._index(request)

    # The index.

    async def _index(self, request: web.Request, told: str = "") -> web.Response:
        world, internetwork = self._net.world, self._net.scenario.internetwork
        port = request.host.rpartition(":")[2] if ":" in request.host else "80"
        with self._clockwork.answering():
            states = {
                name: await self._net.state(name) if world.is_up(name) else None
                for name in internetwork.nodes
            }
        return self._rendering.page(
            "index.html",
            title=self._net.scenario.title,
            about=self._net.scenario.about,
            port=port,
            now=self._net.now,
            states=states,
            nodes=internetwork.nodes,
            links={name: link.ends for name, link in internetwork.links.items()},
            cut=self._net.cut_links,
            lacs=self._net.lacs,
            purchase=internetwork.purchase,
            steps=STEPS_NS,
            rates=RATES,
            rate=self._clockwork.chosen.rate or 0.0,
            accounts=ACCOUNTS,
            password=PASSWORD,
            customer=CUSTOMER,
            internet=INTERNET,
            told=told,
        )

    async def _act(self, request: web.Request) -> web.StreamResponse:
        try:
            require_own_origin(request)
            posted = await request.post()
            act, what = next(iter(posted.items()), ("", ""))
            await self._do(act, str(what))
        except (LicensingError, ValueError) as error:
            return await self._index(request, told=str(error))
        return see_other("/")

    async def _do(self, act: str, what: str) -> None:
        if act == "pass" and what in STEPS_NS:
            with self._clockwork.hurrying():
                await self._net.sleep_until_ns(self._net.world.now_ns() + STEPS_NS[what])
        elif act == "rate" and what in RATES:
            self._clockwork.chosen = Pace(RATES[what])
        elif act == "crash":
            await self._net.crash(what)
            self._hang_up(what)
        elif act in {"cut", "heal", "start"}:
            with self._clockwork.answering():
                await getattr(self._net, act)(what)
        else:
            raise ValueError(f"there is nothing like {act[:40]!r}")

    # The hosts.

    async def _hand_on(self, host: str, request: web.Request) -> web.StreamResponse:
        if not self._net.world.is_up(host):
            return self._rendering.page("off.html", host=host, status=503)
        try:
            content = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return self._rendering.page("too_large.html", limit=_LARGEST_REQUEST, status=413)
        task = asyncio.get_running_loop().create_task(
            self._exchange(host, request, content), context=self._browsers[host].context()
        )
        self._handing_on[task] = host
        try:
            answer = await task
        except aiohttp.ClientError:
            return self._rendering.page("off.html", host=host, status=503)
        finally:
            task.cancel()
            del self._handing_on[task]
        if request.method == "POST":
            await self._settle()
        return answer

    async def _settle(self) -> None:
        """Where time stands, what was done reaches the other hosts before the person sees it."""
        with self._clockwork.answering():
            if self._clockwork.chosen == STANDING:
                await asyncio.sleep(_SETTLING_S)

    def _hang_up(self, host: str) -> None:
        for task, at in self._handing_on.items():
            if at == host:
                task.cancel()

    async def _exchange(
        self, host: str, request: web.Request, content: bytes
    ) -> web.StreamResponse:
        port = LICENSE_SERVER_PORT if host == INTERNET else NODE_PORT
        url = f"http://localhost:{port}{request.raw_path}"
        async with client(auto_decompress=False) as session:
            with self._clockwork.answering():
                response = await session.request(
                    request.method,
                    url,
                    data=content,
                    headers=_passed_on(request.headers),
                    allow_redirects=False,
                )
            async with response:
                answer = web.StreamResponse(status=response.status)
                answer.headers.extend(_passed_on(response.headers))
                if response.content_type == "text/event-stream":
                    await answer.prepare(request)
                    async for chunk in response.content.iter_any():
                        await answer.write(chunk)
                    return answer
                with self._clockwork.answering():
                    body = await response.read()
                return web.Response(status=response.status, headers=answer.headers, body=body)


def _passed_on(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers.items() if name.lower() not in _HOP_BY_HOP]


@asynccontextmanager
async def served(
    scenario: Scenario, *, port: int, pace: Pace = STANDING, seed: int | None = None
) -> AsyncIterator[int]:
    """Open the internetwork of `scenario` at 127.0.0.1 for the time of the block; yields the port.

    To be run with an open gate; `port` 0 is any that is free. Raises `OSError` for one that is not.
    """
    clockwork = Clockwork(FAST)

    def world(*given: object, **named: object) -> World:
        return SimulatedWorld(*given, installation=PatientInstallation, **named)  # type: ignore[arg-type]  # passed on as it is

    async with Internetwork(scenario, seed=seed, world=world) as net:
        await _open_accounts(net)
        door = FrontDoor(net, clockwork)
        runner = web.AppRunner(door.application(), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", port)
            await site.start()
            clockwork.chosen = pace
            yield runner.addresses[0][1]
        finally:
            clockwork.chosen = FAST  # what is stopped may wait a while, and nobody sees the clock
            await runner.cleanup()


async def _open_accounts(net: Internetwork) -> None:
    for node in net.scenario.internetwork.nodes:
        for name, profile in ACCOUNTS.items():
            await net.save_wbm_user(
                node, SaveWbmUser(name=name, profile=profile, password=PASSWORD)
            )
    customer = AddCustomer(name=CUSTOMER, password=PASSWORD)
    await net.programs.tell(INTERNET, CLS, CUSTOMER_PATH, customer, Customer)


async def serve(
    scenario: Scenario, *, port: int, rate: float, seed: int | None, ready: Callable[[int], None]
) -> None:
    """Serve until cancelled; `ready` is told the port."""
    pace = times(rate) if rate else STANDING
    async with served(scenario, port=port, pace=pace, seed=seed) as opened:
        ready(opened)
        await asyncio.get_running_loop().create_future()
