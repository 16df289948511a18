"""Standard streams that whoever started the program has closed, as with `>&-`.

The next file that is opened would take the number of one, and what is for a person would be
written into it. Nobody is there to be read or to hear: a closed input is empty, a closed error
output says nothing. What is written to a closed output is lost, and its writer hears of that.
"""

import os
import sys

_STAND_INS = (
    ("stdin", "r", os.O_RDONLY),
    ("stdout", "w", os.O_RDONLY),
    ("stderr", "w", os.O_WRONLY),
)


def open_closed() -> None:
    """Put the null device in place of each; the output cannot be written to it."""
    for number, (name, mode, flags) in enumerate(_STAND_INS):
        if not _is_open(number):
            os.set_inheritable(os.open(os.devnull, flags), True)
            setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115 - stays


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
