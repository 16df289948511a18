"""Which program a piece of code acts for: the context variable that every simulated socket asks.

An incarnation is one run of one program on one host, from its start to its end or to the crash.
A fenced incarnation is one whose machine has lost its power: the loop runs none of its callbacks
any more. Nothing here schedules anything; the loop and the machine do.
"""

import asyncio
import contextvars
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Generic, TypeVar
from weakref import ref

from runtime.host import Host


class Fenced(Exception):
    """A crashed incarnation tried to act: to send, to record, to draw lots, to start a task."""


Thing = TypeVar("Thing")

_FEW = 32
"""So many references are never looked through."""


class Living(Generic[Thing]):
    """Those of the things added that still live. A `WeakSet` would hear of the end of each one."""

    def __init__(self) -> None:
        self._references: list[ref[Thing]] = []
        self._most = _FEW

    def add(self, thing: Thing) -> None:
        """One more, which nobody has added before."""
        if len(self._references) == self._most:
            self._references = [each for each in self._references if each() is not None]
            self._most = max(_FEW, 2 * len(self._references))
        self._references.append(ref(thing))

    def __iter__(self) -> Iterator[Thing]:
        """Over them, in the order in which they were added."""
        return (thing for each in self._references if (thing := each()) is not None)


Callback = TypeVar("Callback", bound=Callable[..., object])


def of_the_kernel(callback: Callback) -> Callback:
    """What a kernel does in the context of a program, also while that is frozen."""
    callback.of_the_kernel = True  # type: ignore[attr-defined]  # a mark on the function
    return callback


class Incarnation:
    """One run of `program` on the host `host_name`.

    `fenced` is set once, by the loop, `frozen` while nothing of it runs. `host` is what the program
    was given, where there is one. `at_end` are called when it is fenced (the machine closes the
    databases there). `on_signal` are its handlers by the numbers of signals, `signalled` is whether
    one of them has been called.
    """

    def __init__(self, host_name: str, program: str = "main", number: int = 1) -> None:
        self.host_name = host_name
        self.program = program
        self.number = number
        self.fenced = False
        self.frozen = False
        self.host: Host | None = None
        self.at_end: list[Callable[[], None]] = []
        self.tasks: Living[asyncio.Task[object]] = Living()
        self.generators: Living[object] = Living()
        self.remains: list[object] = []
        self.on_signal: dict[int, Callable[[], object]] = {}
        self.signalled = False

    def signal(self, number: int) -> bool:
        """Send a signal: call the program's handler of it; False where it has none."""
        handle = self.on_signal.get(number)
        if handle is None:
            return False
        self.signalled = True
        handle()
        return True

    def __repr__(self) -> str:
        return f"<{self.host_name}/{self.program} #{self.number}>"

    def context(self) -> contextvars.Context:
        """A context in which this incarnation is the current one."""
        context = contextvars.copy_context()
        context.run(current_host.set, self)
        return context


current_host: ContextVar[Incarnation | None] = ContextVar("current_host", default=None)
"""The incarnation for which the running code acts; None is the world outside all machines."""
