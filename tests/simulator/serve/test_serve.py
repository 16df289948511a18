"""A served internetwork as a person's browser meets it: a real socket before simulated hosts."""

import asyncio
import re
import socket
from io import BytesIO

import aiohttp
import pytest
from star import SLAVES, star

from simulator.cli.shipped_scenarios import DIRECTORY
from simulator.loop.pace import STANDING, Gate
from simulator.loop.runner import run
from simulator.scenario import load_scenario
from simulator.serve.reverse_proxy import LARGEST_REQUEST_BYTES
from simulator.serve.serve import CUSTOMER, PASSWORD, PortUnavailable, served
from simulator.stage.stage_page import OF_ANOTHER_RUN

SCENARIO = DIRECTORY / "slave-cut-off-31-days.yaml"

NO_TIMEOUT = aiohttp.ClientTimeout(total=None)
"""The caller waits in real time, and its clock would be the virtual one."""


async def _visit_many() -> None:
    async with (
        served(star(), port=0, pace=STANDING) as port,
        aiohttp.ClientSession(f"http://localhost:{port}", timeout=NO_TIMEOUT) as session,
    ):
        async with session.post("/systems", data={"crash": "site-3"}) as response:
            page = await response.text()
        text = " ".join(re.sub("<[^>]*>", " ", page).split())
        assert "Switched off 1 Activation period: hq, site-1" in text.replace(" ,", ",")
        assert page.count('class="scroll"') == 2
        assert all(f'id="node-{name}"' in page for name in ("hq", *SLAVES))
        assert 'value="site-3">Switch on' in page


def test_many_nodes_are_rows_with_a_census_above_them():
    """From ten nodes on: how many are in which state, who is not regular, and short tables."""
    run(_visit_many(), gate=Gate(is_open=True))


async def _visit() -> None:
    async with (
        served(load_scenario(SCENARIO), port=0, pace=STANDING) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}", timeout=NO_TIMEOUT) as session,
    ):

        async def ask(method: str, path: str, host: str = "localhost", **fields: str):
            headers = {"Host": f"{host}:{port}", "Accept": "text/html"}
            data = fields or None
            async with session.request(
                method, path, headers=headers, data=data, allow_redirects=False
            ) as response:
                text = re.sub("<[^>]*>", " ", await response.text())
                return response.status, " ".join(text.split()), response.headers

        status, index, _ = await ask("GET", "/systems")
        assert (status, "A slave is cut off" in index) == (200, True)
        assert "day 0 08:00:00" in index
        status, page, _ = await ask("GET", "/sign-in", "hq.localhost")
        assert (status, "WBM of hq" in page) == (200, True)
        status, page, _ = await ask("GET", "/sign-in", "HQ.LocalHost")
        assert (status, "WBM of hq" in page) == (200, True)
        status, page, _ = await ask("GET", "/sign-in", "east.localhost")
        assert (status, "There is no east" in page) == (404, True)
        assert "internet hq north south" in page
        status, page, _ = await ask("GET", "/sign-in")
        assert (status, "Nothing is at /sign-in here" in page) == (404, True)
        status, page, _ = await ask("GET", "/sign-in", "internet.localhost")
        assert (status, "Central License Server" in page) == (200, True)
        fields = {"name": "expert", "password": PASSWORD}
        status, _, headers = await ask("POST", "/sign-in", "north.localhost", **fields)
        assert (status, headers["Location"]) == (303, "/")
        cookie = headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        await ask("POST", "/systems", cut="hq-north")
        await ask("POST", "/systems", **{"pass": "1 day"})
        assert "day 1 08:00" in (await ask("GET", "/systems"))[1]
        await ask("POST", "/systems", crash="south")
        assert "Switched off" in (await ask("GET", "/systems"))[1]
        assert (await ask("GET", "/", "south.localhost"))[0] == 503
        assert "nothing like" in (await ask("POST", "/systems", fly="away"))[1]


