"""The node's real failover machine before the oracle: any sequence of outages, crashes and clocks.

`NodeAtWork` is the machine with the shortest possible link and disk; the oracle hears what it does,
and counts by itself.
"""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from oracle_stories import Story

from licensing.events import (
    ClockStepped,
    ConnectionLost,
    HeartbeatAnswered,
    LeaseInstalled,
    LeaseSigned,
    StateChanged,
)
from licensing.policies import (
    DAY_NS,
    HOUR_NS,
    MINUTE_NS,
    SHORTEST_FAILOVER_PERIOD_NS,
    TIMING,
)
from licensing.recovery import FULL, Recovery, RecoveryPolicy
from licensing.wall_time import utc_of
from licensing.words import Condition, NodeState, Trigger
from nodes.cla_session.backoff import backoff_ns
from nodes.failover.machine import STATUS_TRANSITIONS, Failover, Reading, StoredFailover, Transition
from simulator.oracle import Violation

NODE = "north"
PERIOD_NS = 2 * DAY_NS
ROUND_TRIP_NS = 30_000_000

Spoil = Callable[[StoredFailover], StoredFailover]


class NodeAtWork:
    """`spoil` changes what a start finds on the disk: the bugs that the oracle must see.

    `recovery` is what the license file says; the node believes in `believed`, if that is another.
    """

    def __init__(
        self,
        spoil: Spoil = lambda stored: stored,
        chance: float = 0.0,
        recovery: Recovery = FULL,
        believed: Recovery | None = None,
        period_ns: int = PERIOD_NS,
    ) -> None:
        self.story = Story()
        self.story.license(NODE, period_ns=period_ns, recovery=recovery)
        self.period_ns = period_ns
        self.recovery, self.believed = recovery, believed
        self.epoch, self.renewed = 1, False
        self.file_ends_ns: int | None = None
        self.spoil = spoil
        self.chance = chance
        self.reachable = True
        self.booted_ns = 0
        self.failover = Failover(StoredFailover(), self.reading)
        self.failover.answered(0, self.reading)
        self.lease()
        self.write()
        self.open_session()

    @property
    def reading(self) -> Reading:
        """Both clocks, now."""
        now_ns = self.story.now
        return Reading(now_ns - self.booted_ns, self.story.wall_ns(NODE))

    def run(self, minutes: int) -> None:
        """Let time pass, doing what is due."""
        until_ns = self.story.now + minutes * MINUTE_NS
        while True:
            due_ns = self.failover.due_ns()
            tick_ns = self.wake_ns if due_ns is None else due_ns + self.booted_ns
            next_ns = max(min(tick_ns, self.wake_ns), self.story.now)
            if next_ns > until_ns:
                break
            self.story.at(next_ns)
            if next_ns == self.wake_ns:
                self.work()
            self.tick()
        self.story.at(until_ns)

    def step(self, minutes: int) -> None:
        """Set the clock."""
        by_ns = minutes * MINUTE_NS
        self.story.clock_ns[NODE] += by_ns
        stepped = ClockStepped(by_ns=by_ns, wall_ns=self.story.wall_ns(NODE))
        self.story.tell(NODE, stepped)

    def off(self, minutes: int, step_minutes: int = 0) -> None:
        """A power cut."""
        self.story.crash(NODE)
        self.story.now += minutes * MINUTE_NS
        self.story.clock_ns[NODE] += step_minutes * MINUTE_NS
        self.story.start(NODE)
        self.booted_ns = self.story.now
        self.failover = Failover(self.spoil(self.disk), self.reading)
        if self.failover.state is NodeState.FAILOVER:
            self.story.show(NODE, "Failover Period")
        self.write()
        self.tick()
        self.close_session(pause_ns=0)

    # The link.

    def work(self) -> None:
        """What the session had to do at this instant."""
        if not self.connected:
            self.dial()
        elif self.awaiting:
            self.story.tell(NODE, ConnectionLost(cause="heartbeat not answered"))
            self.failover.disconnected(self.reading)
            self.write()
            self.close_session(pause_ns=0)
        elif self.reachable:
            self.look()
            self.story.tell(NODE, HeartbeatAnswered(round_trip_ns=ROUND_TRIP_NS))
            had_ended = self.failover.file_has_ended(self.reading)
            self.answered()
            self.wake_ns = self.story.now + TIMING.heartbeat_ns + ROUND_TRIP_NS
            if had_ended and not self.failover.file_has_ended(self.reading):
                self.close_session(pause_ns=0)
        else:
            self.awaiting = True
            self.wake_ns += TIMING.answer_ns - ROUND_TRIP_NS

    def dial(self) -> None:
        """Dial; a welcome brings the lease, or the word that relicensing is required."""
        self.look()
        if not self.reachable or self.is_refused:
            self.failures += 1
            pause_ns = backoff_ns(self.failures, self.failover.rest_ns(self.reading), self.chance)
            self.wake_ns += TIMING.dial_ns + pause_ns
            return
        emergency = self.waits_for_relicensing
        if self.renewed and not emergency:
            self.sign()
        condition = Condition.RELICENSING_REQUIRED if emergency else Condition.LICENSED
        self.story.welcome(NODE, condition, ROUND_TRIP_NS)
        self.failover.told_date(self.story.wall_ns("hq"), self.reading)
        self.answered()
        if not emergency:
            self.take_lease()
        self.open_session()

    def file(
        self,
        epochs: int,
        recovery: Recovery,
        period_ns: int = PERIOD_NS,
        ends_minutes: int | None = None,
    ) -> None:
        """The CLA has a new license file; a connected node gets its lease at once."""
        self.epoch += epochs
        self.file_ends_ns = valid_until = None
        if ends_minutes is not None:
            self.file_ends_ns = self.story.wall_ns("hq") + ends_minutes * MINUTE_NS
            valid_until = utc_of(self.file_ends_ns)
        self.recovery, self.period_ns, self.renewed = recovery, period_ns, True
        said = {"epoch": self.epoch, "period_ns": period_ns, "recovery": recovery}
        self.story.accept({}, valid_until=valid_until, **said)
        hears = self.connected and self.reachable and not self.awaiting
        if hears and not self.waits_for_relicensing:
            self.sign()
            self.take_lease()

    @property
    def waits_for_relicensing(self) -> bool:
        """Whether its period ended under the present epoch."""
        ended = self.failover.state is NodeState.EMERGENCY
        return ended and self.epoch <= self.failover.epoch

    @property
    def is_refused(self) -> bool:
        """Whether the CLA's license file has ended by its own clock, which nobody sets here."""
        return self.file_ends_ns is not None and self.file_ends_ns <= self.story.wall_ns("hq")

    def sign(self) -> None:
        """The CLA signs what the new file says."""
        self.story.seq += 1
        self.story.tell("hq", LeaseSigned(node=NODE, **self.newest))

    def take_lease(self) -> None:
        """What the node does with a lease; the fact comes last."""
        moved = self.lease()
        self.write()
        self.move(moved)
        if self.renewed:
            self.renewed = False
            self.story.tell(NODE, LeaseInstalled(**self.newest))

    @property
    def newest(self) -> dict[str, Any]:
        """The newest lease."""
        identity = {"lease_id": f"{NODE}/{self.epoch}", "seq": self.story.seq}
        return {"epoch": self.epoch, "seats": {}} | identity

    def open_session(self) -> None:
        """The session is open, and the next heartbeat is in an hour."""
        self.connected, self.awaiting, self.failures = True, False, 0
        self.wake_ns = self.story.now + TIMING.heartbeat_ns + ROUND_TRIP_NS

    def close_session(self, pause_ns: int) -> None:
        """The session is over, and the next dialing is after a pause."""
        self.connected, self.awaiting, self.failures = False, False, 1
        self.wake_ns = self.story.now + pause_ns

    # The status.

    def lease(self) -> Transition | None:
        """The lease comes with the welcome."""
        return self.failover.leased(
            cla="hq",
            epoch=self.epoch,
            period_ns=self.period_ns,
            recovery=self.believed or self.recovery,
            file_ends_ns=self.file_ends_ns,
            now=self.reading,
        )

    def answered(self) -> None:
        """As `LicenseStatus.answered`."""
        now = self.reading
        self.failover.answered(now.monotonic_ns - ROUND_TRIP_NS, now)
        lasting = self.failover.recovery != FULL
        if lasting or now.monotonic_ns - self.written_ns >= TIMING.last_good_write_ns:
            self.write()

    def look(self) -> None:
        """As `LicenseStatus.look_at_clock`."""
        stepped = self.failover.observe(self.reading)
        if stepped or self.failover.state is not NodeState.REGULAR:
            self.write()

    def write(self) -> None:
        """As `LicenseStatus.write`."""
        self.written_ns = self.reading.monotonic_ns
        self.disk = self.failover.stored(self.reading)

    def tick(self) -> None:
        """Do what time has brought."""
        while moved := self.failover.tick(self.reading):
            self.move(moved)

    def move(self, moved: Transition | None) -> None:
        """Write a change down, and tell it."""
        if moved:
            self.write()
            self.story.change(NODE, moved.before, moved.after, moved.trigger.value)


