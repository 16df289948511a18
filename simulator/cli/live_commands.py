"""What `internetsim live` and `internetsim compare` do; only `app` imports this, when they run."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

from runtime.acceleration import RateUnsafe
from simulator.cli.kept_results import KeptResults
from simulator.cli.live_rows import preview_rows
from simulator.cli.named_scenarios import Called, load, sources_of, warn
from simulator.cli.outcome_options import OutcomePlayer, with_outcome
from simulator.cli.outputs import Outputs
from simulator.cli.page_option import ComparedPage, with_compared_page
from simulator.cli.shipped_scenarios import shipped
from simulator.cli.show import Extent, Invocation, Player, Show
from simulator.cli.wrong_call import WrongCall
from simulator.live.backend import Unavailable
from simulator.live.backends import BACKENDS, OVER_IPV6, choose
from simulator.live.live_setup import LiveSetup
from simulator.live.play import play_live
from simulator.live.preview import Preview, SlowerThanLife, Wishes, overshoot_here_s
from simulator.live.slow_parts import is_at_a_deadline
from simulator.report.histories import History, compare
from simulator.report.matching import first_difference
from simulator.report.page import Calendar, Row, Tone
from simulator.report.pages.comparison import Comparison
from simulator.report.screen import Screen
from simulator.report.side_by_side import chance_rows, side_by_side
from simulator.runs.play import STOPPED, Result, play
from simulator.runs.steps.judging import place_of
from simulator.scenario import Deadline, Scenario
from simulator.worlds.run_journal import Reader


class NothingProven(WrongCall):
    """The computer is more likely the cause of what was seen than the programs."""


class Outcome(StrEnum):
    """What came of comparing the two histories of a scenario."""

    SAME = "the same"
    NOT_COMPARED = "not compared"
    UNPROVEN = "nothing is proven"
    DIFFERENT = "not the same"


_STATUS: Mapping[Outcome, int] = {
    Outcome.SAME: 0,
    Outcome.NOT_COMPARED: 2,
    Outcome.UNPROVEN: 2,
    Outcome.DIFFERENT: 1,
}


def live(
    named: Called, outputs: Outputs, wishes: Wishes, extent: Extent, *, seed: int | None
) -> int:
    """Play one scenario with real processes; 1 where it does not hold."""
    [(path, scenario)] = loaded = load(named)
    outputs.spare(sources_of(loaded))
    screen = outputs.screen
    preview = _preview(scenario, wishes, overshoot_here_s())
    if not extent.quiet:
        warn(scenario)
        screen.show(preview_rows(preview))
    invocation = Invocation(
        "live", path, scenario.seed if seed is None else seed, named.include_from
    )
    show = Show(scenario, invocation, screen, extent)
    with (
        outputs.of_all() as kept,
        outputs.of(_LivePlayer(preview), invocation, scenario, kept) as (player, readers),
    ):
        return 0 if show.run(player, readers) else 1


def compare_worlds(
    named: Called,
    wishes: Wishes,
    *,
    seed: int | None,
    results: Path | None,
    html: Path | None = None,
    json: Path | None = None,
) -> int:
    """Play scenarios in both worlds and lay the histories side by side.

    1 where they differ, a rule is broken or a program dies; otherwise 2 where nothing is shown of
    one of them, which is no reason not to play those that are left. What is the same is kept in
    `results`, and is not played again, unless a page or a result is asked for with `html` or
    `json`. Raises `WrongCall` where none is named, or one cannot be played as wished.
    """
    if not named.files:
        raise WrongCall("name the scenarios to compare; `internetsim compare --list` lists them")
    screen = Screen(sys.stdout)
    kept, network = (KeptResults(results), _network(wishes)) if results else (None, "")
    outcomes = []
    loaded = load(named)
    outputs = Outputs(html=html, json=json)
    outputs.require_one_run(len(loaded))
    outputs.spare(sources_of(loaded))
    for path, scenario in loaded:
        screen.show([Row(), Row(f"{path.stem}: {scenario.title}", Tone.HEADING)])
        before = kept.of(path, scenario, network) if kept and not (html or json) else None
        if before and before.outcome == Outcome.SAME:
            screen.show([Row(f"the same on {network}, at {before.commit}", Tone.QUIET)])
            outcomes.append((path.stem, Outcome.SAME))
            continue
        used_seed = scenario.seed if seed is None else seed
        repeat = Invocation("compare", path, used_seed, named.include_from)
        try:
            with (
                with_compared_page(html, scenario.start, repeat) as page,
                with_outcome(json, None, play, repeat) as player,
            ):
                outcome = _compared(scenario, wishes, used_seed, screen, page, player)
        except STOPPED as failure:
            screen.show([Row(str(failure), Tone.FAILED)])
            outcome = Outcome.DIFFERENT
        except NothingProven as reason:
            screen.show([Row(str(reason), Tone.FAILED)])
            outcome = Outcome.UNPROVEN
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


def _compared(
    scenario: Scenario,
    wishes: Wishes,
    seed: int,
    screen: Screen,
    page: ComparedPage | None,
    simulate: Player,
) -> Outcome:
    warn(scenario)
    preview = _preview(scenario, wishes, overshoot_here_s())
    screen.show(preview_rows(preview))
    if preview.cannot:
        screen.show([Row(f"not compared: {preview.cannot}", Tone.QUIET)])
        return Outcome.NOT_COMPARED
    relative = any(isinstance(step.at, Deadline) for step in scenario.timeline)
    steps = (step for step in scenario.timeline if step.place and is_at_a_deadline(step))
    at_deadlines = frozenset(place_of(step) for step in steps)
    simulated, real = History(relative, at_deadlines), History(relative, at_deadlines)
    readers = [page.reader] if page else []
    results = {"simulated": simulate(scenario, seed=seed, readers=[simulated, *readers])}
    setup = preview.setup()
    results["live"] = _play(scenario, seed=seed, readers=[real], setup=setup)
    pairs = compare(simulated, real, tolerance=setup.rate_plan.tolerance_ns)
    broken = {name: result.violation for name, result in results.items() if result.violation}
    agrees = not broken and first_difference(pairs) is None
    outcome = Outcome.SAME if agrees else Outcome.DIFFERENT
    screen.show(Row(f"{name}: {violation}", Tone.FAILED) for name, violation in broken.items())
    screen.show(chance_rows())
    screen.show(side_by_side(pairs, Calendar(scenario.start), ("simulated", "live")))
    says = str(outcome) if agrees else _stalled(scenario, setup) or str(outcome)
    comparison = Comparison(("simulated", "live"), pairs, says, agrees, broken)
    if page:
        page.comparison = comparison
    if isinstance(simulate, OutcomePlayer):
        simulate.compared(comparison)
    if agrees:
        screen.show([Row("the two histories are the same", Tone.REGULAR)])
    else:
        require_no_stall(scenario, setup)
    return outcome


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
    preview = _preview(scenario, wishes, overshoot_s)
    if preview.cannot:
        return f"cannot be compared: {preview.cannot}"
    return f"can be compared, in about {preview.estimated_s / 60:.1f} min"


def _preview(scenario: Scenario, wishes: Wishes, overshoot_s: float) -> Preview:
    """Raises `WrongCall` where it cannot be as wished."""
    try:
        return Preview.of(scenario, wishes, overshoot_s)
    except SlowerThanLife as error:
        slower = "simulated time is not slower than real time"
        raise WrongCall(f"--rate {wishes.rate:g}: {slower}") from error
    except (Unavailable, RateUnsafe) as error:
        raise WrongCall(str(error)) from error


class _LivePlayer:
    """Plays live; what does not hold counts only where the computer was quick enough."""

    def __init__(self, preview: Preview) -> None:
        self._preview = preview

    def __call__(
        self, scenario: Scenario, *, seed: int | None = None, readers: Sequence[Reader] = ()
    ) -> Result:
        setup = self._preview.setup()
        result = _play(scenario, seed=seed, readers=readers, setup=setup)
        if not result.holds:
            require_no_stall(scenario, setup)
        return result


def _play(
    scenario: Scenario, *, seed: int | None, readers: Sequence[Reader], setup: LiveSetup
) -> Result:
    try:
        return play_live(scenario, setup=setup, seed=seed, readers=readers)
    except Unavailable as error:
        raise WrongCall(str(error)) from error


def require_no_stall(scenario: Scenario, setup: LiveSetup) -> None:
    """Raise `NothingProven` where the computer was too slow for the run."""
    if reason := _stalled(scenario, setup):
        raise NothingProven(reason)


def _stalled(scenario: Scenario, setup: LiveSetup) -> str:
    """Why nothing is proven, and the way out; "" where the computer was quick enough."""
    if not setup.stalls:
        return ""
    worst = max(setup.stalls, key=lambda stall: stall.simulated_s)
    moment = Calendar(scenario.start).moment(worst.at_ns)
    rate = max(1.0, setup.rate_plan.fastest / 4)
    return (
        f"{Outcome.UNPROVEN}: at {moment} {worst}. Let the computer rest, or use --rate {rate:.0f}."
    )
