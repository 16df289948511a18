"""A listener: where one host's dials to a port of another are let in, kept waiting, or refused.

During a cut a dial must wait as on a real cable: its SYN gets no answer, its kernel repeats it. A
listener does that without privileges: it fills its own queue of connections waiting to be accepted,
whereupon Linux ignores further SYNs until there is room. No byte passes through here.
"""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from enum import Enum, auto

WAITING = 1024
"""Connections that an open listener's kernel keeps for it."""

PLUGS = 2
"""Connections that fill the queue of a held listener: one more than its length."""


class ListenerState(Enum):
    """What a listener does with a dial."""

    OPEN = auto()
    HELD = auto()
    REFUSING = auto()


class Listener:
    """Listens at an address; `make_socket` makes sockets where dialers come from.

    What is let in is given to `admit`, which owns it from then on.
    """

    def __init__(
        self,
        make_socket: Callable[[], socket.socket],
        address: tuple[str, int],
        admit: Callable[[socket.socket], None],
    ) -> None:
        self.address = address
        self._make_socket = make_socket
        self._admit = admit
        self._loop = asyncio.get_running_loop()
        self._state = ListenerState.REFUSING
        self._socket: socket.socket | None = None
        self._plugs: dict[tuple[str | int, ...], socket.socket] = {}

    def become(self, state: ListenerState) -> None:
        """Change to a state; the same one again does nothing.

        Raises `OSError` for a taken address.
        """
        if state is self._state:
            return
        self._state = state
        endpoint = self._socket or self._bound()
        self._loop.remove_reader(endpoint)
        if state is ListenerState.OPEN:
            endpoint.listen(WAITING)
            self._loop.add_reader(endpoint, self._let_in, endpoint)
        elif state is ListenerState.HELD:
            self._plug(endpoint)
        else:
            self.close()

    def _bound(self) -> socket.socket:
        self._socket = self._make_socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(self.address)
        return self._socket

    def _plug(self, endpoint: socket.socket) -> None:
        self._unplug()
        endpoint.listen(PLUGS - 1)
        for _ in range(PLUGS):
            plug = self._make_socket()
            plug.connect_ex(self.address)
            self._plugs[plug.getsockname()] = plug

    def _unplug(self) -> None:
        for plug in self._plugs.values():
            plug.close()
        self._plugs.clear()

    def _let_in(self, endpoint: socket.socket) -> None:
        with suppress(BlockingIOError, ConnectionAbortedError):
            while True:
                dialed, dialer = endpoint.accept()
                if plug := self._plugs.pop(dialer, None):
                    plug.close()
                    dialed.close()
                else:
                    dialed.setblocking(False)
                    self._admit(dialed)

    def close(self) -> None:
        """Refuse whoever comes, and whoever waits."""
        self._state = ListenerState.REFUSING
        self._unplug()
        if self._socket is not None:
            self._loop.remove_reader(self._socket)
            self._socket.close()
            self._socket = None
