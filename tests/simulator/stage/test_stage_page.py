"""The page over a real socket: with and without a script, watched and not, small enough."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic  # noqa: TID251 - what people wait is real time

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from staged import shipped
from star import star

from simulator.loop.pace import FAST, Gate
from simulator.loop.runner import run
from simulator.scenario import Scenario
from simulator.serve import serve as serving
from simulator.serve.serve import served
from simulator.stage.event_stream import Watchers, stream
from simulator.stage.person_clock import PersonClock
from simulator.stage.shown import _said
from simulator.stage.stage import Stage
from simulator.stage.stage_page import ASSETS, OF_ANOTHER_RUN

NO_TIMEOUT = aiohttp.ClientTimeout(total=None)
"""The caller waits in real time, and its clock would be the virtual one."""
PAUSE = {"act": "pace", "what": "paused"}
SCRIPT = {"Accept": "application/json"}
LARGEST_FIRST_LOAD = 100_000
"""Bytes, compressed."""


LINK = {"what": "hq-north"}
WRONG = (
    ({"act": "fly"}, "There is nothing like"),
    ({"act": "cut", "what": "x"}, "There is no link"),
    ({"act": "cut"}, "is missing"),
    ({"act": "pass"}, "There is nothing like"),
    ({"act": "latency", **LINK, "to": "soon"}, "is not a number with its unit"),
    ({"act": "loss", **LINK, "to": "much"}, "a whole number of percent"),
    ({"act": "loss", **LINK, "to": "500"}, "from 0 to 90 percent"),
    ({"act": "clock", "what": "north", "by": "tomorrow"}, "is not a number with its unit"),
    ({"act": "call", "from": "abc", "to": "112"}, "is no call number: 1 to 20 digits make one"),
    ({"act": "call", "from": "999", "to": "112"}, "130, 131"),
    ({"act": "relicense", "what": "north"}, "at the master node only"),
)
"""What is wrong with a form, and what the page says of it."""


@asynccontextmanager
async def opened(
    scenario: Scenario, *, decompress: bool = True
) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of the served internetwork."""
    async with (
        served(scenario, port=0, demo=True) as port,
        aiohttp.ClientSession(
            f"http://localhost:{port}", timeout=NO_TIMEOUT, auto_decompress=decompress
        ) as session,
    ):
        yield session


async def text(session: aiohttp.ClientSession, path: str = "/", **fields: str) -> str:
    """The page at a path, or the one that a form leads to, without its tags."""
    method = "POST" if fields else "GET"
    async with session.request(method, path, data=fields or None) as response:
        assert response.status == 200, await response.text()
        return " ".join(re.sub("<[^>]*>", " ", await response.text()).split())


async def _without_a_script() -> None:
    async with opened(shipped()) as session:
        assert "Day 3 07:00:00" in await text(session)
        page = await text(session, "/do?node=north", act="cut", what="hq-north")
        assert "north X3, slave regular" in page
        page = await text(session, "/do?node=north", act="next-change")
        assert "Failover Period 29 days 22 h left" in page
        assert page.count("Failover Period 2") >= 9
        then = await text(session, f"/?node=north&at={3 * 86_400_000 - 3_600_000}")
        assert "Day 3 07:00:00 5 March 2026, 07:00 UTC Recorded Back to now" in then
        assert "Cut the power" not in then
        page = await text(session, "/do?link=hq-north", act="heal", what="hq-south")
        assert "Heal hq-north" in page
        for look in ("node=south", "link=hq-south"):
            await _every_form(session, look)
        for wrong, said in WRONG:
            assert said in await text(session, "/do", **wrong), wrong
        for look in ("at=99999999999999999999", "at=-1", "node=east", "license=x", "story=nobody"):
            assert "A slave is cut off" in await text(session, f"/?{look}")
        await text(session, "/do", act="pace", what="real time")
        async with session.get("/") as response:
            page = await response.text()
        runs = page.partition('<p class="recorded">')[2].partition("</p>")[0]
        assert runs.startswith("<span>"), "one thing in a row of things with gaps"
        assert "Time runs: reload to see it." in re.sub("<[^>]*>", "", runs)
        await text(session, "/do", **PAUSE)
        notes = await text(session, "/notes")
        assert "Next day 3 08:00: cut hq-north" in notes


