"""What every planted program shares: it runs on the virtual loop and writes its journal."""

import sys
from collections.abc import Awaitable, Callable

from licensing.events import ConnectionLost, Entry
from runtime.journal import encode_entry
from simulator.runner import current_loop, run

Record = Callable[[object], None]


def play(program: Callable[[Record], Awaitable[None]]) -> None:
    """Run `program` in virtual time; whatever it records becomes a fact on standard output."""

    async def main() -> None:
        loop = current_loop()

        def record(what: object) -> None:
            fact = ConnectionLost(cause=str(what))
            sys.stdout.buffer.write(
                encode_entry(Entry(at=loop.time_ns(), host="leak", fact=fact)) + b"\n"
            )

        await program(record)

    run(main())
