"""What happens to a crashed program's tasks and callbacks: nothing, until the run has ended.

Python runs the `finally` of a coroutine that is freed. So what a crashed program leaves is kept
until the loop is closed, and freed then, where nothing it still does has an effect.
"""

import asyncio
import gc
import logging
import sys
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

from simulator.loop.tasks import tasks_of
from simulator.loop.timers import AnyHandle, drop, handles_of
from simulator.network.incarnation import Incarnation

_MOST_FINALLY_BLOCKS = 100


def failures_unasked(incarnation: Incarnation) -> Iterator[BaseException]:
    """Those of its tasks that nobody has awaited; each comes once.

    asyncio reports one when it is freed, which somebody who keeps it prevents.
    """
    for task in sorted(incarnation.tasks, key=hash):
        unasked = task.done() and task._log_traceback  # noqa: SLF001 - there is no public way
        if unasked and (error := task.exception()):
            yield error


def bury_tasks(incarnation: Incarnation, loop: asyncio.AbstractEventLoop) -> None:
    """Take its tasks out of `all_tasks`, and keep them and its half-run generators."""
    for task in tasks_of(incarnation, loop):
        asyncio.tasks._unregister_task(task)  # noqa: SLF001 - there is no public way
        task._log_destroy_pending = False  # type: ignore[attr-defined]  # noqa: SLF001 - the same
        incarnation.remains.append(task)
    incarnation.remains.extend(incarnation.generators)


def drop_callbacks(incarnation: Incarnation, handles: Iterable[AnyHandle]) -> None:
    """Cancel what is scheduled for it, and keep it."""
    incarnation.remains.extend(map(drop, handles_of(incarnation, handles)))


def free_remains(incarnations: list[Incarnation]) -> None:
    """Free what crashed programs left, in their own, fenced contexts; their complaints are lost."""
    hook, sys.unraisablehook = sys.unraisablehook, lambda _: None
    logged_from = logging.root.manager.disable
    logging.disable()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for incarnation in incarnations:
                incarnation.context().run(_free, incarnation.remains)
            gc.collect()
    finally:
        logging.disable(logged_from)
        sys.unraisablehook = hook


def _free(remains: list[object]) -> None:
    while remains:
        thing = remains.pop(0)
        if isinstance(thing, asyncio.Task):
            _close(thing.get_coro())


def _close(coroutine: Any) -> None:  # noqa: ANN401 - a coroutine or what stands in for one
    """Close a coroutine whose `finally` blocks await: each waits in vain, and is closed again."""
    for _ in range(_MOST_FINALLY_BLOCKS):
        try:
            coroutine.close()
        except RuntimeError:  # coroutine ignored GeneratorExit
            continue
        except BaseException:  # noqa: BLE001 - a dead program's complaint is no one's
            return
        return
