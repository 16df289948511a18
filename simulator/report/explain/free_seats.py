"""Why no more of a license are free at a central CLA: what was bought of it, and who has it."""

from collections.abc import Iterator, Sequence

from licensing.catalogue import STANDS_IN, STOOD_IN_FOR
from simulator.report.explain.absence import is_away, why_away
from simulator.report.explain.cause_book import CauseBook, known
from simulator.report.explain.held_seats import Held
from simulator.report.explain.reason import Reason


def number_free(book: CauseBook, agent: str, license_key: str, at_ns: int) -> int:
    """How many of a license may still be granted by the books of the CLA on `agent`."""
    return book.seats.of(agent).count(license_key, at_ns).free


def why_none_free(book: CauseBook, agent: str, license_key: str, at_ns: int) -> tuple[Reason, ...]:
    """Who holds a license by the books of the CLA on `agent`, and what was bought of it.

    With flexible licensing also what IP licenses stand in for, or why none is left to do so. Where
    nothing has changed since some came free, also what has freed them.
    """
    why = _holders(book, agent, license_key, at_ns)
    falls = [*book.held.falls(agent, license_key)]
    if _is_flexible(book, agent) and license_key == STANDS_IN:
        why += tuple(_stands_in(book, agent, at_ns))
        falls += _falls_elsewhere(book, agent, at_ns)
    elif _is_flexible(book, agent) and license_key in STOOD_IN_FOR:
        why += (_none_stands_in(book, agent, at_ns),)
    return why + tuple(_freed(falls, why))


def _is_flexible(book: CauseBook, agent: str) -> bool:
    file = book.seats.of(agent).file
    return file is not None and file.flexible


def _freed(falls: Sequence[Held], why: Sequence[Reason]) -> Iterator[Reason]:
    """The last facts by which fewer are held, where no other one came later."""
    latest_ns = max(each.at_ns for each in (*why, *(held.since for held in falls)))
    for freed in dict.fromkeys(held.since for held in falls):
        if freed.at_ns == latest_ns and not any(each.tells(freed) for each in why):
            yield freed


def _falls_elsewhere(book: CauseBook, agent: str, at_ns: int) -> Iterator[Held]:
    """By what IP licenses stand in for fewer: of kinds that had more in use than their own."""
    for key in STOOD_IN_FOR:
        own = book.seats.of(agent).count(key, at_ns).bought
        for held in book.held.falls(agent, key):
            if book.seats.of(agent).used[key] + held.were - held.number > own:
                yield held


def _none_stands_in(book: CauseBook, agent: str, at_ns: int) -> Reason:
    because = why_none_free(book, agent, STANDS_IN, at_ns)
    latest_ns = max(each.at_ns for each in because)
    free = number_free(book, agent, STANDS_IN, at_ns)
    text = f"central CLA: {free} x {STANDS_IN} free to stand in"
    return Reason(latest_ns, agent, text, "flexible licensing", because)


def _stands_in(book: CauseBook, agent: str, at_ns: int) -> Iterator[Reason]:
    books = book.seats.of(agent)
    for key in STOOD_IN_FOR:
        if (beyond := books.used[key] - books.count(key, at_ns).bought) > 0:
            because = _holders(book, agent, key, at_ns)
            latest_ns = max(each.at_ns for each in because)
            text = f"central CLA: {beyond} x {STANDS_IN} in use in place of {key}"
            yield Reason(latest_ns, agent, text, "flexible licensing", because)


def _holders(book: CauseBook, agent: str, license_key: str, at_ns: int) -> tuple[Reason, ...]:
    books = book.seats.of(agent)
    bought = books.count(license_key, at_ns).bought
    because = book.ended(agent, (license_key,), at_ns) or book.file_of(agent)
    latest_ns = max((each.at_ns for each in because), default=at_ns)
    purchase = f"central CLA: {bought} x {license_key} bought"
    reasons = [Reason(latest_ns, agent, purchase, "", because)]
    for node, held in sorted(books.held.items()):
        if number := held.get(license_key, 0):
            reasons.append(_holding(book, agent, node, number, license_key))
    return tuple(reasons)


def _holding(book: CauseBook, agent: str, node: str, number: int, license_key: str) -> Reason:
    since = book.held.of(agent, node)[license_key].since
    text = f"central CLA: {number} x {license_key} {{}} {node}"
    if not is_away(book, agent, node):
        return Reason(since.at_ns, agent, text.format("in use by"))
    away = known(why_away(book, agent, node))
    return Reason(since.at_ns, agent, text.format("reserved for"), "F9", away)
