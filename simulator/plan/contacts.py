"""What a site of the model remembers: its last answer, why it dials, a period that has ended."""

from dataclasses import dataclass
from typing import NamedTuple

from simulator.plan.years import Outage


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


class Interruption(NamedTuple):
    """From `dials_ns` on the site dials: a request was not answered, or its host started.

    From `shown_ns` on without a welcome it is in failover.
    """

    dials_ns: int
    shown_ns: int
    restarted: bool = False


@dataclass(slots=True)
class EndedPeriod:
    """The emergency mode that the site is in, which only a license file after `after_ns` ends.

    `required` once the central CLA knows of it.
    """

    began_ns: int
    after_ns: int
    last_good_ns: int
    causes: tuple[Outage, ...]
    left_ns: int
    required: bool = False
