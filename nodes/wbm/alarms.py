"""What somebody has to act on, told on every page of a node, the worst first.

Pure: what is counted comes in, words go out. Of the other nodes only the master tells, for whoever
can act sits there.
"""

from collections.abc import Iterable
from typing import NamedTuple

from licensing.enrolment import CountedNode, EnrolledNodes
from licensing.words import OUT_OF_USE, CountedState, NodeState, Role, counted
from nodes.wbm.words import STATUS_WORDS, until
from runtime.pages.rendering import instant

NAMED = 3
"""Nodes that an alarm tells by name and end; the table has all."""
TO_RELICENSE = "/activate#relicense"
_UNLESS = ", unless the connection is back before"


class Alarm(NamedTuple):
    """What is wrong: in a few words for the bar, in a sentence, and what follows from it.

    `page` is where to act on it here, "" where there is nothing to be done here.
    """

    tone: str
    short: str
    title: str
    text: str
    page: str = ""
    action: str = ""


class Own(NamedTuple):
    """The node itself: its status, and its running period in words, "" where none runs."""

    name: str
    role: Role
    state: NodeState
    period: str = ""


def alarms(own: Own, known: EnrolledNodes, silence: str) -> list[Alarm]:
    """What this node tells of itself and of what its CLA counts (F5, F6, F9).

    `silence` is why the CLA counts nothing, "" where it does.
    """
    return [
        *_out_of_use(own, told_below=known.relicensing_required),
        *_silent(silence),
        *_relicensing(own, known),
        *_in_failover(own),
        *_cut_off(own, known.nodes),
    ]


def worst_first(nodes: Iterable[CountedNode]) -> list[CountedNode]:
    """In the order in which somebody has to act: ended, ending, and then as enrolled."""
    return sorted(nodes, key=_urgency)


def _urgency(node: CountedNode) -> tuple[int, int]:
    rest_s = 0 if node.period_rest_s is None else node.period_rest_s
    return (_ORDER.index(node.state), rest_s if node.cut_off else 0)


_ORDER = (
    CountedState.EMERGENCY,
    CountedState.FAILOVER,
    CountedState.UNLICENSED,
    CountedState.NOT_SEEN,
    CountedState.REGULAR,
    CountedState.FORGOTTEN,
)


def _out_of_use(own: Own, *, told_below: bool) -> Iterable[Alarm]:
    if own.state not in OUT_OF_USE:
        return
    status = STATUS_WORDS[own.state]
    idle = "What is licensed here is out of use, and telephones only look idle."
    text = f"{status.meaning} {idle}"
    lead = () if told_below or own.role is Role.SLAVE else (TO_RELICENSE, "Relicense")
    if own.state is NodeState.RESTRICTED and lead:
        lead = ("/activate", "Activate")
    yield Alarm(status.tone, status.name, f"{status.name}.", text, *lead)


def _silent(silence: str) -> Iterable[Alarm]:
    if silence:
        title = "The central CLA serves no node."
        yield Alarm("bad", "No central CLA", title, silence, "/activate", "Activate")


def _relicensing(own: Own, known: EnrolledNodes) -> Iterable[Alarm]:
    if not known.relicensing_required:
        return
    ended = [each for each in known.nodes if each.state is CountedState.EMERGENCY]
    of_whom = f"The failover period of {_named(ended)} has ended. " if ended else ""
    whole = "this system" if own.role is Role.STANDALONE else "the entire internetwork"
    text = f"{of_whom}Until {whole} is relicensed, no further license is granted to any node."
    required = "Relicensing required", "Relicensing is required."
    yield Alarm("bad", *required, text, TO_RELICENSE, "Relicense")


def _in_failover(own: Own) -> Iterable[Alarm]:
    if own.state is NodeState.FAILOVER:
        status = STATUS_WORDS[own.state]
        text = f"{status.meaning} Emergency mode begins {own.period}."
        yield Alarm(status.tone, status.name, f"{status.name}.", text)


def _cut_off(own: Own, nodes: Iterable[CountedNode]) -> Iterable[Alarm]:
    away = [each for each in worst_first(nodes) if each.cut_off and each.node != own.name]
    away = [each for each in away if each.state is not CountedState.EMERGENCY]
    if not away or own.role is not Role.MASTER:
        return
    short = f"{counted(len(away), 'node')} cut off"
    names = f"{away[0].node} is" if len(away) == 1 else f"{len(away)} nodes are"
    title = f"{names} cut off from the central CLA."
    yield Alarm("open", short, title, f"Emergency mode there{_ends(away)}.", "/#nodes", "Nodes")


def _ends(away: list[CountedNode]) -> str:
    if len(away) == 1:
        return f" {_end(away[0])}{_UNLESS if away[0].period_rest_s else ''}"
    ends = [f"{each.node} {_end(each)}" for each in away[:NAMED]]
    further = [counted(len(away) - NAMED, "further node")] if len(away) > NAMED else []
    return f"{_UNLESS}: {'; '.join(ends + further)}"


def _end(node: CountedNode) -> str:
    assert node.period_end is not None
    rest_s = node.period_rest_s or 0
    if not rest_s:
        return f"since {instant(node.period_end)} at the latest"
    return until(node.period_end, rest_s)


def _named(nodes: list[CountedNode]) -> str:
    names = [each.node for each in nodes]
    if len(names) > NAMED:
        names[NAMED:] = [counted(len(names) - NAMED, "further node")]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
