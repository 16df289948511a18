"""The link of a node to the central CLA: dials, keeps one session alive, and never gives up.

It moves messages and knows the timing table; what a message means, its `SessionHandler` knows.
"""

import asyncio
import contextlib
from collections.abc import Iterable
from typing import Protocol

import aiohttp

from licensing.errors import LicensingError
from licensing.events import ConnectionLost, ConnectionRefused
from licensing.messages import (
    SESSION_PATH,
    Challenge,
    Decision,
    Demand,
    FreeLicensesCounted,
    FromAgent,
    FromNode,
    HeartbeatAcknowledged,
    Hello,
    LeaseChanged,
    Refusal,
    Welcome,
    encode,
    from_agent,
)
from licensing.parts import Assembly, Room, in_frames
from licensing.policies import NS_PER_SECOND, TIMING
from licensing.sizes import FRAME_BYTES
from nodes.cla_session.backoff import backoff_ns
from nodes.cla_session.heartbeats import Heartbeats
from nodes.cla_session.other_version import is_another_version
from runtime.first_failure import first_failure
from runtime.host import Host
from runtime.http import client, url_of
from runtime.keep_alive import keep_alive
from runtime.tls import reason_of


class SessionHandler(Protocol):
    """The owner of the session's messages: the link asks it, and hands it what arrives.

    Instants are running time in nanoseconds.
    """

    @property
    def master_address(self) -> str:
        """`host:port` of the central CLA, "" while the Network Wizard has not run."""

    @property
    def rest_ns(self) -> int | None:
        """What is left of the running period; None where none runs out."""

    @property
    def lease_seq(self) -> int:
        """The newest stored lease, 0 for none."""

    def hello(self, challenge: Challenge) -> Hello:
        """A signed hello; raises `lease-invalid` where the CLA is not the one that is known."""

    def welcomed(
        self, challenge: Challenge, hello: Hello, welcome: Welcome, sent_ns: int
    ) -> Iterable[FromNode]:
        """The session is open; returns what is to be sent first."""

    def answered(self, sent_ns: int) -> None:
        """A heartbeat sent at `sent_ns` was answered."""

    def decided(self, decision: Decision, sent_ns: int | None) -> Iterable[FromNode]:
        """A demand was decided."""

    def lease_changed(self, change: LeaseChanged) -> Iterable[FromNode]:
        """The CLA changed the lease by itself."""

    def counted(self, counted: FreeLicensesCounted) -> None:
        """The CLA says what is free."""

    def dialing(self) -> None:
        """A dialing is about to begin."""

    def disconnected(self) -> None:
        """An open session broke, or a heartbeat was not answered in time (F17)."""


class SessionOver(Exception):
    """The session is over; the message says why."""


class RefusedByCla(SessionOver):
    """The CLA refuses the session; the message is the code, of the error registry."""


class NotUnderstood(SessionOver):
    """The CLA said what does not belong here; it is journaled even before the welcome."""


_ANOTHER_MASTER = "another master"
_PERIOD_ENDED = "failover period ended"
_ENDINGS = (TimeoutError, aiohttp.ClientError, OSError, UnicodeError, LicensingError, SessionOver)


