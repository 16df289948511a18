"""What each node holds by the books of each central CLA, and which fact has made it so."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from simulator.report.account.seats import AllSeatBooks
from simulator.report.explain.reason import Reason


class Held(NamedTuple):
    """So many of a license does a node hold `since` a fact changed that.

    They `fell` where it held more and has not given these back itself.
    """

    number: int
    since: Reason
    fell: bool


class HeldSeats:
    """Of each node that holds something by these `books`, or has held something."""

    def __init__(self, books: AllSeatBooks) -> None:
        self._books = books
        self._held: dict[str, dict[str, dict[str, Held]]] = defaultdict(lambda: defaultdict(dict))

    def of(self, agent: str, node: str) -> Mapping[str, Held]:
        """By license, by the books of the CLA on the host `agent`."""
        return self._held[agent].get(node, {})

    def nodes(self, agent: str) -> Iterator[str]:
        """Those that hold something by its books, or have done so."""
        yield from self._held[agent]

    def note(self, agent: str, node: str, why: Reason, decided: Collection[str] = ()) -> None:
        """By that fact a node holds what the books say: of what is as before no fact is the cause.

        What was `decided` may stand in a lease of that instant already.
        """
        now, held = self._books.of(agent).held.get(node, {}), self._held[agent][node]
        for key in dict.fromkeys((*held, *now)):
            number, before = now.get(key, 0), held[key].number if key in held else 0
            if number != before or key in decided:
                held[key] = Held(number, why, number < before and key not in decided)
