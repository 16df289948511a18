"""What `internetsim live` and `internetsim compare` do; only `cli` imports this, when they run."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from runtime.acceleration import RateUnsafe, measured_overshoot_s, require_safe_rate
from simulator.cli import STANDARD_OUTPUT, WrongCall
from simulator.commands import Show, journal_file, load
from simulator.comparing import History, Pair, Verdict, compare, first_difference
from simulator.journal import Reader
from simulator.live.backend import Ability, Backend, Unavailable
from simulator.live.choosing import choose
from simulator.live.playing import duration_s, fastest_rate, play_live, tolerance_ns, too_long
from simulator.live.processes import ProcessDied
from simulator.live.world import Stage
from simulator.playing import Result, play
from simulator.report.page import Calendar, Row, Tone
from simulator.report.phrases import period
from simulator.report.screen import Screen
from simulator.scenario import Cut, CutOneWay, Latency, Scenario


@dataclass(frozen=True)
class Wishes:
    """What the caller wants of a live run; None and "" leave it to us."""

    rate: float | None
    network: str
    tls: bool


def live(file: Path, journal: Path | None, wishes: Wishes, *, seed: int | None, quiet: bool) -> int:
    """Play one scenario with real processes; 1 where it does not hold."""
    [(path, scenario)] = load([file])
    screen = Screen(sys.stderr if journal == STANDARD_OUTPUT else sys.stdout)
    backend, rate, stage = _stage_of(scenario, wishes)
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
            player=partial(_play, backend=backend, rate=rate, tls=wishes.tls),
            command=("live",),
        )
        return 0 if show.play(stream) else 1


def compare_worlds(files: Sequence[Path], wishes: Wishes, *, seed: int | None) -> int:
    """Play scenarios in both worlds and lay the histories side by side; 1 where they differ."""
    screen = Screen(sys.stdout)
    differing = 0
    for path, scenario in load(files):
        screen.show([Row(), Row(f"{path.stem}: {scenario.title}", Tone.HEADING)])
        backend, rate, stage = _stage_of(scenario, wishes)
        screen.show(stage)
        if reason := too_long(scenario, rate):
            screen.show([Row(f"not compared: {reason}", Tone.QUIET)])
            continue
        simulated, real = History(), History()
        play(scenario, seed=seed, readers=[simulated])
        _play(scenario, seed=seed, readers=[real], backend=backend, rate=rate, tls=wishes.tls)
        pairs = compare(simulated, real, tolerance_ns=tolerance_ns(rate))
        screen.show(_side_by_side(pairs, Calendar(scenario.start)))
        differing += first_difference(pairs) is not None
    return 1 if differing else 0


def _play(
    scenario: Scenario,
    *,
    seed: int | None = None,
    readers: Sequence[Reader] = (),
    backend: type[Backend],
    rate: float,
    tls: bool,
) -> Result:
    stage = Stage.now(scenario, backend, rate, tls=tls)
    try:
        return play_live(scenario, stage=stage, seed=seed, readers=readers)
    except (ProcessDied, Unavailable) as error:
        raise WrongCall(str(error)) from error


def _stage_of(scenario: Scenario, wishes: Wishes) -> tuple[type[Backend], float, list[Row]]:
    """The network, the rate, and what is to be told of both before the run starts."""
    try:
        choice = choose(wishes.network or None)
        backend = choice.backend
        missing = backend.explain_missing(_needed(scenario))
    except Unavailable as error:
        raise WrongCall(str(error)) from error
    if missing:
        raise WrongCall("\n".join([f"the network {backend.name} cannot do this:", *missing]))
    rate, arithmetic = fastest_rate(scenario, tls=wishes.tls)
    if wishes.rate is not None:
        if not wishes.rate >= 1:
            raise WrongCall(f"--rate {wishes.rate:g}: simulated time is not slower than real time")
        try:
            require_safe_rate(wishes.rate, measured_overshoot_s())
        except RateUnsafe as error:
            raise WrongCall(str(error)) from error
        if wishes.rate > rate:
            raise WrongCall(f"--rate {wishes.rate:g} is too fast, safe is {rate:.0f}: {arithmetic}")
        rate, arithmetic = wishes.rate, "as asked"
    seconds = duration_s(scenario) / rate
    told = [
        Row(choice.why, Tone.QUIET),
        *(Row(f"  {caveat}", Tone.QUIET) for caveat in backend.caveats),
        Row(f"rate {rate:.0f} ({arithmetic}); about {seconds:.0f} s", Tone.QUIET),
    ]
    return backend, rate, told


def _needed(scenario: Scenario) -> set[Ability]:
    abilities = {Cut: Ability.CUT, CutOneWay: Ability.CUT_ONE_WAY, Latency: Ability.LATENCY}
    needed = {abilities[type(step)] for step in scenario.timeline if type(step) in abilities}
    links = scenario.internetwork.links.values()
    return needed | ({Ability.LATENCY} if any(link.latency for link in links) else set())


def _side_by_side(pairs: Sequence[Pair], calendar: Calendar) -> Iterator[Row]:
    """Counts, what is not the same instant, and the first difference explained."""
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
