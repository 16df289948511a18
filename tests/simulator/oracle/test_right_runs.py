"""Right runs that the oracle once condemned; and starts that come to nothing."""

from pathlib import Path

import pytest
from oracle_stories import PERIOD_NS, Story, cut_off

from licensing.events import (
    ClockStepped,
    DiskFilled,
    DiskFreed,
    HostFrozen,
    HostStarted,
    HostThawed,
    ProgramEnded,
    ProgramRestarted,
    ProgramStarted,
)
from licensing.policies import DAY_NS, HOUR_NS, MINUTE_NS
from simulator.explore.played_run import RunFate, played
from simulator.oracle import Violation
from simulator.scenario import load_scenario

RIGHT = sorted((Path(__file__).parent / "right_runs").glob("*.yaml"))
DEADLINE_NS = 3 * DAY_NS + 7 * MINUTE_NS + PERIOD_NS
ENDED = ProgramEnded(program="node", reason="state-unreachable")


@pytest.mark.parametrize("path", RIGHT, ids=lambda path: path.stem)
def test_a_right_run_holds(path: Path) -> None:
    """Each is as short as it became, and was judged wrong until the oracle was mended."""
    assert played(load_scenario(path), mended=False).verdict is RunFate.HOLDS


def step(story: Story, by_ns: int) -> Story:
    """North's clock is set."""
    story.clock_ns["north"] += by_ns
    return story.tell("north", ClockStepped(by_ns=by_ns, wall_ns=story.wall_ns("north")))


def started_twice(
    late_ns: int, *, full: bool = True, comes_up: bool = False, power_fails: bool = False
) -> None:
    """North is in failover and off; it starts after an hour, and again after another.

    The first start comes to nothing, with its disk `full` or not, or `comes_up` before it ends; the
    clock is set back in between. Its period ends `late_ns` after what it is without all that.
    """
    story = cut_off().at(10 * DAY_NS).crash("north")
    story.tell("north", DiskFilled() if full else DiskFreed())
    story.at(story.now + HOUR_NS).tell("north", HostStarted(wall_ns=story.wall_ns("north")))
    if comes_up:
        story.tell("north", ProgramStarted(program="node"))
        story.show("north", "Failover Period")
    if power_fails:
        story.crash("north")
    else:
        story.tell("north", ENDED)
    step(story, -DAY_NS)
    story.at(story.now + HOUR_NS).tell("north", DiskFreed())
    again = HostStarted(wall_ns=story.wall_ns("north"))
    story.tell("north", again if power_fails else ProgramRestarted(program="node", times=1))
    story.tell("north", ProgramStarted(program="node"))
    story.show("north", "Failover Period")
    story.at(DEADLINE_NS + late_ns).expire("north")
    story.at(story.now + 1).end()


@pytest.mark.parametrize("power_fails", [False, True])
def test_a_start_that_comes_to_nothing_on_a_full_disk_charges_nothing(power_fails: bool) -> None:
    """Of the two hours the last start charges what its clock shows since the node last wrote."""
    started_twice(2 * HOUR_NS, power_fails=power_fails)
    with pytest.raises(Violation, match=r"O2.*\n.*emergency by"):
        started_twice(2 * HOUR_NS + 1_001, power_fails=power_fails)


@pytest.mark.parametrize("how", [{"full": False}, {"comes_up": True}])
def test_any_other_start_charges_what_its_clock_shows(how: dict[str, bool]) -> None:
    """The first hour; the second one is none by the clock that was set back."""
    started_twice(HOUR_NS, **how)
    with pytest.raises(Violation, match=r"O2.*\n.*emergency by"):
        started_twice(2 * HOUR_NS, **how)


def caught_up(late_ns: int, *, frozen_after_ns: int = MINUTE_NS) -> None:
    """North's clock is set back by 3 h, it stands still for 6 h from then, and stops as it goes on.

    An hour later it starts. Its period ends `late_ns` after what it is without all that.
    """
    story = step(cut_off().at(10 * DAY_NS), -3 * HOUR_NS)
    story.at(story.now + frozen_after_ns).tell("north", HostFrozen())
    story.at(story.now + 6 * HOUR_NS).tell("north", HostThawed()).crash("north")
    story.at(story.now + HOUR_NS).start("north")
    story.show("north", "Failover Period")
    story.at(DEADLINE_NS + late_ns).expire("north")
    story.at(story.now + 1).end()


def test_a_clock_may_come_up_to_its_mark_while_nobody_looks() -> None:
    """Of 7 hours the node charges the 4 that its clock shows past the mark that it wrote down."""
    caught_up(3 * HOUR_NS)
    with pytest.raises(Violation, match=r"O2.*\n.*emergency by"):
        caught_up(3 * HOUR_NS, frozen_after_ns=5 * HOUR_NS)  # it has seen its clock past its mark
    with pytest.raises(Violation, match=r"O2.*\n.*emergency by"):
        caught_up(9 * HOUR_NS)
