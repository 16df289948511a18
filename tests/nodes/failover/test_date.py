"""No clock steps, restarts and words of the CLA make a license last longer (F11, F14)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from machine import MONDAY_NS

from licensing.policies import DAY_NS
from nodes.failover.machine import Failover, Reading, StoredFailover

DAYS = st.integers(0, 40)
STEPS = st.one_of(
    st.tuples(st.just("run"), DAYS),
    st.tuples(st.just("step"), st.integers(-400, 400)),
    st.tuples(st.just("restart"), DAYS),
    st.tuples(st.just("welcome"), st.just(0)),
    st.tuples(st.just("heartbeat"), st.just(0)),
)


class Machine:
    """A node on a machine whose clock somebody sets; the CLA has the true date."""

    def __init__(self) -> None:
        self.true_ns = MONDAY_NS
        self.ahead_ns = self.off_ns = self.booted_ns = 0
        self.booted_ns = self.true_ns
        self.failover = Failover(StoredFailover(), self.now)
        self.welcome()

    @property
    def now(self) -> Reading:
        """Both clocks."""
        return Reading(self.true_ns - self.booted_ns, self.true_ns + self.ahead_ns)

    @property
    def date_ns(self) -> int:
        """By which licenses end here."""
        return self.failover.date_ns(self.now)

    def act(self, what: str, days: int) -> None:
        """One of `STEPS`."""
        if what == "step":
            self.ahead_ns += days * DAY_NS
            self.failover.observe(self.now)
        elif what == "restart":
            stored = self.failover.stored(self.now)
            self.off_ns += days * DAY_NS
            self.true_ns += days * DAY_NS
            self.booted_ns = self.true_ns
            self.failover = Failover(stored, self.now)
        elif what == "welcome":
            self.welcome()
        else:
            self.true_ns += days * DAY_NS
            if what == "heartbeat":
                self.failover.answered(self.now.monotonic_ns, self.now)

    def welcome(self) -> None:
        """The CLA tells its date; the time before counts no more."""
        self.failover.told_date(self.true_ns, self.now)
        self.failover.answered(self.now.monotonic_ns, self.now)
        self.off_ns = 0


def play(steps: list[tuple[str, int]]) -> None:
    """Since the last welcome nothing is gained but the time for which the node was off (F11)."""
    machine = Machine()
    for what, days in steps:
        machine.act(what, days)
        assert machine.date_ns >= machine.true_ns - machine.off_ns
        if what == "welcome" and machine.ahead_ns <= 0:
            assert machine.date_ns == machine.true_ns, "a right clock has the right date"


@given(st.lists(STEPS, max_size=12))
@settings(deadline=None)
def test_no_clock_gains_a_day_of_a_license(steps: list[tuple[str, int]]) -> None:
    """Forward, back, switched off, connected: in any order."""
    play(steps)


def test_a_node_that_believes_its_clock_alone_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted bug: while the CLA answers the date follows a clock that was set back."""

    def believe(self: Failover, now: Reading) -> None:
        self._date_origin_ns = now.wall_ns - now.monotonic_ns

    monkeypatch.setattr(Failover, "_correct_date", believe)
    with pytest.raises(AssertionError):
        play([("step", -100), ("heartbeat", 0)])