async def _every_form(session: aiohttp.ClientSession, look: str) -> None:
    """Whatever a panel offers is done, as it stands there, and the page goes on looking at it."""
    async with session.get(f"/?{look}") as response:
        panel = (await response.text()).split('id="panel"')[1].split("</section>")[0]
    forms = re.findall(r'action="(/do[^"]*)"(.*?)</form>', panel, re.DOTALL)
    for action, form in forms:
        fields = dict(re.findall(r'name="([^"]*)"[^>]*value="([^"]*)"', form))
        async with session.post(action, data=fields) as response:
            page = await response.text()
        assert response.status == 200, fields
        assert 'role="alert"' not in page, fields
        assert look in str(response.url), fields
    assert len(forms) > 3


def test_everything_is_done_without_a_script():
    """Forms and links; what is wrong is answered in words, what makes no sense is left out."""
    run(_without_a_script(), gate=Gate(is_open=True))


async def _pressed_in_another_run() -> list[tuple[int, str]]:
    pressed = {"act": "cut", "what": "hq-north", "run": "that-of-another-server"}
    async with opened(shipped()) as session:
        answers = []
        for headers in (SCRIPT, {}):
            async with session.post("/do", data=pressed, headers=headers) as response:
                answers.append((response.status, await response.text()))
        async with session.get("/?link=hq-north") as response:
            answers.append((response.status, await response.text()))
    return answers


def test_what_was_pressed_in_another_run_is_not_done():
    """With a script and without one; the page is that of the run that is served."""
    by_script, without, page = run(_pressed_in_another_run(), gate=Gate(is_open=True))
    for status, answer in (by_script, without):
        assert status == 409
        assert OF_ANOTHER_RUN in answer
    assert "Cut hq-north" in page[1]
    own = re.findall(r'name="run" value="(\w+)"', page[1])
    assert set(own) == set(re.findall(r'data-run="(\w+)"', without[1]))
    assert len(own) == page[1].count('method="post"')


async def _events(session: aiohttp.ClientSession, query: str = "") -> AsyncIterator[dict]:
    async with session.get(f"/events?{query}") as response:
        async for line in response.content:
            if line.startswith(b"data: "):
                yield json.loads(line[6:])


async def _watched() -> tuple[dict, list[dict]]:
    async with opened(shipped()) as session:
        events = _events(session, "node=north")
        whole = await anext(events)
        heard: list[dict] = []

        async def listen() -> None:
            async for each in events:
                heard.append(each)  # noqa: PERF401 - it is read while it grows

        listening = asyncio.ensure_future(listen())
        for act in ("cut", "next-change", "before-the-deadline"):
            fields = {"act": act, "what": "hq-north"}
            async with session.post("/do", data=fields, headers=SCRIPT) as response:
                assert not (await response.json())["is_problem"]
        async with session.get("/at?node=north") as response:
            now = await response.json()
        listening.cancel()
    for news in heard:
        for section, values in news.items():
            whole[section].update(values)
    return now, [whole, *heard]


def test_the_stream_tells_differences_that_add_up():
    """To what the page would show if it were asked for; most of it does not come again."""
    now, (whole, *heard) = run(_watched(), gate=Gate(is_open=True))
    assert whole == now
    assert heard
    assert all("site south" not in news["map"] for news in heard)
    assert sum("licenses" in news["parts"] for news in heard) <= 4


async def test_a_browser_that_has_gone_before_its_stream_began_is_no_fault(
    monkeypatch: pytest.MonkeyPatch,
):
    """Whoever looks at one thing after the other asks for more than they wait for."""

    async def gone(response: web.StreamResponse, request: web.BaseRequest) -> None:
        raise ConnectionResetError("closing transport")

    monkeypatch.setattr(web.StreamResponse, "prepare", gone)
    request = make_mocked_request("GET", "/events")
    told = await stream(request, Watchers(PersonClock(FAST)), dict)
    assert told.content_type == "text/event-stream"


