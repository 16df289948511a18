"""What `internetsim live` does: a scenario played with real processes; `compare` plays so, too."""

from collections.abc import Sequence

from runtime.acceleration import RateUnsafe
from simulator.cli.live_rows import preview_rows
from simulator.cli.named_scenarios import Called, load, warn
from simulator.cli.options.outputs import Outputs
from simulator.cli.show import Extent, Invocation, Show
from simulator.cli.wrong_call import WrongCall
from simulator.live.backend import Unavailable
from simulator.live.live_setup import LiveSetup
from simulator.live.play import play_live
from simulator.live.preview import Preview, SlowerThanLife, Wishes, overshoot_here_s
from simulator.report.page import Calendar
from simulator.runs.play import Result
from simulator.scenario import Scenario
from simulator.worlds.run_journal import Reader

UNPROVEN = "nothing is proven"


class NothingProven(WrongCall):
    """The computer is more likely the cause of what was seen than the programs."""


def live(
    named: Called, outputs: Outputs, wishes: Wishes, extent: Extent, *, seed: int | None
) -> int:
    """Play one scenario with real processes; 1 where it does not hold."""
    [(path, scenario)] = loaded = load(named)
    outputs.require_sense(loaded)
    screen = outputs.screen
    preview = previewed(scenario, wishes, overshoot_here_s())
    invocation = Invocation(
        "live", path, scenario.seed if seed is None else seed, named.include_from, named.clients
    )
    show = Show(scenario, invocation, screen, extent)
    with (
        outputs.of_all() as kept,
        outputs.of(_LivePlayer(preview), invocation, scenario, kept) as (player, readers),
    ):
        if not extent.quiet:
            warn(scenario)
            screen.show(preview_rows(preview))
        return 0 if show.run(player, readers) else 1


def previewed(scenario: Scenario, wishes: Wishes, overshoot_s: float) -> Preview:
    """How it would be played; raises `WrongCall` where it cannot be as wished."""
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
        result = played_live(scenario, seed=seed, readers=readers, setup=setup)
        if not result.holds:
            require_no_stall(scenario, setup)
        return result


def played_live(
    scenario: Scenario, *, seed: int | None, readers: Sequence[Reader], setup: LiveSetup
) -> Result:
    """As `play_live`; raises `WrongCall` where there is no network for it."""
    try:
        return play_live(scenario, setup=setup, seed=seed, readers=readers)
    except Unavailable as error:
        raise WrongCall(str(error)) from error


def require_no_stall(scenario: Scenario, setup: LiveSetup) -> None:
    """Raise `NothingProven` where the computer was too slow for the run."""
    if reason := stalled(scenario, setup):
        raise NothingProven(reason)


def stalled(scenario: Scenario, setup: LiveSetup) -> str:
    """Why nothing is proven, and the way out; "" where the computer was quick enough."""
    if not setup.stalls:
        return ""
    worst = max(setup.stalls, key=lambda stall: stall.simulated_s)
    moment = Calendar(scenario.start).moment(worst.at_ns)
    rate = max(1.0, setup.rate_plan.fastest / 4)
    return f"{UNPROVEN}: at {moment} {worst}. Let the computer rest, or use --rate {rate:.0f}."
