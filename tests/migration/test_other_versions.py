"""A node and a central CLA of different versions: refused in words for both, then failover."""

import asyncio
import json

import pytest
from agency import ADDRESSES, Agency, acting_for, agency
from aiohttp import WSMsgType, web
from branches import CLA_PROGRAM, branches
from machine import Machine, free_port

from licensing.agent_requests import SignedRequest
from licensing.errors import LicensingError
from licensing.events import ConnectionRefused, SessionRefused
from licensing.messages import (
    AGENT_PORT,
    CLS_REISSUE_PATH,
    HEALTH_PATH,
    SESSION_PATH,
    Heartbeat,
    HeartbeatAcknowledged,
    IssuedAnswer,
    Refusal,
    encode,
)
from licensing.words import NodeState, Role
from master_cla.activation import ask_license_server
from nodes.administration import Wizard, WizardDone
from runtime.host import Host
from runtime.http import client

FORMER_SESSION_PATH = "/v1/session"
NEVER_ENDS_S = 1e9


async def dial(here: Agency, path: str) -> list[dict[str, object]]:
    """What the CLA says to a node of another version that dials `path`, until it hangs up."""
    said = []
    with acting_for("south"):
        async with (
            client() as http,
            http.ws_connect(f"http://{ADDRESSES['hq']}:{AGENT_PORT}{path}") as socket,
        ):
            async for frame in socket:
                assert frame.type is WSMsgType.TEXT
                said.append(json.loads(frame.data))
                await socket.send_str('{"message":"hello","version":1,"node":"south"}')
    return said


@pytest.mark.parametrize("path", [FORMER_SESSION_PATH, "/v3/session", "/v10/session"])
async def test_a_node_of_another_version_is_refused_with_a_hint(tmp_path, path):
    """Its first frame is a refusal, as every version can read it; the others are not disturbed."""
    async with agency(tmp_path) as here:
        await here.activate()
        north = await here.connect("north")
        (refusal,) = await dial(here, path)
        assert refusal.keys() == {"message", "code", "text", "hint"}
        assert (refusal["message"], refusal["code"]) == ("refusal", "version-unsupported")
        assert "the CLA first" in str(refusal["hint"])
        assert here.facts(SessionRefused) == [SessionRefused(node="", code="version-unsupported")]
        await north.ask(Heartbeat(number=1, seq=0), HeartbeatAcknowledged)


def test_a_refusal_is_what_it_was_in_the_version_before():
    """It is the one frame that other versions have to read: it never changes."""
    assert Refusal.__struct_fields__ == ("code", "text", "hint")
    assert Refusal.__struct_config__.tag == "refusal"


class FormerCla:
    """In place of the central CLA; it has the session of the version before only."""

    session_path = FORMER_SESSION_PATH

    def __init__(self, program: str = CLA_PROGRAM) -> None:
        self._health = {"program": program, "host": "hq"}

    async def serve(self, _: Host) -> None:
        """The program."""
        application = web.Application()
        application.router.add_get(self.session_path, self._session)
        application.router.add_get(HEALTH_PATH, self._answer_health)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0)
        await runner.setup()
        await web.TCPSite(runner, "0.0.0.0", AGENT_PORT).start()
        await asyncio.sleep(NEVER_ENDS_S)

    async def _answer_health(self, _: web.Request) -> web.Response:
        return web.json_response(self._health)

    async def _session(self, request: web.Request) -> web.WebSocketResponse:
        raise AssertionError("no node of this version dials that")


class LaterCla(FormerCla):
    """It has our path, too, and refuses there."""

    session_path = SESSION_PATH

    async def _session(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        refusal = Refusal(code="version-unsupported", text="Another version.", hint="Update.")
        await socket.send_str(encode(refusal).decode())
        await socket.close()
        return socket


@pytest.mark.parametrize("cla", [FormerCla(), LaterCla()])
async def test_the_wizard_says_that_a_cla_is_of_another_version(cla):
    """The address is kept: it is the right one as soon as both are of one version."""
    async with branches(judged=False) as here:
        here.net.world.machines["hq"].programs[CLA_PROGRAM] = cla.serve
        await here.net.crash("hq")
        await here.net.start("hq")
        address = here.net.world.installation.agent_address("north", "hq")
        wizard = Wizard(role=Role.SLAVE, master_address=address)
        done = await here.tell("north", "/v1/wizard", wizard, WizardDone)
        assert done.failure == "it is a central CLA of another version"
        assert (await here.net.state("north")).master_address == address


@pytest.mark.parametrize(
    ("program", "refusal"), [(CLA_PROGRAM, "version-unsupported"), ("cls", "")]
)
async def test_a_node_that_meets_a_cla_of_the_version_before_goes_on_in_failover(program, refusal):
    """It says why, and is regular again when the CLA is of its version; another program is none."""
    async with branches(judged=False) as here:
        await here.license()
        machine = here.net.world.machines["hq"]
        own = machine.programs[CLA_PROGRAM]
        await here.net.crash("hq")
        machine.programs[CLA_PROGRAM] = FormerCla(program).serve
        await here.net.start("hq")
        await asyncio.sleep(70 * 60)
        north = await here.net.state("north")
        assert (north.state, north.refusal) == (NodeState.FAILOVER, refusal)
        assert (
            ConnectionRefused(code="version-unsupported") in here.facts("north", ConnectionRefused)
        ) == bool(refusal)
        await here.net.crash("hq")
        machine.programs[CLA_PROGRAM] = own
        await here.net.start("hq")
        await asyncio.sleep(31 * 60)
        assert await here.state("north") is NodeState.REGULAR


def unsigned(challenge: str) -> SignedRequest:
    """What is never sent."""
    raise AssertionError(challenge)


@pytest.mark.asyncio(loop_factories=["real"])
async def test_a_license_server_of_the_version_before_is_told_from_one_that_is_away(tmp_path):
    """It does not know the challenge of a CLA of this version (F18)."""
    host = Machine(tmp_path).host
    runner = web.AppRunner(web.Application(), access_log=None)
    await runner.setup()
    address, port = "127.0.0.1", free_port()
    await web.TCPSite(runner, address, port).start()
    with pytest.raises(LicensingError, match="may be of another version") as refusal:
        await ask_license_server(
            host, f"{address}:{port}", CLS_REISSUE_PATH, unsigned, IssuedAnswer
        )
    assert refusal.value.code == "connection-failed"
    await runner.cleanup()
