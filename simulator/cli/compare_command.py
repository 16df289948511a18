"""What `internetsim compare` does: a scenario in both worlds, with its histories side by side."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

from simulator.cli.kept_results import KeptResults
from simulator.cli.live_commands import UNPROVEN, played_live, previewed, stalled
from simulator.cli.live_rows import preview_rows
from simulator.cli.named_scenarios import Called, load, warn
from simulator.cli.options.outcomes import OutcomePlayer, with_outcome
from simulator.cli.options.outputs import Outputs
from simulator.cli.options.page import with_compared_page
from simulator.cli.shipped_scenarios import shipped
from simulator.cli.show import Invocation, Player
from simulator.cli.wrong_call import WrongCall
from simulator.live.backend import Unavailable
from simulator.live.backends import BACKENDS, OVER_IPV6, choose
from simulator.live.preview import Wishes, overshoot_here_s
from simulator.live.slow_parts import is_at_a_deadline
from simulator.report.exports.outcome import RunOutcome
from simulator.report.histories import History, compare
from simulator.report.matching import first_difference
from simulator.report.page import Calendar, Row, Tone
from simulator.report.pages.comparison import Comparison
from simulator.report.screen import Screen
from simulator.report.side_by_side import chance_rows, side_by_side
from simulator.runs.play import STOPPED, play
from simulator.runs.steps.judgments import place_of
from simulator.scenario import Deadline, Scenario
from simulator.worlds.run_journal import Reader

_NAMES = ("simulated", "live")


class Outcome(StrEnum):
    """What came of comparing the two histories of a scenario."""

    SAME = "the same"
    NOT_COMPARED = "not compared"
    UNPROVEN = UNPROVEN
    DIFFERENT = "not the same"


_STATUS: Mapping[Outcome, int] = {
    Outcome.SAME: 0,
    Outcome.NOT_COMPARED: 2,
    Outcome.UNPROVEN: 2,
    Outcome.DIFFERENT: 1,
}


def compare_worlds(
    named: Called, outputs: Outputs, wishes: Wishes, *, seed: int | None, results: Path | None
) -> int:
    """Play scenarios in both worlds and lay the histories side by side.

    1 where they differ, a rule is broken or a program dies; otherwise 2 where nothing is shown of
    one of them, which is no reason not to play those that are left. What is the same is kept in
    `results`, and is not played again, unless one of the `outputs` is to tell of it. Raises
    `WrongCall` where none is named, one cannot be played as wished, or `results` would be of
    clients of somebody's own.
    """
    if not named.files:
        raise WrongCall("name the scenarios to compare; `internetsim compare --list` lists them")
    if results and named.clients:
        raise WrongCall("--results keeps what our own programs do: leave it or --client out")
    screen = outputs.screen
    kept, network = (KeptResults(results), _network(wishes)) if results else (None, "")
    outcomes = []
    loaded = load(named)
    outputs.require_one_run(len(loaded))
    outputs.require_sense(loaded)
    with outputs.of_all() as reported:
        for path, scenario in loaded:
            screen.show([Row(), Row(f"{path.stem}: {scenario.title}", Tone.HEADING)])
            before = kept.of(path, scenario, network) if kept and outputs == Outputs() else None
            if before and before.outcome == Outcome.SAME:
                screen.show([Row(f"the same on {network}, at {before.commit}", Tone.QUIET)])
                outcomes.append((path.stem, Outcome.SAME))
                continue
            used_seed = scenario.seed if seed is None else seed
            repeat = Invocation("compare", path, used_seed, named.include_from, named.clients)
            outcome = _told(scenario, repeat, wishes, outputs, reported, screen)
            outcomes.append((path.stem, outcome))
            if kept:
                kept.add(path, scenario, network, outcome)
            sys.stdout.flush()  # the next one takes minutes
    if len(outcomes) > 1:
        screen.show(_summary(outcomes))
    statuses = {_STATUS[outcome] for _, outcome in outcomes}
    return 1 if 1 in statuses else max(statuses)


def _network(wishes: Wishes) -> str:
    """The name of the network that the wishes lead to; raises `WrongCall`."""
    try:
        return choose(wishes.network or None, ipv6=wishes.ipv6).backend.name
    except Unavailable as error:
        raise WrongCall(str(error)) from error


def _told(
    scenario: Scenario,
    repeat: Invocation,
    wishes: Wishes,
    outputs: Outputs,
    reported: list[RunOutcome] | None,
    screen: Screen,
) -> Outcome:
    """What came of comparing one scenario, which is in the files afterwards."""
    with (
        with_compared_page(outputs.html, scenario.start, repeat) as page,
        with_outcome(outputs.json, reported, play, repeat) as player,
    ):
        readers = [page.reader] if page else []
        try:
            outcome, comparison = _compared(scenario, wishes, repeat.seed, screen, player, readers)
        except STOPPED as failure:
            screen.show([Row(str(failure), Tone.FAILED)])
            says = f"not compared, because one of the runs was stopped: {failure}"
            outcome, comparison = Outcome.DIFFERENT, Comparison(_NAMES, (), says, agrees=False)
        if page:
            page.comparison = comparison
        if isinstance(player, OutcomePlayer):
            player.compared(scenario, comparison)
    return outcome


def _compared(
    scenario: Scenario,
    wishes: Wishes,
    seed: int,
    screen: Screen,
    simulate: Player,
    readers: Sequence[Reader],
) -> tuple[Outcome, Comparison]:
    """What came of it, with all that differs; may raise `STOPPED`."""
    warn(scenario)
    preview = previewed(scenario, wishes, overshoot_here_s())
    screen.show(preview_rows(preview))
    if preview.cannot:
        says = f"{Outcome.NOT_COMPARED}: {preview.cannot}"
        screen.show([Row(says, Tone.QUIET)])
        return Outcome.NOT_COMPARED, Comparison(_NAMES, (), says, agrees=False)
    simulated, real = _history(scenario), _history(scenario)
    setup = preview.setup()
    results = {
        "simulated": simulate(scenario, seed=seed, readers=[simulated, *readers]),
        "live": played_live(scenario, seed=seed, readers=[real], setup=setup),
    }
    pairs = compare(simulated, real, tolerance=setup.rate_plan.tolerance_ns)
    broken = {name: result.violation for name, result in results.items() if result.violation}
    agrees = not broken and first_difference(pairs) is None
    screen.show(Row(f"{name}: {violation}", Tone.FAILED) for name, violation in broken.items())
    screen.show(chance_rows())
    screen.show(side_by_side(pairs, Calendar(scenario.start), _NAMES))
    if agrees:
        screen.show([Row("the two histories are the same", Tone.REGULAR)])
        return Outcome.SAME, Comparison(_NAMES, pairs, Outcome.SAME, agrees=True)
    outcome, says = Outcome.DIFFERENT, str(Outcome.DIFFERENT)
    if reason := stalled(scenario, setup):
        outcome, says = Outcome.UNPROVEN, reason
        screen.show([Row(reason, Tone.FAILED)])
    return outcome, Comparison(_NAMES, pairs, says, agrees=False, broken=broken)


def _history(scenario: Scenario) -> History:
    """An empty one, which knows what of it is chance."""
    relative = any(isinstance(step.at, Deadline) for step in scenario.timeline)
    steps = (step for step in scenario.timeline if step.place and is_at_a_deadline(step))
    return History(relative, frozenset(place_of(step) for step in steps))


def _summary(outcomes: Sequence[tuple[str, Outcome]]) -> Iterator[Row]:
    yield Row()
    for kind in Outcome:
        if names := [name for name, outcome in outcomes if outcome is kind]:
            tone = Tone.REGULAR if kind is Outcome.SAME else Tone.FAILED
            yield Row(f"{kind}: {', '.join(names)}", tone)


def list_comparable(named: Called, wishes: Wishes, *, results: Path | None) -> int:
    """Say of each scenario, by default of all that come with the product, if it can be compared.

    And with `results` on which network that has been done, or is missing.
    """
    loaded = load(named if named.files else Called(shipped()))
    width = max(len(path.stem) for path, _ in loaded)
    overshoot_s = overshoot_here_s()
    kept = KeptResults(results) if results else None
    networks = [backend.name for backend in (OVER_IPV6 if wishes.ipv6 else BACKENDS).values()]
    for path, scenario in loaded:
        told = [_whether(scenario, overshoot_s, wishes)]
        told += [_result(kept, path, scenario, network) for network in networks] if kept else []
        sys.stdout.write(f"{path.stem:{width}}  {'; '.join(told)}\n")
    return 0


def _result(kept: KeptResults, path: Path, scenario: Scenario, network: str) -> str:
    result = kept.of(path, scenario, network)
    return f"{network}: {result.outcome} at {result.commit}" if result else f"{network}: missing"


def _whether(scenario: Scenario, overshoot_s: float, wishes: Wishes) -> str:
    preview = previewed(scenario, wishes, overshoot_s)
    if preview.cannot:
        return f"cannot be compared: {preview.cannot}"
    return f"can be compared, in about {preview.estimated_s / 60:.1f} min"
