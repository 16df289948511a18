"""What facts of central CLAs and of the license server leave in the book."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from licensing import events
from licensing.errors import ERRORS
from licensing.events import Entry
from simulator.report.explain.absence import all_away
from simulator.report.explain.cause_book import CauseBook, known
from simulator.report.explain.reason import Reason
from simulator.scenario import INTERNET

_RULE_OF_STOP: Final[Mapping[str, str]] = {
    "agent-clock-set-back": "F11",
    "agent-clock-wrong": "F11",
    "locking-id-changed": "F7",
}
"""By the code for which a CLA serves nobody."""


def _issue(book: CauseBook, entry: Entry, fact: events.LicenseFileIssued) -> None:
    book.locking_ids[fact.serial] = fact.locking_id
    book.given_up.pop(fact.locking_id, None)
    orders = (book.orders[lac] for lac in fact.lacs if lac in book.orders)
    book.issued[fact.serial] = Reason.of(
        entry,
        "domain 1",
        *known(book.file_moves.get(fact.serial)),
        *known(book.hardware.get(fact.locking_id)),
        *orders,
    )


def _move_file(book: CauseBook, entry: Entry, fact: events.LicenseFileMoved) -> None:
    book.file_moves[fact.serial] = moved = Reason.of(entry)
    book.given_up |= dict.fromkeys(fact.sources, moved)


def _accept(book: CauseBook, entry: Entry, fact: events.LicenseFileAccepted) -> None:
    issued = book.issued.get(fact.serial)
    book.owners[book.locking_ids.get(fact.serial, "")] = entry.host
    accepted = book.files.setdefault(entry.host, {})
    accepted[fact.serial] = Reason.of(entry, "domain 4", *known(issued))
    book.required.pop(entry.host, None)


def _session_refused(book: CauseBook, entry: Entry, fact: events.SessionRefused) -> None:
    rule = _RULE_OF_STOP.get(fact.code, "F12")
    refused = Reason.of(entry, rule, *_why_session_refused(book, entry.host, fact))
    before = book.refused_sessions.get((entry.host, fact.node))
    if before is None or (before.text, before.because) != (refused.text, refused.because):
        book.refused_sessions[entry.host, fact.node] = refused
    book.refused(fact.code, refused)


def _why_session_refused(
    book: CauseBook, agent: str, fact: events.SessionRefused
) -> tuple[Reason, ...]:
    code, because = book.stopped.get(agent, ("", None))
    if fact.code == code:
        return known(because)
    if fact.code == "no-networking-license":
        return book.file_of(agent)
    if fact.code == "node-unknown" and (moved := book.moved.get(fact.node)):
        return (moved,) if moved.rule == "F16" else ()
    whose = {"clone-suspected": fact.node, "agent-outdated": agent}.get(fact.code, "")
    return _disk_of(book, whose)


def _disk_of(book: CauseBook, host: str) -> tuple[Reason, ...]:
    disk = book.disks.get(host)
    return known(disk.reason if disk else None)


def _session_opened(book: CauseBook, entry: Entry, fact: events.SessionOpened) -> None:
    book.refused_sessions.pop((entry.host, fact.node), None)
    book.away.pop((entry.host, fact.node), None)


def _session_ended(book: CauseBook, entry: Entry, fact: events.SessionEnded) -> None:
    apart = book.why_apart(fact.node, entry.host, entry.at)
    book.away[entry.host, fact.node] = Reason.of(entry, "F9", *apart)


def _require(book: CauseBook, entry: Entry, fact: events.RelicensingRequired) -> None:
    ended = book.states.get(fact.node)
    book.required[entry.host] = Reason.of(entry, "F6", *known(ended))


def _refuse_issue(book: CauseBook, entry: Entry, fact: events.IssueRefused) -> None:
    """What the license server knows of that Locking ID: who gave its file up, who has it."""
    rule = "F18" if fact.code.startswith("agent-key") else "domain 1"
    serials = [serial for serial, of in book.locking_ids.items() if of == fact.locking_id]
    file = book.given_up.get(fact.locking_id) or book.issued.get(max(serials, default=0))
    owner = book.owners.get(fact.locking_id, "")
    disk = book.disks.get(owner) if rule == "F18" else None
    keyless = disk is not None and file is not None and disk.has_lost(file)
    lost = (disk.reason,) if disk and keyless else ()
    book.refused(fact.code, Reason.of(entry, rule, *lost, *known(file)))


def _refuse_file(book: CauseBook, entry: Entry, fact: events.LicenseFileRefused) -> None:
    book.refused(fact.code, Reason.of(entry, "domain 1", *book.file_of(entry.host)))


def _not_reached(book: CauseBook, entry: Entry, _: events.LicenseServerNotReached) -> None:
    because = book.why_apart(entry.host, INTERNET, entry.at)
    book.refused("connection-failed", Reason.of(entry, "domain 1", *because))


def _stop(book: CauseBook, entry: Entry, fact: events.AgentStopped) -> None:
    rule = _RULE_OF_STOP.get(fact.code, "")
    because = {
        "F11": known(book.clocks.get(entry.host)),
        "F7": known(book.exchanged.get(entry.host)) or _disk_of(book, entry.host),
    }
    stopped = Reason.of(entry, rule, *because.get(rule, ()))
    book.stopped[entry.host] = fact.code, stopped
    all_away(book, entry, stopped)
    book.refused(fact.code, stopped)


def _begin_step(book: CauseBook, entry: Entry, fact: events.StepBegan) -> None:
    book.begun[fact.place] = entry.at


def _refuse_step(book: CauseBook, entry: Entry, fact: events.StepRefused) -> None:
    """What a program has refused without saying so by a fact of its own."""
    if fact.code in ERRORS and book.refusal_of(fact, entry.at) is None:
        book.refused(fact.code, Reason.of(entry, _RULE_OF_STOP.get(fact.code, "")))


def _order(book: CauseBook, entry: Entry, fact: events.OrderTaken) -> None:
    book.orders[fact.lac] = Reason.of(entry)


AGENT_NOTES: Final[Mapping[type[events.Event], Callable[[CauseBook, Entry, Any], None]]] = {
    events.OrderTaken: _order,
    events.LicenseFileIssued: _issue,
    events.LicenseFileMoved: _move_file,
    events.LicenseFileAccepted: _accept,
    events.SessionRefused: _session_refused,
    events.SessionOpened: _session_opened,
    events.SessionEnded: _session_ended,
    events.RelicensingRequired: _require,
    events.IssueRefused: _refuse_issue,
    events.LicenseFileRefused: _refuse_file,
    events.LicenseServerNotReached: _not_reached,
    events.AgentStopped: _stop,
    events.StepBegan: _begin_step,
    events.StepRefused: _refuse_step,
}
