"""Playing a scenario live: how fast, with which tolerance, and whether it is worth its time."""

import asyncio
import os
from collections.abc import Sequence
from functools import partial

from licensing.policies import NS_PER_SECOND, TIMING
from runtime.acceleration import measured_overshoot_s, safe_rate
from simulator.journal import Reader
from simulator.live.processes import prefer_this_process
from simulator.live.world import STARTUP_S, LiveWorld, Stage
from simulator.oracle import Oracle, Violation
from simulator.playing import Performance, Result
from simulator.scenario import Deadline, Instant, Scenario, Start

JITTER_S = 0.25
"""What a busy computer may add to anything, in real seconds: the tolerance of a live run."""

DIAL_S, TLS_DIAL_S = 0.005, 0.010
"""Real seconds that a busy core takes for a dialing, with everything that belongs to a session."""

LONGEST_RUN_S = 15 * 60
_STARTS_IN_A_GAP = 4
_SHARE_OF_A_MARGIN = 5


def tolerance_ns(rate: float) -> int:
    """The tolerance of a run at `rate`, in simulated nanoseconds."""
    return round(JITTER_S * rate * NS_PER_SECOND)


def fastest_rate(scenario: Scenario, *, tls: bool) -> tuple[float, str]:
    """The fastest honest rate for `scenario` on this computer, and the arithmetic in words."""
    overshoot_s = measured_overshoot_s()
    rate = safe_rate(overshoot_s)
    why = f"a sleep overshoots by {overshoot_s * 1000:.1f} ms here"
    processes = len(scenario.internetwork.nodes) + 2
    dial_s = (TLS_DIAL_S if tls else DIAL_S) * max(1, processes / (os.cpu_count() or 1))
    if TIMING.dial_ns / NS_PER_SECOND / dial_s < rate:
        rate = TIMING.dial_ns / NS_PER_SECOND / dial_s
        why = f"{processes} processes dial at once in up to {dial_s * 1000:.0f} real ms, "
        why += "and one dialing lasts at most 120 simulated s"
    for needed_s, real_s, what in _narrow_places(scenario):
        if needed_s / real_s < rate:
            rate = needed_s / real_s
            why = f"{what}: {needed_s:.0f} s of simulated time need {real_s:g} real seconds"
    return rate, why


def too_long(scenario: Scenario, rate: float) -> str:
    """Why a live run of `scenario` at `rate` is not worth its time; "" where it is."""
    real_s = duration_s(scenario) / rate
    if real_s <= LONGEST_RUN_S:
        return ""
    return f"it would take {real_s / 60:.0f} minutes at its safe rate of {rate:.0f}"


def duration_s(scenario: Scenario) -> float:
    """How long the scenario's timeline is, in simulated seconds."""
    instants = [step.at for step in scenario.timeline if isinstance(step.at, Instant)]
    deadline_ns = scenario.policies.failover_period if len(instants) < len(scenario.timeline) else 0
    last_ns = max((instant.after(scenario.start) for instant in instants), default=0)
    return max(last_ns, deadline_ns) / NS_PER_SECOND


def play_live(
    scenario: Scenario, *, stage: Stage, seed: int | None = None, readers: Sequence[Reader] = ()
) -> Result:
    """Play `scenario` with real processes; as `simulator.playing.play`.

    Raises `ProcessDied` for a process that ended unasked, `Unavailable` for what cannot be had.
    """
    performance = Performance(
        scenario,
        seed=seed,
        readers=readers,
        world=partial(LiveWorld, stage=stage),
        oracle=Oracle(tolerance_ns=tolerance_ns(stage.rate)),
    )
    prefer_this_process()
    with asyncio.Runner(loop_factory=stage.loop) as runner:
        try:
            runner.run(performance())
        except asyncio.CancelledError:
            failure = performance.failure
            if isinstance(failure, Violation):
                return performance.result(failure)
            if failure is None:
                raise
            raise failure from None
    return performance.result(None)


def _narrow_places(scenario: Scenario) -> list[tuple[float, float, str]]:
    """Simulated seconds that the timeline gives, the real seconds they must be, and where."""
    places = []
    instants = sorted(
        step.at.after(scenario.start) for step in scenario.timeline if isinstance(step.at, Instant)
    )
    for step in scenario.timeline:
        if isinstance(step.at, Deadline) and step.at.shift:
            places.append(
                (abs(step.at.shift) / NS_PER_SECOND / 5, JITTER_S, f"{step} at {step.at}")
            )
        if isinstance(step, Start) and isinstance(step.at, Instant):
            at_ns = step.at.after(scenario.start)
            gap_ns = min((later - at_ns for later in instants if later > at_ns), default=0)
            if gap_ns:
                real_s = _STARTS_IN_A_GAP * STARTUP_S
                places.append((gap_ns / NS_PER_SECOND, real_s, f"{step}"))
    return places
