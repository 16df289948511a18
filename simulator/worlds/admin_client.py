"""Talking to the programs of a world: each through its own administration socket.

There is no other way in, in no world; a person's WBM and a script end at the same operations.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import TracebackType
from typing import Self, TypeVar

import aiohttp

from licensing.errors import LicensingError
from licensing.policies import NS_PER_SECOND
from licensing.records import Record
from runtime.http import Health, get, post, unix_client
from simulator.loop.failures import ProgramDied
from simulator.worlds.known_names import known_node
from simulator.worlds.world import World

Answer = TypeVar("Answer", bound=Record)


class AdminClient:
    """The programs of all hosts of `world`; use as `async with`.

    Each has a session, but a new connection for every request: it may have been started anew.
    Methods raise `LicensingError` for what a program refuses and `connection-failed` where it does
    not answer, `UnknownName` for a host that does not exist.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._sessions: dict[tuple[str, str], aiohttp.ClientSession] = {}

    async def __aenter__(self) -> Self:
        """Sessions are made as they are needed."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close all of them."""
        for session in self._sessions.values():
            await session.close()

    async def tell(
        self, host: str, program: str, path: str, body: Record, answer: type[Answer]
    ) -> Answer:
        """POST `body` and read the answer."""
        async with self._administration(host, program) as session:
            with _naming(f"POST {path}"):
                return await post(session, path, body, answer, party=_party(host, program))

    async def ask(self, host: str, program: str, path: str, answer: type[Answer]) -> Answer:
        """GET an answer."""
        async with self._administration(host, program) as session:
            with _naming(f"GET {path}"):
                return await get(session, path, answer, party=_party(host, program))

    async def ready(self, host: str, program: str) -> None:
        """Wait until a program answers its health address.

        Raises `ProgramDied` where it ends, or is not there in time.
        """
        until_ns = self._world.now_ns() + round(self._world.ready_s * NS_PER_SECOND)
        while True:
            try:
                await self.ask(host, program, "/v1/health", Health)
            except LicensingError as error:
                if reason := self._world.ended.get((host, program)):
                    raise ProgramDied(f"{_party(host, program)} has ended: {reason}") from None
                if self._world.now_ns() >= until_ns:
                    socket = self._world.installation.admin_socket(host, program).name
                    missing = f"does not answer GET /v1/health at its {socket}: {_reason(error)}"
                    raise ProgramDied(f"{_party(host, program)} {missing}") from None
                await asyncio.sleep(self._world.poll_s)
            else:
                return

    @asynccontextmanager
    async def _administration(
        self, host: str, program: str
    ) -> AsyncIterator[aiohttp.ClientSession]:
        host = known_node(host, self._world.installation.hosts)
        if not self._world.is_up(host):
            raise _unreachable(host, program, "the host has no power")
        if self._world.is_frozen(host):
            raise _unreachable(host, program, "it is frozen")
        session = self._session(host, program)
        try:
            async with asyncio.timeout(self._world.answer_s):
                yield session
        except TimeoutError:
            raise _unreachable(host, program, "no answer") from None

    def _session(self, host: str, program: str) -> aiohttp.ClientSession:
        if (host, program) not in self._sessions:
            socket = self._world.installation.admin_socket(host, program)
            self._sessions[host, program] = unix_client(socket)
        return self._sessions[host, program]


@contextmanager
def _naming(operation: str) -> Iterator[None]:
    """What has answered, and not as it must, has an operation otherwise than is asked for, or none.

    So that is named; of who does not answer at all it tells nobody more.
    """
    try:
        yield
    except LicensingError as error:
        answered = not isinstance(error.__cause__, (aiohttp.ClientError, OSError))
        if error.code != "connection-failed" or not answered or "party" not in error.details:
            raise
        party = f"{error.details['party']} (asked {operation})"
        reason = _reason(error)
        raise LicensingError("connection-failed", party=party, reason=reason) from error


def _reason(error: LicensingError) -> object:
    return error.details.get("reason", error.message)


def _unreachable(host: str, program: str, reason: str) -> LicensingError:
    return LicensingError("connection-failed", party=_party(host, program), reason=reason)


def _party(host: str, program: str) -> str:
    return f"{program} of {host}"
