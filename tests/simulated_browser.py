"""A browser without script on a host of the simulated network: what a person sees of any pages."""

import asyncio
import html
import re

import aiohttp

from licensing.messages import NODE_PORT
from simulator.network.incarnation import Incarnation

PASSWORD = "correct horse"


class Page:
    """What a browser got."""

    def __init__(self, response: aiohttp.ClientResponse, content: bytes) -> None:
        self.status, self.path, self.headers = response.status, response.url.path, response.headers
        self.source = content.decode()
        self.text = " ".join(html.unescape(re.sub("<[^>]*>", " ", self.source)).split())


class Browser:
    """On `host`, for the pages at `base`, or its own WBM.

    It keeps the cookie, and the token of the last form.
    """

    def __init__(self, host: str, base: str = "") -> None:
        self._context = Incarnation(host, "browser").context()
        self._base = base or f"http://{host}:{NODE_PORT}"
        self._cookies: dict[str, str] = {}
        self.token = ""

    async def get(self, path: str, **headers: str) -> Page:
        """Go to an address."""
        return await self._send("GET", path, None, headers)

    async def send(self, path: str, fields: object, **headers: str) -> Page:
        """Submit fields as they are."""
        return await self._send("POST", path, fields, headers)

    async def submit(self, path: str, **fields: object) -> Page:
        """Submit a form of the page seen last."""
        return await self.send(path, {"csrf_token": self.token} | fields)

    async def sign_in(self, name: str, password: str = PASSWORD, **kept: str) -> Page:
        """Sign in."""
        return await self.send("/sign-in", {"name": name, "password": password, **kept})

    async def listen(self, path: str, heard: list[str]) -> None:
        """Keep what an open page is sent, for as long as nobody cancels."""
        await self.run(self._listen(path, heard))

    async def run(self, coroutine):
        """Run a coroutine on the browser's host."""
        return await asyncio.get_running_loop().create_task(coroutine, context=self._context)

    async def _listen(self, path: str, heard: list[str]) -> None:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session,
            session.get(self._base + path, cookies=self._cookies) as stream,
        ):
            async for line in stream.content:
                heard += [line.decode().removeprefix("data: ")] if b"data: " in line else []

    async def _send(self, method: str, path: str, data: object, headers: dict[str, str]) -> Page:
        page = await self.run(self._exchange(method, path, data, headers))
        token = re.search(r'name="csrf_token" value="([^"]*)"', page.source)
        self.token = token[1] if token else self.token
        return page

    async def _exchange(self, method, path, data, headers) -> Page:
        headers = {"Accept": "text/html"} | headers
        url = self._base + path
        jar = aiohttp.DummyCookieJar()
        async with aiohttp.ClientSession(cookie_jar=jar) as session:
            while True:
                async with session.request(
                    method, url, data=data, headers=headers, cookies=self._cookies,
                    allow_redirects=False,
                ) as response:  # fmt: skip
                    self._cookies |= {k: m.value for k, m in response.cookies.items()}
                    if response.status != 303:
                        return Page(response, await response.read())
                    url = self._base + response.headers["Location"]
                    method, data = "GET", None