class ClaLink:
    """The one session of a node, and its timing. All times are of the running clock.

    `refusal` is the code with which the CLA has refused the last dialing, "" where it has not.
    `failure` says in words why the last dialing did not come to an answer, "" where it did.
    """

    def __init__(self, host: Host, handler: SessionHandler) -> None:
        self._host = host
        self._handler = handler
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._opened = asyncio.Event()
        self._redial = asyncio.Event()
        self._redial_cause = ""
        self._greeted = False
        """Whether a hello was said in the session that is open, or is being opened."""
        self.refusal = ""
        self.failure = ""
        self._heartbeats = Heartbeats(self._now_ns, lambda: handler.lease_seq, handler.answered)
        self._demands_sent_ns: dict[str, int] = {}
        self._parts = Assembly(Room())
        self._in_parts: asyncio.Queue[Iterable[bytes]] = asyncio.Queue()

    @property
    def connected(self) -> bool:
        """Whether a welcomed session is open."""
        return self._socket is not None

    def dial_anew(self, cause: str = _ANOTHER_MASTER) -> None:
        """The master's address changed, or another `cause`: drop the session and dial at once."""
        self._opened.clear()
        self._redial_cause = cause
        self._redial.set()

    def period_ended(self) -> None:
        """The CLA learns it from a hello alone (F4): where one was said before, dial anew at once.

        Only a node whose host stood still may be connected then.
        """
        if self._greeted:
            self.dial_anew(_PERIOD_ENDED)

    async def opened(self) -> None:
        """Wait until a welcomed session is open."""
        await self._opened.wait()

    async def send(self, message: FromNode) -> None:
        """Send in the open session; where there is none, the message is for the next one.

        A demand that is larger than a frame goes in parts, and this returns before: over a slow
        link it takes longer than anybody waits. Heartbeats go between.
        """
        if self._socket is None:
            return
        request_id = message.request_id if isinstance(message, Demand) else ""
        if request_id:
            self._demands_sent_ns[request_id] = self._now_ns()
        encoded = encode(message)
        if len(encoded) > FRAME_BYTES:
            self._in_parts.put_nowait(in_frames(encoded, request_id))
        else:
            await self._send_frames(self._socket, [encoded])

    async def _send_frames(
        self, socket: aiohttp.ClientWebSocketResponse, frames: Iterable[bytes]
    ) -> None:
        """Where the connection has just gone, receiving says so too, and ends the session."""
        with contextlib.suppress(ConnectionError):
            for frame in frames:
                await socket.send_frame(frame, aiohttp.WSMsgType.TEXT)

    async def _send_parts(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            await self._send_frames(socket, await self._in_parts.get())

    async def run(self) -> None:
        """Dial, keep the session, dial again, for ever."""
        failures = 0
        async with client(self._host.tls) as http:
            while True:
                self._redial.clear()
                if not self._handler.master_address:
                    await self._redial.wait()
                    continue
                began_ns = self._now_ns()
                welcomed = await self._session(http)
                lasted_ns = self._now_ns() - began_ns
                if welcomed:
                    failures = 0
                    if lasted_ns >= TIMING.shortest_backoff_ns:
                        continue  # a connection that breaks is redialed at once
                failures += 1
                await self._pause(failures)

    async def _pause(self, failures: int) -> None:
        chance = self._host.dice.uniform(0.0, 1.0)
        pause_ns = backoff_ns(failures, self._handler.rest_ns, chance)
        over = asyncio.get_running_loop().call_later(pause_ns / NS_PER_SECOND, self._redial.set)
        try:
            await self._redial.wait()
        finally:
            over.cancel()

    async def _session(self, http: aiohttp.ClientSession) -> bool:
        """One session from dialing to its end; whether it was ever welcomed."""
        self._handler.dialing()
        welcomed = False
        try:
            async with asyncio.timeout(TIMING.dial_ns / NS_PER_SECOND) as dialing:
                async with http.ws_connect(
                    url_of(self._host, self._handler.master_address, SESSION_PATH),
                    max_msg_size=FRAME_BYTES,
                    timeout=aiohttp.ClientWSTimeout(ws_close=0.0),
                ) as socket:
                    keep_alive(socket)
                    self._parts = Assembly(Room())
                    first = await self._open(socket)
                    dialing.reschedule(None)
                    welcomed = True
                    self.refusal = self.failure = ""
                    await self._converse(socket, first)
        except _ENDINGS as ending:
            await self._ended(http, ending, welcomed=welcomed)
        finally:
            self._greeted = False
        return welcomed

    async def _ended(
        self, http: aiohttp.ClientSession, ending: Exception, *, welcomed: bool
    ) -> None:
        """What the end of a session means.

        The function that has caught it does not keep it: its frame and the error would keep each
        other, with all that a dialing had.
        """
        error = await self._understood(http, ending)
        cause = reason_of(error) or "time-out"
        self.refusal = cause if isinstance(error, RefusedByCla) else ""
        self.failure = "" if welcomed or self.refusal else cause
        if welcomed or isinstance(error, NotUnderstood | aiohttp.ClientSSLError):
            self._host.journal.record(ConnectionLost(cause=cause))
        if welcomed:
            self._handler.disconnected()

    async def _open(self, socket: aiohttp.ClientWebSocketResponse) -> Iterable[FromNode]:
        challenge = await self._receive(socket)
        if not isinstance(challenge, Challenge):
            raise NotUnderstood("the session did not begin with a challenge")
        hello = self._handler.hello(challenge)
        self._greeted = True
        sent_ns = self._now_ns()
        await socket.send_frame(encode(hello), aiohttp.WSMsgType.TEXT)
        welcome = await self._receive(socket)
        if not isinstance(welcome, Welcome):
            raise NotUnderstood("the hello was not answered by a welcome")
        if self._redial.is_set():  # its key is not to be taken for that of the new master
            raise SessionOver(self._redial_cause)
        return self._handler.welcomed(challenge, hello, welcome, sent_ns)

    async def _converse(
        self, socket: aiohttp.ClientWebSocketResponse, first: Iterable[FromNode]
    ) -> None:
        self._socket, self._in_parts = socket, asyncio.Queue()
        self._opened.set()
        try:
            async with asyncio.TaskGroup() as tasks:
                beating = tasks.create_task(self._heartbeats.send(socket))
                redialing = tasks.create_task(self._end_on_redial())
                sending = tasks.create_task(self._send_parts(socket))
                for message in first:
                    await self.send(message)
                try:
                    while True:
                        await self._dispatch(await self._receive(socket))
                finally:
                    for task in (beating, redialing, sending):
                        task.cancel()
        except ExceptionGroup as group:
            raise _end_of_session(group) from group
        finally:
            self._socket = None
            self._opened.clear()
            self._demands_sent_ns.clear()

    async def _end_on_redial(self) -> None:
        await self._redial.wait()
        raise SessionOver(self._redial_cause)

    async def _dispatch(self, message: FromAgent) -> None:
        match message:
            case HeartbeatAcknowledged():
                self._heartbeats.acknowledged(message)
            case Decision(request_id=request_id):
                sent_ns = self._demands_sent_ns.pop(request_id, None)
                await self._send_all(self._handler.decided(message, sent_ns))
            case FreeLicensesCounted():
                self._handler.counted(message)
            case LeaseChanged():
                await self._send_all(self._handler.lease_changed(message))
            case _:
                raise NotUnderstood(f"unexpected {type(message).__name__}")

    async def _send_all(self, messages: Iterable[FromNode]) -> None:
        for message in messages:
            await self.send(message)

    async def _receive(self, socket: aiohttp.ClientWebSocketResponse) -> FromAgent:
        """The next message; one in parts is here with its last part."""
        message = None
        while message is None:
            frame = await socket.receive()
            if frame.type is not aiohttp.WSMsgType.TEXT:
                if isinstance(frame.data, aiohttp.WebSocketError):
                    raise NotUnderstood(str(frame.data))
                raise SessionOver("connection closed")
            try:
                message = self._parts.joined(from_agent(frame.data), from_agent)
            except LicensingError as error:
                raise NotUnderstood(error.message) from error
        if isinstance(message, Refusal):
            raise self._refused(message.code)
        return message

    async def _understood(self, http: aiohttp.ClientSession, ending: Exception) -> Exception:
        address = self._handler.master_address
        if await is_another_version(self._host, http, address, ending):
            return self._refused("version-unsupported")
        return ending

    def _refused(self, code: str) -> RefusedByCla:
        self._host.journal.record(ConnectionRefused(code=code))
        return RefusedByCla(code)

    def _now_ns(self) -> int:
        return self._host.clock.monotonic_ns()


def _end_of_session(group: ExceptionGroup) -> SessionOver:
    """What a session ended with; raises what is no end of a session, but a failure of ours."""
    endings, failures = group.split(_ENDINGS)
    if failures:
        raise failures from None
    _end_if_cancelled()
    assert endings, "a group has one error at least"
    return SessionOver(str(first_failure(endings)))


def _end_if_cancelled() -> None:
    """Before Python 3.13 a task group in which a task fails forgets that it is cancelled as well.

    Without this a node that is stopped just as its session ends would dial on for ever.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
