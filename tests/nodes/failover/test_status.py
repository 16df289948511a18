"""Property A4: runs, power cuts, clock steps and flapping links never lengthen a period.

The real `LicenseStatus` on real SQLite. The model knows the truth: for how long the node ran since
the last answered request, power cuts left out; F11 charges them as the wall clock tells.
"""

import contextlib
import sqlite3
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from machine import Machine

from licensing.lease import Lease
from licensing.policies import DAY_NS, HOUR_NS, MINUTE_NS, NS_PER_SECOND, TIMING
from licensing.words import NodeState, Trigger
from nodes.failover.machine import Failover, Reading, StoredFailover
from nodes.failover.status import LicenseStatus
from nodes.store import NodeStore
from nodes.telephony.equipment import Equipment, Subscriber

EQUIPMENT = Equipment(model="X3", subscribers=[Subscriber(number="200", type="up0")], trunks=[])
LEASE = Lease(
    lease_id="l",
    node="machine",
    epoch=1,
    seq=1,
    serial=1,
    entitlements=[],
    failover_period_s=2_592_000,
)
RUNNING = (NodeState.REGULAR, NodeState.FAILOVER)
WRITE_INTERVAL_NS = {
    NodeState.REGULAR: TIMING.noticed_ns + TIMING.answer_ns,
    NodeState.FAILOVER: TIMING.redialed_ns,
}
"""The longest running time that no writing tells of: since last-good, and between two dialings."""


class PowerCut(Exception):
    """The power fails at a write."""


class FailingStore(NodeStore):
    """Lets the power fail at the next write: before it is done, or right after."""

    fails: str | None = None

    def save(self, **records) -> None:
        """Write, or raise `PowerCut` before it or after."""
        if self.fails == "before":
            raise PowerCut
        super().save(**records)
        if self.fails == "after":
            raise PowerCut


