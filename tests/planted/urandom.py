"""B6: chance of the operating system."""

import os

from planting import Record, play


async def program(record: Record) -> None:
    """Leak it into a fact."""
    record(os.urandom(8).hex())  # noqa: TID251 - planted


if __name__ == "__main__":
    play(program)
