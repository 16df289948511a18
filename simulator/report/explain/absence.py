"""Why a node and its central CLA are apart."""

from collections.abc import Iterator

from licensing import events
from licensing.events import Entry
from simulator.report.explain.cause_book import CauseBook, known
from simulator.report.explain.reason import Reason
from simulator.report.phrases import quantities
from simulator.report.sentences import sentence


def all_away(book: CauseBook, entry: Entry, why: Reason) -> None:
    """The CLA on the entry's host is interrupted: each session ends, and no fact says so."""
    for node in book.held.nodes(entry.host):
        said = sentence(events.SessionEnded(node=node))
        ended = Reason(entry.at, entry.host, said, "F9", (why,))
        book.away.setdefault((entry.host, node), ended)


def is_away(book: CauseBook, agent: str, node: str) -> bool:
    """Whether the CLA on the host `agent` cannot see it: what it holds is reserved (F9)."""
    return node not in book.seats.of(agent).connected


def reservations(book: CauseBook, node: str) -> Iterator[Reason]:
    """Why CLAs reserve something for a node, or for a former key of it (F16)."""
    for agent in book.files:
        for name, held in book.seats.of(agent).held.items():
            theirs = name == node or book.former_keys.get(name) == node
            if theirs and any(held.values()) and is_away(book, agent, name):
                yield book.away.get((agent, name)) or _reserved(book, agent, name)


def _reserved(book: CauseBook, agent: str, node: str) -> Reason:
    """Where nothing says why it is away."""
    seats = {key: held for key, held in book.held.of(agent, node).items() if held.number}
    since_ns = max(held.since.at_ns for held in seats.values())
    told = quantities({key: held.number for key, held in seats.items()})
    return Reason(since_ns, agent, f"central CLA: {told} reserved for {node}", "F9")


def why_away(book: CauseBook, agent: str, node: str) -> tuple[Reason, ...]:
    """Why the CLA on `agent` cannot see the node; () where no fact says it."""
    return known(book.away.get((agent, node)))
