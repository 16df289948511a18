"""A served internetwork as a person's browser meets it: a real socket before simulated hosts."""

import aiohttp
import pytest

from runtime import passwords
from simulator.pace import STANDING, Gate
from simulator.runner import run
from simulator.scenario import load_scenario
from simulator.serving import PASSWORD, served
from simulator.shipped import DIRECTORY

SCENARIO = DIRECTORY / "slave-cut-off-31-days.yaml"

NO_TIMEOUT = aiohttp.ClientTimeout(total=None)
"""The caller waits in real time, and its clock would be the virtual one."""


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    """Hashing takes no time."""
    monkeypatch.setattr(passwords, "COST", (2, 8, 1))


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
                return response.status, await response.text(), response.headers

        status, index, _ = await ask("GET", "/")
        assert (status, "A slave is cut off" in index) == (200, True)
        assert "day 0 08:00:00" in index
        status, page, _ = await ask("GET", "/sign-in", "hq.localhost")
        assert (status, "WBM of hq" in page) == (200, True)
        status, page, _ = await ask("GET", "/sign-in", "internet.localhost")
        assert (status, "Central License Server" in page) == (200, True)
        fields = {"name": "expert", "password": PASSWORD}
        status, _, headers = await ask("POST", "/sign-in", "north.localhost", **fields)
        assert (status, headers["Location"]) == (303, "/")
        cookie = headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        await ask("POST", "/", cut="hq-north")
        await ask("POST", "/", **{"pass": "1 day"})
        assert "day 1 08:00" in (await ask("GET", "/"))[1]
        await ask("POST", "/", crash="south")
        assert "switched off" in (await ask("GET", "/"))[1]
        assert (await ask("GET", "/", "south.localhost"))[0] == 503
        assert "nothing like" in (await ask("POST", "/", fly="away"))[1]


def test_index_wbms_and_license_server_behind_one_address():
    """Each host behind its own name; time stands unless it is let go; the end is clean."""
    run(_visit(), gate=Gate(is_open=True))
