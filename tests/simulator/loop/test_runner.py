"""How a run ends, and what it leaves behind in its process."""

import asyncio
import gc
import logging
import weakref
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from pathlib import Path

import pytest

from simulator import load_scenario, play
from simulator.loop.runner import current_loop, run

SCENARIO = Path(__file__).parents[3] / "scenarios" / "more-assigned-than-bought.yaml"


def test_a_world_does_not_outlive_its_run() -> None:
    """Many runs need no more memory than a few: no library's cache keeps worlds.

    But for the first one: what is set up at the first use of something may refer to it.
    """
    loops: list[weakref.ref[asyncio.AbstractEventLoop]] = []

    def watch(_: object) -> None:
        loop = asyncio.get_running_loop()
        if not any(known() is loop for known in loops):
            loops.append(weakref.ref(loop))

    for _ in range(3):
        play(load_scenario(SCENARIO), readers=[watch])
    gc.collect()
    assert [loop() for loop in loops[1:]] == [None, None]


async def _cannot_tidy_up() -> None:
    try:
        await asyncio.sleep(1_000)
    finally:
        raise OSError("could not tidy up")


async def _raises(tasks: list[object]) -> None:
    tasks.append(asyncio.create_task(_cannot_tidy_up()))
    await asyncio.sleep(1)
    raise ValueError("the reason")


async def _hears_of_a_failure(tasks: list[object]) -> None:
    tasks.append(asyncio.create_task(_cannot_tidy_up()))
    tasks.append(asyncio.create_task(_cannot_tidy_up()))
    await asyncio.sleep(1)
    current_loop().fail(ValueError("the reason"))
    await asyncio.sleep(1)


async def _waits_in_vain(tasks: list[object]) -> None:
    async def goes_on() -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(1_000)
        await asyncio.Event().wait()

    tasks.append(asyncio.create_task(goes_on()))
    await asyncio.sleep(1)
    raise ValueError("the reason")


@pytest.mark.parametrize(
    ("main", "later"),
    [(_raises, "OSError"), (_hears_of_a_failure, "OSError"), (_waits_in_vain, "Deadlock")],
)
def test_what_fails_while_tidying_up_is_a_note_of_why_the_run_ended(
    main: Callable[[list[object]], Coroutine[object, object, None]], later: str
) -> None:
    """The first failure wins, as it does with asyncio's own `run`."""
    with pytest.raises(ValueError, match="the reason") as caught:
        run(main([]))
    assert any(later in note for note in caught.value.__notes__)
    assert caught.value.__context__ is None


def test_asyncio_names_the_same_reason() -> None:
    """What the virtual loop is compared with."""
    logging.disable()
    try:
        with pytest.raises(ValueError, match="the reason"):
            asyncio.run(_raises([]))
    finally:
        logging.disable(logging.NOTSET)


def test_what_fails_first_while_tidying_up_ends_a_run_that_had_succeeded() -> None:
    """Two fail, and one of them is the reason."""

    async def main() -> None:
        tasks = [asyncio.create_task(_cannot_tidy_up()) for _ in range(2)]
        await asyncio.sleep(1)
        assert not tasks[0].done()

    with pytest.raises(OSError, match="could not tidy up") as caught:
        run(main())
    assert sum("and then" in note for note in caught.value.__notes__) == 1


def test_generators_are_closed_in_the_order_in_which_they_were_begun() -> None:
    """At the end of a run; by their addresses it would be another order in every process."""
    closed: list[int] = []
    kept: list[object] = []

    async def counts(number: int) -> AsyncIterator[int]:
        try:
            while True:
                yield number
        finally:
            closed.append(number)

    async def main() -> None:
        generators = [counts(number) for number in range(50)]
        kept.extend(generators)
        for generator in reversed(generators):
            await anext(generator)

    run(main())
    assert closed == [*range(50)][::-1]
