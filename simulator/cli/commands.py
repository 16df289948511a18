"""What the commands that play scenarios do. Only `app` imports this, when one of them runs.

Results go to the standard output, and complaints about scenarios that cannot be played to the
standard error.
"""

import json
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from simulator.cli.named_scenarios import Called, load, warn
from simulator.cli.options.outputs import Outputs
from simulator.cli.show import Extent, Invocation, Player, Show
from simulator.cli.wrong_call import STANDARD_INPUT, WrongCall
from simulator.report.page import Row, Tone
from simulator.scenario import Scenario
from simulator.worlds.run_journal import Reader

if TYPE_CHECKING:
    from simulator.cli.repetition import Repetition


def run(
    named: Called,
    outputs: Outputs,
    extent: Extent,
    *,
    seed: int | None,
    verify: bool,
    jobs: int = 1,
) -> int:
    """Play scenarios, `jobs` at a time; 1 where one does not hold. Raises `WrongCall`."""
    if named.has_folders:
        named, extent = named.with_folders(), replace(extent, quiet=True)
    outputs.require_one_run(len(named.files))
    if at_once := jobs > 1 and len(named.files) > 1:
        _require_repeatable(named, verify=verify)
    loaded = load(named)
    outputs.require_sense(loaded)
    screen = outputs.screen
    if at_once:
        return _run_at_once(loaded, named, outputs, extent, seed=seed, jobs=jobs)
    failing = []
    paths = [path for path, _ in loaded]
    with (
        _repetitions(paths, named, seed) if verify else nullcontext() as repeated,
        outputs.of_all() as kept,
    ):
        for path, scenario in loaded:
            invocation = Invocation(
                "run",
                path,
                scenario.seed if seed is None else seed,
                named.include_from,
                named.clients,
            )
            show = Show(scenario, invocation, screen, extent, named=len(loaded) > 1)
            with outputs.captured(scenario) as play:
                repetition = repeated(play) if repeated else None
                playing = outputs.of(repetition or play, invocation, scenario, kept)
                with playing as (player, readers):
                    if not extent.quiet:
                        warn(scenario)
                    if not _holds(show, player, readers, repetition):
                        failing.append(path.stem)
    if len(loaded) > 1:
        screen.show([_overall(len(loaded), failing)])
    return 1 if failing else 0


def _repetitions(
    paths: Sequence[Path], named: Called, seed: int | None
) -> "AbstractContextManager[Callable[[Player], Repetition]]":
    from simulator.cli.repetition import repetitions  # noqa: PLC0415 - only if asked for

    return repetitions(paths, seed, named.include_from, named.clients)


def _require_repeatable(named: Called, *, verify: bool) -> None:
    """Raise `WrongCall` where a run cannot be that of another process."""
    if verify:
        raise WrongCall("--verify-determinism plays one after the other: leave --jobs out")
    if STANDARD_INPUT in named.files:
        raise WrongCall("the standard input cannot be read by several processes: leave --jobs out")


def _run_at_once(
    loaded: Sequence[tuple[Path, Scenario]],
    named: Called,
    outputs: Outputs,
    extent: Extent,
    *,
    seed: int | None,
    jobs: int,
) -> int:
    from simulator.cli.runs_at_once import Task, played_at_once  # noqa: PLC0415 - only with --jobs

    screen, failing, tasks = outputs.screen, [], []
    for path, scenario in loaded:
        used_seed = scenario.seed if seed is None else seed
        invocation = Invocation("run", path, used_seed, named.include_from, named.clients)
        tasks.append(Task(invocation, extent, screen.width))
    with outputs.of_all() as kept:
        for _, scenario in loaded if not extent.quiet else ():
            warn(scenario)
        for played in played_at_once(tasks, jobs):
            screen.show(played.rows)
            if kept is not None and played.outcome:
                kept.append(played.outcome)
            if not played.holds:
                failing.append(played.file.stem)
    screen.show([_overall(len(loaded), failing)])
    return 1 if failing else 0


def _holds(
    show: Show, player: Player, readers: Sequence[Reader], repetition: "Repetition | None"
) -> bool:
    if repetition is None:
        return show.run(player, readers)
    holds = show.run(player, readers, remarks=repetition.rows)
    return holds and repetition.difference is None


def openapi(api: str) -> int:
    """Print the OpenAPI document of an API."""
    from simulator.cli.api_documents import api_document  # noqa: PLC0415 - for this alone

    sys.stdout.write(json.dumps(json.loads(api_document(api)), indent=2) + "\n")
    return 0


def _overall(number: int, failing: list[str]) -> Row:
    if not failing:
        return Row(f"all {number} scenarios hold", Tone.REGULAR)
    return Row(
        f"{len(failing)} of {number} scenarios do not hold: {', '.join(failing)}", Tone.FAILED
    )
