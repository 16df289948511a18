"""B10: the process number stands in a fact."""

import os

from planting import Record, play


async def program(record: Record) -> None:
    """Leak it into a fact."""
    record(os.getpid())


if __name__ == "__main__":
    play(program)
