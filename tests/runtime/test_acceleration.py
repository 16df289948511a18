"""Accelerated time: loop and clock agree, wall clocks step on request, rates are honest."""

import asyncio
import math
import time  # noqa: TID251 - what is accelerated is compared with real time
from itertools import pairwise
from types import SimpleNamespace

import pytest
from machine import free_port
from programs import agent, join, slave

from licensing.events import ClockJumpedForward, ClockSetBack, HeartbeatAnswered, ProgramStarted
from licensing.policies import (
    DAY_NS,
    HOUR_NS,
    LATEST_WALL_NS,
    MINUTE_NS,
    NS_PER_SECOND,
    TIMING,
)
from runtime.acceleration import (
    AcceleratedClock,
    AcceleratedLoop,
    ClockOffset,
    RateUnsafe,
    measured_overshoot_s,
    require_safe_rate,
    safe_rate,
)
from runtime.tempo import Tempo
from simulator.live.processes import preferred

real = pytest.mark.asyncio(loop_factories=["real"])
MONDAY_NS = 1_772_438_400 * NS_PER_SECOND
RATE = 1000


def in_accelerated_time(main, rate: float = RATE):
    """Run a coroutine by a loop of that rate, before other processes; origin is now."""
    origin_ns = time.monotonic_ns()
    loop = AcceleratedLoop(Tempo(rate, origin_ns))
    with preferred(), asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(main(AcceleratedClock(Tempo(rate, origin_ns), MONDAY_NS)))


def test_an_hour_lasts_three_and_a_half_seconds_at_rate_1000():
    """Sleeping is accelerated, and loop and clock count the same seconds."""

    async def sleep_ten_minutes(clock: AcceleratedClock) -> tuple[float, float]:
        began_s, began_ns = asyncio.get_running_loop().time(), clock.monotonic_ns()
        await asyncio.sleep(600)
        ended_ns = clock.monotonic_ns()
        return asyncio.get_running_loop().time() - began_s, (ended_ns - began_ns) / NS_PER_SECOND

    began = time.monotonic()
    by_loop_s, by_clock_s = in_accelerated_time(sleep_ten_minutes)
    assert 0.6 <= time.monotonic() - began < 2
    assert 600 <= by_clock_s <= by_loop_s
    assert by_loop_s - by_clock_s < 60


def test_timers_are_never_early_and_keep_their_order():
    """Each of twenty timers a minute apart fires at or after its time, in order (D1: late only)."""

    async def note_times(_: AcceleratedClock) -> list[float]:
        loop, late = asyncio.get_running_loop(), []
        done = loop.create_future()
        began = loop.time()

        def fire(minute: int) -> None:
            late.append(loop.time() - began - 60 * minute)
            if len(late) == 20:
                done.set_result(None)

        for minute in reversed(range(20)):
            loop.call_at(began + 60 * minute, fire, minute)
        await done
        return late

    late = in_accelerated_time(note_times)
    assert min(late) >= -1e-5  # the resolution of the machine's clock, accelerated


def test_a_loop_with_nothing_due_sleeps():
    """A short wait is rounded up to a millisecond and does not turn into a busy loop."""

    async def count_turns(_: AcceleratedClock) -> int:
        turns, loop = 0, asyncio.get_running_loop()
        waiting = loop._run_once

        def counted() -> None:
            nonlocal turns
            turns += 1
            waiting()

        loop._run_once = counted
        await asyncio.sleep(100)
        return turns

    assert in_accelerated_time(count_turns) < 10


def test_the_clock_begins_at_its_epoch_and_agrees_between_processes():
    """Origin and rate are all that two processes must share."""
    origin_ns = time.monotonic_ns() - 2 * NS_PER_SECOND
    one, other = (AcceleratedClock(Tempo(RATE, origin_ns), MONDAY_NS) for _ in range(2))
    before, between, after = one.monotonic_ns(), other.monotonic_ns(), one.monotonic_ns()
    assert 2000 * NS_PER_SECOND <= before <= between <= after
    assert one.wall_ns() - MONDAY_NS >= after
    assert one.instant_ns() >= after


def test_the_clock_ends_where_a_database_cannot_hold_its_date():
    """In 2262 it stands still, whether it got there by running or by a step; it may go back."""
    clock = AcceleratedClock(Tempo(RATE, time.monotonic_ns()), LATEST_WALL_NS - 1)
    while clock.monotonic_ns() < 2:
        pass
    assert clock.wall_ns() == LATEST_WALL_NS
    offset = SimpleNamespace(ns=400 * 365 * DAY_NS)
    clock = AcceleratedClock(Tempo(RATE, time.monotonic_ns()), MONDAY_NS, offset)
    assert clock.wall_ns() == LATEST_WALL_NS
    offset.ns = 0
    assert clock.wall_ns() < LATEST_WALL_NS


