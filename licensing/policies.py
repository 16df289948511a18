"""Every duration and choice that the manual leaves open, in one validated place (domain.md 5)."""

from dataclasses import dataclass, field

NS_PER_SECOND = 1_000_000_000
MINUTE_NS = 60 * NS_PER_SECOND
HOUR_NS = 60 * MINUTE_NS
DAY_NS = 24 * HOUR_NS
MICROSECOND_NS = 1_000

LATEST_WALL_NS = (1 << 63) - 1
"""In April 2262, the last date that 64 bits hold, and with them a database. Clocks end there."""

LONGEST_FAILOVER_PERIOD_NS = 30 * DAY_NS
"""The manual's maximum (4.4, F2)."""

SHORTEST_PROTOCOL_DELAY_NS = 2 * MINUTE_NS
"""No time-out or delay of the protocol is shorter; live runs derive their safe rate from it."""


@dataclass(frozen=True, slots=True)
class Timing:
    """The one timing table of the session protocol (domain.md 5, Timing). All in nanoseconds.

    Raises `ValueError` where the values contradict each other.
    """

    heartbeat_ns: int = 60 * MINUTE_NS
    answer_ns: int = 5 * MINUTE_NS
    redial_grace_ns: int = 5 * MINUTE_NS
    dial_ns: int = 2 * MINUTE_NS
    shortest_backoff_ns: int = 2 * MINUTE_NS
    longest_backoff_ns: int = 30 * MINUTE_NS
    backoff_share_of_rest: int = 8
    clock_slack_ns: int = 5 * MINUTE_NS
    last_good_write_ns: int = 6 * HOUR_NS
    agent_clock_tolerance_ns: int = DAY_NS
    time_request_ns: int = 30 * MINUTE_NS
    overdue_ns: int = field(init=False)
    """How long after an answer the next one is overdue at the latest: the connection is gone.

    A program looks at its clock at least as often.
    """
    noticed_ns: int = field(init=False)
    """How long after an answer failover begins at the latest (F17)."""
    silence_ns: int = field(init=False)
    """The longest time between two answers of a healthy node, dialing included (F17)."""
    redialed_ns: int = field(init=False)
    """How long after the end of an outage a node has dialed once more at the latest (F17)."""
    recovery_window_ns: int = field(init=False)
    """How long a CLA that was away reclaims nothing: each node that is well renews in it."""

    def __post_init__(self) -> None:
        for name in (
            "heartbeat_ns",
            "answer_ns",
            "redial_grace_ns",
            "dial_ns",
            "shortest_backoff_ns",
        ):
            if getattr(self, name) < SHORTEST_PROTOCOL_DELAY_NS:
                raise ValueError(f"timing: {name} is under 2 minutes")
        if self.longest_backoff_ns < self.shortest_backoff_ns:
            raise ValueError("timing: longest_backoff_ns is under shortest_backoff_ns")
        overdue_ns = self.heartbeat_ns + self.answer_ns
        noticed_ns = overdue_ns + self.redial_grace_ns
        silence_ns = noticed_ns + self.dial_ns
        for name, value_ns in (
            ("overdue_ns", overdue_ns),
            ("noticed_ns", noticed_ns),
            ("silence_ns", silence_ns),
            ("redialed_ns", self.longest_backoff_ns + self.dial_ns),
            ("recovery_window_ns", silence_ns + self.clock_slack_ns),
        ):
            object.__setattr__(self, name, value_ns)


TIMING = Timing()

SHORTEST_FAILOVER_PERIOD_NS = TIMING.noticed_ns + TIMING.clock_slack_ns
"""A shorter one could end before the loss of the connection is noticed."""


def failover_period_problem(period_ns: int) -> str:
    """Why no order can have a failover period of `period_ns`, in words; "" where it can."""
    if 0 < period_ns < SHORTEST_FAILOVER_PERIOD_NS:
        return (
            f"a failover period under {SHORTEST_FAILOVER_PERIOD_NS // MINUTE_NS} min could end"
            " before its beginning is noticed: heartbeat, answer, redialing and clock slack take"
            " so long"
        )
    if not 0 < period_ns <= LONGEST_FAILOVER_PERIOD_NS:
        return (
            "the failover period is at most 30 days (manual 4.4), and more than none;"
            " only a vendor profile may have a longer one, and there is none yet"
        )
    return ""
