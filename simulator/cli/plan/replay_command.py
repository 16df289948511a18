"""What `internetsim plan replay` does. Only `plan_app` imports this, when it runs."""

import sys
import time  # noqa: TID251 - how long a person waits is real time

from licensing.words import counted
from simulator.cli.named_scenarios import Called, load
from simulator.cli.plan.progress import PlanProgress
from simulator.cli.plan.question import PlanQuestion, PlanWishes, question_of
from simulator.cli.wrong_call import WrongCall
from simulator.plan.proof.bad_year import BadYear, bad_year
from simulator.plan.risk.emphases import sampler_for
from simulator.plan.risk.estimation import estimate
from simulator.spread import NoWorkers, workers

_LAST_YEAR = 10**12


def replay(named: Called, wishes: PlanWishes, year: int | None, *, worst: bool) -> int:
    """Print the year as a scenario, and say beside it what was left out. Raises `WrongCall`."""
    if worst == (year is not None):
        raise WrongCall("plan replay takes one of --year N and --worst")
    ((path, scenario),) = load(named)
    question = question_of("replay", path, scenario, named, wishes)
    number = _worst(question, wishes) if year is None else year
    if not 0 <= number <= _LAST_YEAR:
        raise WrongCall(f"--year {number}: years have numbers from 0 to {_LAST_YEAR:,}")
    found = replayed(question, number)
    sys.stdout.write(found.text)
    sys.stdout.flush()
    ended = sum(bool(site.emergencies) for site in found.said)
    matter, come = ("matters" if found.kept == 1 else "matter", "comes" if ended == 1 else "come")
    sys.stderr.write(
        f"year {number}, from its day {found.first_day} on: {found.kept} of"
        f" {counted(found.outages, 'outage')} {matter}; by the model"
        f" {counted(ended, 'site')} {come} to emergency mode\n"
    )
    return 0


def replayed(question: PlanQuestion, number: int) -> BadYear:
    """The year of that number, as the table of the question has drawn it."""
    network = question.network
    year = sampler_for(network, question.settings.seed).year(number)
    return bad_year(question.scenario, network, year)


def _worst(question: PlanQuestion, wishes: PlanWishes) -> int:
    try:
        with workers(wishes.jobs, wishes.dask) as workforce, PlanProgress() as progress:
            table = estimate(
                question.network,
                question.settings,
                workforce,
                now_s=time.monotonic,
                progress=progress,
            )
    except NoWorkers as error:
        raise WrongCall(str(error)) from error
    if table.worst is None:
        raise WrongCall(
            f"{question.path}: no year with an emergency among {table.years:,}: there is no worst"
        )
    return table.worst
