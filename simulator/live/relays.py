"""The relays of one live run: doors, the connections that came through them, what ends them.

They stand in the supervisor's own event loop. They know paths and addresses, not the back end.
"""

import asyncio
import socket
from collections.abc import Callable
from types import TracebackType
from typing import Self

from simulator.live.listener import Door, Stance
from simulator.live.relay import Connection
from simulator.live.relay_path import Way
from simulator.network.path import LinkDice, Path


class Relays:
    """The relays of some links; an asynchronous context that ends them all."""

    def __init__(self, is_open: Callable[[Path], bool]) -> None:
        self._is_open = is_open
        self._ways: dict[Path, Way] = {}
        self._doors: dict[Path, list[Door]] = {}
        self._connections: dict[Connection, asyncio.Task[None]] = {}
        self._tasks = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for doors in self._doors.values():
            for door in doors:
                door.close()
        for task in self._connections.values():
            task.cancel()
        if isinstance(error, asyncio.CancelledError):  # a relay that failed cancels the run, too
            await self._tasks.__aexit__(kind, error, traceback)
        else:
            await self._tasks.__aexit__(None, None, None)

    def add_way(self, path: Path, dice: LinkDice, *, rate: float) -> None:
        """Relay what goes along a path, once there are doors."""
        self._ways[path] = Way(path, self._is_open, dice, rate=rate)

    def add_door(
        self,
        there: Path,
        back: Path,
        *,
        door: tuple[str, int],
        program: tuple[str, int],
        make_door: Callable[[], socket.socket],
        make_onward: Callable[[], socket.socket],
    ) -> None:
        """Let dials along `there` in at `door`, and dial `program` for them."""
        ways = self._ways[there], self._ways[back]

        def admit(dialed: socket.socket) -> None:
            connection = Connection(*ways, dialed)
            task = self._tasks.create_task(connection.run(make_onward(), program))
            self._connections[connection] = task
            task.add_done_callback(lambda _: self._connections.pop(connection))

        self._doors.setdefault(there, []).append(Door(make_door, door, admit))

    def apply(self, path: Path, back: Path) -> None:
        """A path has changed: let through or hold, let in or keep out."""
        way = self._ways.get(path)
        if way is None:
            return
        has_opened = way.review()
        for connection in self._connections:
            connection.review()
            if has_opened:
                connection.send_anew(way)
        for direction in (path, back):
            for door in self._doors.get(direction, ()):
                door.take(self._stance(path, back, refused=direction.refuses))

    def _stance(self, path: Path, back: Path, *, refused: bool) -> Stance:
        if not (self._is_open(path) and self._is_open(back)):
            return Stance.HELD
        return Stance.REFUSING if refused else Stance.OPEN

    def reset(self, one: str, other: str) -> None:
        """Reset every relayed connection between two hosts, at both ends."""
        for connection in self._connections:
            if connection.ends == {one, other}:
                connection.reset()

    def requeue(self, one: str, other: str, bandwidth_bit_s: int | None) -> None:
        """A link is about to get another bandwidth, which what waits feels."""
        for connection in self._connections:
            if connection.ends == {one, other}:
                connection.requeue(bandwidth_bit_s)


def tcp(source: str | None = None) -> socket.socket:
    """A TCP socket that never blocks, with an address of its own where one is given."""
    endpoint = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    endpoint.setblocking(False)
    if source is not None:
        endpoint.bind((source, 0))
    return endpoint
