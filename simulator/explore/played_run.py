"""One run: played, judged, and what was reached in it.

A run is cut short by the number of its facts, never by time, so that its verdict is the same on
every computer.
"""

import re
from collections.abc import Sequence
from enum import StrEnum

import msgspec

from licensing.events import Entry, ExpectationFailed
from simulator.explore.excuses import OverUseExcuses
from simulator.explore.reached import Reached, ReachedReader
from simulator.explore.technician import Technician
from simulator.explore.ways_out import Written
from simulator.runs.play import Result, play
from simulator.scenario import Scenario

MOST_FACTS = 60_000
"""A run with more of them is undecided: none that was drawn so far has a third of it."""

_STATE = re.compile(r"state: (?!regular)([a-z-]+)")


class RunFate(StrEnum):
    """What came of a run. Over-use that a step of it could cause is counted apart."""

    HOLDS = "holds"
    USED_AS_SAID = "over-used by what was done"
    VIOLATED = "violated"
    OVER_USED = "over-used"
    UNDECIDED = "undecided"
    ERROR = "error"

    @property
    def fails(self) -> bool:
        """Whether it is a failure; what is undecided is none, and proves nothing."""
        return self in (RunFate.VIOLATED, RunFate.OVER_USED, RunFate.ERROR)


class PlayedRun(msgspec.Struct, frozen=True):
    """A run by its `seed`: the `rule` that did not hold, and in words what was seen.

    `facts` is the number of entries in its journal, `digest` that of all of them; `technician` has
    the steps that were done after the timeline, `refused` what was not done in it, and why: the
    first word of each step, with a code.
    """

    seed: int
    verdict: RunFate
    rule: str = ""
    says: str = ""
    facts: int = 0
    digest: str = ""
    node_days: float = 0.0
    reached: Reached = msgspec.field(default_factory=Reached)
    technician: tuple[Written, ...] = ()
    refused: frozenset[tuple[str, str]] = frozenset()

    @property
    def failure(self) -> str:
        """What two failures of one kind have in common; "" of none.

        Of nodes that are not regular at the end (O8) also what they are instead.
        """
        if not self.verdict.fails:
            return ""
        instead = sorted({*_STATE.findall(self.says)}) if self.rule == "O8" else []
        return " ".join(filter(None, (self.verdict, self.rule, *instead)))


class _CutShort(Exception):
    """More facts than a run may have."""


def played(scenario: Scenario, *, mended: bool = True) -> PlayedRun:
    """Play and judge it; the technician comes afterwards unless it is `mended` by its own steps."""
    reader, excuses, technician = ReachedReader(scenario), OverUseExcuses(), Technician()
    counted = _Counter()
    try:
        result = play(
            scenario,
            readers=[counted, reader, excuses],
            afterwards=technician if mended else None,
        )
    except _CutShort:
        verdict, rule, says, digest = RunFate.UNDECIDED, "", "", ""
    except Exception as error:  # noqa: BLE001 - whatever a program raises is what is looked for
        first, says = _told(error)
        verdict, rule, digest = RunFate.ERROR, type(first).__name__, ""
    else:
        verdict, rule, says = _judged(result, excuses)
        digest = result.digest
    return PlayedRun(
        scenario.seed,
        verdict,
        rule,
        says,
        facts=counted.facts,
        digest=digest,
        node_days=len(scenario.internetwork.nodes) * reader.days,
        reached=reader.reached(),
        technician=tuple(technician.done),
        refused=frozenset(reader.refused),
    )


def _told(error: BaseException) -> tuple[BaseException, str]:
    """The first error of a group in which it came, if in one, and in words all with their notes."""
    if isinstance(error, BaseExceptionGroup):
        told = [_told(each) for each in error.exceptions]
        return told[0][0], "\n".join([*(says for _, says in told), *_notes(error)])
    return error, "\n".join([f"{type(error).__name__}: {error}", *_notes(error)])


def _notes(error: BaseException) -> Sequence[str]:
    return getattr(error, "__notes__", ())


class _Counter:
    """The reader that ends a run which goes on too long."""

    def __init__(self) -> None:
        self.facts = 0

    def __call__(self, _: Entry) -> None:
        self.facts += 1
        if self.facts > MOST_FACTS:
            raise _CutShort


def _judged(result: Result, excuses: OverUseExcuses) -> tuple[RunFate, str, str]:
    if result.tracebacks:
        first = result.tracebacks[0].says
        return RunFate.ERROR, first.partition(":")[0], first
    if result.violation:
        return RunFate.VIOLATED, result.violation.rule, str(result.violation)
    failed = [e.fact for e in result.shortfalls if isinstance(e.fact, ExpectationFailed)]
    if failed:
        return (
            RunFate.VIOLATED,
            "O8",
            f"{failed[0].step}: wanted {failed[0].wanted}, got {failed[0].got}",
        )
    if not result.over_used:
        return RunFate.HOLDS, "", ""
    told = ", ".join(f"{number} x {key}" for key, number in result.over_used.items())
    return RunFate.OVER_USED if excuses.unexcused else RunFate.USED_AS_SAID, "O10", told