class Period(RuleBasedStateMachine):
    """One node, its disk, and how long it truly ran since the last answered request."""

    def __init__(self) -> None:
        super().__init__()
        self.exits = contextlib.ExitStack()
        disk = "/dev/shm" if Path("/dev/shm").is_dir() else None
        directory = self.exits.enter_context(tempfile.TemporaryDirectory(dir=disk))
        self.machine = Machine(Path(directory))
        self.true_ns = 0
        self.excused_ns = 0
        self.lowest_ns = 0
        self.recovered = False

    @initialize()
    def commission(self) -> None:
        """Switched on, leased."""
        self._start()
        self._answer(0)
        self.status.leased(LEASE, "hq")

    def _start(self) -> None:
        self.machine.clock.boot()
        self.store = FailingStore(self.machine.host)
        self.status = LicenseStatus(self.machine.host, self.store, EQUIPMENT)
        self.status.start()

    def _answer(self, round_trip_ns: int) -> None:
        now_ns = self.machine.clock.monotonic_ns()
        sent_ns = max(now_ns - round_trip_ns, 0)
        if self.status.state is NodeState.REGULAR:
            self.true_ns, self.excused_ns, self.recovered = now_ns - sent_ns, 0, True
        self.status.answered(sent_ns)

    def _pass(self, duration_ns: int) -> None:
        self.machine.clock.now_ns += duration_ns
        self.true_ns += duration_ns
        self.status._tick()

    def _cut_power(self, off_ns: int, step_ns: int) -> None:
        """F11 with the clock as it stands at the start, against what the disk says."""
        for connection in self.machine.host.databases:
            with contextlib.suppress(sqlite3.ProgrammingError):
                connection.close()
        self.machine.host.databases.clear()
        stored = NodeStore(self.machine.host).load("failover", StoredFailover)
        clock = self.machine.clock
        clock.now_ns += off_ns + step_ns
        charged_ns = stored.charged_ns + max(0, clock.now_ns - stored.high_water_ns)
        hidden_ns = max(self.true_ns - self.excused_ns, self.lowest_ns) - charged_ns
        if stored.state in RUNNING and hidden_ns > 0 and stored.high_water_ns <= clock.now_ns:
            # The one gap: a wall clock after the mark hides the time since the last write.
            assert hidden_ns <= WRITE_INTERVAL_NS[stored.state]
            self.excused_ns = max(self.excused_ns, self.true_ns - charged_ns)
            self.lowest_ns = min(self.lowest_ns, charged_ns)
        self._start()

    @rule(minutes=st.integers(1, 32), cut=st.sampled_from([None, "before", "after"]))
    @precondition(lambda self: self.status.state is not NodeState.REGULAR)
    def dial_in_vain(self, minutes: int, cut: str | None) -> None:
        """The time between two dialings; the power may fail at the write of the second."""
        self._pass(minutes * MINUTE_NS)
        self._at_a_write(cut, self.status.look_at_clock)

    @rule(days=st.integers(1, 12))
    @precondition(lambda self: self.status.state is not NodeState.REGULAR)
    def stay_cut_off(self, days: int) -> None:
        """Many dialings, of which the last counts."""
        self._pass(days * DAY_NS)
        self.status.look_at_clock()

    @rule(
        seconds=st.integers(0, 300), beats=st.integers(1, 8), cut=st.sampled_from([None, "after"])
    )
    @precondition(lambda self: self.status.state is NodeState.REGULAR)
    def beat(self, seconds: int, beats: int, cut: str | None) -> None:
        """Hours of connection."""
        for _ in range(beats):
            self._pass(HOUR_NS)
            self.status.look_at_clock()
            self._at_a_write(cut, lambda: self._answer(seconds * NS_PER_SECOND))

    @rule(minutes=st.integers(0, 5))
    @precondition(lambda self: self.status.state is NodeState.REGULAR)
    def break_connection(self, minutes: int) -> None:
        """A short break, or one that is failover."""
        self.status.disconnected()
        self._pass(minutes * MINUTE_NS)

    @rule()
    @precondition(lambda self: self.status.state is NodeState.FAILOVER)
    def reconnect(self) -> None:
        """F3, recovery full."""
        now_ns = self.machine.clock.monotonic_ns()
        self.status.answered(now_ns)
        self.status.leased(LEASE, "hq")
        self.true_ns, self.excused_ns, self.recovered = 0, 0, True

    @rule(step=st.sampled_from([-HOUR_NS, HOUR_NS, -29 * DAY_NS, 400 * DAY_NS]))
    def step_clock(self, step: int) -> None:
        """Somebody sets the clock while the node runs."""
        self.machine.clock.step(step)

    @rule(
        off_ns=st.integers(0, 3 * DAY_NS),
        step_ns=st.sampled_from([0, 0, -HOUR_NS, -29 * DAY_NS, HOUR_NS]),
    )
    def restart(self, off_ns: int, step_ns: int) -> None:
        """A power cut at any moment."""
        self._cut_power(off_ns, step_ns)

    def _at_a_write(self, cut: str | None, act) -> None:
        self.store.fails = cut
        try:
            act()
        except PowerCut:
            self._cut_power(0, 0)
        self.store.fails = None

    @invariant()
    def never_longer_than_it_truly_is(self) -> None:
        """What is used up never lags the truth, and falls only where the CLA answered."""
        if not hasattr(self, "status") or self.status.state not in RUNNING:
            return
        used_ns = self.status._failover.charged_ns(self.status.reading())
        assert used_ns >= self.true_ns - self.excused_ns - TIMING.answer_ns
        assert self.recovered or used_ns >= self.lowest_ns
        assert used_ns <= 30 * DAY_NS
        self.lowest_ns, self.recovered = used_ns, False

    def teardown(self) -> None:
        """Tidy up."""
        for connection in self.machine.host.databases:
            connection.close()
        self.exits.close()


Period.TestCase.settings = settings(stateful_step_count=25)
test_a_period_only_shrinks = Period.TestCase


def test_the_property_can_fail(monkeypatch):
    """A node that starts its period anew at a restart is found out."""

    def forgetful(self: Failover, stored: StoredFailover, now: Reading) -> None:
        original(self, stored, now)
        self._origin_ns = now.monotonic_ns

    original = Failover.__init__
    monkeypatch.setattr(Failover, "__init__", forgetful)
    period = Period()
    try:
        period.commission()
        period.status.happened(Trigger.LOST)
        period.stay_cut_off(5)
        period.never_longer_than_it_truly_is()
        period.restart(HOUR_NS, 0)
        with pytest.raises(AssertionError):
            period.never_longer_than_it_truly_is()
    finally:
        period.teardown()
