"""B6: chance of the secrets module."""

import secrets  # noqa: TID251 - planted

from planting import Record, play


async def program(record: Record) -> None:
    """Leak it into a fact."""
    record(secrets.token_hex(8))


if __name__ == "__main__":
    play(program)