minutes = st.integers(1, 3000)
steps = st.one_of(st.just(0), st.integers(-90, 90), st.integers(-4000, 4000))
actions = st.one_of(
    st.tuples(st.just("run"), minutes),
    st.tuples(st.just("run"), st.integers(1, 90)),
    st.tuples(st.sampled_from(["cut", "heal"])),
    st.tuples(st.just("step"), steps),
    st.tuples(st.just("off"), st.integers(1, 90), steps),
    st.tuples(st.just("off"), minutes, steps),
)


def play(node: NodeAtWork, *sequence: tuple[object, ...]) -> None:
    """Do all of a sequence, then let what is due come about."""
    for what, *arguments in sequence:
        if what in ("cut", "heal"):
            node.reachable = what == "heal"
        else:
            getattr(node, str(what))(*arguments)
    node.run(60 * 24 * 5)
    node.story.end()


RESUME = Recovery(policy=RecoveryPolicy.RESUME)
RECHARGE = Recovery(policy=RecoveryPolicy.RECHARGE)
AFTER_STABLE = Recovery(policy=RecoveryPolicy.AFTER_STABLE, stable_s=5 * 3600)
recoveries = st.sampled_from([FULL, RESUME, RECHARGE, AFTER_STABLE])
periods = st.sampled_from([SHORTEST_FAILOVER_PERIOD_NS, 7 * HOUR_NS, PERIOD_NS, 30 * DAY_NS])


