"""What a form of the WBM is, and what it remembers of the moment in which it was made."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nodes.profiles import Right
from nodes.system import CommunicationSystem
from runtime.pages.entries import Entries
from runtime.pages.site import Notice

WbmSubmit = Callable[[CommunicationSystem, Entries], Awaitable[Notice]]
"""Does what was entered; answers the notice that a person sees afterwards."""

_WORDS_OF_A_SEAT = re.compile(r"(.+)=(\d{1,6})")


@dataclass(frozen=True, slots=True)
class WbmForm:
    """What is sent to `path`. The answer is the page `after`, by default `page`.

    Where it was refused, the answer is `page` with the entries, and the reason beside `field` where
    the refusal names no other. `{holder}` is the call number of the address, or the one that was
    entered.
    """

    path: str
    page: str
    right: Right
    submit: WbmSubmit
    after: str = ""
    field: str = ""


def seats_text(quantities: dict[str, int]) -> str:
    """What was ticked when a form was made, for a hidden field of it."""
    return " ".join(f"{key}={quantity}" for key, quantity in quantities.items())


def seats_of(text: str) -> dict[str, int]:
    """The same, read back; a field that somebody tampered with says nothing was ticked."""
    found = (_WORDS_OF_A_SEAT.fullmatch(word) for word in text.split())
    return {match[1]: int(match[2]) for match in found if match}
