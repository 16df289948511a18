"""What every planted program shares: it runs on the virtual loop and writes its journal."""

import sys
from collections.abc import Awaitable, Callable

from licensing.events import ConnectionLost, Entry
from runtime.journal import encode_entry
from simulator.loop.runner import current_loop, run
from simulator.network.incarnation import Incarnation

Record = Callable[[object], None]


async def _run(program: Callable[[Record], Awaitable[None]], record: Record) -> None:
    await program(record)


def play(program: Callable[[Record], Awaitable[None]]) -> None:
    """Run `program` in virtual time; whatever it records becomes a fact on standard output."""

    async def main() -> None:
        loop = current_loop()

        def record(what: object) -> None:
            fact = ConnectionLost(cause=str(what))
            sys.stdout.buffer.write(
                encode_entry(Entry(at=loop.time_ns(), host="leak", fact=fact)) + b"\n"
            )

        context = Incarnation("leak").context()
        await loop.create_task(_run(program, record), context=context)

    run(main())
