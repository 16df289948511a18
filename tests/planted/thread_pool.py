"""B6: threads have no order."""

from concurrent.futures import ThreadPoolExecutor  # noqa: TID251 - planted

from planting import Record, play


async def program(record: Record) -> None:
    """Leak it into a fact."""
    with ThreadPoolExecutor(4) as pool:
        for number in pool.map(str, range(8)):
            record(number)


if __name__ == "__main__":
    play(program)
