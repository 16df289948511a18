"""Many sites in few words: from ten nodes on, what is alike is said once, as `28 slaves`."""

import re
from collections.abc import Collection, Sequence
from itertools import chain, groupby

from licensing.words import Role
from simulator.scenario import Internetwork

FOLDED_FROM = 10
"""So many nodes make an internetwork large; what is said of a smaller one is never folded."""

_LISTED = 4

ANY_SITE = "\N{SUBSTITUTE}"
"""Stands in a text for the name of one site."""


def is_large(internetwork: Internetwork) -> bool:
    """Whether what is alike in it is said once."""
    return len(internetwork.nodes) >= FOLDED_FROM


class Groups:
    """What several nodes or links of one internetwork are called together."""

    def __init__(self, internetwork: Internetwork) -> None:
        nodes = internetwork.nodes.items()
        self._kinds: dict[str, Collection[str]] = {
            "slaves": {name: None for name, node in nodes if node.role is Role.SLAVE},
            "nodes": internetwork.nodes,
            "links": internetwork.links,
        }
        longest_first = sorted(internetwork.nodes, key=len, reverse=True)
        names = "|".join(map(re.escape, longest_first))
        self._names = re.compile(rf"(?<![\w-])(?:{names})(?![\w-])")
        self._listed = re.compile(rf", (?=(?:{names}) )")

    def kind_of(self, name: str) -> str:
        """`nodes` or `links`; another name is its own kind."""
        return next((kind for kind in ("nodes", "links") if name in self._kinds[kind]), name)

    def called(self, names: Sequence[str]) -> str:
        """`28 slaves`, `29 nodes`, `3 links`; one alone has its name."""
        return names[0] if len(names) == 1 else f"{len(names)} {self._kind(names)}"

    def which(self, names: Sequence[str], most: int = _LISTED) -> str:
        """Which of their kind they are, in `most` words: `all but north`; "" is all of them."""
        kind = list(self._kinds[self._kind(names)])
        others = [name for name in kind if name not in set(names)]
        if len(names) == 1 or not others:
            return ""
        these, rest = _runs(set(names), kind), _runs(set(others), kind)
        if len(these) > most and len(rest) <= most:
            return f"all but {', '.join(rest)}"
        if len(these) <= most:
            return ", ".join(these)
        return f"{', '.join(these[: most - 1])} and others"

    def without_name(self, text: str, where: str) -> tuple[str, str]:
        """The one site that `text` names, other than `where`, and `text` without its name.

        Where it names none or several, that is `where`, and all of the text.
        """
        named = {name for name in self._names.findall(text) if name != where}
        if len(named) != 1:
            return where, text
        (site,) = named
        return site, self._names.sub(lambda found: ANY_SITE if found[0] == site else found[0], text)

    def shared(self, text: str) -> str:
        """`a state: down, b state: down` as `2 slaves state: down (a, b)`."""
        alike: dict[str, list[str]] = {}
        for part in self._listed.split(text):
            name, _, rest = part.partition(" ")
            if name not in self._kinds["nodes"]:
                return text
            alike.setdefault(rest, []).append(name)
        told = ((self.called(names), rest, self.which(names)) for rest, names in alike.items())
        return ", ".join(
            f"{who} {rest}" + (f" ({which})" if which else "") for who, rest, which in told
        )

    def _kind(self, names: Sequence[str]) -> str:
        return next(kind for kind, known in self._kinds.items() if set(names) <= set(known))


def _runs(names: set[str], kind: list[str]) -> list[str]:
    """`names` in the order of their kind, three or more neighbours as `first ... last`."""
    runs = [[*run] for chosen, run in groupby(kind, names.__contains__) if chosen]
    return list(
        chain.from_iterable(run if len(run) < 3 else [f"{run[0]} ... {run[-1]}"] for run in runs)
    )
