"""What one browser looks at: an instant, a thing, whose story. It stands in the address."""

from collections.abc import Mapping
from urllib.parse import urlencode

import msgspec

from licensing.policies import MICROSECOND_NS

MILLISECOND_NS = 1000 * MICROSECOND_NS
_LATEST_MS = 10**15
KINDS = ("node", "link", "transit", "license")


class Looking(msgspec.Struct, frozen=True):
    """`at_ms` is the instant in milliseconds since the start, None for now.

    `thing` is what the panel shows, as `node north` or `link hq-north`, "" for the whole;
    `story_of` whose sentences, "" for everybody's. `presents` for the page of a projector.
    """

    at_ms: int | None = None
    kind: str = ""
    name: str = ""
    story_of: str = ""
    presents: bool = False

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Looking":
        """What an address asks for; what makes no sense is left out."""
        at = query.get("at", "")
        kind = next((kind for kind in KINDS if query.get(kind)), "")
        return cls(
            min(int(at), _LATEST_MS) if at.isdecimal() and at.isascii() and len(at) < 20 else None,
            kind,
            query.get(kind, "") if kind else "",
            query.get("story", ""),
            "present" in query,
        )

    def at_ns(self, now_ns: int) -> int:
        """The last nanosecond of that instant, at most now."""
        if self.at_ms is None:
            return now_ns
        return min(now_ns, (self.at_ms + 1) * MILLISECOND_NS - 1)

    def fields(self) -> dict[str, str | int]:
        """What an address or a form says to ask for this."""
        said = {
            "at": self.at_ms,
            **({self.kind: self.name} if self.kind else {}),
            "story": self.story_of,
            "present": "1" if self.presents else None,
        }
        return {name: value for name, value in said.items() if value not in (None, "")}

    def query(self, **other: str | int | None) -> str:
        """The address of the same, but for what is `other`; None leaves it out."""
        said: dict[str, str | int | None] = {**self.fields()}
        if any(kind in other for kind in KINDS):
            said = {name: value for name, value in said.items() if name not in KINDS}
        left = {name: value for name, value in (said | other).items() if value not in (None, "")}
        return f"/?{urlencode(left)}" if left else "/"
