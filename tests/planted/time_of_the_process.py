"""B6: a clock that is rarely asked."""

import time  # noqa: TID251 - planted

from planting import Record, play


async def program(record: Record) -> None:
    """Leak it into a fact."""
    record(time.process_time_ns())


if __name__ == "__main__":
    play(program)
