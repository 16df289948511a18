"""What `internetsim live` and `internetsim compare` do; only `cli` imports this, when they run."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path

from simulator.cli.commands import STOPPED, Show, journal_file, load, spare
from simulator.cli.shipped_scenarios import shipped
from simulator.cli.wrong_call import STANDARD_OUTPUT, WrongCall
from simulator.live.backend import Unavailable
from simulator.live.live_setup import Stage
from simulator.live.play import play_live
from simulator.live.preview import Plan, Wishes, overshoot_here_s, plan
from simulator.live.rate_plan import estimated_s
from simulator.report.histories import (
    HEARTBEAT_NS,
    REDIAL_NS,
    History,
    Pair,
    Verdict,
    compare,
    first_difference,
)
from simulator.report.page import Calendar, Row, Tone
from simulator.report.phrases import period
from simulator.report.screen import Screen
from simulator.runs.play import Result, play
from simulator.scenario import Deadline, Scenario
from simulator.worlds.run_journal import Reader


class NothingProven(WrongCall):
    """The computer is more likely the cause of what was seen than the programs."""


class Comparison(StrEnum):
    """What came of comparing the two histories of a scenario."""

    SAME = "the same"
    NOT_COMPARED = "not compared"
    UNPROVEN = "nothing is proven"
    DIFFERENT = "not the same"


_STATUS: Mapping[Comparison, int] = {
    Comparison.SAME: 0,
    Comparison.NOT_COMPARED: 2,
    Comparison.UNPROVEN: 2,
    Comparison.DIFFERENT: 1,
}


def live(file: Path, journal: Path | None, wishes: Wishes, *, seed: int | None, quiet: bool) -> int:
    """Play one scenario with real processes; 1 where it does not hold."""
    [(path, scenario)] = load([file])
    spare(journal, [path])
    screen = Screen(sys.stderr if journal == STANDARD_OUTPUT else sys.stdout)
    planned = plan(scenario, wishes, overshoot_here_s())
    if not quiet:
        screen.show(planned.told)
    with journal_file(journal) as stream:
        show = Show(
            path,
            scenario,
            screen,
            seed,
            quiet=quiet,
            named=quiet,
            player=partial(_play_and_judge, planned=planned),
            command=("live",),
        )
        return 0 if show.play(stream) else 1


def compare_worlds(files: Sequence[Path], wishes: Wishes, *, seed: int | None) -> int:
    """Play scenarios in both worlds and lay the histories side by side.

    1 where they differ, a rule is broken or a program dies; otherwise 2 where nothing is shown of
    one of them, which is no reason not to play those that are left.
    """
    screen = Screen(sys.stdout)
    outcomes = []
    for path, scenario in load(files):
        screen.show([Row(), Row(f"{path.stem}: {scenario.title}", Tone.HEADING)])
        try:
            outcome = _compared(scenario, wishes, seed, screen)
        except STOPPED as failure:
            screen.show([Row(str(failure), Tone.FAILED)])
            outcome = Comparison.DIFFERENT
        except NothingProven as reason:
            screen.show([Row(str(reason), Tone.FAILED)])
            outcome = Comparison.UNPROVEN
        outcomes.append((path.stem, outcome))
        sys.stdout.flush()  # the next one takes minutes
    if len(outcomes) > 1:
        screen.show(_summary(outcomes))
    statuses = {_STATUS[outcome] for _, outcome in outcomes}
    return 1 if 1 in statuses else max(statuses)


def _compared(scenario: Scenario, wishes: Wishes, seed: int | None, screen: Screen) -> Comparison:
    planned = plan(scenario, wishes, overshoot_here_s())
    screen.show(planned.told)
    if planned.cannot:
        screen.show([Row(f"not compared: {planned.cannot}", Tone.QUIET)])
        return Comparison.NOT_COMPARED
    relative = any(isinstance(step.at, Deadline) for step in scenario.timeline)
    simulated, real = History(relative), History(relative)
    results = {"simulated": play(scenario, seed=seed, readers=[simulated])}
    stage = planned.stage()
    results["live"] = _play(scenario, seed=seed, readers=[real], stage=stage)
    pairs = compare(simulated, real, tolerance=stage.pacing.tolerance_ns)
    broken = [(name, result.violation) for name, result in results.items() if result.violation]
    screen.show(Row(f"{name}: {violation}", Tone.FAILED) for name, violation in broken)
    screen.show(_side_by_side(pairs, Calendar(scenario.start)))
    if not broken and first_difference(pairs) is None:
        screen.show([Row("the two histories are the same", Tone.REGULAR)])
        return Comparison.SAME
    require_no_stall(scenario, stage)
    return Comparison.DIFFERENT


def _summary(outcomes: Sequence[tuple[str, Comparison]]) -> Iterator[Row]:
    yield Row()
    for kind in Comparison:
        if names := [name for name, outcome in outcomes if outcome is kind]:
            tone = Tone.REGULAR if kind is Comparison.SAME else Tone.FAILED
            yield Row(f"{kind}: {', '.join(names)}", tone)


def _play_and_judge(
    scenario: Scenario,
    *,
    seed: int | None = None,
    readers: Sequence[Reader] = (),
    planned: Plan,
) -> Result:
    """Play it; what does not hold is only told of a computer that was quick enough."""
    stage = planned.stage()
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
    overshoot_s = overshoot_here_s()
    for path, scenario in loaded:
        sys.stdout.write(f"{path.stem:{width}}  {_whether(scenario, overshoot_s, wishes)}\n")
    return 0


def _whether(scenario: Scenario, overshoot_s: float, wishes: Wishes) -> str:
    planned = plan(scenario, wishes, overshoot_s)
    if planned.cannot:
        return f"cannot be compared: {planned.cannot}"
    return f"can be compared, in about {estimated_s(scenario, planned.pacing) / 60:.1f} min"


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
        return
    yield Row("the first difference:", Tone.FAILED)
    for name, milestone in (("simulated", difference.one), ("live", difference.other)):
        words = "nothing of the kind"
        if milestone:
            words = f"{calendar.moment(milestone.at_ns)}  {milestone.host}  {milestone.words}"
        yield Row(f"  {name:9} {words}")
