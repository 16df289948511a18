"""B6: the hash of text is another one in every process."""

from planting import Record, play


async def program(record: Record) -> None:
    """Leak it into a fact."""
    record(hash("north") % 1000)


if __name__ == "__main__":
    play(program)
