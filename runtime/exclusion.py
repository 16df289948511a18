"""One process at a time has a state directory. Only processes come here: simulated ones are alone.

Two programs on one store would count its seats twice, and the second takes the first one's
administration socket. On one host they would meet at the port; in containers they do not.
"""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone_in(directory: Path) -> Iterator[None]:
    """Keep the directory to this process for the time of the block, or until it is killed.

    Raises `OSError` where another process has it.
    """
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        _lock(descriptor, directory)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, directory: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        said = "another process runs with this state directory"
        raise OSError(errno.EBUSY, said, str(directory)) from error
