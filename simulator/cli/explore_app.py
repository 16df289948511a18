"""The command that explores: very many runs that chance draws."""

from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from simulator.cli.options.parameters import (
    Clients,
    IncludeFrom,
    Job,
    Jobs,
    OutputFile,
    Seed,
    Switch,
    Whole,
)


def explore(
    file: Annotated[Path | None, Parameter(name="SCENARIO", show_default=False)] = None,
    /,
    *,
    runs: Whole | None = None,
    jobs: Jobs = 1,
    seed: Seed = None,
    minutes: float | None = None,
    plain: Switch = False,
    corpus: OutputFile = None,
    shrink: OutputFile = None,
    shrink_minutes: float | None = None,
    dask: str = "",
    json: OutputFile = None,
    junit: OutputFile = None,
    include_from: IncludeFrom = (),
    client: Clients = (),
) -> Job:
    """Play very many runs of drawn faults and people's work; whatever breaks a rule is found.

    :param file: A scenario whose internetwork is kept; by default each run draws one of its own.
    :param runs: How many runs, by default 1000; with --minutes as many as there is time for.
    :param jobs: Play so many runs at once, each in a process of its own.
    :param seed: The seed of the first run; by default 1. All else follows from it.
    :param minutes: Begin no run after so long, however many were asked for.
    :param plain: One seed after another, in place of what promises something new.
    :param corpus: A folder that keeps the seeds that reached something new, and begins with them.
    :param shrink: Make a scenario of a few lines of each kind of failure, in this folder.
    :param shrink_minutes: How long that takes for each kind, by default 5; Ctrl-C keeps the best.
    :param dask: Spread the runs over the Dask cluster whose scheduler has this address.
    :param json: Write what came of it to this file.
    :param junit: Write what came of it to this file as JUnit XML, for CI systems.
    """
    from simulator.cli import explore_command  # noqa: PLC0415 - loads everything
    from simulator.cli.options.clients import own_clients  # noqa: PLC0415 - loads everything

    wishes = explore_command.Exploration(
        file=file,
        include_from=include_from,
        clients=own_clients(client),
        runs=runs,
        jobs=jobs,
        seed=1 if seed is None else seed,
        minutes=minutes,
        guided=not plain,
        corpus=corpus,
        shrink=shrink,
        shrink_minutes=shrink_minutes,
        dask=dask,
        json=json,
        junit=junit,
    )
    return partial(explore_command.explore, wishes)
