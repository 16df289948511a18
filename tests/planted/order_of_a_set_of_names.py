"""B6: a set of text is ordered by a hash that differs in every process."""

from planting import Record, play


async def program(record: Record) -> None:
    """Leak it into a fact."""
    for name in {"hq", "north", "south", "east", "west", "harbour", "airport"}:  # noqa: PLC0208 - planted
        record(name)


if __name__ == "__main__":
    play(program)
