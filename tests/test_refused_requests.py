"""A refused request changes nothing, whatever it is and whoever it is sent to.

The operations and forms are those that the programs offer: a new one is tried without a word here.
"""

import asyncio
import contextlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import aiohttp
import pytest
from branches import CLA_PROGRAM, CLS_PROGRAM, INTERNET, NODE_PROGRAM, Branches, branches
from plausible_requests import Guesses, Offered, forms, operations
from searches import EXAMPLES
from signed_in import signed_in
from simulated_browser import PASSWORD, Browser

from license_server.administration import CUSTOMER_PATH, AddCustomer, Customer
from licensing.catalogue import LICENSES
from licensing.messages import LICENSE_SERVER_PORT
from nodes.assignment.table import AssignmentTable
from nodes.wbm.words import PAGES
from runtime.http import unix_client

NOT_COMPARED = {"audit", "kept_answers", "relicensing_answers", "known_addresses"}
"""Tables: the chain of what was asked, answers that are kept for a repetition, attempts."""
CLOCK = {"high_water_ns", "date_ns"}
PASSING = {
    "rest_s",
    "last_contact",
    "last_contact_s",
    "last_asked",
    "hold_end",
    "recovery_window_s",
    "unknown",
    "version",
    "counted_at",
    "period_rest_s",
}
"""Of answers: what changes with time alone, or with who has asked."""
CLA, CLS, NODE = ("hq", CLA_PROGRAM), (INTERNET, CLS_PROGRAM), ("north", NODE_PROGRAM)
MASTER = ("hq", NODE_PROGRAM)
PROGRAMS = (MASTER, NODE, CLA, CLS)
SETTLED_S = 600
"""What an accepted request has set going is over by then."""
RIGHT = {
    "holder": ["200", "201", "202", "100", "101", "s2m-1", "itsp-1", "system", "300"],
    "license": [*LICENSES],
    "number": ["200", "203", "110", "x"],
    "type": ["up0", "ip-hfa", "analog", "nothing"],
    "quantity": [1, 1, 1, 1, 2, 9],
    "role": ["master", "slave", "standalone"],
    "node": ["north", "south", "hq", "west"],
    "master_address": ["", "10.0.0.1:61740", "10.0.0.9", "no address"],
    "company": ["Example Ltd", ""],
    "contact": ["it@example.com", "nobody"],
    "locking_id": ["00-1A-E8-4C-00-01", "00-1A-E8-4C-00-77", "no id"],
    "new_locking_id": ["00-1A-E8-4C-00-88", "00-1A-E8-4C-00-01", "no id"],
    "customer": ["", "Example Ltd", "nobody"],
    "seen": ["", "ip=1", "ip=1 voicemail=1"],
    "licenses": [{"base": 1, "ip": 1}, {"nonsense": 1}, {}],
    "failover_period_s": [1, 30 * 86_400],
}

NEVER_REFUSED = {"/v1/release", "/v1/call-from-outside", "/v1/unlock", "/v1/nodes-changed"}
"""Here; every other operation is."""


def tables(here: Branches) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of every program, but for what may change."""
    found = {}
    for host, program in PROGRAMS:
        for file in here.directory(host, program).glob("*.db"):
            with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
                names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
                for (name,) in names.fetchall():
                    if name not in NOT_COMPARED:
                        rows = database.execute(f"SELECT * FROM {name}")
                        found[f"{host} {name}"] = [_without_clock(row) for row in rows]
    return found


def _without_clock(row: tuple[Any, ...]) -> tuple[Any, ...]:
    if row[0] != "failover":
        return row
    return tuple((k, v) for k, v in json.loads(row[1]).items() if k not in CLOCK)


async def answers(session: aiohttp.ClientSession) -> dict[str, object]:
    """What a program answers to every question, but for what time changes."""
    document = await _json(session.get("/v1/openapi.json"))
    questions = [path for path, methods in document["paths"].items() if "get" in methods]
    return {
        path: _lasting(await _json(session.get(path)))
        for path in questions
        if path.startswith("/v1/") and path not in NOT_ASKED
    }


NOT_ASKED = {"/v1/openapi.json", "/v1/health", "/v1/relicensing-request"}
"""Two are the same for ever; the third has a challenge of its own each time."""


def _lasting(answer: Any) -> Any:
    if isinstance(answer, dict):
        return {key: _lasting(value) for key, value in answer.items() if key not in PASSING}
    return [_lasting(each) for each in answer] if isinstance(answer, list) else answer


def administration(here: Branches, host: str, program: str) -> aiohttp.ClientSession:
    """A session with a program's administration."""
    return unix_client(here.net.world.installation.admin_socket(host, program))


async def _json(request: Any) -> Any:
    async with request as response:
        return await response.json(content_type=None)


