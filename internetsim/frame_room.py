"""Room for Python's frames, so that a loop is as fast however deep it is called.

CPython keeps frames in chunks of 16 KiB. Where a call does not fit, it asks the kernel for another
chunk, and gives it back when that call returns. Callbacks that begin right at the end of a chunk do
so one by one, and a run may take five times as long; where the end is depends on who called us
(3.11, 3.12 and the first 3.13 and 3.14; later ones keep a chunk: python/cpython#142183). The
programs have loops of their own, without room: a central CLA under load asks for no such chunks.
"""

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_FRAME_SLOTS = 7_300
"""Of 8 bytes: with them a chunk has 128 KiB, of which 70 are left for what is called."""


def with_room(call: Callable[[], T]) -> T:
    """Call it from a frame for which a new chunk is made, with room for what it calls."""
    return call()


with_room.__code__ = with_room.__code__.replace(co_stacksize=_FRAME_SLOTS)
