"""B6: a clock that the tripwire does not know."""

import time  # noqa: TID251 - planted

from planting import Record, play


async def program(record: Record) -> None:
    """Leak it into a fact."""
    record(time.process_time_ns())


if __name__ == "__main__":
    play(program)
