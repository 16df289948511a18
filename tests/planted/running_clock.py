"""B6: the running clock of the machine."""

import time  # noqa: TID251 - planted

from planting import Record, play


async def program(record: Record) -> None:
    """Leak it into a fact."""
    record(time.perf_counter())


if __name__ == "__main__":
    play(program)