def test_the_clock_is_exact_to_a_microsecond_after_a_year():
    """A simulated year at rate 5000, far from the origin: no precision is lost on the way."""
    origin_ns = time.monotonic_ns() - 365 * DAY_NS // 5000
    clock = AcceleratedClock(Tempo(5000, origin_ns), MONDAY_NS)
    readings = [clock.monotonic_ns() for _ in range(1000)]
    assert readings == sorted(readings)
    assert 365 * DAY_NS <= readings[0] < 365 * DAY_NS + HOUR_NS


def test_who_holds_the_file_steps_the_wall_clock(tmp_path):
    """Back 29 days and forward 400, at once; true time and the instants of facts do not move."""
    ours = ClockOffset(tmp_path / "offset")
    clock = AcceleratedClock(
        Tempo(1, time.monotonic_ns()), MONDAY_NS, ClockOffset(tmp_path / "offset")
    )
    assert ours.ns == 0
    for offset_ns in (-29 * DAY_NS, 400 * DAY_NS, 0, -(2**63), 2**63 - 1):
        ours.ns = offset_ns
        shown_ns = min(MONDAY_NS + offset_ns, LATEST_WALL_NS)
        assert 0 <= clock.wall_ns() - shown_ns < HOUR_NS
        assert 0 <= clock.monotonic_ns() <= clock.instant_ns() < HOUR_NS


def test_an_offset_file_keeps_its_offset(tmp_path):
    """A restarted process has the clock that it had."""
    ClockOffset(tmp_path / "offset").ns = -HOUR_NS
    assert ClockOffset(tmp_path / "offset").ns == -HOUR_NS


def test_the_safe_rate_is_a_tenth_of_the_shortest_timeout():
    """120 s / 10 / 1.2 ms; a sluggish computer allows less, a quick one not more."""
    assert TIMING.dial_ns == 2 * MINUTE_NS
    assert math.isclose(safe_rate(0.0012), 10_000)
    assert math.isclose(safe_rate(0.0001), 10_000)
    assert math.isclose(safe_rate(0.012), 1000)


def test_a_rate_that_is_too_fast_is_refused_with_the_arithmetic():
    """Everything that one needs to check the sum is in the message."""
    require_safe_rate(10_000, 0.0012)
    with pytest.raises(RateUnsafe) as refused:
        require_safe_rate(20_000, 0.002)
    for word in ("20000 times", "2.0 ms", "40.0 simulated seconds", "120 s / 10 / 2.0 ms = 6000"):
        assert word in str(refused.value)


def test_the_overshoot_is_measured_and_never_underestimated():
    """At least what epoll's rounding alone may cost."""
    began = time.monotonic()
    assert 0.0012 <= measured_overshoot_s() < 0.5
    assert time.monotonic() - began < 10


@real
async def test_processes_in_accelerated_time(tmp_path):
    """A heartbeat an hour is one every 3.6 s at rate 1000, dated by simulated time.

    The program notices steps of its wall clock from outside at its next look, both ways.
    """
    port, origin_ns = free_port(), time.monotonic_ns()
    times = {"rate": RATE, "origin": origin_ns, "epoch": MONDAY_NS}
    master = agent(tmp_path, port, **times)
    node = slave(tmp_path, free_port(), clock_offset=str(tmp_path / "offset"), **times)
    async with master.running(), node.running():
        await join(node, master, f"127.0.0.1:{port}")
        began = time.monotonic()
        await node.entries(HeartbeatAnswered, 1)
        offset = ClockOffset(tmp_path / "offset")
        offset.ns = -2 * DAY_NS
        (back,) = await node.entries(ClockSetBack)
        offset.ns = DAY_NS
        (forward,) = await node.entries(ClockJumpedForward)
        beats = [entry.at for entry in await node.entries(HeartbeatAnswered, 3)]
        real_s = time.monotonic() - began
    steps = [later - earlier for earlier, later in pairwise(beats)]
    # A computer that stands still for a moment delays one beat, and not every one.
    assert HOUR_NS <= min(steps) < HOUR_NS + 5 * MINUTE_NS, steps
    assert max(steps) < 2 * HOUR_NS, steps
    assert 10 < real_s < 20
    assert abs(back.fact.by_ns - 2 * DAY_NS) < HOUR_NS
    assert abs(forward.fact.by_ns - 3 * DAY_NS) < HOUR_NS
    (started,) = await node.entries(ProgramStarted)
    assert 0 < started.at < beats[0] < RATE * (time.monotonic_ns() - origin_ns)
