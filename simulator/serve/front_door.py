"""The one local address of a served internetwork: it answers from the first moment on.

While the hosts are switched on it tells how far that is; after that the reverse proxy answers.
"""

from aiohttp import web

from licensing.events import Entry, NodeEnrolled, ProgramStarted, WbmUserSaved
from licensing.words import NODE_PROGRAM
from runtime.http import take_at_its_word
from simulator.scenario import Scenario
from simulator.serve.reverse_proxy import LARGEST_REQUEST_BYTES, PROXY_ASSETS, ReverseProxy, pages


class FrontDoor:
    """Answers for the internetwork of `scenario`, which is being switched on until `open`."""

    def __init__(self, scenario: Scenario) -> None:
        self._title = scenario.title
        self._nodes = len(scenario.internetwork.nodes)
        self._rendering = pages()
        self._started: set[str] = set()
        self._enrolled: set[str] = set()
        self._with_accounts: set[str] = set()
        self._proxy: ReverseProxy | None = None

    def application(self) -> web.Application:
        """Everything that the local address answers."""
        application = web.Application(client_max_size=LARGEST_REQUEST_BYTES)
        application.on_response_prepare.append(take_at_its_word)
        application.router.add_route("*", "/{path:.*}", self._answer)
        return application

    def hear(self, entry: Entry) -> None:
        """A reader of the run's journal."""
        if self._proxy:
            return
        match entry.fact:
            case ProgramStarted(program=program) if program == NODE_PROGRAM:
                self._started.add(entry.host)
            case NodeEnrolled(node=node):
                self._enrolled.add(node)
            case WbmUserSaved():
                self._with_accounts.add(entry.host)

    def open(self, proxy: ReverseProxy) -> None:
        """Everything is switched on: from now on `proxy` answers."""
        self._proxy = proxy

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if self._proxy:
            return await self._proxy.answer(request)
        if request.path in PROXY_ASSETS:
            return await self._rendering.asset(request)
        signs = f"switching on: {self._progress()}"
        if request.path == "/signs":
            return web.Response(text=signs, headers={"Cache-Control": "no-store"})
        shown = {"title": self._title, "progress": self._progress(), "signs": signs}
        return self._rendering.page("switching_on.html", status=503, **shown)

    def _progress(self) -> str:
        started, enrolled, ready = map(len, (self._started, self._enrolled, self._with_accounts))
        return (
            f"{started} of {self._nodes} nodes started, {enrolled} enrolled, "
            f"{ready} with their accounts"
        )
