"""What facts of nodes and of the world leave in the book."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from msgspec.structs import replace

from licensing import events
from licensing.entitlements import BASE_LICENSE
from licensing.events import Entry
from licensing.wall_time import wall_time_ns
from licensing.words import LicenseState, NodeState, Trigger
from simulator.report.explain.absence import all_away, keeps_apart
from simulator.report.explain.cause_book import (
    LOOK_BACK_NS,
    CauseBook,
    DiskExchange,
    Failure,
    Holder,
    known,
    required_by,
)
from simulator.report.explain.reason import Reason

_RULE_OF_RETURN = {NodeState.FAILOVER: "F3", NodeState.EMERGENCY: "F4"}


def _began(book: CauseBook, _: Entry, fact: events.RunBegan) -> None:
    book.start_ns = wall_time_ns(fact.start)
    book.holders = {*fact.nodes, *(trunk for node in fact.nodes.values() for trunk in node.trunks)}


def _wizard(book: CauseBook, entry: Entry, _: events.WizardCompleted) -> None:
    book.moved[entry.host] = book.wizards[entry.host] = moved = Reason.of(entry)
    if entry.host in book.leaving:
        book.leaving.remove(entry.host)
        book.states[entry.host] = replace(book.states[entry.host], because=(moved,))


def _halt(book: CauseBook, entry: Entry, fact: events.Event) -> None:
    book.halted[entry.host] = halted = Reason.of(entry)
    if not isinstance(fact, events.HostFrozen):
        all_away(book, entry, halted)


def _go_on(book: CauseBook, entry: Entry, _: events.Event) -> None:
    book.halted.pop(entry.host, None)


def _set_clock(book: CauseBook, entry: Entry, _: events.ClockStepped) -> None:
    book.clocks[entry.host] = Reason.of(entry)


def _connection_lost(book: CauseBook, entry: Entry, _: events.ConnectionLost) -> None:
    book.losses[entry.host] = Reason.of(entry, "F17", *_apart(book, entry))


def _change_state(book: CauseBook, entry: Entry, fact: events.StateChanged) -> None:
    rule, causes = _why_state(book, entry, fact)
    book.exchanged.pop(entry.host, None)
    book.leaving.discard(entry.host)
    book.failing.discard(entry.host)
    if fact.after is NodeState.FAILOVER:
        book.failing.add(entry.host)
    if fact.cause == Trigger.LEFT:
        book.leaving.add(entry.host)
    book.states[entry.host] = Reason.of(entry, rule, *causes)


def _why_state(
    book: CauseBook, entry: Entry, fact: events.StateChanged
) -> tuple[str, tuple[Reason, ...]]:
    """The rule by which a state follows, and from what."""
    node, agent = entry.host, book.agents.of(entry.host)
    match fact.cause:
        case Trigger.LOST:
            return "F1", _why_lost(book, entry, agent)
        case Trigger.PERIOD_ENDED:
            if fact.before is NodeState.FAILOVER and (failover := book.states.get(node)):
                return "F2", (failover, *keeps_apart(book, node, agent, failover))
            return "decision 2", _apart(book, entry)
        case Trigger.LEASED | Trigger.LEASED_ANEW:
            rule = _RULE_OF_RETURN.get(fact.before, "domain 4")
            anew = fact.cause == Trigger.LEASED_ANEW
            return rule, _why_leased(book, node, agent, anew=anew)
        case Trigger.FILE_ENDED:
            return "F14", book.ended_at(node, (BASE_LICENSE,), entry.at) or book.file_of(agent)
    rule, reason = {
        Trigger.RELICENSING_REQUIRED: ("F6", book.required.get(agent)),
        Trigger.STATE_DAMAGED: ("A12", book.damaged.get(node)),
        Trigger.ACTIVATION_PERIOD_ENDED: ("F10", None),
        Trigger.LEFT: ("domain 4", None),
    }[Trigger(fact.cause)]
    return rule, known(reason)


def _why_lost(book: CauseBook, entry: Entry, agent: str) -> tuple[Reason, ...]:
    faults = book.faults.between(entry.host, agent, entry.at - LOOK_BACK_NS)
    book.failures[entry.host] = Failure(entry.at, faults)
    lost = book.losses.pop(entry.host, None)
    refused = book.refused_sessions.get((agent, entry.host))
    if lost and refused and refused.rule == "F12":
        return lost, refused
    return known(lost) or known(refused) or _apart(book, entry)


def _why_leased(book: CauseBook, node: str, agent: str, *, anew: bool) -> tuple[Reason, ...]:
    """What has brought it back; and where the lease is of a newer epoch, the file of that epoch.

    The state changes before the lease is stored, so the one that is stored is no cause of it.
    """
    failed = book.failures.pop(node, None)
    back = tuple(_why_back(book, node, agent, failed)) if failed else ()
    return (*back, *(book.file_of(agent) if anew or not back else ()))


def _why_back(book: CauseBook, node: str, agent: str, failed: Failure) -> Iterator[Reason]:
    """The wizard that has run since, or the faults that were over since its failover began."""
    later = book.faults.between(node, agent, failed.at_ns)
    others = (fault for fault in later if node == agent or fault.began.host != node)
    over = {id(each.ended): each.ended for each in (*failed.faults, *others) if each.ended}
    since = sorted(
        (each for each in over.values() if each.at > failed.at_ns), key=lambda each: each.at
    )
    wizard = book.wizards.get(node)
    if wizard and wizard.at_ns > max((each.at for each in since), default=failed.at_ns):
        yield wizard
    else:
        yield from map(Reason.of, since)


def _show(book: CauseBook, entry: Entry, fact: events.DisplaysChanged) -> None:
    state = book.states.get(entry.host)
    shown = Reason.of(entry, "F1", *known(state))
    book.displays |= {number: (text, shown) for number, text in fact.displays.items()}


def _assign(book: CauseBook, entry: Entry, fact: events.AssignmentsChanged) -> None:
    for change in fact.changes:
        key = Holder(entry.host, change.holder, change.license)
        if change.after is LicenseState.LICENSED:
            book.refused_seats.pop(key, None)
        if change.after is not LicenseState.NOT_LICENSED:
            book.licenses.pop(key, None)
            continue
        text = f"{change.license} of {change.holder} is not licensed"
        because = _why_red(book, entry, key)
        book.licenses[key] = Reason(entry.at, entry.host, text, "domain 3", because)


def _why_red(book: CauseBook, entry: Entry, key: Holder) -> tuple[Reason, ...]:
    """A CLA has refused it or taken it back, or the node has: at its end, or as it left its CLA.

    Where neither says so, it is the loss of what the CLA has forgotten or freed (F16).
    """
    if refused := book.refused_seats.get(key):
        return (refused,)
    if entry.host in book.leaving:
        return (book.states[entry.host],)
    of_license = book.ended_at(entry.host, (key.license,), entry.at)
    ended = of_license or book.ended_at(entry.host, required_by(key.license), entry.at)
    return ended or tuple(_why_gone(book, book.agents.of(entry.host), key))


def _why_gone(book: CauseBook, agent: str, key: Holder) -> Iterator[Reason]:
    """By what its CLA has counted fewer of that license as held by the node, without a word.

    Or with one that the node has heard, but lost with its disk.
    """
    held, disk = book.held.of(agent, key.node).get(key.license), book.disks.get(key.node)
    if held and held.number < held.were:
        if disk and disk.has_lost(held.since):
            yield from (held.since, disk.reason)
        elif not held.decided:
            yield held.since
            yield from known(book.lost_grants.get((agent, key.node)))


def _damage(book: CauseBook, entry: Entry, _: events.StateDamaged) -> None:
    because = known(book.exchanged.get(entry.host))
    book.failing.discard(entry.host)
    book.states[entry.host] = book.damaged[entry.host] = Reason.of(entry, "A12", *because)


def _overuse(book: CauseBook, entry: Entry, fact: events.OverUseChanged) -> None:
    if not fact.excess:
        book.over_use.pop(fact.license, None)
        return
    files = {use.serial: book.issued.get(use.serial) for use in fact.users}
    exchanged = {use.node: book.moved.get(use.node) for use in fact.users}
    because = [*files.values(), *(each for each in exchanged.values() if each and each.rule)]
    because += [book.freed.get(use.node) for use in fact.users]
    because += dict.fromkeys(_forgotten(book, [use.node for use in fact.users]))
    book.over_use[fact.license] = Reason.of(entry, "O10", *(each for each in because if each))


def _forgotten(book: CauseBook, nodes: Iterable[str]) -> Iterator[Reason]:
    """Disks of CLAs that were exchanged, and the grants that these have forgotten with them."""
    for agent, disk in book.disks.items():
        for node in nodes:
            if granted := book.lost_grants.get((agent, node)):
                yield disk.reason
                yield granted


def _exchange_disk(book: CauseBook, entry: Entry, fact: events.DiskReplaced) -> None:
    saved_ns = -1 if fact.saved_ns is None else fact.saved_ns
    book.disks[entry.host] = disk = DiskExchange(saved_ns, Reason.of(entry))
    _forget_grants(book, entry.host, disk)
    all_away(book, entry, disk.reason)
    book.failing.discard(entry.host)
    was = known(book.saved_states.get((entry.host, saved_ns)))
    book.states[entry.host] = Reason.of(entry, "", *was)


def _forget_grants(book: CauseBook, agent: str, disk: DiskExchange) -> None:
    """A CLA has another disk, on which they do not stand."""
    for node in book.held.nodes(agent):
        grants = (held.since for held in book.held.of(agent, node).values())
        if lost := [grant for grant in grants if disk.has_lost(grant)]:
            book.lost_grants[agent, node] = max(lost, key=lambda grant: grant.at_ns)
        book.held.note(agent, node, disk.reason)


def _save_disk(book: CauseBook, entry: Entry, _: events.DiskSaved) -> None:
    if entry.host in book.states:
        book.saved_states[entry.host, entry.at] = book.states[entry.host]


def _exchange_hardware(
    book: CauseBook, entry: Entry, fact: events.HardwareReplaced | events.HostReconfigured
) -> None:
    book.hardware[fact.locking_id] = book.exchanged[entry.host] = Reason.of(entry)


def _apart(book: CauseBook, entry: Entry) -> tuple[Reason, ...]:
    return book.why_apart(entry.host, book.agents.of(entry.host), entry.at)


NODE_NOTES: Final[Mapping[type[events.Event], Callable[[CauseBook, Entry, Any], None]]] = {
    events.RunBegan: _began,
    events.WizardCompleted: _wizard,
    events.ConnectionLost: _connection_lost,
    events.StateChanged: _change_state,
    events.DisplaysChanged: _show,
    events.AssignmentsChanged: _assign,
    events.StateDamaged: _damage,
    events.OverUseChanged: _overuse,
    events.DiskSaved: _save_disk,
    events.DiskReplaced: _exchange_disk,
    events.HardwareReplaced: _exchange_hardware,
    events.HostReconfigured: _exchange_hardware,
    events.HostCrashed: _halt,
    events.HostStopped: _halt,
    events.HostFrozen: _halt,
    events.HostStarted: _go_on,
    events.HostThawed: _go_on,
    events.ClockStepped: _set_clock,
}
