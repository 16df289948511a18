"""No leak: what is drawn and ordered the allowed way is the same twice."""

import asyncio

from planting import Record, play


async def program(record: Record) -> None:
    """Leak it into a fact."""
    async with asyncio.TaskGroup() as tasks:
        for number in (3, 1, 2):
            tasks.create_task(_wait(record, number))


async def _wait(record: Record, number: int) -> None:
    await asyncio.sleep(number)
    record(f"{number} at {asyncio.get_running_loop().time()}")


if __name__ == "__main__":
    play(program)
