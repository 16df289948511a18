"""Why the last call of a number did not go through: what the answer to it leaves in the book."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from licensing import events
from licensing.catalogue import LICENSES, LicenseKind
from licensing.events import Entry
from licensing.words import CallOutcome
from simulator.report.explain.cause_book import CauseBook, known
from simulator.report.explain.reason import Reason

_MOST_RED = 3
"""Of the trunks of a node: more chains than these nobody reads."""


def _call(book: CauseBook, entry: Entry, fact: events.CallAnswered) -> None:
    if fact.outcome is CallOutcome.CONNECTED:
        book.calls.pop(fact.source, None)
    else:
        rule, causes = _why_no_call(book, entry, fact)
        book.calls[fact.source] = Reason.of(entry, rule, *causes)


def _why_no_call(
    book: CauseBook, entry: Entry, fact: events.CallAnswered
) -> tuple[str, tuple[Reason, ...]]:
    if fact.reason in ("emergency-mode", "restricted"):
        return "F5", known(book.states.get(entry.host))
    if fact.reason in ("no-link", "node-unreachable"):
        other = book.homes.of(fact.destination)
        return "", book.why_apart(entry.host, other, entry.at)
    of_whom = {
        "no-station-license": (entry.host, fact.source),
        "called-party-unlicensed": (book.homes.of(fact.destination), fact.destination),
        "no-trunk-license": (entry.host, ""),
    }
    if fact.reason not in of_whom:
        return "", ()
    return "domain 3", tuple(_red(book, *of_whom[fact.reason]))[:_MOST_RED]


def _red(book: CauseBook, node: str, subscriber: str) -> Iterator[Reason]:
    """What is red of a subscriber's station licenses; without one, of the trunks of the node."""
    kind = LicenseKind.STATION if subscriber else LicenseKind.TRUNK
    for (of, who, key), reason in book.licenses.items():
        if of == node and who == (subscriber or who) and LICENSES[key].kind is kind:
            yield reason


CALL_NOTES: Final[Mapping[type[events.Event], Callable[[CauseBook, Entry, Any], None]]] = {
    events.CallAnswered: _call,
}
