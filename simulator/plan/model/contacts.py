"""What a site of the model remembers and writes down: its last answer, why it dials, its end."""

from typing import NamedTuple

import msgspec

from licensing.recovery import FULL
from licensing.words import NodeState
from simulator.plan.model.network import PlannedNetwork
from simulator.plan.years.sampler import Outage


class Contact(NamedTuple):
    """The last answer, to what was sent at `sent_ns`; since when the connection lasts.

    `used_ns` was used up of the period with it. `written_ns` is when the site last wrote down its
    status; where a lease was pushed between two answers, `charged_ns` more was used up by then.
    """

    sent_ns: int
    arrived_ns: int
    began_ns: int
    written_ns: int
    used_ns: int = 0
    charged_ns: int = 0


def last_written_ns(
    network: PlannedNetwork, contact: Contact, arrived_ns: int, answers: int
) -> int:
    """When the site last wrote down that it was answered, at the last of so many answers.

    Where that is not used up for good, only after a time (F11).
    """
    pause_ns = network.timing.last_good_write_ns
    if network.recovery != FULL:
        return arrived_ns
    every_ns = (arrived_ns - contact.arrived_ns) // answers
    first = max(1, -(-(contact.written_ns + pause_ns - contact.arrived_ns) // every_ns))
    if first > answers:
        return contact.written_ns
    rounds = -(-pause_ns // every_ns)
    return contact.arrived_ns + (first + (answers - first) // rounds * rounds) * every_ns


class Interruption(NamedTuple):
    """From `dials_ns` on the site dials: a request was not answered, or its host started.

    From `shown_ns` on without a welcome it is in failover.
    """

    dials_ns: int
    shown_ns: int
    restarted: bool = False


class WrittenStatus(NamedTuple):
    """What stands on a site's disk: the state, when it was written, what was used up then."""

    state: NodeState
    written_ns: int
    used_ns: int


def written_status(
    contact: Contact, interruption: Interruption | None, *, dialed_ns: int, before_ns: int
) -> WrittenStatus:
    """The one of a site whose host goes off at `before_ns`; it dialed last at `dialed_ns`."""
    if interruption is None:
        charged_ns = contact.charged_ns or contact.arrived_ns - contact.sent_ns
        return WrittenStatus(NodeState.REGULAR, contact.written_ns, contact.used_ns + charged_ns)
    state, written_ns = NodeState.REGULAR, interruption.dials_ns
    if interruption.shown_ns <= before_ns:  # then each dial is written down, too
        state = NodeState.FAILOVER
        written_ns = max(interruption.shown_ns, dialed_ns)
    return WrittenStatus(state, written_ns, contact.used_ns + written_ns - contact.sent_ns)


class EndedPeriod(msgspec.Struct):
    """The emergency mode that the site is in, which only a license file after `after_ns` ends.

    `required` once the central CLA knows of it.
    """

    began_ns: int
    after_ns: int
    last_good_ns: int
    causes: tuple[Outage, ...]
    left_ns: int
    required: bool = False
