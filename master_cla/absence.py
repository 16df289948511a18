"""What the CLA infers of a node that stays away: when its seats are free, when it has expired.

Pure. Times are agent time (`master_cla.agent_time`). What the CLA cannot see counts as the worst
case, which is *may still be in use* (F9); only the policy of the license file lets seats go sooner.
"""

from typing import NamedTuple

from licensing.policies import TIMING
from licensing.reservation import HOLD, SeatsBound
from master_cla.members import Member


class Absence(NamedTuple):
    """That of `member`, under the `bound_s` of the license file.

    Its seats have `lapsed` where they are free already; before `not_before_ns` nothing is
    reclaimed (A10).
    """

    member: Member
    bound_s: SeatsBound
    lapsed: bool
    not_before_ns: int

    @property
    def hold_end_ns(self) -> int | None:
        """When its seats are free (F9); None where it holds none."""
        return None if self.lapsed else self._counted(self.member.reserved_until_ns(self.bound_s))

    @property
    def expiry_ns(self) -> int | None:
        """When it has expired by the CLA's own count (F6); None if it cannot.

        Under `hold` that is when its hold ends, and whose hold has ended is not counted again.
        """
        counts = self.member.period_counts and not (self.lapsed and self.bound_s is HOLD)
        return self._counted(self.member.period_end_ns) if counts else None

    @property
    def goes_on(self) -> bool:
        """Whether its seats are free, and its period goes on: coming back is no new demand then."""
        return self.lapsed and self.expiry_ns is not None

    @property
    def next_ns(self) -> int | None:
        """The earlier of both; None where neither is to come. Under `hold` there is but one."""
        end_ns = self.hold_end_ns
        return self.expiry_ns if end_ns is None and self.bound_s is not HOLD else end_ns

    def _counted(self, end_ns: int | None) -> int | None:
        return None if end_ns is None else max(end_ns + TIMING.clock_slack_ns, self.not_before_ns)


def is_due(end_ns: int | None, now_ns: int) -> bool:
    """Whether one of these instants has come."""
    return end_ns is not None and end_ns <= now_ns
