"""Programs that ended themselves, as the story tells them: once, however often they start.

The story has its first end, and when it runs again, with the number of the start.
"""

from collections.abc import Callable, Mapping
from typing import Any

from licensing.events import (
    AgentStopped,
    Entry,
    Event,
    ProgramEnded,
    ProgramRestarted,
    ProgramStarted,
)
from licensing.words import CLA_PROGRAM


class EndedPrograms:
    """Reads entries; `folds` says of each whether the story leaves it out."""

    def __init__(self) -> None:
        self._starts: dict[tuple[str, str], int] = {}
        """Of a program that has ended itself: how often it was started since."""
        self._ends: dict[tuple[str, str], set[str]] = {}
        self._ways: Mapping[type[Event], Callable[[str, Any], bool]] = {
            ProgramEnded: lambda host, fact: self._ended(host, fact.program, fact.reason),
            AgentStopped: lambda host, fact: self._ended(host, CLA_PROGRAM, f"CLA: {fact.code}"),
            ProgramRestarted: self._restarted,
            ProgramStarted: lambda host, fact: not self._starts.get((host, fact.program)),
        }

    def folds(self, entry: Entry) -> bool:
        """Whether there is nothing new in an entry about a program's end or start."""
        way = self._ways.get(type(entry.fact))
        return way is not None and way(entry.host, entry.fact)

    def runs_again(self, host: str, program: str) -> str:
        """A program has come up: with which start, in words."""
        self._ends.pop((host, program), None)
        times = self._starts.pop((host, program))
        return "again" if times == 1 else f"again, at the attempt number {times}"

    def _ended(self, host: str, program: str, how: str) -> bool:
        ends = self._ends.setdefault((host, program), set())
        told = how in ends and bool(self._starts.get((host, program)))
        ends.add(how)
        return told

    def _restarted(self, host: str, fact: ProgramRestarted) -> bool:
        key = host, fact.program
        self._starts[key] = self._starts.get(key, 0) + fact.times
        return True
