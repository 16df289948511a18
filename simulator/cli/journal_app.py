"""The commands that read a journal: of a run that was kept, or that is played for the answer."""

from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from simulator.cli.options.parameters import IncludeFrom, Job, OutputFile, Seed, Switch


def report(
    journal: Annotated[Path, Parameter(name="JOURNAL", allow_leading_hyphen=True)],
    /,
    *,
    html: OutputFile = None,
    story: Switch = False,
) -> Job:
    """Write the page of a run that was played before, from its journal.

    :param journal: A file that `--journal` wrote; - is the standard input.
    :param html: The page's file; by default the journal's name with `.html`.
    :param story: Write no page: print the whole story, as the run did.
    """
    from simulator.cli import report_command  # noqa: PLC0415 - loads everything

    if story:
        return partial(report_command.story, journal, html)
    return partial(report_command.report, journal, html)


def explain(
    file: Annotated[Path, Parameter(name="FILE", allow_leading_hyphen=True)],
    /,
    *,
    at: str = "",
    node: str = "",
    display: str = "",
    call: str = "",
    license_: Annotated[str, Parameter(name="--license")] = "",
    free: str = "",
    reserved: str = "",
    over_use: str = "",
    refusal: Switch = False,
    seed: Seed = None,
    include_from: IncludeFrom = (),
) -> Job:
    """Say why something is so: a chain of facts, each with its rule, back to what was done.

    :param file: A scenario file, the name of a scenario that comes with the product, or a journal
        (`.jsonl`). The standard input, -, may be a scenario or a journal.
    :param at: The instant, such as "day 34 12:00"; by default the end of the run.
    :param node: Why this node is in its state.
    :param display: Why the telephone of this number shows what it shows.
    :param call: Why the last call of this number did not go through.
    :param license_: Why a license is red: of a subscriber `200:voicemail`, of a trunk `s2m-1:s2m`.
    :param free: Why no more of this license are free: who has them.
    :param reserved: Why seats are reserved for this node.
    :param over_use: Why more of this license is used than was bought.
    :param refusal: Why the license server, or a central CLA, refused; the latest refusal.
    :param seed: Another seed than the scenario's.
    """
    from simulator.cli import explain_command  # noqa: PLC0415 - loads everything
    from simulator.cli.named_scenarios import Called  # noqa: PLC0415 - loads everything
    from simulator.report.explain.answers import Question  # noqa: PLC0415 - loads everything

    question = Question(
        node=node,
        display=display,
        call=call,
        license=license_,
        free=free,
        reserved=reserved,
        over_use=over_use,
        refusal=refusal,
    )
    return partial(explain_command.explain, Called([file], include_from), question, at, seed=seed)


def diff(
    one: Annotated[Path, Parameter(name="A.jsonl")],
    other: Annotated[Path, Parameter(name="B.jsonl")],
    /,
    *,
    tolerance: str = "1 s",
    exact: Switch = False,
) -> Job:
    """Say what differs between two runs, from their journals: the first with what led there.

    :param one: A file that `--journal` wrote; - is the standard input.
    :param other: Another one, of another version of the scenario for instance.
    :param tolerance: How far apart the same fact may be, such as 5 min; what chance decides, such
        as a reconnection, may be farther.
    :param exact: Chance is no excuse: what is farther apart than the tolerance differs.
    """
    from simulator.cli import diff_command  # noqa: PLC0415 - loads everything

    return partial(diff_command.diff, one, other, tolerance, exact=exact)
