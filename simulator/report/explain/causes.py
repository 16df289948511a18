"""The reader that keeps, of everything that can be asked about, why it is so now."""

from licensing.events import Entry, LeaseInstalled, SubscriberChanged
from simulator.report.explain.agent_facts import AGENT_NOTES
from simulator.report.explain.call_facts import CALL_NOTES
from simulator.report.explain.cause_book import CauseBook
from simulator.report.explain.faults import FAULT_FACTS
from simulator.report.explain.node_facts import NODE_NOTES
from simulator.report.explain.seat_facts import SEAT_NOTES

_NOTES = {**NODE_NOTES, **AGENT_NOTES, **SEAT_NOTES, **CALL_NOTES}
"""How each kind of fact is noted; the others are the cause of nothing that is asked about."""

_READ = frozenset({*_NOTES, *FAULT_FACTS, LeaseInstalled, SubscriberChanged})
"""A heartbeat is none of them, and most facts are heartbeats."""


class Causes:
    """A reader of the journal; `book` is what it has read."""

    def __init__(self) -> None:
        self.book = CauseBook()

    def __call__(self, entry: Entry) -> None:
        """Read the next entry of the journal."""
        if type(entry.fact) not in _READ:
            return
        self.book.faults(entry)
        self.book.agents(entry)
        self.book.homes(entry)
        self.book.terms(entry)
        for _ in self.book.seats(entry):
            pass  # they are asked when somebody asks
        note = _NOTES.get(type(entry.fact))
        if note is not None:
            note(self.book, entry, entry.fact)
