"""Why a node and its central CLA are apart, and why they stay so: what began it may be over."""

from collections.abc import Iterator

from msgspec.structs import replace

from licensing import events
from licensing.events import Entry
from simulator.report.explain.cause_book import CauseBook, known
from simulator.report.explain.reason import Reason
from simulator.report.phrases import quantities
from simulator.report.sentences import sentence

ENDS_OF_ALL_SESSIONS = (
    events.HostCrashed, events.HostStopped, events.AgentStopped, events.DiskReplaced,
)  # fmt: skip
"""After these a CLA has no session, though it does not say so of each."""


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
                yield why_away(book, agent, name) or _reserved(book, agent, name)


def _reserved(book: CauseBook, agent: str, node: str) -> Reason:
    """Where nothing says why it is away."""
    seats = {key: held for key, held in book.held.of(agent, node).items() if held.number}
    since_ns = max(held.since.at_ns for held in seats.values())
    told = quantities({key: held.number for key, held in seats.items()})
    return Reason(since_ns, agent, f"central CLA: {told} reserved for {node}", "F9")


def why_away(book: CauseBook, agent: str, node: str) -> Reason | None:
    """Why the CLA on `agent` cannot see the node now; None where no fact says it."""
    away = book.away.get((agent, node))
    if away is None:
        return None
    return replace(away, because=(*away.because, *keeps_apart(book, node, agent, away)))


def why_state(book: CauseBook, node: str) -> Reason | None:
    """Why a node is in its state; a failover goes on for what keeps the node from its CLA now."""
    state = book.state_of(node)
    if state is None or node not in book.failing or node in book.halted:
        return state
    now = keeps_apart(book, node, book.agents.of(node), state)
    if not now:
        return state
    since_ns = max(each.at_ns for each in now)
    return Reason(since_ns, node, "failover goes on", "F1", (*now, state))


def keeps_apart(book: CauseBook, node: str, agent: str, told: Reason) -> tuple[Reason, ...]:
    """What keeps a node from the CLA on `agent` now, and is not in the chain `told` already.

    That is who refuses it, and the faults that have not ended; of another CLA's node its wizard.
    """
    if node not in book.agents.of_node:
        return ()
    if book.agents.of(node) != agent:
        now = known(book.wizards.get(node))
    else:
        now = (
            *known(book.refused_sessions.get((agent, node))),
            *book.why_apart_now(node, agent),
        )
    return tuple(each for each in now if not told.tells(each))
