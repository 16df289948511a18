"""What is done even if the supervisor is killed: a shell that outlives it does it then.

The shell waits for the end of a pipe whose other end nobody but the supervisor has, in a session of
its own, so that neither a terminal's Ctrl-C nor a kill of the supervisor's group reaches it.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

REMOVE_DIRECTORY = 'for _ in 1 2 3 4 5 6 7 8 9; do rm -rf -- "$1" && exit; sleep 0.2; done'
"""Again where a process that is just being killed has written into it meanwhile."""

REMOVE_NAMESPACES = (
    'for name; do ip netns pids "$name" | xargs -r kill -9; ip netns delete "$name"; done'
)
"""With all that runs in them; their links go with them."""


@contextmanager
def when_killed(script: str, *arguments: str) -> Iterator[None]:
    """Have the shell run `script` with `arguments` if this process is killed within the block."""
    waiting = "trap '' HUP INT TERM; read -r _ && exit; "
    with subprocess.Popen(  # noqa: S603 - our own words
        ["/bin/sh", "-c", waiting + script, "sh", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as shell:
        try:
            yield
        finally:
            shell.communicate(b"all is in order\n")
