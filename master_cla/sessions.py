"""The sessions of the nodes: one WebSocket each, JSON text frames, after a challenge (design.md).

What cannot be read or does not belong is refused with its code, journaled, and ends that session
only. A heartbeat is answered at once and reaches neither store nor journal.
"""

import asyncio
import base64
import contextlib

from aiohttp import WebSocketError, WSCloseCode, WSMsgType, web

from licensing.catalogue import LICENSES, LicenseKind
from licensing.errors import LONGEST_QUOTE, LicensingError
from licensing.events import SessionRefused
from licensing.messages import (
    PROTOCOL_VERSION,
    Challenge,
    CountFreeLicenses,
    Demand,
    FreeLicensesCounted,
    FromAgent,
    FromNode,
    Heartbeat,
    HeartbeatAcknowledged,
    Hello,
    LeaseAcknowledged,
    MessagePart,
    Refusal,
    Seat,
    Welcome,
    encode,
    from_node,
    hello_message,
    welcome_message,
)
from licensing.parts import Assembly, Room, in_frames
from licensing.policies import NS_PER_SECOND, TIMING
from licensing.sizes import FRAME_BYTES, LARGEST_DEMAND, LONGEST_HOLDER
from master_cla.agent import CentralAgent
from master_cla.enrolment import LONGEST_NODE_NAME
from master_cla.outcomes import known_of
from runtime.host import Dice
from runtime.keep_alive import keep_alive

_GONE = contextlib.suppress(ConnectionError)
_NONCE_BYTES = 16
_LARGEST_NUMBER = 1 << 53
_LONGEST_REQUEST_ID = 64


