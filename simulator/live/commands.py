"""What `internetsim live` and `internetsim compare` do; only `cli` imports this, when they run."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from licensing.policies import NS_PER_SECOND
from runtime.acceleration import RateUnsafe, measured_overshoot_s, require_safe_rate
from simulator.cli import STANDARD_OUTPUT, WrongCall
from simulator.commands import Show, journal_file, load, spare
from simulator.comparing import (
    HEARTBEAT_NS,
    REDIAL_NS,
    History,
    Pair,
    Verdict,
    compare,
    first_difference,
)
from simulator.failures import ProgramDied
from simulator.journal import Reader
from simulator.live.backend import Backend, Unavailable
from simulator.live.choosing import choose
from simulator.live.pacing import (
    JITTER_S,
    Computer,
    Pacing,
    around_deadline,
    cannot,
    constant,
    estimated_s,
    pacing_of,
)
from simulator.live.playing import play_live
from simulator.live.processes import preferred
from simulator.live.world import Stage
from simulator.playing import Result, play
from simulator.report.page import Calendar, Row, Tone
from simulator.report.phrases import period
from simulator.report.screen import Screen
from simulator.scenario import Deadline, Scenario
from simulator.shipped import shipped


class NothingProven(WrongCall):
    """The computer is more likely the cause of what was seen than the programs."""


@dataclass(frozen=True)
class Wishes:
    """What the caller wants of a live run; None and "" leave it to us."""

    rate: float | None
    network: str
    tls: bool


def live(file: Path, journal: Path | None, wishes: Wishes, *, seed: int | None, quiet: bool) -> int:
    """Play one scenario with real processes; 1 where it does not hold."""
    [(path, scenario)] = load([file])
    spare(journal, [path])
    screen = Screen(sys.stderr if journal == STANDARD_OUTPUT else sys.stdout)
    backend, pacing, stage = _stage_of(scenario, wishes)
    if not quiet:
        screen.show(stage)
    with journal_file(journal) as stream:
        show = Show(
            path,
            scenario,
            screen,
            seed,
            quiet=quiet,
            named=quiet,
            player=partial(_play_and_judge, backend=backend, pacing=pacing, tls=wishes.tls),
            command=("live",),
        )
        return 0 if show.play(stream) else 1


def compare_worlds(files: Sequence[Path], wishes: Wishes, *, seed: int | None) -> int:
    """Play scenarios in both worlds and lay the histories side by side.

    1 where they differ or a program dies; otherwise 2 where for one of them nothing is proven,
    which is no reason not to play those that are left.
    """
    screen = Screen(sys.stdout)
    differing, unproven = [], []
    for path, scenario in load(files):
        screen.show([Row(), Row(f"{path.stem}: {scenario.title}", Tone.HEADING)])
        try:
            if not _is_the_same(scenario, wishes, seed, screen):
                differing.append(path.stem)
        except ProgramDied as death:
            screen.show([Row(str(death), Tone.FAILED)])
            differing.append(path.stem)
        except NothingProven as reason:
            screen.show([Row(str(reason), Tone.FAILED)])
            unproven.append(path.stem)
    if len(files) > 1:
        screen.show(_summary(differing, unproven))
    return 1 if differing else 2 if unproven else 0


def _is_the_same(scenario: Scenario, wishes: Wishes, seed: int | None, screen: Screen) -> bool:
    backend, pacing, told = _stage_of(scenario, wishes)
    screen.show(told)
    if wishes.rate is None and (reason := cannot(scenario, pacing)):
        screen.show([Row(f"not compared: {reason}", Tone.QUIET)])
        return True
    relative = any(isinstance(step.at, Deadline) for step in scenario.timeline)
    simulated, real = History(relative), History(relative)
    play(scenario, seed=seed, readers=[simulated])
    stage = Stage.now(scenario, backend, pacing, tls=wishes.tls)
    _play(scenario, seed=seed, readers=[real], stage=stage)
    pairs = compare(simulated, real, tolerance=pacing.tolerance_ns)
    screen.show(_side_by_side(pairs, Calendar(scenario.start)))
    if first_difference(pairs) is None:
        return True
    require_no_stall(scenario, stage)
    return False


def _summary(differing: Sequence[str], unproven: Sequence[str]) -> Iterator[Row]:
    yield Row()
    if differing:
        yield Row(f"not the same: {', '.join(differing)}", Tone.FAILED)
    if unproven:
        yield Row(f"nothing is proven: {', '.join(unproven)}", Tone.FAILED)
    if not (differing or unproven):
        yield Row("no scenario differs", Tone.REGULAR)


def _play_and_judge(
    scenario: Scenario,
    *,
    seed: int | None = None,
    readers: Sequence[Reader] = (),
    backend: type[Backend],
    pacing: Pacing,
    tls: bool,
) -> Result:
    """Play it; what does not hold is only told of a computer that was quick enough."""
    stage = Stage.now(scenario, backend, pacing, tls=tls)
    result = _play(scenario, seed=seed, readers=readers, stage=stage)
    if not result.holds:
        require_no_stall(scenario, stage)
    return result


def _play(
    scenario: Scenario, *, seed: int | None, readers: Sequence[Reader], stage: Stage
) -> Result:
    try:
        return play_live(scenario, stage=stage, seed=seed, readers=readers)
    except Unavailable as error:
        raise WrongCall(str(error)) from error


def require_no_stall(scenario: Scenario, stage: Stage) -> None:
    """Raise `NothingProven` where the computer was too slow for the run."""
    if stage.stalls:
        worst = max(stage.stalls, key=lambda stall: stall.simulated_s)
        moment = Calendar(scenario.start).moment(worst.at_ns)
        raise NothingProven(
            f"nothing is proven: at {moment} {worst}. Let the computer rest, or use "
            f"--rate {max(1.0, stage.pacing.fastest / 4):.0f}."
        )


def list_comparable(files: Sequence[Path], wishes: Wishes) -> int:
    """Say of each scenario, by default of all that come with the product, if it can be compared."""
    loaded = load(files or shipped())
    width = max(len(path.stem) for path, _ in loaded)
    overshoot_s = _overshoot_s()
    for path, scenario in loaded:
        sys.stdout.write(f"{path.stem:{width}}  {_whether(scenario, overshoot_s, wishes)}\n")
    return 0


def _whether(scenario: Scenario, overshoot_s: float, wishes: Wishes) -> str:
    try:
        choose(wishes.network or None)
    except Unavailable as error:
        raise WrongCall(str(error)) from error
    pacing = pacing_of(scenario, Computer.this(overshoot_s, tls=wishes.tls))
    if reason := cannot(scenario, pacing):
        return f"cannot be compared: {reason}"
    return f"can be compared, in about {estimated_s(scenario, pacing) / 60:.1f} min"


def _stage_of(scenario: Scenario, wishes: Wishes) -> tuple[type[Backend], Pacing, list[Row]]:
    """The network, the rate, and what is to be told of both before the run starts."""
    try:
        choice = choose(wishes.network or None)
    except Unavailable as error:
        raise WrongCall(str(error)) from error
    backend = choice.backend
    overshoot_s = _overshoot_s()
    pacing = pacing_of(scenario, Computer.this(overshoot_s, tls=wishes.tls))
    notes = []
    if wishes.rate is not None:
        notes = _too_fast_for(scenario, pacing, wishes.rate)
        pacing = _constant(wishes.rate, overshoot_s)
    told = [
        Row(choice.why, Tone.QUIET),
        *(Row(f"  {caveat}", Tone.QUIET) for caveat in backend.caveats),
        *(Row(words, Tone.QUIET) for words in [*_paced(scenario, pacing), *notes]),
    ]
    return backend, pacing, told


def _overshoot_s() -> float:
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


def _side_by_side(pairs: Sequence[Pair], calendar: Calendar) -> Iterator[Row]:
    """Counts, what is not the same instant, and the first difference explained."""
    yield Row(
        f"besides, chance may shift a reconnection by {period(REDIAL_NS)}, and what follows from "
        f"an unanswered heartbeat by {period(HEARTBEAT_NS)}",
        Tone.QUIET,
    )
    for verdict in Verdict:
        count = sum(pair.verdict is verdict for pair in pairs)
        yield Row(f"  {count:4}  {verdict}")
    for pair in pairs:
        if pair.verdict is Verdict.WITHIN and pair.one and pair.apart_ns is not None:
            later = "later" if pair.apart_ns > 0 else "earlier"
            moment = calendar.moment(pair.one.at_ns)
            yield Row(
                f"    {moment}  {pair.one.host}  {pair.one.words}: live "
                f"{period(abs(pair.apart_ns))} {later}",
                Tone.QUIET,
            )
    difference = first_difference(pairs)
    if difference is None:
        yield Row("the two histories are the same", Tone.REGULAR)
        return
    yield Row("the first difference:", Tone.FAILED)
    for name, milestone in (("simulated", difference.one), ("live", difference.other)):
        words = "nothing of the kind"
        if milestone:
            words = f"{calendar.moment(milestone.at_ns)}  {milestone.host}  {milestone.words}"
        yield Row(f"  {name:9} {words}")
