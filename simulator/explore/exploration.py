"""Many runs in the order of their numbers, in rounds, and what came of them all.

The digest is over number, seed and verdict of each run in order, so it is the same for any number
of jobs and on any cluster. In plain exploration the seeds of the runs follow each other. In guided
exploration a round begins when the one before it is over: its draws depend on the first seed, on
the corpus as it was at the start, and on what the earlier rounds have reached.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import msgspec
from msgspec.structs import replace

from simulator.explore.draws import drawn_run
from simulator.explore.guide import Guide
from simulator.explore.played_run import PlayedRun, RunFate, played
from simulator.explore.reached import ENDS, Reached
from simulator.scenario import NO_CLIENTS, OwnClients
from simulator.spread import Workforce

ROUND = 200
"""Runs of a round."""

BATCH = 2
"""Runs that a worker has at a time: few, so that all of them have work to the end."""


Enough = Callable[[], bool]


def _never() -> bool:
    return False


@dataclass
class RunTally:
    """What came of the runs so far; `failures` are of those that fail, with their numbers.

    `expected` are ends that some runs must reach. `interrupted` says that fewer runs came than were
    asked for, for another reason than time.
    """

    expected: Sequence[str] = ENDS
    interrupted: bool = False
    counts: Counter[RunFate] = field(default_factory=Counter)
    failures: list[tuple[int, PlayedRun]] = field(default_factory=list)
    reached: Reached = field(default_factory=Reached)
    ends: Counter[str] = field(default_factory=Counter)
    runs: int = 0
    node_days: float = 0.0
    longest_node_days: float = 0.0
    facts: int = 0

    def __post_init__(self) -> None:
        self._hash = hashlib.sha256()

    def add(self, run: PlayedRun) -> None:
        """The next run in the order of their numbers."""
        self.runs += 1
        self._hash.update(f"{self.runs} {run.seed} {run.verdict}\n".encode())
        self.counts[run.verdict] += 1
        self.reached |= run.reached
        self.ends.update(run.reached.ends)
        self.node_days += run.node_days
        self.longest_node_days = max(self.longest_node_days, run.node_days)
        self.facts += run.facts
        if run.verdict.fails:
            self.failures.append((self.runs, run))

    @property
    def digest(self) -> str:
        """What two explorations have in common exactly when all their verdicts are the same."""
        return self._hash.hexdigest()

    @property
    def never_reached(self) -> list[str]:
        """Ends that no run has reached; of less than a round nothing is expected."""
        return [end for end in self.expected if self.runs >= ROUND and not self.ends[end]]

    @property
    def proves_nothing(self) -> bool:
        """Whether there are runs of which nobody knows what would have come of them, or none."""
        return self.interrupted or not self.runs or self.counts[RunFate.UNDECIDED] > 0

    @property
    def holds(self) -> bool:
        """Whether no run has failed, and enough has been looked at."""
        return not self.failures and not self.never_reached and not self.proves_nothing


class SeedBatch(msgspec.Struct, frozen=True):
    """The seeds of runs that a worker plays, in the plain scenario `given` or each in its own.

    `clients` are played in the place of their nodes.
    """

    seeds: Sequence[int]
    given: str = ""
    clients: OwnClients = NO_CLIENTS


def explored(
    guide: Guide,
    spread: Workforce,
    runs: int,
    *,
    given: str = "",
    clients: OwnClients = NO_CLIENTS,
    enough: Enough = _never,
) -> Iterator[PlayedRun]:
    """Runs in the order of their numbers, `runs` of them at most; one round after another.

    No batch is begun once there is `enough`.
    """
    left = runs
    while left > 0 and not enough():
        seeds = guide.seeds(min(ROUND, left))
        for batch in spread(play_batch, _batches(SeedBatch(seeds, given, clients), enough)):
            for run in batch:
                guide.note(run)
                yield run
        left -= len(seeds)


def play_batch(batch: SeedBatch) -> list[PlayedRun]:
    """The runs of some seeds, one after another: what a worker does."""
    drawn = [drawn_run(seed, batch.given).scenario for seed in batch.seeds]
    return [played(scenario.with_clients(batch.clients)) for scenario in drawn]


def _batches(all_of_them: SeedBatch, enough: Enough) -> Iterator[SeedBatch]:
    ahead = iter(all_of_them.seeds)
    while not enough() and (next_ones := list(islice(ahead, BATCH))):
        yield replace(all_of_them, seeds=next_ones)
