"""B4: a set of objects is ordered by their addresses."""

from planting import Record, play


class _Wide:
    """Too large for Python's own arenas: the two regions of memory move independently."""

    __slots__ = tuple(f"slot_{number}" for number in range(100))


async def program(record: Record) -> None:
    """Leak it into a fact."""
    telephones = {object(): number for number in range(100_000)}
    telephones |= {_Wide(): -number for number in range(20_000)}
    record(hash(tuple(telephones[telephone] for telephone in set(telephones))))


if __name__ == "__main__":
    play(program)
