"""Who may call what (F18): one table, against the operations that there are, tried by everybody."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import msgspec
import pytest
from asking import REGISTRATION, AskingAgent, challenge_of
from machine import LOCKING_ID, Machine
from vendor import PASSWORD, PURCHASE, Caller, running

from license_server.administration import (
    COMBINE_PATH,
    REHOST_PATH,
    RELEASE_KEY_PATH,
    Combine,
    Rehost,
    ReleaseKey,
)
from license_server.callers import CALLERS, Address, ServerOperation
from license_server.callers import Caller as Who
from license_server.operations import LicenseServer
from license_server.pages.site import Site
from license_server.store import ServerStore
from licensing.agent_requests import AskTime
from licensing.messages import (
    CLS_ACTIVATE_PATH,
    CLS_REISSUE_PATH,
    ActivateAtServer,
    encode,
)
from licensing.records import Record
from runtime.openapi import OPENAPI_PATH

pytestmark = pytest.mark.asyncio(loop_factories=["real"])

ROOT = Path(__file__).parents[2]
OWNER, OTHER = "Owner", "Other"
THIRD = "00-1A-E8-4C-00-03"
SHOW_NOTHING_OF_LICENSES = {"/sign-in", "/sign-out", "/style.css", "/icon.svg", "/{unknown:.*}"}
"""Pages for everybody; `/` and the empty forms show a signed-in customer what is its own."""


@pytest.fixture
def machine(tmp_path):
    """A machine whose disk is new."""
    return Machine(tmp_path)


async def described(
    session: aiohttp.ClientSession, base: str, address: Address
) -> set[ServerOperation]:
    """The operations of the OpenAPI document at an address."""
    async with session.get(base + OPENAPI_PATH) as answer:
        paths = (await answer.json())["paths"]
    return {
        ServerOperation(address, method.upper(), path) for path in paths for method in paths[path]
    }


def of_pages(machine: Machine) -> set[ServerOperation]:
    """What the pages do or hand out: their forms, and files of a Locking ID."""
    store = ServerStore(machine.host)
    routes = Site(machine.host, LicenseServer(machine.host, store)).routes()
    store.close()
    return {
        ServerOperation(Address.PAGES, route.method, route.path)
        for route in routes
        if route.path not in SHOW_NOTHING_OF_LICENSES
        and (route.method == "POST" or "{" in route.path)
    }


async def test_every_operation_has_its_row_and_every_row_its_operation(machine):
    """A new operation without a row fails here."""
    pages = of_pages(machine)
    async with running(machine) as cls:
        public = await described(cls.public, cls.base, Address.PUBLIC)
        socket = await described(cls.admin, "", Address.ADMINISTRATION)
    assert public | socket | pages == set(CALLERS)


class Everybody:
    """All who may try: they know Locking ID, LAC and license file of the owner."""

    def __init__(self, cls: Caller) -> None:
        self.cls = cls
        self.lac = ""
        self.thief = AskingAgent(key=b"t" * 32)

    async def set_up(self) -> None:
        """A system that belongs to an account, and whose CLA has activated online."""
        for name in (OWNER, OTHER):
            await self.cls.add_customer(name)
        self.lac = await self.cls.order(msgspec.structs.replace(PURCHASE, customer=OWNER))
        self.thief.license_file = await self.cls.activate(self.lac)

    async def at_public(self, path: str, body: Record | None) -> int:
        """The status with which the public address answers."""
        url = self.cls.base + path
        asked = self.cls.public.post(url, data=encode(body)) if body else self.cls.public.get(url)
        async with asked as answer:
            return answer.status

    async def by_key(self, path: str, agent: AskingAgent) -> tuple[int, int]:
        """Statuses of a CLA's request, and of a copy of it."""
        challenge = await challenge_of(self.cls.public, self.cls.base)
        signed = (
            agent.activation(self.lac, challenge)
            if path == CLS_ACTIVATE_PATH
            else agent.relicensing(1, server_challenge=challenge)
        )
        return await self.at_public(path, signed), await self.at_public(path, signed)

    async def at_pages(self, method: str, path: str, name: str, agent: AskingAgent) -> bool:
        """Whether the pages do it for who is signed in as `name` ("": nobody)."""
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(self.cls.base, cookie_jar=jar) as browser:
            if name:
                fields = {"name": name, "password": PASSWORD}
                await (await browser.post("/sign-in", data=fields)).read()
            source = await (await browser.get("/activate")).text()
            token = (re.findall(r'name="csrf_token" value="([^"]*)"', source) or [""])[0]
            fields = self._fields(path, agent) | {"csrf_token": token}
            asked = path.format(locking_id=LOCKING_ID)
            answer = await browser.request(method, asked, data=fields, allow_redirects=False)
            await answer.read()
            done = 303 if method == "POST" else 200
            return answer.status == done

    def _fields(self, path: str, agent: AskingAgent) -> dict[str, str]:
        return {
            "lac": self.lac,
            "locking_id": LOCKING_ID,
            "new_locking_id": THIRD,
            "company": REGISTRATION.company,
            "contact": REGISTRATION.contact,
            "document": self.thief.license_file,
            "request": encode(agent.relicensing(1)).decode(),
        } | ({"locking_id": THIRD} if path == "/combine" else {})


