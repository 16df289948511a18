"""What facts of central CLAs about seats leave in the book: who has them, and who has not."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from licensing import events
from licensing.events import Entry
from simulator.report.explain.absence import why_away
from simulator.report.explain.cause_book import CauseBook, Holder, known, required_by
from simulator.report.explain.free_seats import why_none_free
from simulator.report.explain.reason import Reason
from simulator.report.phrases import refusal_in_words

_Held: TypeAlias = events.DemandDecided | events.SeatsRestored | events.SeatsLost

_RULE_OF_REFUSAL: Final[Mapping[str, str]] = {
    "too-few-licenses": "domain 3",
    "prerequisite-refused": "domain 2",
    "relicensing-required": "F6",
    "not-activated": "F10",
    "file-ended": "F14",
    "license-ended": "F14",
}


def _decide(book: CauseBook, entry: Entry, fact: events.DemandDecided) -> None:
    """Of each holder the prerequisites come first: who requires one is refused for its refusal."""
    _hold(book, entry, fact)
    none_free: dict[str, tuple[Reason, ...]] = {}
    of_holder: defaultdict[str, dict[str, Reason]] = defaultdict(dict)
    for seat in fact.refused:
        before = of_holder[seat.holder]
        if seat.reason == "too-few-licenses":
            if seat.license not in none_free:
                none_free[seat.license] = why_none_free(book, entry.host, seat.license, entry.at)
            why = none_free[seat.license]
        elif seat.reason == "prerequisite-refused":
            why = tuple(before[key] for key in required_by(seat.license) if key in before)
        elif seat.reason == "relicensing-required":
            why = known(book.required.get(entry.host))
        else:
            ended = book.ended(entry.host, (seat.license,), entry.at)
            why = ended or book.file_of(entry.host)
        refused = Reason(
            entry.at,
            entry.host,
            f"central CLA: {seat.license} of {seat.holder} ({fact.node}) refused,"
            f" {refusal_in_words(seat.reason, seat.license)}",
            _RULE_OF_REFUSAL.get(seat.reason, "domain 3"),
            why,
        )
        before[seat.license] = refused
        book.refused_seats[Holder(fact.node, seat.holder, seat.license)] = refused


def _hold(book: CauseBook, entry: Entry, fact: _Held) -> None:
    book.lost_grants.pop((entry.host, fact.node), None)
    book.held.note(entry.host, fact.node, Reason.of(entry), _decided(fact))


def _decided(fact: _Held) -> set[str]:
    seats = [*fact.granted, *fact.released] if isinstance(fact, events.DemandDecided) else fact.lost
    return {seat.license for seat in seats}


def _sign_lease(book: CauseBook, entry: Entry, fact: events.LeaseSigned) -> None:
    book.held.note(entry.host, fact.node, Reason.of(entry))


def _hold_ended(book: CauseBook, entry: Entry, fact: events.HoldEnded) -> None:
    away = known(why_away(book, entry.host, fact.node))
    ended = Reason.of(entry, "F9", *away, *book.file_of(entry.host))
    book.freed[fact.node] = ended
    book.held.note(entry.host, fact.node, ended)


def _restore(book: CauseBook, entry: Entry, fact: events.SeatsRestored) -> None:
    _hold(book, entry, fact)
    _take(book, fact, Reason.of(entry, "F9", *known(book.freed.pop(fact.node, None))))


def _lose(book: CauseBook, entry: Entry, fact: events.SeatsLost) -> None:
    _hold(book, entry, fact)
    ended = book.ended(entry.host, {seat.license for seat in fact.lost}, entry.at)
    _take(book, fact, Reason.of(entry, "F13", *(ended or book.file_of(entry.host))))


def _take(book: CauseBook, fact: events.SeatsRestored | events.SeatsLost, why: Reason) -> None:
    lost = (Holder(fact.node, seat.holder, seat.license) for seat in fact.lost)
    book.refused_seats |= dict.fromkeys(lost, why)


def _change_key(book: CauseBook, entry: Entry, fact: events.NodeKeyChanged) -> None:
    disk = book.disks.get(fact.node)
    book.moved[fact.node] = moved = Reason.of(entry, "F16", *known(disk.reason if disk else None))
    if fact.former:
        book.held.pass_on(entry.host, fact.node, fact.former, moved)
        book.former_keys[fact.former] = fact.node
        book.away[entry.host, fact.former] = moved


def _forget(book: CauseBook, entry: Entry, fact: events.NodeForgotten) -> None:
    away = known(why_away(book, entry.host, fact.node))
    book.moved[fact.node] = forgotten = Reason.of(entry, "F16", *away)
    book.held.note(entry.host, fact.node, forgotten)


SEAT_NOTES: Final[Mapping[type[events.Event], Callable[[CauseBook, Entry, Any], None]]] = {
    events.DemandDecided: _decide,
    events.SeatsRestored: _restore,
    events.SeatsLost: _lose,
    events.LeaseSigned: _sign_lease,
    events.HoldEnded: _hold_ended,
    events.NodeKeyChanged: _change_key,
    events.NodeForgotten: _forget,
}
