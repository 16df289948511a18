"""The node's real failover machine before the oracle: any sequence of outages, crashes and clocks.

`NodeAtWork` is the machine with the shortest possible link and disk; what it does is told to the
oracle, which counts by itself.
"""

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle_stories import Story

from licensing.events import ClockStepped, HeartbeatAnswered
from licensing.policies import DAY_NS, MINUTE_NS, TIMING
from licensing.words import Condition, NodeState
from nodes.backoff import backoff_ns
from nodes.failover import Failover, Reading, StoredFailover, Transition, Trigger
from simulator.oracle import Violation

NODE = "north"
PERIOD_NS = 2 * DAY_NS
ROUND_TRIP_NS = 30_000_000

Spoil = Callable[[StoredFailover], StoredFailover]


class NodeAtWork:
    """`spoil` changes what a start finds on the disk: the bugs that the oracle must see."""

    def __init__(self, spoil: Spoil = lambda stored: stored, chance: float = 0.0) -> None:
        self.story = Story()
        self.story.license(NODE, period_ns=PERIOD_NS)
        self.spoil = spoil
        self.chance = chance
        self.reachable = True
        self.booted_ns = 0
        self.failover = Failover(StoredFailover(), self.reading)
        self.failover.answered(0, self.reading)
        self.failover.leased(epoch=1, period_ns=PERIOD_NS, file_ends_ns=None, now=self.reading)
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
            self.move(self.failover.happened(Trigger.LOST, self.reading))
            self.close_session(TIMING.shortest_backoff_ns)
        elif self.reachable:
            self.look()
            self.story.tell(NODE, HeartbeatAnswered(round_trip_ns=ROUND_TRIP_NS))
            self.answered()
            self.wake_ns = self.story.now + TIMING.heartbeat_ns + ROUND_TRIP_NS
        else:
            self.awaiting = True
            self.wake_ns += TIMING.answer_ns - ROUND_TRIP_NS

    def dial(self) -> None:
        """Dial; a welcome brings the lease, or the word that relicensing is required."""
        self.look()
        if not self.reachable:
            self.failures += 1
            pause_ns = backoff_ns(self.failures, self.failover.rest_ns(self.reading), self.chance)
            self.wake_ns += TIMING.dial_ns + pause_ns
            return
        emergency = self.failover.state is NodeState.EMERGENCY
        condition = Condition.RELICENSING_REQUIRED if emergency else Condition.LICENSED
        self.story.welcome(NODE, condition, ROUND_TRIP_NS)
        self.answered()
        if not emergency:
            moved = self.failover.leased(
                epoch=1, period_ns=PERIOD_NS, file_ends_ns=None, now=self.reading
            )
            self.write()
            self.move(moved)
        self.open_session()

    def open_session(self) -> None:
        """The session is open, and the next heartbeat is in an hour."""
        self.connected, self.awaiting, self.failures = True, False, 0
        self.wake_ns = self.story.now + TIMING.heartbeat_ns + ROUND_TRIP_NS

    def close_session(self, pause_ns: int) -> None:
        """The session is over, and the next dialing is after a pause."""
        self.connected, self.awaiting, self.failures = False, False, 1
        self.wake_ns = self.story.now + pause_ns

    # The status.

    def answered(self) -> None:
        """As `LicenseStatus.answered`."""
        now = self.reading
        self.failover.answered(now.monotonic_ns - ROUND_TRIP_NS, now)
        if now.monotonic_ns - self.written_ns >= TIMING.last_good_write_ns:
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


@given(st.lists(actions, max_size=14), st.floats(0, 1))
@settings(max_examples=400, deadline=None)
def test_the_real_machine_is_never_accused(
    sequence: list[tuple[object, ...]], chance: float
) -> None:
    """Whatever happens to link, power and clock."""
    play(NodeAtWork(chance=chance), *sequence)


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