async def _come_early() -> tuple[str, str]:
    """What somebody reads who comes while everything is being switched on, and afterwards."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    async def look(path: str) -> str:
        async with (
            aiohttp.ClientSession(timeout=NO_TIMEOUT) as session,
            session.get(f"http://127.0.0.1:{port}{path}") as response,
        ):
            assert response.headers["X-Content-Type-Options"] == "nosniff", path
            return await response.text()

    early = asyncio.ensure_future(look("/systems"))
    async with served(load_scenario(SCENARIO), port=port):
        await look("/signs")
        return await early, await look("/systems")


async def _page_behind_a_sign_in(host: str, user: str, path: str) -> str:
    """The source of a page, as a browser at the front door gets it."""
    async with (
        served(load_scenario(SCENARIO), port=0) as port,
        aiohttp.ClientSession(timeout=NO_TIMEOUT) as session,
    ):
        headers = {"Host": f"{host}.localhost:{port}"}
        account = {"name": user, "password": PASSWORD}
        url = f"http://127.0.0.1:{port}"
        async with session.post(
            f"{url}/sign-in", data=account, headers=headers, allow_redirects=False
        ) as response:
            cookie = response.headers["Set-Cookie"].partition(";")[0]
        async with session.get(f"{url}{path}", headers=headers | {"Cookie": cookie}) as response:
            return (await response.text()).replace(str(port), "PORT")


def test_whoever_comes_early_sees_how_far_it_is():
    """From the first moment on, and then the index."""
    early, later = run(_come_early(), gate=Gate(is_open=True))
    assert re.search(r"Switching on: \d of 3 nodes started, \d enrolled, \d with", early)
    assert "WBM of hq" in later


async def _at_the_cloud() -> list[str]:
    scenario = load_scenario(DIRECTORY / "hub-and-cloud.yaml")
    pages = []
    async with (
        served(scenario, port=0, pace=STANDING) as port,
        aiohttp.ClientSession(f"http://localhost:{port}", timeout=NO_TIMEOUT) as session,
    ):
        for act in ("fail", "repair"):
            async with session.post("/systems", data={act: "mpls"}) as response:
                pages.append(await response.text())
    return pages


def test_a_cloud_fails_and_is_repaired_at_the_page():
    """As links are cut and healed there."""
    failed, whole = run(_at_the_cloud(), gate=Gate(is_open=True))
    assert 'name="repair" value="mpls"' in failed
    assert 'name="fail" value="mpls"' in whole


def test_the_purchases_are_the_customers():
    """Whoever signs in at the license server finds there what the index tells."""
    visit = _page_behind_a_sign_in("internet", CUSTOMER, "/")
    overview = run(visit, gate=Gate(is_open=True))
    assert re.search(r"[0-9A-Z]{5}(-[0-9A-Z]{5}){3}", overview)
    assert "unused" in overview


def test_links_between_hosts_lead_to_their_names():
    """A page names the master's simulated address; a browser outside finds it by its name."""
    visit = _page_behind_a_sign_in("north", "expert", "/activate")
    assert 'href="http://hq.localhost:PORT/activate"' in run(visit, gate=Gate(is_open=True))


async def _with_wrong_passwords() -> list[str]:
    fields = {"name": "expert", "password": "wrong"}
    pages = []
    async with (
        served(load_scenario(SCENARIO), port=0, pace=STANDING) as port,
        aiohttp.ClientSession(timeout=NO_TIMEOUT) as session,
    ):
        headers = {"Host": f"hq.localhost:{port}"}
        while len(pages) < 10 and "failed attempts" not in "".join(pages):
            url = f"http://127.0.0.1:{port}/sign-in"
            async with session.post(url, data=fields, headers=headers) as response:
                pages.append((await response.text()).replace(str(port), "PORT"))
    return pages


def test_whoever_is_to_wait_is_told_that_these_minutes_are_simulated():
    """Time stands until somebody lets it pass: the page of the lock says where."""
    *before, last = run(_with_wrong_passwords(), gate=Gate(is_open=True))
    assert "simulated" not in "".join(before)
    alert = last.partition('role="alert"')[2].partition("</div>")[0]
    assert "Wait 15 minutes" in alert
    assert '<a href="http://localhost:PORT/">let time pass on the stage</a>' in alert


async def _pressed_in_another_run() -> list[tuple[int, str]]:
    answers = []
    async with (
        served(load_scenario(SCENARIO), port=0, pace=STANDING) as port,
        aiohttp.ClientSession(f"http://localhost:{port}", timeout=NO_TIMEOUT) as session,
    ):
        for path in ("/systems?run=that-of-another-server", "/systems"):
            async with session.post(path, data={"cut": "hq-north"}) as response:
                answers.append((response.status, await response.text()))
    return answers


def test_what_was_pressed_on_the_index_of_another_run_is_not_done():
    """The page says so, and is that of the run that is served; its own forms name it."""
    (refused, page), (done, after) = run(_pressed_in_another_run(), gate=Gate(is_open=True))
    assert (refused, OF_ANOTHER_RUN in page) == (409, True)
    assert 'name="cut" value="hq-north"' in page
    assert (done, 'name="heal" value="hq-north"' in after) == (200, True)
    actions = set(re.findall(r'<form[^>]*action="([^"]*)"', page))
    assert len(actions) == 1
    assert re.fullmatch(r"/systems\?run=\w+", *actions)


async def _too_much() -> str:
    async with (
        served(load_scenario(SCENARIO), port=0, pace=STANDING) as port,
        aiohttp.ClientSession(timeout=NO_TIMEOUT) as session,
        session.post(
            f"http://127.0.0.1:{port}/sign-in",
            data=BytesIO(bytes(LARGEST_REQUEST_BYTES + 1)),
            headers={"Host": f"hq.localhost:{port}"},
        ) as response,
    ):
        assert response.status == 413
        return await response.text()


def test_what_is_too_large_is_said_in_a_unit_that_people_read():
    """In MiB, not in bytes."""
    assert "larger than 4 MiB," in run(_too_much(), gate=Gate(is_open=True))


async def _twice() -> None:
    scenario = load_scenario(SCENARIO)
    async with served(scenario, port=0) as port:
        with pytest.raises(PortUnavailable, match="in use"):
            async with served(scenario, port=port):
                pass


def test_a_port_that_somebody_has_is_told():
    """As an error of the system, of which the command line makes a sentence."""
    run(_twice(), gate=Gate(is_open=True))


def test_index_wbms_and_license_server_behind_one_address():
    """Each host behind its own name; time stands unless it is let go; the end is clean."""
    run(_visit(), gate=Gate(is_open=True))
