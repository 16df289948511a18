"""What model and programs say of one site in one trial, and whether they agree. Pure."""

from itertools import zip_longest

import msgspec

from licensing.policies import NS_PER_SECOND
from licensing.recovery import RecoveryPolicy
from simulator.plan.model.courses import SiteCourse
from simulator.plan.proof.trials import NEAR_NS
from simulator.plan.proof.year_facts import SiteFacts

TO_THE_SECOND_NS = NS_PER_SECOND


class SiteVerdict(msgspec.Struct, frozen=True):
    """One site in one trial: when its emergencies begin, as the model says and as the programs do.

    Instants are nanoseconds since the start of the trial's year. `last_good_ns` are those of the
    last answers before, on the programs. `near`: it was healed within two hours of its deadline.
    `explanation` names the one that is allowed, "" where none is needed or none is known.
    """

    trial: int
    site: str
    policy: RecoveryPolicy
    said_ns: tuple[int, ...]
    seen_ns: tuple[int, ...]
    last_good_ns: tuple[int, ...]
    near: bool
    explanation: str = ""

    @property
    def ended(self) -> bool:
        """Whether the site came to emergency mode, on the programs."""
        return bool(self.seen_ns)

    @property
    def agrees(self) -> bool:
        """As many emergencies, each to the second."""
        return self.differs_by_ns is not None and self.differs_by_ns <= TO_THE_SECOND_NS

    @property
    def unexplained(self) -> bool:
        """Whether one of both is wrong."""
        return not self.agrees and not self.explanation

    @property
    def differs_by_ns(self) -> int | None:
        """By how much an emergency begins earlier or later; None where one has no counterpart."""
        largest_ns = 0
        for said_ns, seen_ns in zip_longest(self.said_ns, self.seen_ns):
            if said_ns is None or seen_ns is None:
                return None
            largest_ns = max(largest_ns, abs(said_ns - seen_ns))
        return largest_ns


def is_near(course: SiteCourse, facts: SiteFacts, period_ns: int) -> bool:
    """Whether a cut of a site was over within two hours before, or after, its deadline."""
    deadlines_ns = [*facts.emergencies_ns, *(at + period_ns - used for at, used in facts.returned)]
    return any(
        abs(deadline_ns - cut.ended_ns) <= NEAR_NS
        for deadline_ns in deadlines_ns
        for cut in course.cuts
    )
