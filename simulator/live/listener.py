"""A door: where one host's dials to a port of another are let in, kept waiting, or refused.

During a cut a dial must wait as on a real cable: its SYN gets no answer, its kernel repeats it. A
door does that without privileges: it fills its own queue of connections waiting to be accepted,
whereupon Linux ignores further SYNs until there is room. No byte passes through here.
"""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from enum import Enum, auto

WAITING = 1024
"""Connections that an open door's kernel keeps for it."""

PLUGS = 2
"""Connections that fill the queue of a held door: one more than its length."""


class Stance(Enum):
    """What a door does with a dial."""

    OPEN = auto()
    HELD = auto()
    REFUSING = auto()


class Door:
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
        self._stance = Stance.REFUSING
        self._listener: socket.socket | None = None
        self._plugs: dict[tuple[str, int], socket.socket] = {}

    def take(self, stance: Stance) -> None:
        """Change to a stance; the same one again does nothing."""
        if stance is self._stance:
            return
        self._stance = stance
        listener = self._listener or self._bound()
        self._loop.remove_reader(listener)
        if stance is Stance.OPEN:
            listener.listen(WAITING)
            self._loop.add_reader(listener, self._let_in, listener)
        elif stance is Stance.HELD:
            self._plug(listener)
        else:
            self.close()

    def _bound(self) -> socket.socket:
        self._listener = self._make_socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(self.address)
        return self._listener

    def _plug(self, listener: socket.socket) -> None:
        self._unplug()
        listener.listen(PLUGS - 1)
        for _ in range(PLUGS):
            plug = self._make_socket()
            plug.connect_ex(self.address)
            self._plugs[plug.getsockname()] = plug

    def _unplug(self) -> None:
        for plug in self._plugs.values():
            plug.close()
        self._plugs.clear()

    def _let_in(self, listener: socket.socket) -> None:
        with suppress(BlockingIOError, ConnectionAbortedError):
            while True:
                dialed, dialer = listener.accept()
                if plug := self._plugs.pop(dialer, None):
                    plug.close()
                    dialed.close()
                else:
                    dialed.setblocking(False)
                    self._admit(dialed)

    def close(self) -> None:
        """Refuse whoever comes, and whoever waits."""
        self._stance = Stance.REFUSING
        self._unplug()
        if self._listener is not None:
            self._loop.remove_reader(self._listener)
            self._listener.close()
            self._listener = None
