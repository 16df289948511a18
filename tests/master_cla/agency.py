"""A CLA at `hq`, a license server at `internet`, nodes spoken for by the test; virtual time."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import aiohttp

from license_server.administration import (
    ORDER_PATH,
    VERIFICATION_KEY_PATH,
    OrderedLac,
    PlaceOrder,
    PublishedKey,
)
from license_server.service import LicenseServerSettings
from license_server.service import serve as serve_license_server
from licensing.agent_requests import SignedRequest
from licensing.enrolment import FORGET_PATH, NODES_PATH, EnrolledNodes, ForgetNode, Forgotten
from licensing.entitlements import Entitlement
from licensing.events import Entry, Event, Fact, ProgramStarted
from licensing.lease import Lease, read_lease
from licensing.license_file import LicenseFile, sign_license_file
from licensing.license_table import LicenseRow, LicenseTable
from licensing.messages import (
    AGENT_PORT,
    CLS_REISSUE_PATH,
    LICENSE_SERVER_PORT,
    RELICENSING_REQUEST_PATH,
    SESSION_PATH,
    Activate,
    Activated,
    Challenge,
    Decision,
    Demand,
    Enrol,
    Enrolled,
    FromAgent,
    FromNode,
    Heartbeat,
    HeartbeatAcknowledged,
    Hello,
    IssuedAnswer,
    Refusal,
    Registration,
    Relicense,
    Seat,
    Welcome,
    encode,
    from_agent,
    hello_message,
    welcome_message,
)
from licensing.parts import Assembly, Room, in_frames
from licensing.policies import DAY_NS, HOUR_NS, NS_PER_SECOND
from licensing.signing import SigningKey, VerificationKey
from licensing.sizes import FRAME_BYTES
from licensing.words import NodeState
from master_cla.administration import AgentState
from master_cla.service import AgentSettings, serve
from runtime.host import Host
from runtime.http import client, get, post, unix_client
from simulator.loop.runner import current_loop
from simulator.network.incarnation import Incarnation, current_host
from simulator.worlds.simulated_machine import SimulatedMachine

Kind = TypeVar("Kind", bound=Event)

ADDRESSES = {"hq": "10.0.0.1", "north": "10.0.0.2", "south": "10.0.0.3", "internet": "10.9.9.9"}
LOCKING_ID = "00-1A-E8-4C-00-01"
REGISTRATION = Registration(company="Example Ltd", contact="it@example.com")
LICENSES = {"base": 1, "ip": 4, "voicemail": 4, "itsp": 6, "networking": 2}
THIRTY_DAYS_S = 30 * DAY_NS // NS_PER_SECOND
MONDAY_NS = 1_772_438_400 * NS_PER_SECOND
VENDOR = SigningKey(b"v" * 32)
CLS_ADDRESS = f"{ADDRESSES['internet']}:{LICENSE_SERVER_PORT}"


def seats(*pairs: tuple[str, str], quantity: int = 1) -> list[Seat]:
    """Seats from (holder, license)."""
    return [Seat(holder=holder, license=key, quantity=quantity) for holder, key in pairs]


class Refused(Exception):
    """The CLA ended a session; the message is the code."""


class Session:
    """A node's end of a session, one message at a time."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, challenge: Challenge) -> None:
        self.socket = socket
        self.challenge = challenge
        self.welcome: Welcome
        self._parts = Assembly(Room())

    async def send(self, message: FromNode) -> None:
        """One message, in parts where it is larger than a frame."""
        request_id = message.request_id if isinstance(message, Demand) else ""
        for frame in in_frames(encode(message), request_id):
            await self.socket.send_str(frame.decode())

    async def receive(self) -> FromAgent:
        """The CLA's next message; raises `Refused` where the session ends."""
        message = None
        while message is None:
            frame = await self.socket.receive()
            if frame.type is not aiohttp.WSMsgType.TEXT:
                raise Refused(f"closed with {self.socket.close_code}")
            message = self._parts.joined(from_agent(frame.data), from_agent)
        if isinstance(message, Refusal):
            raise Refused(message.code)
        return message

    async def ask(self, message: FromNode, answer: type[Kind]) -> Kind:
        """Send, and expect an answer of that kind."""
        await self.send(message)
        return await self.expect(answer)

    async def expect(self, kind: type[Kind]) -> Kind:
        """The next message, which is of that kind."""
        message = await self.receive()
        assert isinstance(message, kind), message
        return message

    async def demand(
        self,
        request_id: str,
        wants: list[Seat],
        releases: Iterable[Seat] = (),
        lease_id: str = "",
    ) -> Decision:
        """Check and unlock."""
        demand = Demand(
            request_id=request_id, lease_id=lease_id, wants=wants, releases=list(releases)
        )
        return await self.ask(demand, Decision)


