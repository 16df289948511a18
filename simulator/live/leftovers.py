"""What is done at the end of a live run in any case, even where the supervisor is killed.

A shell outlives the supervisor and does it then. It waits for the end of a pipe whose other end
nobody else has, in a session of its own, so that neither a terminal's Ctrl-C nor a kill of the
supervisor's group reaches it.
"""

import asyncio
import subprocess
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager

REMOVE_DIRECTORY = 'for _ in 1 2 3 4 5 6 7 8 9; do rm -rf -- "$1" && exit; sleep 0.2; done'
"""Again where a process that is just being killed has written into it meanwhile."""

REMOVE_NAMESPACES = (
    'for name; do ip netns pids "$name" | xargs -r kill -9; ip netns delete "$name"; done'
)
"""With all that runs in them; their links go with them."""


@contextmanager
def unless_in_order(script: str, *arguments: str) -> Iterator[None]:
    """Have the shell run `script` with `arguments` unless the block is left in order.

    So it does also where this process is killed within the block.
    """
    waiting = "trap '' HUP INT TERM; read -r _ && exit; "
    with subprocess.Popen(  # noqa: S603 - our own words
        ["/bin/sh", "-c", waiting + script, "sh", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as shell:
        yield
        shell.communicate(b"all is in order\n")


async def to_its_end(work: Coroutine[None, None, None]) -> None:
    """Await `work` to its end; a cancellation in between is raised only then."""
    task = asyncio.create_task(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancelled = error
    task.result()
    if cancelled:
        raise cancelled
