"""What each node holds by the books of each central CLA, and which fact has made it so."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from simulator.report.account.seats import AllSeatBooks
from simulator.report.explain.reason import Reason


class Held(NamedTuple):
    """The `number` of a license that a node holds `since` a fact; before that there `were` so many.

    Where the fact has `decided` about them in words, what is gone was not taken without a word.
    """

    number: int
    were: int
    since: Reason
    decided: bool


_NONE = Held(0, 0, Reason(0, "", ""), decided=False)


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
        now, known = self._books.of(agent).held.get(node, {}), self._held[agent][node]
        for key in dict.fromkeys((*known, *now)):
            number, before = now.get(key, 0), known.get(key, _NONE)
            if number != before.number:
                known[key] = Held(number, before.number, why, key in decided)
            elif key in decided:
                known[key] = Held(number, before.were, why, decided=True)

    def pass_on(self, agent: str, node: str, to: str, why: Reason) -> None:
        """By that fact another name has all that a node has held."""
        self._held[agent].pop(node, None)
        self.note(agent, to, why)

    def falls(self, agent: str, license_key: str) -> Iterator[Held]:
        """Of each node that holds fewer of a license than before: of the last change of that."""
        for known in self._held[agent].values():
            held = known.get(license_key, _NONE)
            if held.number < held.were:
                yield held
