"""Guesses passwords from many addresses at once: what `guessing` has a license server stand.

`python -m benchmarks.guessers PORT` asks 127.0.0.1:PORT until it is terminated. Each address waits
for the answer to a guess, and then guesses again at once.
"""

import asyncio
import itertools
import sys

import aiohttp

ADDRESSES = 24
GUESSED_ACCOUNT = "Example Ltd"
_ACCOUNTS = (GUESSED_ACCOUNT, *(f"Example {number} Ltd" for number in range(9)))
"""So many that each address may go on as long as an address may."""


async def guess_all(port: int) -> None:
    """All addresses, until cancelled."""
    async with asyncio.TaskGroup() as tasks:
        for number in range(ADDRESSES):
            tasks.create_task(_guess(f"127.0.0.{number + 2}", port))


async def _guess(address: str, port: int) -> None:
    connector = aiohttp.TCPConnector(local_addr=(address, 0))
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", connector=connector) as session:
        for number, account in enumerate(itertools.cycle(_ACCOUNTS)):
            guess = {"name": account, "password": f"guess number {number}"}
            async with session.post("/sign-in", data=guess) as answer:
                await answer.read()


if __name__ == "__main__":
    asyncio.run(guess_all(int(sys.argv[1])))