@given(st.lists(actions, max_size=14), st.floats(0, 1), recoveries, periods)
@example([("off", 1, 0), ("run", 61), ("cut",)], 0.0, RECHARGE, PERIOD_NS)
@example([("off", 1, -1), ("run", 1), ("cut",)], 0.0, RESUME, PERIOD_NS)
@example([("off", 1, -1), ("run", 1), ("cut",)], 0.0, AFTER_STABLE, PERIOD_NS)
def test_the_real_machine_is_never_accused(
    sequence: list[tuple[object, ...]], chance: float, recovery: Recovery, period_ns: int
) -> None:
    """Whatever happens to link, power and clock, under every policy and period."""
    play(NodeAtWork(chance=chance, recovery=recovery, period_ns=period_ns), *sequence)


ends = st.sampled_from([None, None, 90, 700, 3000])
files = st.tuples(st.just("file"), st.integers(0, 1), recoveries, periods, ends)


@given(st.lists(st.one_of(actions, actions, files), max_size=14), recoveries)
@example([("cut",), ("run", 900), ("heal",), ("run", 40), ("file", 0, RESUME)], FULL)
@example([("cut",), ("run", 900), ("heal",), ("run", 40), ("file", 0, FULL)], RESUME)
@example(
    [("cut",), ("run", 900), ("heal",), ("run", 40), ("file", 1, RESUME), ("file", 0, RESUME)],
    RESUME,
)
def test_nor_where_new_license_files_change_the_policy_and_the_period(
    sequence: list[tuple[object, ...]], recovery: Recovery
) -> None:
    """With or without relicensing, whether the node is connected then or not, and until it ends."""
    play(NodeAtWork(recovery=recovery), *sequence)


THE_FILE_ENDS = (("file", 0, FULL, PERIOD_NS, 700), ("cut",), ("run", 900), ("heal",), ("run", 99))


def test_where_the_file_ends_the_node_is_restricted_until_there_is_another() -> None:
    """Also during an outage; it needs no newer epoch (F14)."""
    node = NodeAtWork()
    play(node, *THE_FILE_ENDS, ("file", 0, FULL), ("run", 99))
    changes = [change.after for change in node.story.told(StateChanged)]
    restricted = [NodeState.FAILOVER, NodeState.RESTRICTED, NodeState.REGULAR]
    assert changes[-3:] == restricted