async def test_what_happens_while_a_slow_browser_is_written_to_is_told_it_next(
    monkeypatch: pytest.MonkeyPatch,
):
    """Also where nothing happens any more afterwards."""
    told: list[bytes] = []
    written, may_go_on = asyncio.Event(), asyncio.Event()

    async def slowly(response: web.StreamResponse, data: bytes) -> None:
        told.append(data)
        written.set()
        await may_go_on.wait()

    async def prepared(response: web.StreamResponse, request: web.BaseRequest) -> None:
        """Nobody reads it."""

    monkeypatch.setattr(web.StreamResponse, "prepare", prepared)
    monkeypatch.setattr(web.StreamResponse, "write", slowly)
    watchers, now = Watchers(PersonClock(FAST)), {"v": 1}
    request = make_mocked_request("GET", "/events")
    streaming = asyncio.ensure_future(stream(request, watchers, lambda: {"map": dict(now)}))
    await written.wait()
    now["v"] = 2
    watchers.tell()
    written.clear()
    may_go_on.set()
    await written.wait()
    streaming.cancel()
    assert told == [b'data: {"map":{"v":1}}\n\n', b'data: {"map":{"v":2}}\n\n']


async def _digest(monkeypatch: pytest.MonkeyPatch, *, watched: bool) -> str:
    stages: list[Stage] = []

    class Kept(Stage):
        def __init__(self, *given: object) -> None:
            super().__init__(*given)
            stages.append(self)

    monkeypatch.setattr(serving, "Stage", Kept)
    async with opened(shipped()) as session:
        watchers = [_events(session, f"node={name}") for name in ("north", "hq") if watched]
        for each in watchers:
            await anext(each)
        for act in ("cut", "next-change", "next-event", "heal", "next-change", "step"):
            fields = {"act": act, "what": "hq-north"}
            async with session.post("/do", data=fields, headers=SCRIPT) as response:
                await response.read()
            if watched:
                await text(session, "/?at=90000000&node=north")
        (stage,) = stages
        return stage.net.journal.digest


def test_a_run_is_the_same_whether_anybody_watches(monkeypatch: pytest.MonkeyPatch):
    """The same presses, with two browsers that follow and scrub, and with none."""
    digests = [
        run(_digest(monkeypatch, watched=watched), gate=Gate(is_open=True))
        for watched in (False, True)
    ]
    assert digests[0] == digests[1]


async def _hurried() -> tuple[float, float]:
    """How long three news took while time hurried, and how long it then took to stop; in s.

    Thirty sites have enough to do for seconds of any computer's time.
    """
    registration = {"company": "Example", "contact": "it@example.com"}
    activate = {"node": "hq", "lac": "LAC-1", "registration": registration}
    sites = [f"site-{number}" for number in range(1, 30)]
    scenario = star({"at": "day 0 09:00", "activate": activate}, slaves=sites)
    async with opened(scenario) as session:
        events = _events(session)
        await anext(events)
        hurrying = asyncio.ensure_future(session.post("/do", data={"act": "fast"}))
        await anext(events)
        began = monotonic()
        for _ in range(3):
            await anext(events)
        took_s, stopped = monotonic() - began, monotonic()
        async with session.post("/do", data=PAUSE, headers=SCRIPT) as response:
            await response.read()
        async with await hurrying as response:
            assert "Time is paused" in await response.text()
        return took_s, monotonic() - stopped


def test_news_ten_times_a_second_and_a_stop_within_half_of_one():
    """Of real time, while virtual time passes as fast as it can."""
    news_s, stop_s = run(_hurried(), gate=Gate(is_open=True))
    assert news_s >= 0.2
    assert stop_s < 0.5


def test_no_code_is_shown_to_an_audience():
    """A purchase is said without its code on the page of a projector."""
    sentence = "license server: order taken, XXWYC-HX1KB-X4KWD-HM8N9: 1 x base"
    assert _said(sentence, presents=True) == "license server: order taken, (a code): 1 x base"
    assert _said(sentence, presents=False) == sentence


async def _first_load() -> dict[str, int]:
    sizes = {}
    registration = {"company": "Example", "contact": "it@example.com"}
    activate = {"node": "hq", "lac": "LAC-1", "registration": registration}
    sites = [f"site-{number}" for number in range(1, 60)]
    scenario = star(
        {"at": "day 0 09:00", "activate": activate},
        {"at": "day 0 10:00", "unlock": "all"},
        slaves=sites,
    )
    async with opened(scenario, decompress=False) as session:
        for path in ("/", *ASSETS, "/icon.svg"):
            async with session.get(path, headers={"Accept-Encoding": "gzip"}) as response:
                assert response.status == 200, path
                sizes[path] = len(await response.read())
    return sizes


def test_the_first_load_of_sixty_sites_is_small():
    """Page, style and script together."""
    sizes = run(_first_load(), gate=Gate(is_open=True))
    assert sum(sizes.values()) <= LARGEST_FIRST_LOAD, sizes
