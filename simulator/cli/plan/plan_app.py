"""The commands of a plan: `internetsim plan risk`, `compare`, `replay`, `verify` and `fit`."""

from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from simulator.cli.options.parameters import (
    File,
    Files,
    IncludeFrom,
    Job,
    Jobs,
    OutputFile,
    Seed,
    Switch,
    Whole,
)

Said = Annotated[str, Parameter(allow_leading_hyphen=True)]
"""A quantity as it was written; the message about a wrong one is ours."""

MaxRisk = Annotated[tuple[str, ...], Parameter(negative=(), show_default=False)]
Vary = Annotated[tuple[str, ...], Parameter(negative=(), show_default=False)]
_DASK = Annotated[str, Parameter(show_default=False)]

plan = App(
    name="plan",
    help="Say how likely emergency mode is, from what fails how often, and why.",
    help_format="plaintext",
)


@plan.command
def risk(
    file: File,
    /,
    *,
    years: Said = "1",
    precision: Said = "5%",
    minutes: Said = "5",
    max_risk: MaxRisk = (),
    html: OutputFile = None,
    json: OutputFile = None,
    csv: OutputFile = None,
    junit: OutputFile = None,
    worst_year: OutputFile = None,
    jobs: Jobs = 1,
    dask: _DASK = "",
    seed: Seed = None,
    include_from: IncludeFrom = (),
) -> Job:
    """Say for each site how likely emergency mode is, with its interval, its causes and a check.

    The scenario says under `reliability` what fails how often, and how long a repair takes.

    :param file: A scenario file, the name of one that comes with the product, or - for the
        standard input.
    :param years: The horizon, in years of 365 days.
    :param precision: Half the width of the 95 % interval over the value, at which to stop: for any
        site, and for each that is not below one in a million.
    :param minutes: When to stop, whatever was reached; with --html, some of it is for the pictures.
    :param max_risk: End with status 1 if the upper end of the interval of any site is over this,
        such as 1%; north=1% for a site.
    :param html: Write the page of the plan to this file: map, curves, causes, a bad year.
    :param json: Write the table to this file, in the form that `schema plan` prints.
    :param csv: Write the table to this file for a spreadsheet.
    :param junit: Write what was checked to this file as JUnit XML, for CI systems.
    :param worst_year: Write the drawn year with the most time in emergency mode to this file, as
        `plan replay` does.
    :param jobs: Draw in so many processes at once; the table is the same.
    :param dask: Draw on the Dask cluster whose scheduler is there; the table is the same.
    :param seed: Another seed than the scenario's.
    """
    from simulator.cli.named_scenarios import Called  # noqa: PLC0415 - loads everything
    from simulator.cli.plan import risk_command  # noqa: PLC0415 - loads everything
    from simulator.cli.plan.outputs import PlanOutputs  # noqa: PLC0415 - loads everything
    from simulator.cli.plan.question import PlanWishes  # noqa: PLC0415 - loads everything

    wishes = PlanWishes(years, precision, minutes, max_risk, jobs, dask, seed)
    outputs = PlanOutputs(html, json, csv, junit, worst_year)
    return partial(risk_command.risk, Called([file], include_from), wishes, outputs)


@plan.command
def compare(
    files: Files,
    /,
    *,
    vary: Vary = (),
    years: Said = "1",
    precision: Said = "5%",
    minutes: Said = "5",
    max_risk: MaxRisk = (),
    html: OutputFile = None,
    json: OutputFile = None,
    csv: OutputFile = None,
    junit: OutputFile = None,
    jobs: Jobs = 1,
    dask: _DASK = "",
    seed: Seed = None,
    include_from: IncludeFrom = (),
) -> Job:
    """Lay variants of a network side by side, all on the same outages, with their differences.

    :param files: A scenario file, or two and more that are variants of each other.
    :param vary: What is other in each variant, such as recovery=full,recharge,resume or
        "failover_period=10..30 days" or "links.hub-north.repair.mean=4,8,12 h"; given several
        times, every combination.
    :param years: The horizon, in years of 365 days.
    :param precision: Half the width of the 95 % interval over the value, at which to stop: for any
        site in each variant.
    :param minutes: When to stop, whatever was reached.
    :param max_risk: End with status 1 if the upper end of the interval of any site is over this in
        a variant, such as 1%; north=1% for a site.
    :param html: Write the page of the comparison to this file.
    :param json: Write the comparison to this file, in the form that `schema comparison` prints.
    :param csv: Write the comparison to this file for a spreadsheet.
    :param junit: Write the limits and variants to this file as JUnit XML, for CI systems.
    :param jobs: Draw in so many processes at once; the result is the same.
    :param dask: Draw on the Dask cluster whose scheduler is there; the result is the same.
    :param seed: Another seed than the first scenario's.
    """
    from simulator.cli.named_scenarios import Called  # noqa: PLC0415 - loads everything
    from simulator.cli.plan import compare_command  # noqa: PLC0415 - loads everything
    from simulator.cli.plan.outputs import PlanOutputs  # noqa: PLC0415 - loads everything
    from simulator.cli.plan.question import PlanWishes  # noqa: PLC0415 - loads everything

    wishes = PlanWishes(years, precision, minutes, max_risk, jobs, dask, seed)
    outputs = PlanOutputs(html, json, csv, junit)
    return partial(compare_command.compare, Called(files, include_from), vary, wishes, outputs)