class NodeSessions:
    """All open sessions, also those that have not said hello yet."""

    def __init__(self, agent: CentralAgent, dice: Dice, tasks: asyncio.TaskGroup) -> None:
        self._agent = agent
        self._dice = dice
        self._tasks = tasks
        self._room = Room()
        self._open: dict[NodeSession, None] = {}

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Speak with one node until the session ends; raises `request-malformed` for plain HTTP."""
        socket = await _accepted(request)
        nonce = base64.urlsafe_b64encode(self._dice.token(_NONCE_BYTES)).rstrip(b"=").decode()
        address = request.remote or ""
        session = NodeSession(
            self._agent, socket, nonce, self._tasks, address, Assembly(self._room)
        )
        self._open[session] = None
        try:
            await session.run()
        finally:
            del self._open[session]
        return socket

    async def refuse_version(self, request: web.Request) -> web.WebSocketResponse:
        """Refuse a node that speaks another version, in the frame that all versions can read."""
        socket = await _accepted(request)
        error = LicensingError("version-unsupported", party="node", version=PROTOCOL_VERSION)
        self._agent.note(SessionRefused(node="", code=error.code))
        with contextlib.suppress(ConnectionError):
            await socket.send_str(encode(_refusal(error)).decode())
        await socket.close()
        return socket

    def drop_all(self) -> None:
        """End every session, because the program ends."""
        for session in list(self._open):
            session.drop()


class NodeSession:
    """One session, from the challenge to its end; to be run in a task of its own."""

    def __init__(
        self,
        agent: CentralAgent,
        socket: web.WebSocketResponse,
        nonce: str,
        tasks: asyncio.TaskGroup,
        address: str,
        parts: Assembly,
    ) -> None:
        self.address = address
        self._agent = agent
        self._socket = socket
        self._challenge = Challenge(nonce=nonce, agent_key=agent.key.verification_key.text)
        self._tasks = tasks
        self._task = asyncio.current_task()
        self._node = ""
        self._parts = parts
        self._turn = asyncio.Lock()

    async def run(self) -> None:
        """Converse until the node leaves, is refused, or the session is dropped."""
        try:
            await self._send(self._challenge)
            async with asyncio.timeout(TIMING.answer_ns / NS_PER_SECOND):
                hello = await self._receive_frame()
            if hello is not None:
                await self._open(hello)
                await self._converse()
        except TimeoutError:
            await self._socket.close()
        except LicensingError as error:
            await self._refuse(error)
        finally:
            self._parts.forget()
            self._agent.leave(self._node, self)

    def push(self, message: FromAgent) -> None:
        """Send `message` in a task of its own."""
        self._tasks.create_task(self._send(message))

    def dismiss(self, error: LicensingError) -> None:
        """End the session with a refusal that gives the reason."""
        self._tasks.create_task(self._refuse(error))

    def drop(self) -> None:
        """End the session without a word."""
        if self._task is not None:
            self._task.cancel()

    async def _open(self, hello: FromNode) -> None:
        if not isinstance(hello, Hello):
            raise LicensingError("message-unexpected", message=_tag(hello))
        self._node = self._agent.spelled(hello.node[:LONGEST_NODE_NAME])
        check_hello(hello)
        signed_message = hello_message(self._challenge, hello)
        admission = await self._agent.admit(hello, signed_message, self)
        proof = self._agent.key.sign_answer(welcome_message(hello))
        welcome = Welcome(
            condition=admission.condition,
            lease=admission.signed.text if admission.signed else None,
            proof=proof,
            lost=known_of(admission.lost),
            date=self._agent.date,
        )
        await self._send(welcome)
        if admission.signed:
            self._agent.check_networking(self._node)
        if self._agent.surplus:
            await self._check_surplus()

    async def _converse(self) -> None:
        while (message := await self._receive()) is not None:
            match message:
                case Heartbeat():
                    self._agent.heartbeat(self._node, message)
                    await self._send_at_once(HeartbeatAcknowledged(number=message.number))
                case Demand():
                    check_demand(message)
                    await self._answer(message, await self._agent.decide(self._node, message))
                case CountFreeLicenses(number=number):
                    free = self._agent.free_licenses(self._node)
                    await self._send_at_once(FreeLicensesCounted(number=number, licenses=free))
                case LeaseAcknowledged():
                    await self._agent.acknowledge(self._node, message.seq)
                case Hello() | MessagePart():
                    raise LicensingError("message-unexpected", message=_tag(message))
            if self._agent.surplus:
                await self._check_surplus()

    async def _check_surplus(self) -> None:
        change = await self._agent.check_surplus(self._node)
        if change:
            await self._send(change)
            self._agent.check_networking(self._node)

    async def _answer(self, demand: Demand, decision: bytes) -> None:
        """One in parts goes on its own: over a slow link it takes longer than a heartbeat may."""
        sending = self._send_encoded(decision, demand.request_id)
        if len(decision) > FRAME_BYTES:
            self._tasks.create_task(sending)
        else:
            await sending

    async def _receive(self) -> FromNode | None:
        """The next message, one in parts with its last part; None where the connection ended."""
        while (message := await self._receive_frame()) is not None:
            if (whole := self._parts.joined(message, from_node)) is not None:
                return whole
        return None

    async def _receive_frame(self) -> FromNode | None:
        frame = await self._socket.receive()
        if frame.type is WSMsgType.TEXT:
            return from_node(frame.data)
        if frame.type is WSMsgType.BINARY:
            raise LicensingError("message-malformed", reason="a binary frame")
        if frame.type is WSMsgType.ERROR and isinstance(frame.data, WebSocketError):
            if frame.data.code == WSCloseCode.MESSAGE_TOO_BIG:
                raise LicensingError("request-too-large", limit=FRAME_BYTES)
            raise LicensingError("message-malformed", reason=str(frame.data))
        return None

    async def _send(self, message: FromAgent) -> None:
        await self._send_encoded(encode(message))

    async def _send_encoded(self, message: bytes, request_id: str = "") -> None:
        async with self._turn:  # a lease must not overtake the one before it
            for frame in in_frames(message, request_id):
                await self._send_frame(frame)

    async def _send_at_once(self, message: FromAgent) -> None:
        """Between the parts of another message, if need be."""
        await self._send_frame(encode(message))

    async def _send_frame(self, frame: bytes) -> None:
        # Where the node has just gone, receiving says so too, and ends the session.
        if not self._socket.closed:
            with _GONE:
                await self._socket.send_frame(frame, WSMsgType.TEXT)

    async def _refuse(self, error: LicensingError) -> None:
        self._agent.note(SessionRefused(node=self._node, code=error.code))
        await self._send_at_once(_refusal(error))
        await self._socket.close()


async def _accepted(request: web.Request) -> web.WebSocketResponse:
    """The WebSocket that a node asks for; raises `request-malformed` for plain HTTP."""
    socket = web.WebSocketResponse(max_msg_size=FRAME_BYTES, compress=False)
    if not socket.can_prepare(request):
        raise LicensingError("request-malformed", reason="a WebSocket is spoken here")
    await socket.prepare(request)
    keep_alive(socket)
    return socket


def _refusal(error: LicensingError) -> Refusal:
    return Refusal(code=error.code, text=error.message, hint=error.hint)


def check_hello(hello: Hello) -> None:
    """Raise `message-malformed` for numbers that no node counts up to."""
    if not all(0 <= number < _LARGEST_NUMBER for number in (hello.epoch, hello.seq, hello.serial)):
        raise LicensingError("message-malformed", reason="epoch, seq or serial out of range")


def check_demand(demand: Demand) -> None:
    """Raise `message-malformed` for licenses that do not exist and quantities that cannot be."""
    if not 0 < len(demand.request_id) <= _LONGEST_REQUEST_ID:
        reason = f"a demand's request id has 1 to {_LONGEST_REQUEST_ID} characters"
        raise LicensingError("message-malformed", reason=reason)
    if len(demand.wants) + len(demand.releases) > LARGEST_DEMAND:
        reason = f"a demand names at most {LARGEST_DEMAND} seats"
        raise LicensingError("message-malformed", reason=reason)
    for seat in [*demand.wants, *demand.releases]:
        problem = _problem(seat)
        if problem:
            raise LicensingError("message-malformed", reason=problem)


def _problem(seat: Seat) -> str:
    if not 0 < len(seat.holder) <= LONGEST_HOLDER:
        return f"a holder has 1 to {LONGEST_HOLDER} characters"
    if seat.license not in LICENSES:
        return f"there is no license {seat.license[:LONGEST_QUOTE]}"
    if seat.quantity < 1:
        return f"{seat.quantity} seats of {seat.license}"
    if seat.quantity > 1 and LICENSES[seat.license].kind is not LicenseKind.TRUNK:
        return f"{seat.quantity} seats of {seat.license} for one holder"
    return ""


def _tag(message: FromNode) -> str:
    return str(type(message).__struct_config__.tag)
