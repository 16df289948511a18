"""What every node and the central CLA went through, as a list that can be laid beside another one.

Told are facts and states; not messages, retries or what chance decides. Pure: it reads entries and
returns values.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from sys import intern

from msgspec.structs import replace

from licensing import events
from licensing.events import Entry, Fact
from licensing.policies import TIMING
from licensing.recovery import FULL
from licensing.wall_time import date_after
from licensing.words import NodeState, Trigger
from simulator.report.account.lease_terms import LeaseTerms
from simulator.report.ended_programs import EndedPrograms
from simulator.report.matching import Agreement, Milestone, Pair, PairTolerance, match
from simulator.report.milestones import chance_of_ns, kind, place, validity, words_of
from simulator.report.refusals import Refusals, Strangers


class HistoryFull(Exception):
    """There is more to keep than was allowed; the message says how much that was."""


@dataclass
class History:
    """A reader of the journal that keeps the milestones, in its order.

    `relative` where steps wait for a node's deadline, and so, with all that they cause, for its
    heartbeats. `at_deadlines` are the places (`file:line`) of expectations at the very end of a
    period.
    """

    relative: bool = False
    at_deadlines: frozenset[str] = frozenset()
    exact: bool = False
    """Whether chance has shifted nothing: every instant counts."""
    most_kept: int | None = None
    """So many milestones and no more, where a run may be of any length."""
    milestones: list[Milestone] = field(default_factory=list)
    ended_ns: int = 0
    complete: bool = False
    """Whether the run came to its end, and not to that of a broken rule or a program that died."""
    _ended: EndedPrograms = field(default_factory=EndedPrograms)
    _refusals: Refusals = field(default_factory=Refusals)
    _strangers: Strangers = field(default_factory=Strangers)
    _over_used: dict[str, bool] = field(default_factory=dict)
    _terms: LeaseTerms = field(default_factory=LeaseTerms)
    _left_ns: Counter[str] = field(default_factory=Counter)
    """By host the chance of its outages, which stays in what they have left of a period (F3)."""
    _waiting: set[str] = field(default_factory=set)
    """Hosts with a demand that is answered when they are connected again."""
    _welcomed_ns: dict[str, int] = field(default_factory=dict)
    """When each host was welcomed last: when it redials is chance."""
    _start: datetime | None = None

    def __call__(self, entry: Entry) -> None:
        """Keep what `entry` adds to the history; raises `HistoryFull`."""
        self.ended_ns, self.complete = entry.at, isinstance(entry.fact, events.RunEnded)
        repeated = self._refusals.repeats(entry) or self._goes_on(entry.fact)
        taken_back = self._strangers.takes_back(entry)
        if self._ended.folds(entry) or repeated or entry in taken_back:
            return
        self._drop(taken_back)
        if isinstance(entry.fact, events.ProgramStarted):
            self._ended.runs_again(entry.host, entry.fact.program)
        if words := words_of(entry.fact):
            self._keep(self._milestone(entry, words + self._validity(entry)))
        self._note(entry)

    def _validity(self, entry: Entry) -> str:
        if not isinstance(entry.fact, events.OrderTaken) or self._start is None:
            return ""
        # What a live run orders while it is set up, it orders as of the start.
        taken = date_after(self._start, max(0, entry.at))
        return validity(entry.fact.valid_until, taken)

    def _drop(self, entries: Iterable[Entry]) -> None:
        """What turns out to be none: few, and among the last."""
        if dropped := {(place(each), each.at, words_of(each.fact)) for each in entries}:
            self.milestones = [
                each
                for each in self.milestones
                if (each.host, each.at_ns, each.words) not in dropped
            ]

    def _keep(self, milestone: Milestone) -> None:
        if len(self.milestones) == self.most_kept:
            raise HistoryFull(f"a comparison holds {self.most_kept:,} facts of a run")
        self.milestones.append(milestone)

    def _milestone(self, entry: Entry, words: str) -> Milestone:
        return Milestone(
            intern(place(entry)),
            intern(words),
            entry.at,
            self._chance_ns(entry),
            kind(entry.fact),
            sure=not chance_of_ns(entry.fact),
            at_a_deadline=getattr(entry.fact, "place", "") in self.at_deadlines,
        )

    def _goes_on(self, fact: Fact) -> bool:
        """Whether it only says how much is over-used now: in which steps is chance."""
        if not isinstance(fact, events.OverUseChanged):
            return False
        before = self._over_used.get(fact.license, False)
        self._over_used[fact.license] = fact.excess > 0
        return before is (fact.excess > 0)

    def _chance_ns(self, entry: Entry) -> int:
        if self.exact:
            return 0
        own_ns = chance_of_ns(entry.fact)
        if self.relative:
            own_ns = max(own_ns, TIMING.overdue_ns + max(self._left_ns.values(), default=0))
        match entry.fact:
            case events.StateChanged(after=NodeState.EMERGENCY):
                return own_ns + self._left_ns[entry.host]
            case events.DisplaysChanged(displays=displays) if not any(displays.values()):
                return own_ns + self._left_ns[entry.host]
            case events.AssignmentsChanged() if self._follows_a_redial(entry):
                return max(own_ns, TIMING.redialed_ns)
        return own_ns

    def _follows_a_redial(self, entry: Entry) -> bool:
        """Whether it is the answer to a demand that waited, or what a welcome takes away."""
        welcomed_ns = self._welcomed_ns.get(entry.host)
        comes_with_it = welcomed_ns is not None and entry.at - welcomed_ns <= TIMING.answer_ns
        return comes_with_it or entry.host in self._waiting

    def _has_less_left(self, node: str) -> bool:
        """Whether its period is not whole again with the first contact (F3)."""
        file = self._terms.of(node)
        return file is not None and file.recovery != FULL

    def _note(self, entry: Entry) -> None:
        self._terms(entry)
        match entry.fact:
            case events.RunBegan(start=start):
                self._start = start
            case events.ConnectionEstablished():
                self._welcomed_ns[entry.host] = entry.at
            case events.DemandUnanswered():
                self._waiting.add(entry.host)
            case events.AssignmentsChanged() if words_of(entry.fact):
                self._waiting.discard(entry.host)
            case events.StateChanged(cause=Trigger.LEASED_ANEW | Trigger.RELICENSING_REQUIRED):
                self._left_ns[entry.host] = 0
            case events.StateChanged(after=NodeState.REGULAR) if self._has_less_left(entry.host):
                # Of the outage, and of what was recharged after it.
                self._left_ns[entry.host] += 2 * (TIMING.overdue_ns + TIMING.redialed_ns)

    def may_still_have(self, milestone: Milestone, tolerance: PairTolerance) -> bool:
        """Whether it may have been about to happen when this history ended."""
        latest_ns = milestone.at_ns + tolerance(milestone.at_ns, self.ended_ns)
        too_late = latest_ns + milestone.chance_ns > self.ended_ns
        return too_late and not (milestone.sure and self.complete)


def compare(one: History, other: History, *, tolerance: PairTolerance) -> list[Pair]:
    """Lay two histories side by side, so that as much as can be is paired.

    `tolerance` and the milestone's chance together are how far apart two instants may be. What only
    one of them has at the other's end is left open, and so is what nobody can tell.
    """
    return [
        _at_a_deadline(pair) or _left_open(pair, one, other, tolerance)
        for pair in match(one.milestones, other.milestones, tolerance)
    ]


def _at_a_deadline(pair: Pair) -> Pair | None:
    milestone = pair.one or pair.other
    if milestone is None or not milestone.at_a_deadline:
        return None
    return replace(pair, verdict=Agreement.AT_A_DEADLINE)


def _left_open(pair: Pair, one: History, other: History, tolerance: PairTolerance) -> Pair:
    alone, lacking = (pair.one, other) if pair.other is None else (pair.other, one)
    if alone is None or None not in (pair.one, pair.other):
        return pair
    still = lacking.may_still_have(alone, tolerance)
    return replace(pair, verdict=Agreement.OPEN) if still else pair