@plan.command
def replay(
    file: File,
    /,
    *,
    year: Whole | None = None,
    worst: Switch = False,
    years: Said = "1",
    precision: Said = "5%",
    minutes: Said = "5",
    jobs: Jobs = 1,
    dask: _DASK = "",
    seed: Seed = None,
    include_from: IncludeFrom = (),
) -> Job:
    """Print a drawn year as a short scenario, which ends on the real programs as the model says.

    :param file: A scenario file, the name of one that comes with the product, or - for the
        standard input.
    :param year: The number of the year, as `plan risk` tells it.
    :param worst: The year with the most time in emergency mode, of those that `plan risk` draws.
    :param years: The horizon, as with `plan risk`.
    :param precision: With --worst, as with `plan risk`.
    :param minutes: With --worst, as with `plan risk`.
    :param jobs: With --worst, as with `plan risk`.
    :param dask: With --worst, as with `plan risk`.
    :param seed: Another seed than the scenario's.
    """
    from simulator.cli.named_scenarios import Called  # noqa: PLC0415 - loads everything
    from simulator.cli.plan import replay_command  # noqa: PLC0415 - loads everything
    from simulator.cli.plan.question import PlanWishes  # noqa: PLC0415 - loads everything

    wishes = PlanWishes(years, precision, minutes, (), jobs, dask, seed)
    return partial(replay_command.replay, Called([file], include_from), wishes, year, worst=worst)


@plan.command
def verify(
    file: File,
    /,
    *,
    verdicts: Said = "1000",
    junit: OutputFile = None,
    jobs: Jobs = 1,
    dask: _DASK = "",
    seed: Seed = None,
    include_from: IncludeFrom = (),
) -> Job:
    """Give the same outages to the model and to the real programs, and compare their verdicts.

    A verdict is a site, whether it comes to emergency mode, and when. Outages are drawn so that a
    third of the sites come to their end and a third are healed close to their deadline, under all
    four policies. Status 1 where a difference is on no list of allowed ones.

    :param file: A scenario file, the name of one that comes with the product, or - for the
        standard input.
    :param verdicts: How many to collect.
    :param junit: Write the verdicts to this file as JUnit XML, for CI systems.
    :param jobs: Play so many trials at once; the verdicts are the same.
    :param dask: Play on the Dask cluster whose scheduler is there; the verdicts are the same.
    :param seed: Another seed than the scenario's.
    """
    from simulator.cli.named_scenarios import Called  # noqa: PLC0415 - loads everything
    from simulator.cli.plan import verify_command  # noqa: PLC0415 - loads everything

    named = Called([file], include_from)
    return partial(
        verify_command.verify, named, verdicts, seed=seed, jobs=jobs, dask=dask, junit=junit
    )


@plan.command
def fit(file: Annotated[Path, Parameter(name="CSV", allow_leading_hyphen=True)], /) -> Job:
    """Find the distributions that recorded outages have, and print the lines for a scenario.

    :param file: A CSV with the columns what, from and to: times with their zone, and no `to` where
        an outage is still open; - is the standard input.
    """
    from simulator.cli.plan import fit_command  # noqa: PLC0415 - loads everything

    return partial(fit_command.fit, file)
