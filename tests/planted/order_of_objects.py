"""B4: a set of objects is ordered by their addresses."""

from planting import Record, play


async def program(record: Record) -> None:
    """Leak it into a fact."""
    telephones = {object(): number for number in range(100_000)}
    for telephone in list(set(telephones))[:20]:
        record(telephones[telephone])


if __name__ == "__main__":
    play(program)
