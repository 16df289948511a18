"""The journal of a client of somebody's own, which states what a node may state, and nothing else.

What our programs state the type checker has looked at; of a client nobody has.
"""

import asyncio
import sys
from types import FrameType
from typing import TypeAlias, get_args

import msgspec

from licensing.events import Fact, NodeFact, ProgramStarted
from licensing.words import NODE_PROGRAM
from runtime.host import Journal
from simulator.loop.failures import ProgramDied
from simulator.loop.virtual_loop import VirtualLoop

_Stated: TypeAlias = NodeFact | ProgramStarted
_decoder: msgspec.json.Decoder[_Stated] = msgspec.json.Decoder(_Stated)


class ClientJournal:
    """Passes on to `journal` what is a fact of a node on `host`, with the right types.

    Anything else ends the run with `ProgramDied`, which names the line of the file `path`: whoever
    catches an exception could go on, and be judged by the facts that are left.
    """

    def __init__(self, journal: Journal, host: str, path: str) -> None:
        self._journal = journal
        self._host = host
        self._path = path

    def record(self, *facts: Fact) -> None:
        """Append facts with the instant and the host; raises `Fenced`."""
        try:
            stated = [_as_it_is_read(fact) for fact in facts]
        except (TypeError, ValueError, RecursionError) as error:  # msgspec's own are among them
            self._fail(error)
        else:
            self._journal.record(*stated)

    def _fail(self, error: Exception) -> None:
        where = _line_of(self._path, sys._getframe(2))  # noqa: SLF001 - who states it
        died = ProgramDied(
            f"the client of {self._host} has failed: {where} states no fact: {error}"
        )
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        loop.fail(died)


def _as_it_is_read(fact: object) -> Fact:
    """The fact as whoever reads the journal gets it; raises `TypeError` or `ValueError`."""
    if not isinstance(fact, get_args(_Stated)):
        raise TypeError(f"a node states none of the kind {type(fact).__name__}")
    if isinstance(fact, ProgramStarted) and fact.program != NODE_PROGRAM:
        raise ValueError(f"the program of a node is {NODE_PROGRAM!r}, not {fact.program!r}")
    read: Fact = _decoder.decode(msgspec.json.encode(fact))
    return read


def _line_of(path: str, frame: FrameType) -> str:
    """The nearest line of that file on the way to `frame`, or that of the frame itself."""
    nearest: FrameType | None = frame
    while nearest and nearest.f_code.co_filename != path:
        nearest = nearest.f_back
    found = nearest or frame
    return f"{found.f_code.co_filename}:{found.f_lineno}"