class Agency:
    """Everything that runs, and what it has stated."""

    def __init__(self, directory: Path) -> None:
        self.loop = current_loop()
        self.entries: list[Entry] = []
        self.ended: list[tuple[str, BaseException | None]] = []
        self.vendor_key = ""
        self.directory = directory
        self.machines = {
            "internet": self._machine("internet", {"cls": _license_server}),
            "hq": self._machine("hq", {"cla": self._agent}),
            "north": self._machine("north", {}),
            "south": self._machine("south", {}),
        }
        for name in ("north", "south", "internet"):
            self.loop.sockets.network.add_link("hq", name, latency_ns=5_000_000)
        self.keys = {name: SigningKey(name.encode().ljust(32, b"-")) for name in self.machines}
        self.agent_key: VerificationKey
        self.sockets = AsyncExitStack()

    # What is done to the programs.

    async def begin(self) -> None:
        """Start everything, and enrol the nodes."""
        await self.machines["internet"].start()
        await self.until_started("cls")
        async with unix_client(self.directory / "internet" / "cls" / "admin.sock") as admin:
            published = await get(admin, VERIFICATION_KEY_PATH, PublishedKey, party="CLS")
        self.vendor_key = published.verification_key
        for name in ("hq", "north", "south"):
            await self.machines[name].start()
        await self.until_started("cla")
        for name in ("hq", "north", "south"):
            await self.enrol(name)

    async def restart(self) -> None:
        """Power cut at the CLA's host, and back on."""
        seen = len(self.entries)
        await self.machines["hq"].crash()
        await self.machines["hq"].start()
        await self.until_started("cla", seen)

    async def use_own_vendor(self) -> None:
        """Start the CLA again as one that trusts `VENDOR`."""
        self.vendor_key = VENDOR.verification_key.text
        await self.restart()

    def make_file(
        self,
        serial: int,
        epoch: int,
        licenses: dict[str, int],
        locking_id: str = LOCKING_ID,
        valid_until: datetime | None = None,
        failover_period_s: int = THIRTY_DAYS_S,
        further: Iterable[Entitlement] = (),
        **policies: object,
    ) -> str:
        """A license file of `VENDOR`."""
        file = LicenseFile(
            serial=serial,
            issued_at=datetime(2026, 3, 2, tzinfo=UTC),
            locking_id=locking_id,
            epoch=epoch,
            entitlements=[
                Entitlement(seats=licenses, valid_until=valid_until),
                *further,
            ],
            failover_period_s=failover_period_s,
            lacs=[],
            **policies,
        )
        return sign_license_file(file, VENDOR)

    async def until_started(self, program: str, seen: int = 0) -> None:
        """Wait until a program listens, or ended."""
        wanted = ProgramStarted(program=program)
        while not self.ended:
            if any(entry.fact == wanted for entry in self.entries[seen:]):
                break
            await asyncio.sleep(0.001)
        assert not self.ended, self.ended

    async def enrol(self, name: str, *, destroyed: bool | None = None) -> Enrolled:
        """Make a node's key known."""
        key = self.keys[name].verification_key.text
        enrolled = await self.post(
            "/v1/enrol",
            Enrol(node=name, public_key=key, destroyed=destroyed),
            Enrolled,
        )
        self.agent_key = VerificationKey(enrolled.agent_key)
        return enrolled

    async def order(self, licenses: dict[str, int] = LICENSES) -> str:
        """A LAC."""
        async with unix_client(self.directory / "internet" / "cls" / "admin.sock") as admin:
            order = PlaceOrder(licenses=licenses, failover_period_s=THIRTY_DAYS_S)
            return (await post(admin, ORDER_PATH, order, OrderedLac, party="CLS")).lac

    async def activate(self, licenses: dict[str, int] = LICENSES) -> Activated:
        """Order and activate."""
        return await self.activate_lac(await self.order(licenses))

    async def activate_lac(self, lac: str) -> Activated:
        """Activate what was ordered."""
        request = Activate(lac=lac, registration=REGISTRATION, license_server=CLS_ADDRESS)
        return await self.post("/v1/activate", request, Activated)

    async def relicense(self) -> Activated:
        """Have the file issued anew."""
        return await self.post("/v1/relicense", Relicense(license_server=CLS_ADDRESS), Activated)

    async def relicensing_request(self) -> SignedRequest:
        """The CLA's request, as it is carried to the license server."""
        async with unix_client(self.directory / "hq" / "cla" / "admin.sock") as admin:
            return await get(admin, RELICENSING_REQUEST_PATH, SignedRequest, party="CLA")

    async def carry(self, signed: SignedRequest) -> str:
        """The operator's answer to a request."""
        async with unix_client(self.directory / "internet" / "cls" / "admin.sock") as admin:
            issued = await post(admin, CLS_REISSUE_PATH, signed, IssuedAnswer, party="CLS")
        return issued.answer

    async def post(self, path: str, body, answer):
        """One operation of the CLA's administration."""
        async with unix_client(
            self.machines["hq"].program_directory("cla") / "admin.sock"
        ) as admin:
            return await post(admin, path, body, answer, party="CLA")

    async def licenses(self) -> dict[str, LicenseRow]:
        """The license table by license."""
        async with unix_client(self.directory / "hq" / "cla" / "admin.sock") as admin:
            table = await get(admin, "/v1/licenses", LicenseTable, party="CLA")
        return {row.license: row for row in table.licenses}

    async def nodes(self) -> EnrolledNodes:
        """The enrolled nodes, and who has asked."""
        async with unix_client(self.directory / "hq" / "cla" / "admin.sock") as admin:
            return await get(admin, NODES_PATH, EnrolledNodes, party="CLA")

    async def forget(self, node: str, *, destroyed: bool = False) -> Forgotten:
        """Forget a node."""
        return await self.post(FORGET_PATH, ForgetNode(node=node, destroyed=destroyed), Forgotten)

    async def state(self) -> AgentState:
        """The CLA at a glance."""
        async with unix_client(self.directory / "hq" / "cla" / "admin.sock") as admin:
            return await get(admin, "/v1/state", AgentState, party="CLA")

    # Sessions.

    async def dial(self, name: str) -> Session:
        """A session up to the challenge."""
        with acting_for(name):
            http = await self.sockets.enter_async_context(client())
            socket = await http.ws_connect(
                f"http://{ADDRESSES['hq']}:{AGENT_PORT}{SESSION_PATH}",
                max_msg_size=FRAME_BYTES,
                timeout=aiohttp.ClientWSTimeout(ws_close=0.0),
            )
            self.sockets.push_async_callback(socket.close)
            challenge = from_agent((await socket.receive()).data)
        assert isinstance(challenge, Challenge)
        return Session(socket, challenge)

    def hello(self, session: Session, name: str, **fields: object) -> Hello:
        """A signed hello."""
        key = self.keys[name].verification_key.text
        values = {"epoch": 0, "seq": 0, "serial": 0, "state": NodeState.REGULAR, "public_key": key}
        values |= fields
        hello = Hello(
            node=name,
            locking_id=LOCKING_ID,
            boot_id="1",
            nonce="n" * 22,
            **values,
        )
        signature = self.keys[name].sign_answer(hello_message(session.challenge, hello))
        return Hello(
            **{f: getattr(hello, f) for f in hello.__struct_fields__} | {"signature": signature}
        )

    async def connect(self, name: str, **fields: object) -> Session:
        """A welcomed session."""
        session = await self.dial(name)
        hello = self.hello(session, name, **fields)
        await session.send(hello)
        message = await session.receive()
        assert isinstance(message, Welcome), message
        self.agent_key.verify_answer(message.proof, welcome_message(hello))
        session.welcome = message
        return session

    def lease(self, document: str | None, name: str) -> Lease:
        """A signed lease, read."""
        assert document is not None
        return read_lease(document, self.agent_key, name)

    async def beat(self, session: Session, hours: float, seq: int = 0) -> None:
        """Let time pass in a session that is kept alive."""
        for number in range(int(hours)):
            await asyncio.sleep(HOUR_NS / NS_PER_SECOND)
            await session.ask(Heartbeat(number=number, seq=seq), HeartbeatAcknowledged)

    # What was stated.

    def facts(self, kind: type[Kind]) -> list[Kind]:
        """All facts of a kind."""
        return [entry.fact for entry in self.entries if isinstance(entry.fact, kind)]

    def record(self, at: int, host: str, fact: Fact) -> None:
        """The journal."""
        self.entries.append(Entry(at=at, host=host, fact=fact))

    def _machine(self, name: str, programs: dict) -> SimulatedMachine:
        return SimulatedMachine(
            self.loop,
            name=name,
            address=ADDRESSES[name],
            locking_id=LOCKING_ID,
            directory=self.directory / name,
            programs=programs,
            record=self.record,
            epoch_ns=MONDAY_NS,
            on_program_end=lambda _, program, error: self.ended.append((program, error)),
        )

    async def _agent(self, host: Host) -> None:
        await serve(host, AgentSettings(vendor_key=self.vendor_key))


async def _license_server(host: Host) -> None:
    await serve_license_server(host, LicenseServerSettings())


@contextmanager
def acting_for(name: str) -> Iterator[None]:
    """What is dialed within is dialed from that host."""
    token = current_host.set(Incarnation(name))
    try:
        yield
    finally:
        current_host.reset(token)


@asynccontextmanager
async def agency(directory: Path) -> AsyncIterator[Agency]:
    """A running agency with enrolled nodes, nothing activated."""
    running = Agency(directory)
    await running.begin()
    try:
        yield running
    finally:
        await running.sockets.aclose()
        for machine in running.machines.values():
            await machine.stop()
        for program, error in running.ended:
            assert error is None, (program, error)
