"""What a page is asked for, and what it answers: shared by all rooms that have pages."""

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple


class Asked(NamedTuple):
    """What a page is asked for: the call number of its address, and the query."""

    holder: str
    query: Mapping[str, str]

    def all(self, name: str) -> list[str]:
        """Every value of a field of the query, which may have several."""
        return [value for key, value in self.query.items() if key == name]


PageFacts = Mapping[str, object]
Shown = Callable[[Asked], Awaitable[PageFacts]]
ShownPage = tuple[str, Shown]
"""The name of a template, and the facts for it."""