class Watch:
    """Compares what was before a request with what is after it, and counts the refusals.

    It looks at all tables, and at what the program behind `session` answers.
    """

    def __init__(self, here: Branches, session: aiohttp.ClientSession) -> None:
        self._here = here
        self._session = session
        self._before: dict[str, object] = {}
        self.refused: Counter[str] = Counter()

    async def look(self) -> None:
        """At what is now."""
        self._before = await self._now()

    async def judge(self, what: str, status: int, told: str) -> None:
        """A refusal has changed nothing; anything else may have changed everything."""
        if status >= 400:
            self.refused[what] += 1
            changed = _different(self._before, await self._now())
            assert not changed, f"{what} was refused ({told}), and has changed something: {changed}"
        else:
            await asyncio.sleep(SETTLED_S)
            await self.look()

    async def _now(self) -> dict[str, object]:
        return {**tables(self._here), **await answers(self._session)}


def _different(before: dict[str, Any], after: dict[str, Any]) -> dict[str, object]:
    """What was and is not any more, and what is new, row by row where there are rows."""
    found = {}
    for key in {**before, **after}:
        was, now = before.get(key), after.get(key)
        if was != now and isinstance(was, list) and isinstance(now, list):
            found[key] = [r for r in was if r not in now], [r for r in now if r not in was]
        elif was != now:
            found[key] = was, now
    return found


async def ask(
    here: Branches, host: str, program: str, tries: int, only: str = ""
) -> tuple[list[str], Watch]:
    """Try every operation of a program, or `only` one, so many times; paths, and what came."""
    guesses = Guesses(1, RIGHT | {"lac": ["nothing", *here.net.lacs.values()]})
    async with administration(here, host, program) as session:
        document = await _json(session.get("/v1/openapi.json"))
        offered = [each for each in operations(document) if only in each.path]
        watch = Watch(here, session)
        await asyncio.sleep(SETTLED_S)
        await watch.look()
        for each in offered * tries:
            await _post(session, watch, each, guesses.body(each, document))
    return [each.path for each in offered], watch


async def _post(
    session: aiohttp.ClientSession, watch: Watch, offered: Offered, body: bytes
) -> None:
    async with session.post(offered.path, data=body) as response:
        told = await response.text()
    await watch.judge(offered.path, response.status, f"{body.decode()}: {told}")


async def fill_in(
    here: Branches, where: tuple[str, str], browser: Browser, pages: list[str]
) -> int:
    """Send every form of the pages, filled in right and wrong; how many were refused."""
    guesses = Guesses(2, RIGHT)
    async with administration(here, *where) as session:
        watch = Watch(here, session)
        for path in pages * (EXAMPLES // 10):
            for action, form in forms((await browser.get(path)).source):
                if action != "/sign-out":
                    await watch.look()
                    entries = aiohttp.FormData(guesses.fields(form))
                    answer = await browser.send(action, entries)
                    await watch.judge(action, answer.status, answer.text)
    return len(watch.refused)


@contextlib.contextmanager
def half_done() -> Iterator[None]:
    """The bug: each tick counts by itself, also where the next one is refused."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AssignmentTable, "decision", contextlib.nullcontext)
        yield


@pytest.mark.parametrize(("host", "program"), PROGRAMS)
async def test_a_refused_operation_changes_nothing(host: str, program: str) -> None:
    """No table, and no answer to any question: the next check and unlock does the same."""
    async with branches(judged=False) as here:
        await here.license()
        paths, watch = await ask(here, host, program, EXAMPLES // 5)
        never = {path for path in paths if not watch.refused[path]}
        assert never <= NEVER_REFUSED


async def test_a_refused_form_changes_nothing() -> None:
    """The same for a person at the pages."""
    async with branches(judged=False) as here:
        await here.license()
        account = AddCustomer(name="Example Ltd", password=PASSWORD)
        await here.tell(INTERNET, CUSTOMER_PATH, account, Customer, program=CLS_PROGRAM)
        customer = Browser(INTERNET, f"http://{INTERNET}:{LICENSE_SERVER_PORT}")
        await customer.sign_in("Example Ltd")
        pages = ["/activate", "/combine", "/rehost", "/relicense", "/release-key"]
        assert await fill_in(here, CLS, customer, pages) >= 4
        pages = [*PAGES, "/local-user-licenses/of/200"]
        assert await fill_in(here, NODE, await signed_in(here, "north"), pages) >= 5


async def test_a_request_that_is_half_done_is_found() -> None:
    """The property can fail."""
    with half_done():
        async with branches(judged=False) as here:
            await here.license()
            with pytest.raises(AssertionError, match="has changed something"):
                await ask(here, *NODE, EXAMPLES, only="/v1/assign")
