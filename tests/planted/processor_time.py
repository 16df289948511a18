"""B6: a clock that the tripwire does not know."""

import resource

from planting import Record, play


async def program(record: Record) -> None:
    """Leak it into a fact."""
    record(round(resource.getrusage(resource.RUSAGE_SELF).ru_utime * 1e9))


if __name__ == "__main__":
    play(program)
