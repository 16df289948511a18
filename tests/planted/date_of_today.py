"""B6: the date, which no tripwire can catch: datetime is immutable."""

from datetime import UTC, datetime

from planting import Record, play


async def program(record: Record) -> None:
    """Leak it into a fact."""
    record(datetime.now(UTC))  # noqa: TID251 - planted


if __name__ == "__main__":
    play(program)
