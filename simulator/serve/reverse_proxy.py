"""A name at the local address for each host of a served internetwork.

`localhost` is the stage and the index, `hq.localhost` the WBM of the node `hq` and so on (browsers
find every name under localhost on this machine, and ask for it in lower case). Requests go on to
the simulated hosts, from a browser that runs on the host itself. Links to addresses of the
simulated network lead to those names.
"""

import asyncio
import re
import secrets  # noqa: TID251 - of no run: it tells one server from the next at the same address
from collections.abc import Container, Mapping
from pathlib import Path

import aiohttp
from aiohttp import web

from licensing.messages import LICENSE_SERVER_PORT, NODE_PORT
from licensing.node_names import spelled
from runtime.http import client
from runtime.pages.rendering import Rendering
from simulator.loop.pace import STANDING
from simulator.network.incarnation import Incarnation
from simulator.scenario import INTERNET
from simulator.serve.index_page import INDEX, IndexPage, port_of
from simulator.stage.commands import Commanded
from simulator.stage.stage import Stage
from simulator.stage.stage_page import STAGE_ADDRESSES, STAGE_PAGES, StagePage, compressed

_OWN_ASSETS = ("/index.css", "/index.js", "/parts.js")
"""No program has these: they belong to this proxy's pages, which are shown at hosts' names, too."""
PROXY_ASSETS = ("/style.css", "/icon.svg", *_OWN_ASSETS)
_MIB = 1 << 20
LARGEST_REQUEST_BYTES = 4 * _MIB  # far above what any host takes, which tells so itself
_LARGEST_REQUEST = f"{LARGEST_REQUEST_BYTES // _MIB} MiB"
_SETTLING_S = 2
_TOO_OFTEN = 429
_END_OF_REFUSAL = re.compile(rb'(<div class="told problem" role="alert">.*?)(</div>)', re.DOTALL)
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "content-length"}
_NOT_ASKED = {"accept-encoding"}
"""Pages come as they are written, for links in them are changed here."""


def pages() -> Rendering:
    """What is shown at the local address beside the pages of the hosts."""
    return Rendering(Path(__file__).parent / "pages", scripted=True, shared=[STAGE_PAGES])


class ReverseProxy:
    """Forwards requests to the hosts of `net`, and answers those for the index."""

    def __init__(self, stage: Stage) -> None:
        self._net = net = stage.net
        self._clock = clock = stage.clock
        self._rendering = pages()
        on = Commanded(net, clock, stage.hurry, stage.steps, self._hang_up)
        run = secrets.token_hex(8)
        self._stage = StagePage(stage, on, run)
        self._index = IndexPage(net, clock, self._rendering, self._hang_up, run)
        self._browsers = {host: Incarnation(host, "browser") for host in self._hosts}
        self._forwarded: dict[asyncio.Task[web.StreamResponse], str] = {}

    @property
    def _hosts(self) -> list[str]:
        return [INTERNET, *self._net.scenario.internetwork.nodes]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Whatever is asked of the local address, by any name."""
        name, _, domain = request.host.partition(".")
        host = spelled(name, self._hosts) if domain else None
        is_up = host is not None and self._net.world.is_up(host)
        if host and is_up and request.path not in _OWN_ASSETS:
            return await self._forward(host, request)
        if request.path in PROXY_ASSETS:
            return compressed(await self._rendering.asset(request))
        if host:
            return self._off(host, request)
        if domain.partition(":")[0].lower() == "localhost":
            return self._unknown(name, request)
        return await self._answer_index(request)

    async def _answer_index(self, request: web.Request) -> web.StreamResponse:
        if request.path in STAGE_ADDRESSES:
            return await self._stage.answer(request)
        if request.path == "/signs":
            return web.Response(text=self._index.signs(), headers={"Cache-Control": "no-store"})
        if request.path != INDEX:
            return self._rendering.page("no_page.html", path=request.path, status=404)
        return await self._index.answer(request)

    def _unknown(self, name: str, request: web.Request) -> web.StreamResponse:
        hosts, port = self._hosts, port_of(request)
        return self._rendering.page("unknown.html", name=name, hosts=hosts, port=port, status=404)

    def _off(self, host: str, request: web.Request) -> web.StreamResponse:
        return self._rendering.page("off.html", host=host, port=port_of(request), status=503)

    async def _forward(self, host: str, request: web.Request) -> web.StreamResponse:
        try:
            content = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return self._rendering.page("too_large.html", limit=_LARGEST_REQUEST, status=413)
        task = asyncio.get_running_loop().create_task(
            self._exchange(host, request, content), context=self._browsers[host].context()
        )
        self._forwarded[task] = host
        try:
            answer = await task
        except aiohttp.ClientError:
            return self._off(host, request)
        finally:
            task.cancel()
            del self._forwarded[task]
        if request.method == "POST":
            await self._settle()
        return answer

    async def _settle(self) -> None:
        """Where time stands, what was done reaches the other hosts before the person sees it."""
        with self._clock.answering():
            if self._clock.chosen == STANDING:
                await asyncio.sleep(_SETTLING_S)

    def _hang_up(self, host: str) -> None:
        for task, at in self._forwarded.items():
            if at == host:
                task.cancel()

    async def _exchange(
        self, host: str, request: web.Request, content: bytes
    ) -> web.StreamResponse:
        port = LICENSE_SERVER_PORT if host == INTERNET else NODE_PORT
        url = f"http://{host}:{port}{request.raw_path}"
        async with client(auto_decompress=False) as session:
            with self._clock.answering():
                response = await session.request(
                    request.method,
                    url,
                    data=content,
                    headers=_passed_on(request.headers, without=_NOT_ASKED),
                    skip_auto_headers=_NOT_ASKED,
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
                with self._clock.answering():
                    body = await response.read()
                if response.content_type == "text/html":
                    body = self._with_names(body, port_of(request))
                    if response.status == _TOO_OFTEN:
                        body = _said_of_minutes(body, port_of(request))
                return web.Response(status=response.status, headers=answer.headers, body=body)

    def _with_names(self, page: bytes, port: str) -> bytes:
        """The page, with links to WBMs of simulated addresses led to the names of the hosts."""
        for host in self._net.scenario.internetwork.nodes:
            settings = self._net.world.installation.node_settings(host)
            address = f'"http://{settings.address}:{settings.port}/'
            page = page.replace(address.encode(), f'"http://{host}.localhost:{port}/'.encode())
        return page


def _said_of_minutes(page: bytes, port: str) -> bytes:
    """The page of a refusal that asks to wait: where time stands, waiting does not help."""
    said = (
        "<p>These minutes are simulated ones: "
        f'<a href="http://localhost:{port}/">let time pass on the stage</a>.</p>'
    )
    return _END_OF_REFUSAL.sub(lambda found: found[1] + said.encode() + found[2], page, count=1)


def _passed_on(
    headers: Mapping[str, str], *, without: Container[str] = ()
) -> list[tuple[str, str]]:
    return [
        (name, value)
        for name, value in headers.items()
        if name.lower() not in _HOP_BY_HOP and name.lower() not in without
    ]
