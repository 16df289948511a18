"""B6: chance of the random module."""

import random  # noqa: TID251 - planted

from planting import Record, play


async def program(record: Record) -> None:
    """Leak it into a fact."""
    record(random.random())


if __name__ == "__main__":
    play(program)
