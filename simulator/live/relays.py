"""The relays of one live run: listeners, the connections that came through them, what ends them.

They stand in the supervisor's own event loop. They know paths and addresses, not the back end.
"""

import asyncio
import socket
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from simulator.live.listener import Listener, ListenerState
from simulator.live.relay import Relay
from simulator.live.relay_route import RelayRoute
from simulator.network.path import LinkDice, Path
from simulator.network.queue import Queue
from simulator.network.route import Route


class Relays:
    """The relays of some routes; an asynchronous context that ends them all.

    `is_open` says whether anything gets through a route.
    """

    def __init__(self, is_open: Callable[[Route], bool]) -> None:
        self._is_open = is_open
        self._relay_routes: dict[Route, RelayRoute] = {}
        self._listeners: dict[Route, list[Listener]] = {}
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

    def add_route(self, route: Route, dice: LinkDice, *, rate: float) -> None:
        """Relay what goes along a route, once there are listeners; once is enough."""
        if route not in self._relay_routes:
            self._relay_routes[route] = RelayRoute(route, self._is_open, dice, rate=rate)

    def add_listener(
        self,
        there: Route,
        back: Route,
        *,
        address: tuple[str, int],
        program: tuple[str, int],
        make_socket: Callable[[], socket.socket],
        make_onward: Callable[[], socket.socket],
    ) -> None:
        """Let dials along `there` in at `address`, and dial `program` for them."""
        routes = self._relay_routes[there], self._relay_routes[back]

        def admit(dialed: socket.socket) -> None:
            relay = Relay(*routes, dialed)
            task = self._tasks.create_task(relay.run(make_onward(), program))
            self._relays[relay] = task
            task.add_done_callback(lambda _: self._relays.pop(relay))

        self._listeners.setdefault(there, []).append(Listener(make_socket, address, admit))

    def apply(self, route: Route, back: Route) -> None:
        """A route has changed: let through or hold, let in or keep out."""
        relay_route = self._relay_routes.get(route)
        if relay_route is None:
            return
        relay_route.review()
        for relay in self._relays:
            relay.review()
        for direction in (route, back):
            for listener in self._listeners.get(direction, ()):
                listener.become(self._state(route, back, refused=direction.refuses))

    def _state(self, route: Route, back: Route, *, refused: bool) -> ListenerState:
        if not (self._is_open(route) and self._is_open(back)):
            return ListenerState.HELD
        return ListenerState.REFUSING if refused else ListenerState.OPEN

    def reset(self, paths: Sequence[Path]) -> None:
        """Reset every relayed connection that goes over one of these paths, at both ends."""
        for relay in self._relays:
            if relay.is_over(paths):
                relay.reset()

    def requeue(self, queue: Queue, bandwidth_bit_s: int | None) -> None:
        """A queue is about to get another bandwidth, which what waits feels."""
        for relay in self._relays:
            relay.requeue(queue, bandwidth_bit_s)


def tcp(
    source: str | None = None, *, family: socket.AddressFamily = socket.AF_INET
) -> socket.socket:
    """A TCP socket that never blocks, with an address of its own where one is given.

    It names its protocol: only then does asyncio switch Nagle's delay off, which would keep small
    pieces back for 40 ms each, 10 s of simulated time at a pace of 240.
    """
    endpoint = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    endpoint.setblocking(False)
    if source is not None:
        endpoint.bind((source, 0))
    return endpoint
