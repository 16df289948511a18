"""What changes, to every browser that watches: differences only, at most ten times a second.

Virtual time says when something happens, real time how often anybody hears of it. Nothing here lets
time pass, and no timer of a program is moved by it.
"""

import asyncio
from collections.abc import Callable

import msgspec
from aiohttp import web

from licensing.events import Entry
from simulator.loop.pace import Metronome
from simulator.stage.person_clock import PersonClock
from simulator.stage.stage import changes

Content = dict[str, dict[str, object]]
"""What a browser is to have: by section and name."""

BETWEEN_NS = 100_000_000
"""Real time."""


class Watchers:
    """Whoever waits for news; a reader of the journal and a listener of the clock."""

    def __init__(self, clock: PersonClock) -> None:
        self._clock = clock
        self._real = Metronome(1.0, 0)
        self._told_ns = -BETWEEN_NS
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: list[asyncio.Future[None]] = []
        clock.listen(self.tell)

    def hear(self, entry: Entry) -> None:
        """Something has happened in the run."""
        del entry
        if not self._waiting:
            return
        rest_ns = self._told_ns + BETWEEN_NS - self._real.now_ns()
        if rest_ns <= 0:
            self.tell()
        elif self._clock.rate and not self._clock.is_hurrying and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(
                rest_ns / 1e9 * self._clock.rate, self.tell
            )

    def tell(self) -> None:
        """There is news for everybody."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        self._told_ns = self._real.now_ns()
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def news(self) -> asyncio.Future[None]:
        """What is done as soon as there is some, from now on."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        return future


async def stream(
    request: web.Request, watchers: Watchers, content: Callable[[], Content]
) -> web.StreamResponse:
    """Tell a browser all that there is, and then what has become other since."""
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
    )
    told: Content = {}
    try:
        await response.prepare(request)
        while True:
            further = watchers.news()  # also what comes while a slow browser is written to
            now = content()
            news = {name: changes(told.get(name, {}), each) for name, each in now.items()}
            told = now
            if any(news.values()):
                await response.write(b"data: " + msgspec.json.encode(news) + b"\n\n")
            await further
    except ConnectionError:
        return response
