"""B10: the address of an object stands in a fact."""

from planting import Record, play


async def program(record: Record) -> None:
    """Leak it into a fact."""
    record(object())


if __name__ == "__main__":
    play(program)
