"""Running a coroutine in virtual time, with the tripwire armed."""

import asyncio
import gc
from collections.abc import Callable, Coroutine
from functools import cache
from typing import TypeVar

from aiohttp import web_app

from internetsim.frame_room import with_room
from simulator.loop.pace import FAST, Gate, Pace
from simulator.loop.private_names import require_private_names
from simulator.loop.tripwire import armed
from simulator.loop.virtual_loop import VirtualLoop, note_later

T = TypeVar("T")


class NotSimulated(Exception):
    """The virtual loop was asked for where another loop runs."""


def run(main: Coroutine[object, object, T], *, pace: Pace = FAST, gate: Gate | None = None) -> T:
    """Run `main` in virtual time and return its result.

    Raises what `main` raises, or the first failure that nobody handled; `Deadlock`, `Livelock`,
    `NondeterminismError`; `UnknownPython`. What fails while the rest is tidied up is a note of it.
    """
    require_private_names()
    _set_older_objects_aside()
    failed: list[BaseException] = []
    try:
        return with_room(lambda: _run(main, lambda: VirtualLoop(pace=pace, gate=gate), failed))
    except BaseException as error:
        if not failed or error is failed[0]:
            raise
        note_later(failed[0], [error])
    raise failed.pop()  # here, where it does not seem to come of what failed after it


def _run(
    main: Coroutine[object, object, T],
    make_loop: Callable[[], VirtualLoop],
    failed: list[BaseException],
) -> T:
    """As `run`; why `main` has not ended in order stands in `failed` then."""
    with armed(), asyncio.Runner(loop_factory=make_loop) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, VirtualLoop)
        try:
            return runner.run(main)
        except BaseException as error:
            failed.append(error)
            raise
        finally:
            loop.tidy_up_after(failed[0] if failed else None)
            forget_applications()


def forget_applications() -> None:
    """Let worlds be freed: aiohttp keeps the applications of the last 1024 handlers."""
    web_app._cached_build_middleware.cache_clear()  # noqa: SLF001 - there is no public way


@cache
def _set_older_objects_aside() -> None:
    """Once: let no collection look at what was there before the first run.

    Modules and the like stay anyway, and the collection at the end of each run would take longer
    to look through them than a month of an internetwork takes.
    """
    gc.freeze()


def current_loop() -> VirtualLoop:
    """The running virtual loop; raises `NotSimulated` where there is none."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        raise NotSimulated(_HINT) from None
    if not isinstance(loop, VirtualLoop):
        raise NotSimulated(f"{_HINT} (this is {type(loop).__module__}.{type(loop).__name__})")
    return loop


_HINT = (
    "this needs the virtual loop: use simulator.run(main()), or the loop factory "
    "`virtual` of our tests/conftest.py under pytest"
)
