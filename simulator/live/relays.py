"""The relays of one live run: listeners, the connections that came through them, what ends them.

They stand in the supervisor's own event loop. They know paths and addresses, not the back end.
"""

import asyncio
import socket
from collections.abc import Callable
from types import TracebackType
from typing import Self

from simulator.live.listener import Listener, ListenerState
from simulator.live.relay import Relay
from simulator.live.relay_path import RelayPath
from simulator.network.path import LinkDice, Path


class Relays:
    """The relays of some links; an asynchronous context that ends them all."""

    def __init__(self, is_open: Callable[[Path], bool]) -> None:
        self._is_open = is_open
        self._relay_paths: dict[Path, RelayPath] = {}
        self._listeners: dict[Path, list[Listener]] = {}
        self._relays: dict[Relay, asyncio.Task[None]] = {}
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
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.close()
        for task in self._relays.values():
            task.cancel()
        if isinstance(error, asyncio.CancelledError):  # a relay that failed cancels the run, too
            await self._tasks.__aexit__(kind, error, traceback)
        else:
            await self._tasks.__aexit__(None, None, None)

    def add_path(self, path: Path, dice: LinkDice, *, rate: float) -> None:
        """Relay what goes along a path, once there are listeners."""
        self._relay_paths[path] = RelayPath(path, self._is_open, dice, rate=rate)

    def add_listener(
        self,
        there: Path,
        back: Path,
        *,
        address: tuple[str, int],
        program: tuple[str, int],
        make_socket: Callable[[], socket.socket],
        make_onward: Callable[[], socket.socket],
    ) -> None:
        """Let dials along `there` in at `address`, and dial `program` for them."""
        paths = self._relay_paths[there], self._relay_paths[back]

        def admit(dialed: socket.socket) -> None:
            relay = Relay(*paths, dialed)
            task = self._tasks.create_task(relay.run(make_onward(), program))
            self._relays[relay] = task
            task.add_done_callback(lambda _: self._relays.pop(relay))

        self._listeners.setdefault(there, []).append(Listener(make_socket, address, admit))

    def apply(self, path: Path, back: Path) -> None:
        """A path has changed: let through or hold, let in or keep out."""
        relay_path = self._relay_paths.get(path)
        if relay_path is None:
            return
        has_opened = relay_path.review()
        for relay in self._relays:
            relay.review()
            if has_opened:
                relay.send_anew(relay_path)
        for direction in (path, back):
            for listener in self._listeners.get(direction, ()):
                listener.become(self._state(path, back, refused=direction.refuses))

    def _state(self, path: Path, back: Path, *, refused: bool) -> ListenerState:
        if not (self._is_open(path) and self._is_open(back)):
            return ListenerState.HELD
        return ListenerState.REFUSING if refused else ListenerState.OPEN

    def reset(self, one: str, other: str) -> None:
        """Reset every relayed connection between two hosts, at both ends."""
        for relay in self._relays:
            if relay.ends == {one, other}:
                relay.reset()

    def requeue(self, one: str, other: str, bandwidth_bit_s: int | None) -> None:
        """A link is about to get another bandwidth, which what waits feels."""
        for relay in self._relays:
            if relay.ends == {one, other}:
                relay.requeue(bandwidth_bit_s)


def tcp(source: str | None = None) -> socket.socket:
    """A TCP socket that never blocks, with an address of its own where one is given."""
    endpoint = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    endpoint.setblocking(False)
    if source is not None:
        endpoint.bind((source, 0))
    return endpoint
