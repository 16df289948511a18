"""B5: a task fails and nobody awaits it."""

import asyncio

from planting import Record, play


async def program(record: Record) -> None:
    """Leak it into a fact."""
    task = asyncio.get_running_loop().create_task(_fail())
    await asyncio.sleep(1)
    record(f"as if nothing had happened: {task.done()}")


async def _fail() -> None:
    raise ValueError("nobody looks at me")


if __name__ == "__main__":
    play(program)
