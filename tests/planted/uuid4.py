"""B6: an identity that nobody seeded."""

import uuid  # noqa: TID251 - planted

from planting import Record, play


async def program(record: Record) -> None:
    """Leak it into a fact."""
    record(uuid.uuid4())


if __name__ == "__main__":
    play(program)