BODIES: dict[str, Callable[[Everybody], Record]] = {
    CLS_ACTIVATE_PATH: lambda people: ActivateAtServer(
        lac=people.lac, locking_id=LOCKING_ID, registration=REGISTRATION
    ),
    COMBINE_PATH: lambda people: Combine(
        license_files=[people.thief.license_file], locking_id=THIRD
    ),
    REHOST_PATH: lambda _: Rehost(locking_id=LOCKING_ID, new_locking_id=THIRD),
    RELEASE_KEY_PATH: lambda _: ReleaseKey(locking_id=LOCKING_ID),
}
"""What the operator sends without anybody's signature."""


async def for_anybody(people: Everybody, operation: ServerOperation) -> None:
    """No proof is asked for, and the answer says nothing of a Locking ID."""
    body = AskTime(challenge="c" * 32) if operation.method == "POST" else None
    assert await people.at_public(operation.path, body) == 200


async def for_the_bound_key(people: Everybody, operation: ServerOperation) -> None:
    """Not unsigned, not by another CLA, not as a copy."""
    unsigned = BODIES[CLS_ACTIVATE_PATH](people)
    assert await people.at_public(operation.path, unsigned) == 400
    assert await people.by_key(operation.path, people.thief) == (403, 409)
    assert await people.by_key(operation.path, people.cls.agent()) == (200, 409)


async def for_the_account(people: Everybody, operation: ServerOperation) -> None:
    """Not without signing in, and not for another account, whatever that knows."""
    method, path, agent = operation.method, operation.path, people.cls.agent()
    if path == "/combine":
        extra = await people.cls.order(msgspec.structs.replace(PURCHASE, customer=OWNER))
        await people.cls.activate(extra, THIRD)
    if "/answer/" in path:
        assert await people.at_pages("POST", "/relicense", OWNER, agent)
    for name in ("", OTHER):
        assert not await people.at_pages(method, path, name, agent)
    assert await people.at_pages(method, path, OWNER, agent)


async def for_account_and_key(people: Everybody, operation: ServerOperation) -> None:
    """The account alone has no request that the bound key has signed."""
    assert not await people.at_pages(operation.method, operation.path, OWNER, people.thief)
    await for_the_account(people, operation)


async def for_the_operator(people: Everybody, operation: ServerOperation) -> None:
    """Behind a socket that only the operator can open; where it is public, it is another row."""
    if ServerOperation(Address.PUBLIC, operation.method, operation.path) not in CALLERS:
        body = BODIES.get(operation.path, lambda _: AskTime(challenge="c" * 32))(people)
        asked = body if operation.method == "POST" else None
        assert await people.at_public(operation.path, asked) in (404, 405)
    if operation.path in BODIES and operation.path != COMBINE_PATH:
        body = BODIES[operation.path](people)
        async with people.cls.admin.post(operation.path, data=encode(body)) as answer:
            assert answer.status == 200


async def for_operator_and_key(people: Everybody, operation: ServerOperation) -> None:
    """The operator relicenses for the CLA whose file it is, and for no other."""
    for agent, status in ((people.thief, 403), (people.cls.agent(), 200)):
        signed = encode(agent.relicensing(1))
        async with people.cls.admin.post(CLS_REISSUE_PATH, data=signed) as answer:
            assert answer.status == status
    await for_the_operator(people, operation)


TRIED: dict[Who, Callable[[Everybody, ServerOperation], Awaitable[None]]] = {
    Who.ANYBODY: for_anybody,
    Who.OWNER_BY_KEY: for_the_bound_key,
    Who.OWNER_BY_ACCOUNT: for_the_account,
    Who.OWNER_BY_BOTH: for_account_and_key,
    Who.LAC_HOLDER: for_the_account,
    Who.OPERATOR: for_the_operator,
    Who.OPERATOR_WITH_REQUEST: for_operator_and_key,
}


@pytest.mark.parametrize("operation", CALLERS, ids=" ".join)
async def test_an_operation_is_done_for_its_callers_and_for_nobody_else(machine, operation):
    """Each row is tried by all who have no right to it, and then by who has."""
    async with running(machine) as cls:
        people = Everybody(cls)
        await people.set_up()
        await TRIED[CALLERS[operation]](people, operation)


async def test_the_administration_socket_is_the_operators(machine):
    """Nobody else on the host may open it."""
    async with running(machine):
        assert machine.host.admin_socket.stat().st_mode & 0o777 == 0o600


async def test_a_check_that_is_forgotten_is_found(machine, monkeypatch):
    """A planted bug: the key is bound to whoever asks."""
    monkeypatch.setattr("license_server.ownership.binds", lambda *_, **__: True)
    async with running(machine) as cls:
        people = Everybody(cls)
        await people.set_up()
        operation = ServerOperation(Address.PUBLIC, "POST", CLS_REISSUE_PATH)
        with pytest.raises(AssertionError):
            await for_the_bound_key(people, operation)


async def test_the_documentation_shows_the_table():
    """docs/api.md has each row, and no other."""
    text = (ROOT / "docs/api.md").read_text()
    shown = re.findall(r"^\| (\S.*?) \| `(GET|POST) (\S+)` \| (.+?) \|$", text, re.MULTILINE)
    rows = {
        (where.value, at.method, at.path, who.value)
        for at, who in CALLERS.items()
        for where in [at.address]
    }
    assert set(shown) == rows
