"""What becomes of a decision at its node: each value's type says which steps it has come through.

`AwaitedDecision` -> `SavedDecision` -> `CoveredDecision` -> what is sent. Each step asks for the
value of the one before, so that nothing is stated as a fact, and nobody who waits is answered,
before it is written down; and what is sent next is found when all of that is done.
"""

from typing import NamedTuple

from licensing.errors import LEASE_REPLACED
from licensing.events import AssignmentChange
from licensing.messages import Decision, FromNode
from nodes.cla_session.membership import Pending


class AwaitedDecision(NamedTuple):
    """The decision on the demand that was under way."""

    pending: Pending
    decision: Decision

    def same_again(self, lease_id: str) -> bool:
        """Whether asking again at once would bring the same answer, while `lease_id` is present.

        So it is where something was not released because it names another lease.
        """
        replaced = any(seat.reason == LEASE_REPLACED for seat in self.decision.refused)
        return replaced and self.pending.demand.lease_id == lease_id


class SavedDecision(NamedTuple):
    """A decision that is applied to the assignment table, and written down so."""

    awaited: AwaitedDecision
    changes: list[AssignmentChange]


class CoveredDecision(NamedTuple):
    """A decision that is stated; what is assigned is covered by the lease, a new one included.

    `replies` acknowledge the lease, where there is a new one.
    """

    awaited: AwaitedDecision
    replies: list[FromNode]
