"""What a live run is played on, by the wishes of its caller, and what is told of it beforehand."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from licensing.policies import NS_PER_SECOND
from runtime.acceleration import RateUnsafe, measured_overshoot_s, require_safe_rate
from simulator.cli.wrong_call import WrongCall
from simulator.live.backend import Backend, Unavailable
from simulator.live.backends import choose
from simulator.live.live_setup import Stage
from simulator.live.processes import preferred
from simulator.live.rate_plan import (
    JITTER_S,
    Computer,
    Pacing,
    around_deadline,
    cannot,
    constant,
    estimated_s,
    pacing_of,
)
from simulator.report.page import Row, Tone
from simulator.report.phrases import period
from simulator.scenario import Scenario


@dataclass(frozen=True)
class Wishes:
    """What the caller wants of a live run; None and "" leave it to us."""

    rate: float | None
    network: str
    tls: bool


@dataclass(frozen=True)
class Plan:
    """The network and the rate of a live run, and what is to be told of both before it starts.

    `cannot` says why a comparison would prove nothing, or last too long; "" where a rate was asked
    for, and whoever did so knows.
    """

    scenario: Scenario
    backend: type[Backend]
    pacing: Pacing
    tls: bool
    cannot: str
    told: Sequence[Row]

    def stage(self) -> Stage:
        """What it is played on, from now on."""
        return Stage.now(self.scenario, self.backend, self.pacing, tls=self.tls)


def plan(scenario: Scenario, wishes: Wishes, overshoot_s: float) -> Plan:
    """How `scenario` is played here; raises `WrongCall` where it cannot be as wished."""
    try:
        choice = choose(wishes.network or None)
    except Unavailable as error:
        raise WrongCall(str(error)) from error
    backend = choice.backend
    pacing = pacing_of(scenario, Computer.this(overshoot_s, tls=wishes.tls))
    notes, reason = [], ""
    if wishes.rate is None:
        reason = cannot(scenario, pacing)
    else:
        notes = _too_fast_for(scenario, pacing, wishes.rate)
        pacing = _constant(wishes.rate, overshoot_s)
    told = [
        Row(choice.why, Tone.QUIET),
        *(Row(f"  {caveat}", Tone.QUIET) for caveat in backend.caveats),
        *(Row(words, Tone.QUIET) for words in [*_paced(scenario, pacing), *notes]),
    ]
    return Plan(scenario, backend, pacing, wishes.tls, reason, told)


def overshoot_here_s() -> float:
    """What a sleep lasts too long here for those who have a live run's priority."""
    with preferred():
        return measured_overshoot_s()


def _constant(rate: float, overshoot_s: float) -> Pacing:
    """The rate that was asked for, from beginning to end; refused where it is not honest."""
    if not rate >= 1:
        raise WrongCall(f"--rate {rate:g}: simulated time is not slower than real time")
    try:
        require_safe_rate(rate, overshoot_s)
    except RateUnsafe as error:
        raise WrongCall(str(error)) from error
    return constant(rate)


def _too_fast_for(scenario: Scenario, pacing: Pacing, rate: float) -> list[str]:
    """A warning where the scenario has a place that is not told surely at `rate`."""
    places = [*pacing.places, *around_deadline(scenario, 0)]
    slowest = min(places, key=lambda place: place.rate)
    if rate <= slowest.rate:
        return []
    return [
        f"  {slowest.why}: that is only sure at a rate of {slowest.rate:.0f}; without --rate it is"
    ]


def _paced(scenario: Scenario, pacing: Pacing) -> Iterator[str]:
    """How fast time will run, how long that takes, and how exact it is."""
    minutes = estimated_s(scenario, pacing) / 60
    places = [*pacing.places, *(around_deadline(scenario, 0) if pacing.places else ())]
    slowest = min((place.rate for place in places), default=pacing.fastest)
    if pacing.places:
        yield (
            f"pace: {pacing.fastest:.0f} times as fast as life where nothing happens, down to "
            f"{slowest:.0f} around steps and deadlines; about {minutes:.1f} min"
        )
    else:
        yield f"pace: {pacing.fastest:.0f} times as fast as life; about {minutes:.1f} min"
    yield f"  {pacing.why}"
    exact = [period(round(JITTER_S * rate * NS_PER_SECOND)) for rate in (slowest, pacing.fastest)]
    simulated = exact[0] if slowest == pacing.fastest else " to ".join(exact) + " by the pace"
    yield f"tolerance: {JITTER_S:g} s of real time, in simulated time {simulated}"