def test_a_node_that_takes_the_end_of_the_file_for_that_of_its_period_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The mutant of F14: the whole internetwork would have to be relicensed for it."""
    monkeypatch.setitem(
        STATUS_TRANSITIONS[NodeState.FAILOVER], Trigger.FILE_ENDED, NodeState.EMERGENCY
    )
    with pytest.raises(Violation, match=f"O2 broken .* by {NODE}"):
        play(NodeAtWork(), *THE_FILE_ENDS)


@given(st.lists(actions, max_size=14), recoveries)
@example([("cut",), ("run", 47 * 60 + 50), ("heal",), ("run", 600)], RESUME)
def test_a_period_that_runs_never_ends_while_the_node_is_connected(
    sequence: list[tuple[object, ...]], recovery: Recovery
) -> None:
    """F3: however much of it is used up, an answer leaves enough for the next to come in time."""
    node = NodeAtWork(recovery=recovery)
    play(node, *[action for action in sequence if action[0] != "off"])
    changes = node.story.told(StateChanged)
    ended = [change for change in changes if change.after is NodeState.EMERGENCY]
    assert all(change.before is NodeState.FAILOVER for change in ended)


TWO_OUTAGES = (("cut",), ("run", 1500), ("heal",), ("run", 600), ("cut",), ("run", 1500))
"""Of 25 hours each, in a period of 48, and connected for 10 in between."""


@pytest.mark.parametrize(
    ("recovery", "ended"), [(FULL, 0), (RESUME, 1), (RECHARGE, 0), (AFTER_STABLE, 0)]
)
def test_two_outages_are_within_a_period_or_not(recovery: Recovery, ended: int) -> None:
    """F3: 50 hours of 48 under `resume`; with 10 recharged, or stable for 5, it is not over."""
    node = NodeAtWork(recovery=recovery)
    for what, *arguments in TWO_OUTAGES:
        if what in ("cut", "heal"):
            node.reachable = what == "heal"
        else:
            node.run(*arguments)
    changes = node.story.told(StateChanged)
    assert [change.after for change in changes].count(NodeState.EMERGENCY) == ended


@pytest.mark.parametrize("recovery", [RESUME, RECHARGE, AFTER_STABLE])
def test_a_node_that_begins_anew_although_it_may_not_is_caught(recovery: Recovery) -> None:
    """The mutant of A5: one contact a month keeps its period whole, whatever its lease says."""
    short = Recovery(policy=recovery.policy, stable_s=recovery.stable_s and 24 * 3600)
    with pytest.raises(Violation, match=f"O2 broken .* by {NODE}"):
        play(NodeAtWork(recovery=short, believed=FULL), *TWO_OUTAGES)


def test_a_node_that_ends_its_period_although_it_is_whole_again_is_caught() -> None:
    """The other way round: it goes on counting where the policy gives everything back."""
    with pytest.raises(Violation, match=f"O2 broken .* by {NODE}"):
        play(NodeAtWork(recovery=FULL, believed=RESUME), *TWO_OUTAGES)


def test_what_a_clock_showed_before_it_was_set_back_may_not_have_been_seen() -> None:
    """A node that had not looked at its clock since then charges more of a downtime, not less."""
    before, outage = (("run", 184), ("step", -723), ("run", 706)), (("cut",), ("run", 16))
    play(NodeAtWork(), *before, *outage, ("off", 33, 0))


def begun_anew(stored: StoredFailover) -> StoredFailover:
    """The mutant of A4: a restart begins the period anew."""
    return msgspec.structs.replace(stored, charged_ns=0, high_water_ns=0)


def downtime_free(stored: StoredFailover) -> StoredFailover:
    """A mutant that does not charge the time switched off."""
    return msgspec.structs.replace(stored, high_water_ns=0, charged_ns=stored.charged_ns or 0)


def regular_again(stored: StoredFailover) -> StoredFailover:
    """A mutant that forgets its failover over a restart."""
    return msgspec.structs.replace(stored, state=NodeState.REGULAR)


OUTAGE = (("run", 500), ("cut",), ("run", 1000), ("off", 100, 0))


def test_an_outage_with_a_restart() -> None:
    """What the mutants below are compared with."""
    play(NodeAtWork(), *OUTAGE)


@pytest.mark.parametrize(
    ("spoil", "rule"), [(begun_anew, "O2"), (downtime_free, "O2"), (regular_again, "O3")]
)
def test_a_mutant_is_caught(spoil: Spoil, rule: str) -> None:
    """A node that cheats over a restart is accused, by number."""

    def spoiled(stored: StoredFailover) -> StoredFailover:
        wrong = spoil(stored)
        if wrong.high_water_ns == 0 and wrong.charged_ns is not None:
            # No mark: let the start see none of the downtime.
            now_ns = node.story.wall_ns(NODE)
            wrong = msgspec.structs.replace(wrong, high_water_ns=now_ns)
        return wrong

    node = NodeAtWork(spoiled)
    with pytest.raises(Violation, match=f"{rule} broken .* by {NODE}"):
        play(node, *OUTAGE)
