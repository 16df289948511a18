"""Tasks and generators in an order that is the same in every process, and the host of each task."""

import asyncio
import contextvars
import sys
from collections.abc import Iterable, Iterator
from weakref import WeakKeyDictionary

from simulator.network.incarnation import Fenced, Incarnation, current_host


class OrderedTask(asyncio.Task[object]):
    """A task that knows its number and its host, and hashes by its number.

    asyncio keeps tasks in sets; hashed by address they would be cancelled in another order in
    every process. Raises `Fenced` for a host that has crashed.
    """

    def __init__(self, coroutine: object, *, number: int, **options: object) -> None:
        context = options.get("context")
        holder = context if isinstance(context, contextvars.Context) else None
        self.number = number
        self.host = holder.get(current_host) if holder is not None else current_host.get()
        if self.host is not None and self.host.fenced:
            coroutine.close()  # type: ignore[attr-defined]  # a coroutine, or asyncio says so
            raise Fenced(f"{self.host!r} has crashed and starts no task")
        super().__init__(coroutine, **options)  # type: ignore[arg-type]  # asyncio's own options
        if self.host is not None:
            self.host.tasks.add(self)

    def __hash__(self) -> int:
        return self.number

    def __eq__(self, other: object) -> bool:
        return self is other


class OrderedGenerators:
    """The half-run asynchronous generators of a loop, in the order in which they were begun.

    asyncio closes them at the end, in the order of their addresses if they stood in its `WeakSet`.
    """

    def __init__(self) -> None:
        self._begun: WeakKeyDictionary[object, None] = WeakKeyDictionary()

    def __len__(self) -> int:
        return len(self._begun)

    def __iter__(self) -> Iterator[object]:
        return iter(self._begun)

    def add(self, generator: object) -> None:
        """One more, the last in order."""
        self._begun[generator] = None

    def discard(self, generator: object) -> None:
        """It has ended, or is closed."""
        self._begun.pop(generator, None)

    def difference_update(self, generators: Iterable[object]) -> None:
        """These are nothing to close any more."""
        for generator in generators:
            self.discard(generator)

    def clear(self) -> None:
        """All of them are closed."""
        self._begun.clear()


def tasks_of(
    incarnation: Incarnation, loop: asyncio.AbstractEventLoop
) -> list[asyncio.Task[object]]:
    """Its unfinished tasks, in the order of their hashes.

    On Python 3.12 and 3.13 aiohttp makes tasks past the loop's task factory, which the incarnation
    does not know.
    """
    own = set(incarnation.tasks)
    if sys.version_info >= (3, 12):
        own.update(task for task in asyncio.all_tasks(loop) if host_of_task(task) is incarnation)  # noqa: TID251 - sorted below
    return sorted((task for task in own if not task.done()), key=hash)


def host_of_task(task: asyncio.Task[object]) -> Incarnation | None:
    """The incarnation for which a task acts; None for the world outside."""
    if isinstance(task, OrderedTask):
        return task.host
    if sys.version_info >= (3, 12):
        return task.get_context().get(current_host)
    return None
