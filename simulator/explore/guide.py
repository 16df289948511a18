"""Which seeds are played next: one after another, or those that promise something new.

A run is known before it is played: what it draws from, and in what. Of several seeds the guide
takes the one whose pairs of such features have been played least, and counts a feature for more
where runs that had it have reached something new.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from simulator.explore.draws import DrawnRun, drawn_run
from simulator.explore.played_run import PlayedRun
from simulator.explore.reached import Reached
from simulator.scenario.values import LARGEST_COUNT
from simulator.worlds.random_streams import stream

CANDIDATES = 4
"""Seeds that are looked at for each that is played."""


class Guide:
    """Hands out the seeds of round after round from a first seed on.

    Unless it is `guided`, they are the first seed and those that follow. `corpus` has seeds that
    reached something new on other nights, on which there have been so many `earlier` runs: a guided
    exploration plays them first, and then others than on those nights. All are played in an
    internetwork of their own, or in that of the plain scenario `given`.
    """

    def __init__(
        self,
        first_seed: int,
        *,
        guided: bool,
        corpus: Sequence[int] = (),
        earlier: int = 0,
        given: str = "",
    ) -> None:
        self.found: list[int] = []
        self._first_seed = first_seed
        self._guided = guided
        self._given = given
        self._corpus = list(corpus) if guided else []
        self._kept = frozenset(corpus)
        self._earlier = earlier
        self._round = 0
        self._handed_out = 0
        self._reached = Reached()
        self._played: Counter[tuple[str, str]] = Counter()
        self._news: Counter[str] = Counter()

    def seeds(self, count: int) -> list[int]:
        """Those of the next round."""
        self._round += 1
        kept, self._corpus = self._corpus[:count], self._corpus[count:]
        left = count - len(kept)
        if self._guided and (self._round > 1 or self._earlier):
            return [*kept, *self._promising(left)]
        return [*kept, *self._next_in_turn(left)]

    def note(self, run: PlayedRun) -> None:
        """A run has been played; runs are noted in the order of their numbers."""
        news = run.reached.beyond(self._reached)
        if not news:
            return
        self._reached |= run.reached
        if run.seed not in self._kept:
            self.found.append(run.seed)
        if self._guided:
            self._news.update(dict.fromkeys(features(drawn_run(run.seed, self._given)), news))

    def _next_in_turn(self, count: int) -> Iterator[int]:
        for _ in range(count):
            while (seed := self._in_turn()) in self._kept:
                pass  # it has been played before
            yield seed

    def _in_turn(self) -> int:
        self._handed_out += 1
        return (self._first_seed + self._handed_out - 1) % (LARGEST_COUNT + 1)

    def _promising(self, count: int) -> Iterator[int]:
        after = f" after {self._earlier} runs" if self._earlier else ""
        dice = stream(self._first_seed, f"explore: round {self._round}{after}")
        for _ in range(count):
            seeds = [dice.randrange(LARGEST_COUNT) for _ in range(CANDIDATES)]
            runs = [drawn_run(seed, self._given) for seed in seeds]
            best = max(runs, key=self._promise)
            self._played.update(pairs(best))
            yield best.seed

    def _promise(self, run: DrawnRun) -> float:
        rare = sum(1 / (1 + self._played[pair]) for pair in pairs(run))
        return rare + sum(self._news[each] for each in features(run)) / (1 + self._news.total())


def features(run: DrawnRun) -> list[str]:
    """What a run is like, before it is played."""
    sites = run.sites
    return [
        *run.kinds,
        f"{len(sites.nodes)} nodes",
        *(f"{kind} in the middle" for kind in sites.transit),
        *(f"{key} {value}" for key, value in sites.policies.items()),
        *(["virtual"] if sites.virtual else []),
        *(["second line"] if "lte" in sites.links else []),
        f"{len(sites.orders)} orders",
    ]


def pairs(run: DrawnRun) -> Iterable[tuple[str, str]]:
    """Any two features of it."""
    return combinations(features(run), 2)
